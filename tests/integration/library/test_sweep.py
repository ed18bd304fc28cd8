"""The sweep takes what crashes and forgotten uploads leave, and nothing that is young or in use."""

import asyncio
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime

import httpx2
import pytest
from fastapi import FastAPI

from app.jobs.runner import JobRunner
from app.jobs.service import JobService
from app.jobs.settlement import JobRuntime
from app.library.domain import AssetKind, AssetState, UploadWish
from app.library.errors import AssetNotFound
from app.library.intake import Intake
from app.library.jobs import SweepLibrary
from app.library.models import Asset
from app.library.repository import AssetRepository, QuotaRepository
from app.library.service import LibraryService, complete_upload
from app.resources import Resources, open_resources
from app.usage.ledger import LedgerBudget
from tests import factories
from tests.conftest import MakeSettings
from tests.doubles.clock import FrozenClock
from tests.doubles.context import RememberingContext
from tests.integration.library.conftest import Files, Used, View

HALF_AN_HOUR, TWO_HOURS = 1800, 7200


class PassingClock(FrozenClock):
    """While somebody sleeps, others go on."""

    def __init__(self) -> None:
        super().__init__(datetime.now(UTC))
        self.meanwhile: Callable[[], Awaitable[None]] | None = None

    async def sleep(self, seconds: float) -> None:
        if self.meanwhile is not None:
            await self.meanwhile()
        await super().sleep(seconds)


@pytest.fixture
def clock() -> PassingClock:
    return PassingClock()


@pytest.fixture
async def resources(make_settings: MakeSettings, database_url: str, clock: FrozenClock) -> AsyncIterator[Resources]:
    async with open_resources(make_settings(database={"database_url": database_url}), clock=clock) as opened:
        yield opened


async def swept(resources: Resources) -> tuple[int, int, int]:
    sweep = SweepLibrary(resources)
    return await sweep.expire_uploads(), await sweep.delete_orphans(), await sweep.delete_temp_dirs()


async def announced(resources: Resources, owner: str) -> str:
    wish = UploadWish(AssetKind.MUSIC, "a.mp3", "audio/mpeg", 1000, "0" * 64)
    async with resources.database.unit_of_work() as session:
        return (await LibraryService.over(session, resources).announce(owner, wish)).asset_id


async def test_what_a_crash_leaves_goes_after_an_hour(
    resources: Resources, clock: FrozenClock, owner: str, files: Files, used: Used, view: View
) -> None:
    kept = await view(await factories.asset(resources, owner))
    await resources.store.put("assets/00/orphan.png", factories.stream(b"x"))
    temp_dir = resources.settings.storage.storage_path / ".work" / "crashed"
    temp_dir.mkdir()
    (temp_dir / "raw").write_bytes(b"x")
    clock.move(HALF_AN_HOUR)
    assert await swept(resources) == (0, 0, 0)
    assert len(files()) == 3
    clock.move(TWO_HOURS)
    assert await swept(resources) == (0, 1, 1)
    assert [path.name for path in files()] == [kept.store_key.rsplit("/", 1)[-1]]
    assert (await used(), await view(kept.id)) == ((kept.size_bytes, 1), kept)


async def test_bytes_whose_row_is_just_being_written_stay(
    resources: Resources, clock: PassingClock, owner: str, files: Files
) -> None:
    key = "assets/00/late.png"
    stored = await resources.store.put(key, factories.stream(b"x"))
    clock.move(TWO_HOURS)

    async def write_row() -> None:
        facts = {"content_type": "image/png", "size_bytes": stored.size_bytes, "sha256": stored.sha256, "facts": {}}
        row = Asset(
            owner_id=owner, kind=AssetKind.KEY_FRAME, state=AssetState.READY, name="late.png", store_key=key, **facts
        )
        async with resources.database.unit_of_work() as session:
            await AssetRepository(session, resources.clock).insert(row)

    clock.meanwhile = write_row
    assert await swept(resources) == (0, 0, 0)
    assert [path.name for path in files()] == ["late.png"]


async def test_a_round_of_housekeeping_takes_half_written_files(
    resources: Resources, clock: FrozenClock, owner: str
) -> None:
    part = resources.settings.storage.storage_path / ".parts" / "crashed"
    part.write_bytes(b"x")
    sweep = SweepLibrary(resources)
    runtime = JobRuntime(resources, [sweep], LedgerBudget(resources))
    for age_seconds, is_left in ((HALF_AN_HOUR, True), (TWO_HOURS, False)):
        clock.move(age_seconds)
        job = await factories.job(resources, owner, sweep.kind)
        await JobRunner(resources, runtime)(job.id, RememberingContext(job.id, {}))
        async with resources.database.reading() as session:
            done = await JobService.over(session, resources).owned(job.id, owner)
        assert (done.result or {})["parts"] == (0 if is_left else 1)
        assert part.exists() is is_left


