"""Desks: working folders that are held while somebody works there, so that a sweep takes only what a crash has left."""

import fcntl
import os
import shutil
import time
import weakref
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import Self

from app.core.clock import Clock
from app.core.errors import StorageFull, Unavailable
from app.core.threads import Threads
from app.storage.disk import full_is_named, is_older

__all__ = ["Desks", "delete_untouched"]

HOLD = ".held"
MOST_TRIES, PAUSE_SECONDS = 100, 0.01


class Desks:
    """The working folders below one folder."""

    def __init__(self, folder: Path, clock: Clock, threads: Threads, *, reserve_bytes: int = 0) -> None:
        self._folder = folder
        self._clock = clock
        self._threads = threads
        self._reserve_bytes = reserve_bytes

    @asynccontextmanager
    async def open(self) -> AsyncIterator[Path]:
        """A working folder that is gone afterwards, whatever happens; a full disk is told as such."""
        desk = self._folder / self._clock.new_id()
        hold: Hold | None = None
        try:
            with full_is_named():
                hold = await self._threads.run(self._begin, desk)
                yield desk
        finally:
            await self._threads.run(shutil.rmtree, desk, ignore_errors=True)
            if hold is not None:
                hold.end()

    async def sweep(self, before: datetime) -> int:
        """Deletes the desks that a crash left before this moment; says how many."""
        return await self._threads.run(delete_untouched, self._folder, before)

    def _begin(self, desk: Path) -> "Hold":
        self._folder.mkdir(parents=True, exist_ok=True)
        if self._reserve_bytes and shutil.disk_usage(self._folder).free < self._reserve_bytes:
            raise StorageFull
        for _ in range(MOST_TRIES):
            desk.mkdir(exist_ok=True)
            hold = Hold.on(desk)
            if hold is not None:
                return hold
            time.sleep(PAUSE_SECONDS)
        raise Unavailable


class Hold:
    """A claim on a folder; the kernel lets go of it with its process, and Python when nobody has it any more."""

    def __init__(self, handle: int) -> None:
        self.end = weakref.finalize(self, os.close, handle)

    @classmethod
    def on(cls, folder: Path) -> Self | None:
        """The claim, unless somebody else has it or the folder is being deleted."""
        try:
            handle = os.open(folder / HOLD, os.O_CREAT | os.O_RDWR, 0o600)
        except (FileNotFoundError, NotADirectoryError):
            return None
        hold = cls(handle)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            hold.end()
            return None
        # Whoever deletes the folder lets go of a file that has no name any more.
        if os.fstat(handle).st_nlink == 0:
            hold.end()
            return None
        return hold


def delete_untouched(folder: Path, before: datetime) -> int:
    """Deletes the folders in a folder that nobody holds and where nothing was written since; says how many.

    The age alone does not tell: work may take long, and the clock of a machine may be set while it is done.
    """
    gone = 0
    for inner in folder.iterdir() if folder.is_dir() else ():
        hold = Hold.on(inner) if is_older(inner, before) else None
        if hold is not None:
            shutil.rmtree(inner, ignore_errors=True)
            hold.end()
            gone += 1
    return gone
