"""A film is not begun that the disk cannot hold: it waits for room, or is refused where there never will be any."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from typing_extensions import override

from app.core.errors import StorageFull
from app.jobs.domain import JobStatus
from app.jobs.settlement import JobRuntime
from app.production.capacity import FilmRoom, needed_bytes
from app.production.errors import FilmNeverFits
from app.projects.domain import Storyboard
from app.projects.progress import ProgressService
from app.projects.schemas import ProjectCreate
from app.projects.service import ProjectService
from app.resources import Resources
from app.storage.disk import DiskSpace
from app.storage.temp_dirs import TempDirs
from app.usage.ledger import LedgerBudget
from app.worker import job_handlers
from tests import factories
from tests.integration.production.test_waiting import AliveFence, Waiting

GIBIBYTE = 1024 * 1024 * 1024


async def _prune_nothing(_ended_before: object) -> int:
    return 0


class SmallDisk(TempDirs):
    """A disk whose free bytes a test sets."""

    free_bytes = 10 * GIBIBYTE
    total_bytes = 20 * GIBIBYTE

    @override
    async def space(self) -> DiskSpace:
        return DiskSpace(self.total_bytes, self.free_bytes)


@pytest.fixture
def disk(resources: Resources, tmp_path: Path) -> SmallDisk:
    return SmallDisk(tmp_path / "work", resources.clock, resources.threads, reserve_bytes=GIBIBYTE)


@pytest.fixture
def small(resources: Resources, disk: SmallDisk) -> Resources:
    return replace(resources, temp_dirs=disk)


@pytest.fixture
async def waiting(small: Resources) -> AsyncIterator[Waiting]:
    small.provide(JobRuntime(small, job_handlers(small, _prune_nothing), LedgerBudget(small), AliveFence()))
    films = Waiting(small, await factories.user(small))
    listening = asyncio.create_task(small.notifier.listen())
    yield films
    for task in (*films.runs, listening):
        task.cancel()
    await asyncio.gather(*films.runs, listening, return_exceptions=True)


async def board_of(resources: Resources, owner: str, seconds: int = 60) -> Storyboard:
    async with resources.database.unit_of_work() as session:
        wish = ProjectCreate(name="Film", target_duration_sec=seconds, story_prompt="A fox looks for a lantern.")
        project = await ProjectService.over(session, resources).create(owner, wish)
        return await ProgressService.over(session, resources).board(project.id)


async def test_a_film_waits_for_room_and_goes_on_when_there_is_some(waiting: Waiting, disk: SmallDisk) -> None:
    disk.free_bytes = GIBIBYTE + 1
    job = await waiting.begin()
    async with asyncio.timeout(30):
        while (await waiting.read(job)).stage != "waiting_for_room_on_the_disk":
            await asyncio.sleep(0.02)
    assert await waiting.children(job) == 0
    disk.free_bytes = 10 * GIBIBYTE
    await waiting.asked(job)


async def test_a_film_that_the_whole_disk_cannot_hold_is_refused_by_name(waiting: Waiting, disk: SmallDisk) -> None:
    disk.total_bytes = GIBIBYTE + 1
    job = await waiting.begin()
    await asyncio.wait_for(waiting.runs[0], 30)
    ended = await waiting.read(job)
    assert ended.status is JobStatus.FAILED
    assert ended.failure is not None
    assert ended.failure.code == "production.film_never_fits"


async def test_films_that_begin_together_do_not_count_on_the_same_room(small: Resources, disk: SmallDisk) -> None:
    board, room = await board_of(small, await factories.user(small)), FilmRoom(small)
    disk.free_bytes = GIBIBYTE + needed_bytes(board) * 3 // 2
    await room.admit("first", board)
    await room.admit("first", board)
    with pytest.raises(StorageFull):
        await room.admit("second", board)
    room.leave("first")
    await room.admit("second", board)


async def test_what_old_cuts_have_kept_makes_room(small: Resources, disk: SmallDisk, tmp_path: Path) -> None:
    board, room = await board_of(small, await factories.user(small)), FilmRoom(small)
    kept = small.settings.storage.storage_path / ".cuts" / "project"
    kept.mkdir(parents=True)
    (kept / "sound.wav").write_bytes(b"x" * 1000)
    disk.free_bytes = GIBIBYTE
    with pytest.raises(StorageFull):
        await room.admit("film", board)
    assert not kept.exists()


async def test_a_longer_film_needs_more_and_more_than_the_disk_has_is_never_begun(
    small: Resources, disk: SmallDisk
) -> None:
    owner = await factories.user(small)
    short, long = await board_of(small, owner, 6), await board_of(small, owner, 60)
    assert needed_bytes(short) < needed_bytes(long)
    disk.total_bytes = disk.reserve_bytes + needed_bytes(short)
    with pytest.raises(FilmNeverFits):
        await FilmRoom(small).admit("long", long)
    await FilmRoom(small).admit("short", short)
