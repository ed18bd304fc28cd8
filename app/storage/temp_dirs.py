"""Temporary folders that are held while they are used, so that a sweep takes only what a crash has left."""

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path

from app.core.clock import Clock
from app.core.errors import StorageFull
from app.core.threads import Threads
from app.storage.disk import DiskSpace, disk_faults_named, is_older, space_of
from app.storage.locks import FileLock

HOLD = ".held"


class TempDirs:
    """The working folders below one folder."""

    def __init__(self, folder: Path, clock: Clock, threads: Threads, *, reserve_bytes: int = 0) -> None:
        self._folder = folder
        self._clock = clock
        self._threads = threads
        self.reserve_bytes = reserve_bytes

    async def space(self) -> DiskSpace:
        """What the disk has on which folders are worked in."""
        return await self._threads.run(space_of, self._folder)

    @asynccontextmanager
    async def open(self) -> AsyncIterator[Path]:
        """A working folder that is gone afterwards, whatever happens; a full disk is told as such."""
        temp_dir = self._folder / self._clock.new_id()
        lock: FileLock | None = None
        try:
            with disk_faults_named():
                lock = await self._threads.run(self._begin, temp_dir)
                yield temp_dir
        finally:
            await self._threads.run(shutil.rmtree, temp_dir, ignore_errors=True)
            if lock is not None:
                lock.release()

    async def sweep(self, before: datetime) -> int:
        """Deletes the folders that a crash left before this moment; says how many."""
        return await self._threads.run(delete_untouched, self._folder, before)

    def _begin(self, temp_dir: Path) -> FileLock:
        self._folder.mkdir(parents=True, exist_ok=True)
        if self.reserve_bytes and space_of(self._folder).free_bytes < self.reserve_bytes:
            raise StorageFull
        return FileLock.acquire(temp_dir / HOLD)


def delete_untouched(folder: Path, before: datetime) -> int:
    """Deletes the folders in a folder that nobody holds and where nothing was written since; says how many.

    The age alone does not tell: work may take long, and the clock of a machine may be set while it is done.
    """
    gone = 0
    for inner in folder.iterdir() if folder.is_dir() else ():
        lock = FileLock.try_acquire(inner / HOLD) if is_older(inner, before) else None
        if lock is not None:
            shutil.rmtree(inner, ignore_errors=True)
            lock.release()
            gone += 1
    return gone
