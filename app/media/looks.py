"""How a clip looks: how much of it is black or stands still, and how well its ends meet its key frames."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

from app.core.threads import Threads
from app.media.errors import UnreadableMedia
from app.media.sniff import Kind
from app.media.tools import Tools, guarded_input

__all__ = ["ClipLook", "ClipLooks"]

TIMEOUT_SECONDS = 120.0
WIDE, HIGH = 96, 48
MOST_PICTURES = 4000


@dataclass(frozen=True)
class ClipLook:
    """Shares are of the clip's pictures, 0 to 1; a seam is the likeness to a key frame, 1 where they are the same."""

    black_share: float
    frozen_share: float
    first_seam: float | None
    last_seam: float | None


class ClipLooks:
    """Decodes clips of this machine once, small and grey."""

    def __init__(self, tools: Tools, threads: Threads) -> None:
        self._tools = tools
        self._threads = threads

    async def look(self, clip: Path, ends: Sequence[bytes | None], temp_dir: Path) -> ClipLook:
        """Looks at every picture of an MP4; one that cannot be decoded to its end is unreadable."""
        shown = temp_dir / "look.gray"
        arguments = [
            *("-y", "-v", "error", "-xerror", *guarded_input(clip, Kind.MP4), "-map", "0:v:0", "-an"),
            *("-vf", f"scale={WIDE}:{HIGH}:flags=area,format=gray", "-frames:v", str(MOST_PICTURES)),
            *("-fps_mode", "passthrough", "-f", "rawvideo", os.fspath(shown)),
        ]
        done = await self._tools.run(arguments, timeout_seconds=TIMEOUT_SECONDS)
        if not done.succeeded:
            raise UnreadableMedia
        return await self._threads.run(_judged, shown, tuple(ends))


def _judged(shown: Path, ends: tuple[bytes | None, ...]) -> ClipLook:
    """Loads the pixel code only where pixels are looked at, because a process that serves pages needs none of it."""
    look: ClipLook = import_module("app.media.likeness").judged(shown, ends)
    return look
