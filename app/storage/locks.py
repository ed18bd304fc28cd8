"""Locks on files that are being worked on, so that a sweep deletes only what a crash has left."""

import fcntl
import os
import time
import weakref
from pathlib import Path
from typing import Self

from app.core.errors import Unavailable

MOST_TRIES, PAUSE_SECONDS = 100, 0.01


class FileLock:
    """An exclusive lock on a file; released with its process, or when no object refers to it any more."""

    def __init__(self, handle: int) -> None:
        self.release = weakref.finalize(self, os.close, handle)

    @classmethod
    def try_acquire(cls, file: Path, *, create: bool = True) -> Self | None:
        """The lock, on a new file where there is none; None when another holder has it or the file was deleted."""
        try:
            handle = os.open(file, (os.O_CREAT if create else 0) | os.O_RDWR, 0o600)
        except (FileNotFoundError, NotADirectoryError):
            return None
        lock = cls(handle)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.release()
            return None
        # The previous holder deleted the file: a lock on a file without a name protects nothing.
        if os.fstat(handle).st_nlink == 0:
            lock.release()
            return None
        return lock

    @classmethod
    def acquire(cls, file: Path) -> Self:
        """The lock on a file of one's own; waits for a sweep that has just taken it for abandoned."""
        for _ in range(MOST_TRIES):
            file.parent.mkdir(parents=True, exist_ok=True)
            lock = cls.try_acquire(file)
            if lock is not None:
                return lock
            time.sleep(PAUSE_SECONDS)
        raise Unavailable