async def test_an_upload_that_never_came_gives_its_room_back(
    resources: Resources, clock: FrozenClock, owner: str, files: Files, used: Used, view: View
) -> None:
    late = await view(await announced(resources, owner))
    await resources.store.put(late.store_key, factories.stream(b"x" * 1000))
    assert (await swept(resources), await used()) == ((0, 0, 0), (1000, 1))
    clock.move(TWO_HOURS)
    young = await view(await announced(resources, owner))
    assert await swept(resources) == (1, 0, 0)
    assert (files(), await used()) == ([], (1000, 1))
    assert (await view(young.id)).state is AssetState.PENDING
    with pytest.raises(AssetNotFound):
        await complete_upload(resources, late)


async def test_a_working_folder_in_use_is_not_swept(resources: Resources, owner: str, clock: FrozenClock) -> None:
    async with Intake(resources).temp_dir() as temp_dir:
        for move_seconds in (HALF_AN_HOUR, TWO_HOURS):
            clock.move(move_seconds)
            assert await swept(resources) == (0, 0, 0)
            assert temp_dir.is_dir()
    assert not temp_dir.exists()


async def test_a_working_folder_of_a_dead_process_is_swept(resources: Resources, clock: FrozenClock) -> None:
    work = resources.settings.storage.storage_path / ".work"
    script = (
        "import asyncio, os, pathlib\n"
        "from app.core.clock import SystemClock\n"
        "from app.core.threads import Threads\n"
        "from app.storage.temp_dirs import TempDirs\n"
        "async def die():\n"
        f"    async with TempDirs(pathlib.Path({str(work)!r}), SystemClock(), Threads(1)).open():\n"
        "        os.kill(os.getpid(), 9)\n"
        "asyncio.run(die())\n"
    )
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", script)
    assert await process.wait() == -signal.SIGKILL
    assert len(list(work.iterdir())) == 1
    clock.move(TWO_HOURS)
    assert await swept(resources) == (0, 0, 1)
    assert list(work.iterdir()) == []


async def test_a_sweep_beside_people_at_work_leaves_them_their_desks(resources: Resources, clock: FrozenClock) -> None:
    """The clock is ahead of the disk, so that every desk looks as if it were left from the first moment."""
    clock.move(TWO_HOURS)
    intake = Intake(resources)

    async def work() -> None:
        for _ in range(40):
            async with intake.temp_dir() as temp_dir:
                (temp_dir / "raw").write_bytes(b"x")
                await asyncio.sleep(0.002)
                assert (temp_dir / "raw").read_bytes() == b"x"

    async with asyncio.TaskGroup() as people:
        workers = [people.create_task(work()) for _ in range(4)]
        while not all(worker.done() for worker in workers):
            await SweepLibrary(resources).delete_temp_dirs()


async def test_the_media_of_a_closed_account_are_gone_and_others_stay(
    app: FastAPI, alice: httpx2.AsyncClient, bob: httpx2.AsyncClient
) -> None:
    resources: Resources = app.state.resources
    for person in (bob, alice):
        owner = (await person.get("/api/v1/auth/me")).json()["id"]
        await factories.asset(resources, owner)
        await announced(resources, owner)
        await resources.store.put(f"avatars/{owner}/picture/64", factories.stream(b"x"))
    sweep = SweepLibrary(resources)
    assert await sweep.purge_accounts() == 0
    assert (await alice.delete("/api/v1/users/me")).status_code == 204
    assert (await sweep.purge_accounts(), await sweep.purge_accounts()) == (1, 0)
    await factories.asset(resources, owner)
    assert (await sweep.purge_accounts(), await sweep.purge_accounts()) == (1, 0), "what comes late goes as well"
    assert await factories.rows(resources.database, Asset) == 2
    assert [stat.key.split("/")[0] async for stat in resources.store.walk()].count("avatars") == 1
    assert len([stat async for stat in resources.store.walk("assets/")]) == 1
    async with resources.database.reading() as session:
        assert await QuotaRepository(session).used(owner) == (0, 0)
