"""MCP over streamable HTTP: the official client against the application behind a socket."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest
from fastapi import FastAPI
from mcp import Client
from mcp.client.streamable_http import streamable_http_client
from mcp.types import ResourceLink

from app.accounts.domain import Account
from app.accounts.errors import ScopeMissing, TokenRefused
from app.accounts.identity import Identities
from app.assembly.errors import FilmMissing, MediaUnfit
from app.jobs.errors import AnswerNotOffered, JobNotFound
from app.library.errors import AssetNotFound, CopyExists
from app.mcp.dependencies import ForeignOrigin
from app.mcp.server import mcp_server
from app.projects.errors import ProjectNotFound, SegmentNotFound, TargetTooLong
from app.resources import Resources
from tests import factories
from tests.contract.faces.door import address, key_of
from tests.contract.mcp.agent import Agent, Json, Refused
from tests.scripted_house import app, kit, settings, vendor

__all__ = ["address", "app", "kit", "settings", "vendor"]

pytestmark = pytest.mark.timeout(150)
STORY = "A fox carries a lantern through the fog and finds the way home."
TOOLS = {
    *("start_film", "produce_film", "list_projects", "get_project", "edit_segment", "approve_segment", "estimate_film"),
    *("get_film", "get_job", "answer_job", "cancel_job", "list_assets", "get_asset", "probe_media"),
    *("extract_last_frame", "concat_clips", "mux_sound", "normalize_audio"),
}


@asynccontextmanager
async def agent_of(address: str, key: str) -> AsyncIterator[Agent]:
    """An agent that connects as the SDK's readme says."""
    headers = {"Authorization": f"Bearer {key}"}
    async with (
        httpx2.AsyncClient(headers=headers, timeout=60) as http,
        Client(streamable_http_client(f"{address}/mcp", http_client=http)) as client,
    ):
        yield Agent(client)


async def refused(agent: Agent, tool: str, **given: Any) -> str:
    with pytest.raises(Refused) as said:
        await agent.call(tool, **given)
    return str(said.value)


async def test_an_agent_makes_a_film_and_works_on_its_files(address: str, alice: httpx2.AsyncClient) -> None:
    async with agent_of(address, await key_of(alice)) as agent:
        order = {"story": STORY, "target_duration_seconds": 12, "language": "en", "ask_first": True}
        job = await agent.call("start_film", film=order)
        project_id = job["project_id"]
        asked = await agent.done(job)
        assert (asked["phase"], asked["question"]["topic"]) == ("awaiting_input", "approve_plan")
        assert AnswerNotOffered.code in await refused(agent, "answer_job", job_id=job["job_id"], choice="perhaps")
        assert FilmMissing.code in await refused(agent, "get_film", project_id=project_id)
        seen = await agent.call("get_project", project_id=project_id)
        words = {"narration_text": "The fox is home."}
        edited = await agent.call("edit_segment", segment_id=seen["segments"][1]["id"], words=words)
        assert edited["narration_text"] == "The fox is home."
        estimate = await agent.call("estimate_film", project_id=project_id)
        assert estimate["cost"]["estimated"] > 0
        await agent.call("answer_job", job_id=job["job_id"], choice=asked["question"]["choices"][0])
        asked = await agent.done(job)
        assert asked["question"]["topic"] == "approve_clips"
        await agent.call("answer_job", job_id=job["job_id"], choice=asked["question"]["choices"][0])
        assert (await agent.done(job))["phase"] == "succeeded"
        assert agent.told
        film = await agent.call("get_film", project_id=project_id)
        assert film["url"].startswith(f"{address}/media/")
        async with httpx2.AsyncClient() as anybody:
            fetched = await anybody.get(film["url"])
        assert (fetched.status_code, len(fetched.content)) == (200, film["size_bytes"])
        await tools_work(agent, film["asset_id"])


async def tools_work(agent: Agent, film_id: str) -> None:
    """Each media tool makes a file that is what it says."""
    link = (await agent.client.call_tool("get_asset", {"asset_id": film_id})).content[0]
    assert isinstance(link, ResourceLink)
    assert link.mime_type == "video/mp4"
    film = await agent.call("probe_media", asset_id=film_id)
    assert film["duration_seconds"] == pytest.approx(12, abs=0.2)
    assert film["audio_codec"]
    clips = (await agent.call("list_assets", kind="clip"))["assets"]
    sound = (await agent.call("list_assets", kind="narration"))["assets"][0]
    joined = await made(agent, "concat_clips", asset_ids=[clips[0]["id"], film_id])
    assert joined["duration_seconds"] == pytest.approx(18, abs=0.3)
    still = await made(agent, "extract_last_frame", asset_id=film_id)
    assert (still["kind"], still["width_px"], still["height_px"]) == ("png", film["width_px"], film["height_px"])
    under = await made(agent, "mux_sound", video_asset_id=clips[0]["id"], audio_asset_id=sound["id"])
    assert (under["duration_seconds"], bool(under["audio_codec"])) == (pytest.approx(6, abs=0.2), True)
    length = (await agent.call("probe_media", asset_id=sound["id"]))["duration_seconds"]
    normal = await made(agent, "normalize_audio", asset_id=sound["id"])
    assert (normal["video_codec"], normal["duration_seconds"]) == (None, pytest.approx(length, abs=0.2))
    assert MediaUnfit.code in await refused(agent, "normalize_audio", asset_id=film_id)
    assert MediaUnfit.code in await refused(
        agent, "mux_sound", video_asset_id=sound["id"], audio_asset_id=clips[0]["id"]
    )


