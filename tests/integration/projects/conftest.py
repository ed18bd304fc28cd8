"""A project of Alice's and services over the same database."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import httpx2
import pytest
from fastapi import FastAPI

from app.core.settings import Settings
from app.projects.domain import ProjectStatus, SegmentDraft, Storyboard
from app.projects.progress import ProgressService
from app.projects.storyboard import StoryboardService
from app.providers.values import CameraCommand
from app.resources import Resources
from tests.conftest import MakeSettings

PLAN = [
    SegmentDraft(
        video_prompt=f"prompt {n}",
        narration_text=f"text {n}",
        end_frame_prompt=f"end {n}",
        camera_commands=(CameraCommand.PUSH_IN,),
    )
    for n in range(3)
]

Json = dict[str, Any]
MakeProject = Callable[..., Awaitable[Json]]


@pytest.fixture
def settings(make_settings: MakeSettings, database_url: str) -> Settings:
    """Without a worker: these tests report the workflow's results themselves."""
    return make_settings(database={"database_url": database_url}, work={"embedded_worker": False})


@pytest.fixture
def app_resources(app: FastAPI) -> Resources:
    found: Resources = app.state.resources
    return found


@pytest.fixture
def make_project(alice: httpx2.AsyncClient) -> MakeProject:
    async def make(**wish: Any) -> Json:
        reply = await alice.post("/api/v1/projects", json={"name": "Film", "target_duration_sec": 18} | wish)
        assert reply.status_code == 201, reply.text
        project: Json = reply.json()
        return project

    return make


@pytest.fixture
def progress(app_resources: Resources) -> Callable[[], Any]:
    """The workflow's hand on the aggregate, in a unit of work of its own."""

    @asynccontextmanager
    async def opened() -> AsyncIterator[ProgressService]:
        async with app_resources.database.unit_of_work() as session:
            yield ProgressService.over(session, app_resources)

    return opened


@pytest.fixture
def storyboards(app_resources: Resources) -> Callable[[], Any]:
    """The owner's hand on the aggregate, in a unit of work of its own."""

    @asynccontextmanager
    async def opened() -> AsyncIterator[StoryboardService]:
        async with app_resources.database.unit_of_work() as session:
            yield StoryboardService.over(session, app_resources)

    return opened


@pytest.fixture
def write_prompts(alice: httpx2.AsyncClient) -> Callable[[Json], Awaitable[list[Json]]]:
    """Gives every segment of a project words of its own."""

    async def write(project: Json) -> list[Json]:
        written = []
        for segment in project["segments"]:
            words = {name: f"{name} {segment['index']}" for name in ("video_prompt", "narration_text")}
            words["end_frame_prompt"] = f"end {segment['index']}"
            reply = await alice.put(f"/api/v1/segments/{segment['id']}", json=words)
            assert reply.status_code == 200, reply.text
            written.append(reply.json())
        return written

    return write


@pytest.fixture
async def planned(make_project: MakeProject, progress: Any) -> Storyboard:
    project = await make_project()
    async with progress() as work:
        await work.begin(project["id"], ProjectStatus.PLAN_GENERATING)
        board: Storyboard = await work.accept_plan(project["id"], PLAN, title="The fox", continuity_notes="One forest.")
    return board
