"""The exact last picture of a clip, so that the next one can begin with it."""

import os
from pathlib import Path

from app.core.threads import Threads
from app.media.errors import UnreadableMedia
from app.media.sniff import Kind
from app.media.tools import Tools, guarded_input

__all__ = ["LastPictures"]

TIMEOUT_SECONDS = 60.0
# All pictures of a tail are held in memory to turn it round, so it is short; sparse clips need a longer one.
TAILS_SECONDS = (1.0, 4.0)


class LastPictures:
    """Takes pictures from clips of this machine."""

    def __init__(self, tools: Tools, threads: Threads) -> None:
        self._tools = tools
        self._threads = threads

    async def extract(self, clip: Path, duration_seconds: float, target: Path) -> None:
        """Writes the last picture of an MP4 as PNG; decodes the clip's end, so a broken end is refused here."""
        for tail_seconds in TAILS_SECONDS:
            begin = max(0.0, duration_seconds - tail_seconds)
            if await self._taken(clip, begin, target):
                return
            if begin == 0:
                break
        raise UnreadableMedia

    async def _taken(self, clip: Path, begin_seconds: float, target: Path) -> bool:
        arguments = [
            *("-v", "error", "-xerror", "-ss", f"{begin_seconds:.3f}", *guarded_input(clip, Kind.MP4)),
            *("-map", "0:v:0", "-vf", "reverse", "-frames:v", "1"),
            *("-pix_fmt", "rgb24", "-c:v", "png", "-f", "image2", "-update", "1", os.fspath(target)),
        ]
        done = await self._tools.run(arguments, timeout_seconds=TIMEOUT_SECONDS)
        return done.succeeded and await self._threads.run(_is_written, target)


def _is_written(target: Path) -> bool:
    return target.is_file() and target.stat().st_size > 0
