"""The whole way with the real engine: every clip of a long film is being made at the same time."""

import asyncio

import httpx2
import pytest
from fastapi import FastAPI

from app.core.settings import Settings
from app.providers.video import RemoteTask, Running, Succeeded
from tests.conftest import MakeSettings
from tests.doubles.visuals import ScriptedCamera
from tests.studio import Backlot

CLIPS = 10


@pytest.fixture
def settings(make_settings: MakeSettings, database_url: str) -> Settings:
    return make_settings(database={"database_url": database_url}, work={"embedded_worker": True})


@pytest.fixture
def backlot(app: FastAPI, alice: httpx2.AsyncClient) -> Backlot:
    return Backlot(app.state.resources, alice)


async def test_ten_clips_are_made_at_once_when_nobody_limits_them(backlot: Backlot, camera: ScriptedCamera) -> None:
    def ready_once_all_are_ordered(task: RemoteTask) -> Running | Succeeded:
        if len(camera.requests) < CLIPS:
            return Running(0.2, "Processing")
        return Succeeded(task, f"file-{task.id}")

    camera.looks_always = ready_once_all_are_ordered
    project = await backlot.framed(target_duration_sec=6 * CLIPS)
    for segment in await backlot.segments(project):
        await backlot.begin_take(segment)
    async with asyncio.timeout(150):
        while any(segment["status"] == "generating" for segment in await backlot.segments(project)):
            await asyncio.sleep(0.1)
    statuses = [segment["status"] for segment in await backlot.segments(project)]
    assert statuses == ["generated"] * CLIPS
    assert len(camera.requests) == CLIPS
