"""Holds: claims on files that somebody works on, so that a sweep takes only what a crash has left."""

import fcntl
import os
import time
import weakref
from pathlib import Path
from typing import Self

from app.core.errors import Unavailable

__all__ = ["Hold"]

MOST_TRIES, PAUSE_SECONDS = 100, 0.01


class Hold:
    """A claim on a file; the kernel lets go of it with its process, and Python when nobody has it any more."""

    def __init__(self, handle: int) -> None:
        self.end = weakref.finalize(self, os.close, handle)

    @classmethod
    def on(cls, file: Path, *, create: bool = True) -> Self | None:
        """The claim, on a new file where there is none; None when somebody else has it or has deleted it."""
        try:
            handle = os.open(file, (os.O_CREAT if create else 0) | os.O_RDWR, 0o600)
        except (FileNotFoundError, NotADirectoryError):
            return None
        hold = cls(handle)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            hold.end()
            return None
        # Whoever deletes the file lets go of one that has no name any more.
        if os.fstat(handle).st_nlink == 0:
            hold.end()
            return None
        return hold

    @classmethod
    def new(cls, file: Path) -> Self:
        """The claim on a file and folder of one's own; a sweep that takes these for old is waited for."""
        for _ in range(MOST_TRIES):
            file.parent.mkdir(parents=True, exist_ok=True)
            hold = cls.on(file)
            if hold is not None:
                return hold
            time.sleep(PAUSE_SECONDS)
        raise Unavailable
