"""What is scarce in a process is shared by turns, and passwords wait for no file."""

import asyncio
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from typing_extensions import override

from app.accounts.sign_in import passwords_of
from app.core.fairness import FairLimiter, working_for
from app.core.process import Finished
from app.core.threads import Threads
from app.media.audio import AudioRules, Sounds
from app.media.tools import Tools
from app.production.archive.importing import import_archive
from app.production.errors import NoArchive
from app.resources import Resources, processors_at_once
from tests import factories

LIMIT_SECONDS = 20


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """No row is read here."""
    return sqlite_url


@dataclass(frozen=True)
class HeldTools(Tools):
    """Tools that work until a test lets them end."""

    begun: list[str] = field(default_factory=list)
    may_end: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(0))

    @override
    async def run(
        self,
        arguments: Sequence[str],
        *,
        timeout_seconds: float,
        cwd: Path | None = None,
        on_line: Callable[[str], None] | None = None,
    ) -> Finished:
        self.begun.append(Path(arguments[-1]).stem)
        await self.may_end.acquire()
        return Finished(0, b"out_time_us=1000000\n", "")


async def test_sound_tools_work_a_few_at_a_time_and_owners_take_turns(tmp_path: Path) -> None:
    tools, threads = HeldTools("ffmpeg"), Threads(2)
    turns = FairLimiter(2)
    sounds = Sounds(tools, threads, turns)
    source = tmp_path / "a.wav"
    source.write_bytes(factories.sound(1))

    async def clean(owner: str, number: int) -> None:
        with working_for(owner):
            await sounds.clean(source, tmp_path / f"{owner}{number}.mp3", AudioRules())

    try:
        async with asyncio.timeout(LIMIT_SECONDS), asyncio.TaskGroup() as group:
            for number in range(4):
                group.create_task(clean("many", number))
            while len(tools.begun) < 2:
                await asyncio.sleep(0.01)
            group.create_task(clean("single", 0))
            while turns.waiting < 3:
                await asyncio.sleep(0.01)
            assert len(tools.begun) == 2
            for _ in range(5):
                tools.may_end.release()
    finally:
        threads.close()
    assert tools.begun[2] == "single0"


async def test_an_import_is_received_at_once_and_judged_in_its_owners_turn(resources: Resources) -> None:
    async with resources.imports.turn("many"), resources.imports.turn("more"):
        importing = asyncio.ensure_future(import_archive(resources, "single", factories.stream(b"no archive at all")))
        async with asyncio.timeout(LIMIT_SECONDS):
            while not resources.imports.waiting:
                await asyncio.sleep(0.01)
        assert not importing.done()
    with pytest.raises(NoArchive):
        await asyncio.wait_for(importing, LIMIT_SECONDS)


async def test_passwords_are_checked_while_every_other_thread_is_busy(resources: Resources) -> None:
    free = threading.Event()
    for _ in range(resources.threads.size):
        resources.threads.executor.submit(free.wait)
    try:
        passwords = passwords_of(resources)
        kept = await asyncio.wait_for(passwords.hash("three small green apples"), LIMIT_SECONDS)
        assert (await asyncio.wait_for(passwords.verify("three small green apples", kept), LIMIT_SECONDS))[0]
    finally:
        free.set()


async def test_files_are_read_while_every_other_thread_is_busy(resources: Resources) -> None:
    async def content() -> Sequence[bytes]:
        return [chunk async for chunk in resources.store.open("assets/aa/a.txt")]

    await resources.store.put("assets/aa/a.txt", factories.stream(b"words"))
    free = threading.Event()
    for _ in range(resources.threads.size):
        resources.threads.executor.submit(free.wait)
    try:
        assert await asyncio.wait_for(content(), LIMIT_SECONDS) == [b"words"]
    finally:
        free.set()


@pytest.mark.parametrize(("cores", "threads", "turns"), [(1, 8, 1), (2, 8, 2), (4, 8, 4), (64, 8, 4), (8, 1, 1)])
def test_turns_are_as_many_as_cores_and_leave_half_of_the_threads(cores: int, threads: int, turns: int) -> None:
    assert processors_at_once(cores, threads) == turns
