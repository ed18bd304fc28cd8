"""The real clock of several processes, which one file sets ahead or back while they run."""

import mmap
import struct
from datetime import datetime, timedelta
from pathlib import Path

from typing_extensions import override

from app.core.clock import SystemClock

OFFSETS = struct.Struct("dd")


class SharedClock(SystemClock):
    """The time of day jumps alone; where time is said to have passed, what measures lengths of time moves too."""

    def __init__(self, path: Path) -> None:
        with path.open("r+b") as file:
            self._offsets = mmap.mmap(file.fileno(), OFFSETS.size)

    @override
    def now(self) -> datetime:
        return super().now() + timedelta(seconds=OFFSETS.unpack(self._offsets[:])[0])

    @override
    def monotonic(self) -> float:
        return float(super().monotonic() + OFFSETS.unpack(self._offsets[:])[1])


def set_ahead(path: Path, seconds: float, *, passed_seconds: float = 0.0) -> None:
    """Sets the clocks of all that share this file; negative seconds set the time of day back."""
    offsets = OFFSETS.pack(seconds, passed_seconds)
    if not path.exists():
        path.write_bytes(offsets)
        return
    with path.open("r+b") as file:
        file.write(offsets)
