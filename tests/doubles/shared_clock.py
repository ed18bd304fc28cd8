"""The real clock of several processes, whose time of day one file sets ahead or back while they run."""

import mmap
import struct
from datetime import datetime, timedelta
from pathlib import Path

from typing_extensions import override

from app.core.clock import SystemClock

OFFSET = struct.Struct("d")


class SharedClock(SystemClock):
    """Only the time of day jumps; what measures lengths of time does not notice."""

    def __init__(self, path: Path) -> None:
        with path.open("r+b") as file:
            self._offset = mmap.mmap(file.fileno(), OFFSET.size)

    @override
    def now(self) -> datetime:
        return super().now() + timedelta(seconds=OFFSET.unpack(self._offset[:])[0])


def set_ahead(path: Path, seconds: float) -> None:
    """Sets the clocks of all that share this file; negative seconds set them back."""
    if not path.exists():
        path.write_bytes(OFFSET.pack(seconds))
        return
    with path.open("r+b") as file:
        file.write(OFFSET.pack(seconds))
