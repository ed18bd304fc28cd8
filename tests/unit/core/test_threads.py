"""Files that are opened off the loop are closed whatever happens to their users."""

import asyncio
import threading
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from app.core.threads import Threads


class Queue:
    """A pool of one thread, which a test keeps busy for as long as it likes."""

    def __init__(self) -> None:
        self.threads = Threads(1)
        self._free = threading.Event()
        self._free.set()

    def block(self) -> None:
        self._free.clear()
        self.threads.executor.submit(self._free.wait)

    def release(self) -> None:
        self._free.set()

    async def drained(self) -> None:
        """Everything that was asked for so far is done."""
        await self.threads.run(lambda: None)


@pytest.fixture
def queue() -> Iterator[Queue]:
    made = Queue()
    yield made
    made.release()
    made.threads.close()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    written = tmp_path / "film.mp4"
    written.write_bytes(b"film")
    return written


def is_open(path: Path) -> bool:
    return str(path) in {file.path for file in psutil.Process().open_files()}


async def cancelled(user: asyncio.Task[None]) -> None:
    user.cancel()
    with pytest.raises(asyncio.CancelledError):
        await user


async def test_a_file_is_open_for_as_long_as_the_block_lasts(queue: Queue, path: Path) -> None:
    async with queue.threads.opened(path, "rb") as file:
        assert await queue.threads.run(file.read) == b"film"
        assert is_open(path)
    assert not is_open(path)
    with pytest.raises(FileExistsError):
        async with queue.threads.opened(path, "xb"):
            pass


async def test_who_leaves_while_a_file_opens_leaves_it_closed(queue: Queue, path: Path) -> None:
    async def use() -> None:
        async with queue.threads.opened(path, "rb"):
            pass

    queue.block()
    user = asyncio.create_task(use())
    await asyncio.sleep(0)
    await cancelled(user)
    queue.release()
    await queue.drained()
    assert not is_open(path)


async def test_who_leaves_while_a_file_closes_leaves_it_closed(queue: Queue, path: Path) -> None:
    is_read = asyncio.Event()

    async def use() -> None:
        async with queue.threads.opened(path, "rb") as file:
            await queue.threads.run(file.read)
            queue.block()
            is_read.set()

    user = asyncio.create_task(use())
    await is_read.wait()
    await asyncio.sleep(0)
    await cancelled(user)
    assert is_open(path)
    queue.release()
    await queue.drained()
    assert not is_open(path)


async def test_a_file_outlives_the_pool_and_is_closed(queue: Queue, path: Path) -> None:
    async with queue.threads.opened(path, "rb"):
        queue.threads.close()
    assert not is_open(path)