async def made(agent: Agent, tool: str, **given: Any) -> Json:
    """What the file is that a tool has made."""
    job = await agent.done(await agent.call(tool, **given))
    return await agent.call("probe_media", asset_id=job["result"]["asset_id"])


async def test_tools_describe_themselves_and_what_a_wish_lacks(address: str, alice: httpx2.AsyncClient) -> None:
    async with agent_of(address, await key_of(alice)) as agent:
        offered = await agent.client.list_tools()
        assert {tool.name for tool in offered.tools} == TOOLS
        assert all(tool.description and tool.output_schema for tool in offered.tools)
        assert "story" in await refused(agent, "start_film", film={"story": ""})
        too_long = {"story": STORY, "target_duration_seconds": 600}
        assert TargetTooLong.code in await refused(agent, "start_film", film=too_long)
        job = await agent.call("start_film", film={"story": STORY, "target_duration_seconds": 6, "ask_first": True})
        await agent.call("cancel_job", job_id=job["job_id"])
        assert (await agent.call("get_job", job_id=job["job_id"], wait_seconds=20))["phase"] == "cancelled"
        found = await agent.call("list_projects", search="lantern")
        assert [each["id"] for each in found["projects"]] == [job["project_id"]]


async def test_a_client_on_this_machine_saves_files_in_its_folder(app: FastAPI, tmp_path: Path) -> None:
    resources: Resources = app.state.resources
    me = await Identities.over(resources).local()
    asset_id = await factories.asset(resources, me.id)
    folder = tmp_path / "desk"
    folder.mkdir()

    async def standing() -> Account:
        return me

    async with Client(mcp_server(resources, standing, folder)) as client:
        agent = Agent(client)
        saved = await agent.call("save_file", asset_id=asset_id, name="../fox")
        assert Path(saved["path"]).parent == folder
        assert CopyExists.code in await refused(agent, "save_file", asset_id=asset_id, name="../fox")
    assert [file.stat().st_size for file in folder.iterdir()] == [saved["size_bytes"]]


async def test_a_stranger_finds_nothing(
    app: FastAPI, address: str, alice: httpx2.AsyncClient, bob: httpx2.AsyncClient
) -> None:
    resources = app.state.resources
    project = (await alice.post("/api/v1/projects", json={"name": "Film", "target_duration_sec": 6})).json()
    me = project["user_id"]
    asset_id, job = await factories.asset(resources, me), await factories.job(resources, me)
    knocks: list[tuple[str, Json, str]] = [
        *(("get_project", {"project_id": project["id"]}, ProjectNotFound.code),),
        *(("get_film", {"project_id": project["id"]}, ProjectNotFound.code),),
        *(("estimate_film", {"project_id": project["id"]}, ProjectNotFound.code),),
        *(("produce_film", {"project_id": project["id"]}, ProjectNotFound.code),),
        *(("approve_segment", {"segment_id": project["segments"][0]["id"]}, SegmentNotFound.code),),
        *(("edit_segment", {"segment_id": project["segments"][0]["id"], "words": {}}, SegmentNotFound.code),),
        *(("get_job", {"job_id": job.id}, JobNotFound.code),),
        *(("cancel_job", {"job_id": job.id}, JobNotFound.code),),
        *(("answer_job", {"job_id": job.id, "choice": "x"}, JobNotFound.code),),
        *(("get_asset", {"asset_id": asset_id}, AssetNotFound.code),),
        *(("probe_media", {"asset_id": asset_id}, AssetNotFound.code),),
        *(("extract_last_frame", {"asset_id": asset_id}, AssetNotFound.code),),
        *(("concat_clips", {"asset_ids": [asset_id, asset_id]}, AssetNotFound.code),),
    ]
    async with agent_of(address, await key_of(bob)) as stranger:
        for tool, given, code in knocks:
            assert code in await refused(stranger, tool, **given), tool
        assert (await stranger.call("list_projects"))["total"] == 0
        assert (await stranger.call("list_assets"))["total"] == 0


async def test_a_key_does_only_what_its_scope_allows(address: str, alice: httpx2.AsyncClient) -> None:
    async with agent_of(address, await key_of(alice, "read")) as reader:
        assert (await reader.call("list_projects"))["total"] == 0
        assert ScopeMissing.code in await refused(reader, "start_film", film={"story": STORY})


@pytest.mark.parametrize(
    ("headers", "status", "code"),
    [
        ({}, 401, "auth.not_signed_in"),
        ({"Authorization": "Bearer avc_wrong"}, 401, TokenRefused.code),
        ({"Origin": "https://evil.example"}, 403, ForeignOrigin.code),
    ],
)
async def test_the_door_is_shut_to_strangers_and_foreign_pages(
    client: httpx2.AsyncClient, headers: dict[str, str], status: int, code: str
) -> None:
    body = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
    answer = await client.post("/mcp", json=body, headers={"Accept": "application/json, text/event-stream"} | headers)
    assert (answer.status_code, answer.json()["code"]) == (status, code)


async def test_there_is_no_stream_to_listen_to(client: httpx2.AsyncClient) -> None:
    answer = await client.get("/mcp")
    assert (answer.status_code, answer.headers["allow"]) == (405, "POST")
