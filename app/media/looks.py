"""How a clip looks: how much of it is black or stands still, and how well its ends meet its key frames."""

import os
from collections.abc import Sequence
from pathlib import Path

from app.core.threads import Threads
from app.media.errors import UnreadableMedia
from app.media.probe import HIGH, WIDE, ClipLook
from app.media.sniff import FileKind
from app.media.tools import Tools, guarded_input

TIMEOUT_SECONDS = 120.0
MOST_PICTURES = 4000


class ClipLooks:
    """Decodes clips of this machine once, small and grey."""

    def __init__(self, tools: Tools, threads: Threads) -> None:
        self._tools = tools
        self._threads = threads

    async def look(self, clip: Path, ends: Sequence[bytes | None], temp_dir: Path) -> ClipLook:
        """Looks at every picture of an MP4; one that cannot be decoded to its end is unreadable."""
        shown = temp_dir / "look.gray"
        arguments = [
            *("-y", "-v", "error", "-xerror", *guarded_input(clip, FileKind.MP4), "-map", "0:v:0", "-an"),
            *("-vf", f"scale={WIDE}:{HIGH}:flags=area,format=gray", "-frames:v", str(MOST_PICTURES)),
            *("-fps_mode", "passthrough", "-f", "rawvideo", os.fspath(shown)),
        ]
        done = await self._tools.run(arguments, timeout_seconds=TIMEOUT_SECONDS)
        if not done.succeeded:
            raise UnreadableMedia
        return await self._threads.run(_judged, shown, tuple(ends))


def _judged(shown: Path, ends: tuple[bytes | None, ...]) -> ClipLook:
    """Loads the pixel code only where pixels are looked at, because a process that serves pages needs none of it."""
    from app.media.likeness import judged

    return judged(shown, ends)
