"""What a disk does with files: opens them off the loop, says that it is full, and how old they are."""

import errno
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime
from pathlib import Path

from aiofiles.threadpool import wrap
from aiofiles.threadpool.binary import AsyncBufferedIOBase, AsyncBufferedReader

from app.core.errors import StorageFull
from app.core.threads import Threads

__all__ = ["full_is_named", "is_older", "read_file", "written_file"]

FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


@contextmanager
def full_is_named() -> Iterator[None]:
    """A full disk is told as such."""
    try:
        yield
    except OSError as fault:
        if fault.errno in FULL:
            raise StorageFull from fault
        raise


@asynccontextmanager
async def read_file(path: Path, threads: Threads) -> AsyncIterator[AsyncBufferedReader]:
    """A file to be read, closed whatever happens to its reader."""
    async with threads.opened(path, "rb") as file:
        yield wrap(file, executor=threads.executor)


@asynccontextmanager
async def written_file(path: Path, threads: Threads) -> AsyncIterator[AsyncBufferedIOBase]:
    """A file to be written from its beginning, closed whatever happens to its writer."""
    async with threads.opened(path, "wb") as file:
        yield wrap(file, executor=threads.executor)


def is_older(path: Path, before: datetime) -> bool:
    """Whether it was last written before; what others have just taken away is not."""
    try:
        return datetime.fromtimestamp(path.stat().st_mtime, UTC) < before
    except FileNotFoundError:
        return False
