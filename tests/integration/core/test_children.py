"""Child processes on the loop of the service and on the one of tests: nothing of them stays open."""

import asyncio
import os
import sys
import threading
from collections.abc import Awaitable, Callable
from pathlib import Path

import psutil
import pytest
import uvloop

from app.core.children import ChildProcess
from app.core.process import ProcessTimedOut, run

LIMIT_SECONDS = 30
SLEEPS = [sys.executable, "-I", "-c", "import time; time.sleep(60)"]
ENDS = [sys.executable, "-I", "-c", "pass"]
ECHOES = [sys.executable, "-I", "-c", "import sys; sys.stdout.write(sys.stdin.read().upper())"]
LOOPS = (pytest.param(asyncio.new_event_loop, id="asyncio"), pytest.param(uvloop.new_event_loop, id="uvloop"))

MakeLoop = Callable[[], asyncio.AbstractEventLoop]


def open_handles() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def children() -> set[psutil.Process]:
    """The children of this process: also those that other tests keep, such as a database server."""
    return set(psutil.Process().children())


async def settled() -> None:
    """What was closed last is gone after a few turns of the loop."""
    for _ in range(5):
        await asyncio.sleep(0.01)


def left_behind(make_loop: MakeLoop, work: Callable[[], Awaitable[None]]) -> tuple[int, int]:
    """How many more handles are open and how many more children there are, after this was done twice."""

    async def begun_and_done() -> tuple[int, int]:
        async with asyncio.timeout(LIMIT_SECONDS):
            await work()
            await settled()
            before = open_handles()
            await work()
            await settled()
            return open_handles() - before, len(children() - others)

    others = children()

    loop = make_loop()
    try:
        return loop.run_until_complete(begun_and_done())
    finally:
        loop.close()


@pytest.mark.parametrize("make_loop", LOOPS)
def test_what_ends_by_itself_leaves_nothing_open(make_loop: MakeLoop) -> None:
    async def work() -> None:
        done = await run(ECHOES, timeout_seconds=LIMIT_SECONDS, stdin=b"words " * 100_000)
        assert (done.exit_code, done.stdout) == (0, b"WORDS " * 100_000)

    assert left_behind(make_loop, work) == (0, 0)


@pytest.mark.parametrize("make_loop", LOOPS)
def test_what_is_killed_leaves_nothing_open(make_loop: MakeLoop) -> None:
    async def work() -> None:
        with pytest.raises(ProcessTimedOut):
            await run(SLEEPS, timeout_seconds=0.2, stdin=b"words")

    assert left_behind(make_loop, work) == (0, 0)


@pytest.mark.parametrize("make_loop", LOOPS)
def test_one_that_has_ended_breaks_the_pipe_of_its_input(make_loop: MakeLoop) -> None:
    async def work() -> None:
        child = ChildProcess.started(ENDS, cwd=None, env=dict(os.environ), takes_input=True)
        assert child.stdin is not None
        assert await child.wait() == 0
        await settled()
        with pytest.raises(BrokenPipeError):
            await child.stdin.write(b"words")
        child.close()

    assert left_behind(make_loop, work) == (0, 0)


def opens_and_closes(over: threading.Event, closed_by_others: list[int]) -> None:
    while not over.is_set():
        for descriptor in [os.open(os.devnull, os.O_RDONLY) for _ in range(5)]:
            try:
                os.close(descriptor)
            except OSError:
                closed_by_others.append(descriptor)


@pytest.mark.parametrize("make_loop", LOOPS)
def test_nothing_is_closed_that_another_thread_has_opened(make_loop: MakeLoop) -> None:
    closed_by_others: list[int] = []
    over = threading.Event()

    async def work() -> None:
        for _ in range(20):
            await asyncio.gather(*(run(["true"], timeout_seconds=LIMIT_SECONDS, stdin=b"words") for _ in range(4)))

    threads = [threading.Thread(target=opens_and_closes, args=(over, closed_by_others)) for _ in range(3)]
    for thread in threads:
        thread.start()
    loop = make_loop()
    try:
        loop.run_until_complete(asyncio.wait_for(work(), LIMIT_SECONDS))
    finally:
        over.set()
        for thread in threads:
            thread.join()
        loop.close()
    assert closed_by_others == []


@pytest.mark.parametrize("make_loop", LOOPS)
def test_where_the_kernel_has_no_handles_of_processes_the_end_is_known_all_the_same(make_loop: MakeLoop) -> None:
    async def work() -> None:
        environment = {"PATH": os.environ["PATH"]}
        child = ChildProcess.started(ECHOES, cwd=None, env=environment, takes_input=False, has_handles=False)
        assert await child.wait() == 0
        child.close()

    assert left_behind(make_loop, work) == (0, 0)
