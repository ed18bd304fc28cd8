"""Client A's rows that were found by driving it: stale tabs, deletions, and pages that are opened again."""

import asyncio
from typing import Any

import httpx2
import pytest
from fastapi import FastAPI

from app.core.settings import Settings
from app.resources import Resources
from tests.conftest import MakeSettings
from tests.contract.faces.test_spa_cards import SPA, WORDS, progress_of
from tests.doubles.engines import ScriptedPlanner
from tests.scripted_house import app, kit, planner, vendor

__all__ = ["app", "kit", "planner", "vendor"]

Json = dict[str, Any]
PATIENCE_SECONDS = 60


@pytest.fixture
def settings(make_settings: MakeSettings, database_url: str) -> Settings:
    return make_settings(database={"database_url": database_url}, work={"embedded_worker": True})


@pytest.fixture
def resources(app: FastAPI) -> Resources:
    found: Resources = app.state.resources
    return found


async def sent(person: httpx2.AsyncClient, method: str, path: str, body: Json | None = None, status: int = 200) -> Any:
    answer = await person.request(method, f"{SPA}{path}", json=body)
    assert answer.status_code == status, (path, answer.status_code, answer.text)
    return answer.json() if answer.content else None


async def begun(person: httpx2.AsyncClient, **wish: Any) -> Json:
    body = {"name": "Fox", "storyPrompt": "A fox.", "targetDurationSec": 6, "segmentDurationSec": 6} | wish
    project: Json = await sent(person, "POST", "/projects/", body, 201)
    return project


async def written(person: httpx2.AsyncClient, **words: str) -> Json:
    """A segment with its words, which its owner has approved."""
    segment = (await begun(person))["segments"][0]
    await person.patch(f"/api/v1/segments/{segment['id']}", json=WORDS | words)
    approved: Json = await sent(person, "POST", f"/segments/{segment['id']}/approve")
    return approved


async def made(person: httpx2.AsyncClient, segment: Json) -> Json:
    """The card once its task has ended."""
    task = (await sent(person, "POST", f"/generation/segment/{segment['id']}"))["task_id"]
    async with asyncio.timeout(PATIENCE_SECONDS):
        while (await sent(person, "GET", f"/generation/status/{task}"))["status"] in {"pending", "processing"}:
            await asyncio.sleep(0.05)
    checked: Json = await sent(person, "POST", f"/segments/{segment['id']}/check-complete")
    return checked


async def test_approve_in_a_stale_tab_is_200_with_the_segment(alice: httpx2.AsyncClient, resources: Resources) -> None:
    segment = await written(alice)
    again = await sent(alice, "POST", f"/segments/{segment['id']}/approve")
    assert again == segment
    async with progress_of(resources) as progress:
        await progress.begin_segment(segment["id"], None)
    late = await sent(alice, "POST", f"/segments/{segment['id']}/approve")
    assert (late["status"], late["approved"]) == ("generating", True)


async def test_delete_while_generating_cancels_first(
    alice: httpx2.AsyncClient, planner: ScriptedPlanner, resources: Resources
) -> None:
    project = await begun(alice)
    gate = asyncio.Event()
    planner.gate = gate
    planning = asyncio.ensure_future(sent(alice, "POST", "/generation/plan", {"projectId": project["id"]}, 409))
    async with asyncio.timeout(PATIENCE_SECONDS):
        while (await alice.get(f"/api/v1/projects/{project['id']}")).json()["status"] != "plan_generating":
            await asyncio.sleep(0.05)
    await sent(alice, "DELETE", f"/projects/{project['id']}", status=204)
    await sent(alice, "GET", f"/projects/{project['id']}", status=404)
    gate.set()
    await planning
    jobs = (await alice.get("/api/v1/jobs?kind=plan.create")).json()["jobs"]
    assert [job["phase"] for job in jobs] == ["cancelled"]


async def test_a_reload_in_the_middle_of_planning_arrives_at_the_plan(
    alice: httpx2.AsyncClient, planner: ScriptedPlanner
) -> None:
    project = await begun(alice)
    gate = asyncio.Event()
    planner.gate = gate
    planning = asyncio.ensure_future(sent(alice, "POST", "/generation/plan", {"projectId": project["id"]}))
    async with asyncio.timeout(PATIENCE_SECONDS):
        while (await alice.get(f"/api/v1/projects/{project['id']}")).json()["status"] != "plan_generating":
            await asyncio.sleep(0.05)
    paths = (f"/projects/{project['id']}", f"/segments/project/{project['id']}")
    reloaded = [asyncio.ensure_future(sent(alice, "GET", path)) for path in paths]
    await asyncio.sleep(0.3)
    assert not any(reply.done() for reply in reloaded), "held until the plan ends"
    gate.set()
    film, segments = await asyncio.gather(*reloaded)
    assert film["status"] == "plan_ready"
    assert all(segment["videoPrompt"] for segment in segments)
    await planning
