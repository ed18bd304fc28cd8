"""A cutting room: projects whose clips and narrations are real and tiny, and a bench on which cuts run."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest
from fastapi import FastAPI

from app.assembly.jobs import AssembleFilm, PrepareSound, SweepCuts
from app.jobs.runner import JobRunner
from app.jobs.settlement import JobRuntime
from app.library.domain import AssetKind
from app.library.intake import Intake, MadeFile
from app.media.tools import find_tools
from app.projects.domain import CurrentTake, SegmentView, SpokenNarration, SpokenWord
from app.projects.freshness import clip_digest
from app.projects.progress import ProgressService
from app.resources import Resources
from app.usage.ledger import LedgerBudget
from tests.doubles.context import RememberingContext
from tests.integration.media import reels

Json = dict[str, Any]
API = "/api/v1"
COLOURS = ("red", "green", "blue", "yellow")


class AliveFence:
    name = "test-process"

    def fresh(self) -> bool:
        return True


class CuttingRoom:
    """One process's worth of cuts; a test says when they run and where they die."""

    def __init__(self, resources: Resources, person: httpx2.AsyncClient, folder: Path) -> None:
        self.resources = resources
        self.person = person
        self.folder = folder
        self.tools = find_tools()
        self.memory: dict[str, dict[str, Any]] = {}

    def open(self) -> None:
        """Lets jobs run here; where there is a worker, it runs them."""
        handlers = [AssembleFilm(self.resources), PrepareSound(), SweepCuts(self.resources)]
        self.resources.provide(JobRuntime(self.resources, handlers, LedgerBudget(self.resources), AliveFence()))

    async def run(self, job: Json, **crash: str) -> Json:
        memory = self.memory.setdefault(job["id"], {})
        context = RememberingContext(job["id"], memory, **crash)
        await JobRunner(self.resources, self.resources.provided(JobRuntime))(job["id"], context)
        return await self.get(f"/jobs/{job['id']}")

    async def get(self, path: str) -> Any:
        answer = await self.person.get(API + path)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def finalize(self, project: Json, prefer: str = "respond-async") -> httpx2.Response:
        return await self.person.post(f"{API}/projects/{project['id']}/finalize", headers={"Prefer": prefer})

    async def started(self, project: Json) -> Json:
        answer = await self.finalize(project)
        assert answer.status_code == 202, answer.text
        job: Json = answer.json()
        return job

    async def cut(self, project: Json) -> Json:
        done = await self.run(await self.started(project))
        assert done["phase"] == "succeeded", done
        return done

    async def part(self, project: Json, variant: str = "video", **headers: str) -> httpx2.Response:
        path = f"{API}/projects/{project['id']}/film"
        return await self.person.get(path, params={"variant": variant}, headers=headers)

    async def segments(self, project: Json) -> list[SegmentView]:
        async with self.resources.database.reading() as session:
            board = await ProgressService.over(session, self.resources).board(project["id"])
        return list(board.segments)

    async def empty(self, **wish: Any) -> Json:
        """A project of two segments of six seconds, planned and approved, without clips."""
        body = {"name": "The fox", "target_duration_sec": 12, "language": "en"} | wish
        answer = await self.person.post(f"{API}/projects", json=body)
        assert answer.status_code == 201, answer.text
        project: Json = answer.json()
        for segment in project["segments"]:
            words = {"video_prompt": "A fox in the mist.", "narration_text": f"Scene {segment['index']} begins here."}
            assert (await self.person.patch(f"{API}/segments/{segment['id']}", json=words)).is_success
            assert (await self.person.post(f"{API}/segments/{segment['id']}/approve")).is_success
        return project

    async def ready(self, **wish: Any) -> Json:
        """The same with a clip of a second and half a second of narration in each segment."""
        project = await self.empty(**wish)
        for segment in await self.segments(project):
            await self.give_clip(segment)
            await self.give_narration(segment)
        return project

    async def give_clip(
        self, segment: SegmentView, source: str = "", *options: str, facts: Mapping[str, Any] | None = None
    ) -> str:
        """What a take leaves behind."""
        colour = COLOURS[segment.index % len(COLOURS)]
        path = self.folder / f"{self.resources.clock.new_id()}.mp4"
        await reels.clip(self.tools, path, source or f"color={colour}:s=128x72:r=24:d=1", *options)
        return await self.accept_clip(segment, path, facts or {})

    async def accept_clip(self, segment: SegmentView, path: Path, facts: Mapping[str, Any]) -> str:
        """Takes a file for the segment's clip as it is."""
        copy = shutil.copyfile(path, self.folder / f"{self.resources.clock.new_id()}.mp4")
        kept = await self._keep(segment, AssetKind.CLIP, copy, "mp4", facts)
        async with self.resources.database.unit_of_work() as session:
            progress = ProgressService.over(session, self.resources)
            await progress.begin_segment(segment.id, None)
            take = CurrentTake(
                asset_id=kept, take_id=None, duration_seconds=1.0, digest=clip_digest(segment), last_frame_asset_id=None
            )
            await progress.accept_take(segment.id, take)
        return kept

    async def give_narration(self, segment: SegmentView, source: str = "sine=f=440:d=0.5") -> str:
        path = self.folder / f"{self.resources.clock.new_id()}.mp3"
        await reels.sound(self.tools, path, source)
        kept = await self._keep(segment, AssetKind.NARRATION, path, "mp3")
        words = (SpokenWord("Scene", 0.0, 0.2), SpokenWord(f"{segment.index}", 0.2, 0.5))
        async with self.resources.database.unit_of_work() as session:
            spoken = SpokenNarration(asset_id=kept, take_id=None, duration_seconds=0.5, digest="d", words=words)
            await ProgressService.over(session, self.resources).accept_narration(segment.id, spoken)
        return kept

    @asynccontextmanager
    async def at_work(self) -> AsyncIterator[None]:
        """Runs whatever is put in line while the block lasts."""
        worker = asyncio.ensure_future(self._work())
        try:
            yield
        finally:
            worker.cancel()

    async def _work(self) -> None:
        while True:
            for job in (await self.get("/jobs?phase=queued"))["jobs"]:
                await self.run(job)
            await asyncio.sleep(0.02)

    async def _keep(
        self, segment: SegmentView, kind: AssetKind, path: Path, ending: str, facts: Mapping[str, Any] | None = None
    ) -> str:
        made = MadeFile(path, ending, {"duration_seconds": 1.0, **(facts or {})})
        return (await Intake(self.resources).keep(segment.owner_id, kind, f"segment-{segment.index}", made)).id


@pytest.fixture
def room(app: FastAPI, alice: httpx2.AsyncClient, tmp_path: Path) -> CuttingRoom:
    made = CuttingRoom(app.state.resources, alice, tmp_path)
    made.open()
    return made


@pytest.fixture
async def project(room: CuttingRoom) -> Json:
    """Two segments with clips and narrations."""
    return await room.ready()
