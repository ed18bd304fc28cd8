"""What the protocol knows beside tools: resources of films, progress that grows, and callers who give up waiting."""

import asyncio

import httpx2
import pytest
from mcp.shared.exceptions import MCPError
from mcp.types import TextResourceContents

from app.assembly.errors import FilmMissing
from app.projects.errors import ProjectNotFound
from tests.contract.faces.door import address, key_of
from tests.contract.mcp.agent import Agent
from tests.contract.mcp.test_http import STORY, agent_of
from tests.scripted_house import app, kit, settings, vendor

__all__ = ["address", "app", "kit", "settings", "vendor"]

pytestmark = pytest.mark.timeout(150)
ORDER = {"story": STORY, "target_duration_seconds": 6, "language": "en"}


async def text(agent: Agent, address: str) -> str:
    (content,) = (await agent.client.read_resource(address)).contents
    assert isinstance(content, TextResourceContents)
    return content.text


async def test_a_film_and_its_captions_are_read_as_resources(
    address: str, alice: httpx2.AsyncClient, bob: httpx2.AsyncClient
) -> None:
    async with agent_of(address, await key_of(alice)) as agent:
        offered = (await agent.client.list_resource_templates()).resource_templates
        assert [each.uri_template for each in offered] == [
            "avc://films/{project_id}",
            "avc://films/{project_id}/captions",
        ]
        assert all(each.description and each.mime_type for each in offered)
        job = await agent.call("start_film", film=ORDER)
        film = f"avc://films/{job['project_id']}"
        with pytest.raises(MCPError, match=FilmMissing.code):
            await agent.client.read_resource(f"{film}/captions")
        await agent.done(job)
        assert job["project_id"] in await text(agent, film)
        assert "-->" in await text(agent, f"{film}/captions")
    async with agent_of(address, await key_of(bob)) as stranger:
        for foreign in (film, f"{film}/captions"):
            with pytest.raises(MCPError, match=ProjectNotFound.code):
                await stranger.client.read_resource(foreign)


async def test_progress_of_one_wait_only_grows(address: str, alice: httpx2.AsyncClient) -> None:
    async with agent_of(address, await key_of(alice)) as agent:
        job = await agent.call("start_film", film=ORDER)
        for _ in range(20):
            agent.told.clear()
            job = await agent.call("get_job", job_id=job["job_id"], wait_seconds=45)
            assert agent.told == sorted(set(agent.told))
            if job["poll_after_seconds"] is None:
                break
        assert job["phase"] == "succeeded", job


async def test_whoever_gives_up_waiting_leaves_the_work_going_on(address: str, alice: httpx2.AsyncClient) -> None:
    async with agent_of(address, await key_of(alice)) as agent:
        job = await agent.call("start_film", film=ORDER | {"ask_first": True})
        asked = await agent.done(job)
        assert asked["phase"] == "awaiting_input"
        await agent.call("answer_job", job_id=job["job_id"], choice=asked["question"]["choices"][0])
        waiting = asyncio.ensure_future(agent.call("get_job", job_id=job["job_id"], wait_seconds=45))
        await asyncio.sleep(0.2)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        # The connection still serves, and the film comes to its next question or its end.
        assert (await agent.done(job))["error"] is None
