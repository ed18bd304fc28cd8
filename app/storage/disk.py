"""What a disk does with files: opens them off the loop, says that it is full, and how old they are."""

import errno
import shutil
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from aiofiles.threadpool import wrap
from aiofiles.threadpool.binary import AsyncBufferedIOBase, AsyncBufferedReader

from app.core.errors import NotNow, StorageFull
from app.core.threads import Threads
from app.storage.base import StoreUnreachable

RETRY_SECONDS = 10
FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
# The disk itself, or what it hangs on; a file that is missing or in the way is none of these.
AWAY = frozenset(
    {errno.EIO, errno.EROFS, errno.EACCES, errno.EPERM, errno.ENODEV, errno.ENXIO, errno.ESTALE, errno.ETIMEDOUT}
    | {errno.ENOTCONN, errno.EHOSTDOWN, errno.EBUSY, errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.EAGAIN}
)


def fault_of_disk(fault: OSError) -> NotNow | None:
    """What the operating system says of the disk, as far as it may pass."""
    if fault.errno in FULL:
        return StorageFull(retry_after_seconds=RETRY_SECONDS)
    return StoreUnreachable(retry_after_seconds=RETRY_SECONDS) if fault.errno in AWAY else None


@contextmanager
def disk_faults_named() -> Iterator[None]:
    """A full disk is told as such, and so is one that does not do what it is asked."""
    try:
        yield
    except OSError as fault:
        named = fault_of_disk(fault)
        if named is None:
            raise
        raise named from fault


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


@dataclass(frozen=True)
class DiskSpace:
    """What a disk has."""

    total_bytes: int
    free_bytes: int


def space_of(path: Path) -> DiskSpace:
    """The disk on which a path lies or would lie."""
    found = shutil.disk_usage(nearest(path))
    return DiskSpace(found.total, found.free)


def nearest(path: Path) -> Path:
    """The path itself where there is one, else the nearest folder above it."""
    whole = path.resolve()
    return next(place for place in (whole, *whole.parents) if place.exists())


def is_older(path: Path, before: datetime) -> bool:
    """Whether it was last written before; what others have just taken away is not."""
    try:
        return datetime.fromtimestamp(path.stat().st_mtime, UTC) < before
    except FileNotFoundError:
        return False
