"""Small pictures of films: a frame of the film, or a gradient of its own colours where no frame can be read."""

import hashlib
from pathlib import Path

from app.core.threads import Threads
from app.media.errors import ToolFailed, ToolTimedOut
from app.media.lit_frames import LitFrames
from app.media.sniff import Kind
from app.media.tools import Tools, file_address, guarded_input

__all__ = ["Thumbnails"]

TIMEOUT_SECONDS = 20.0
LONG_SIDE_PX = 480
PLAIN_SIZE = (480, 270)


class Thumbnails:
    """Draws them on this machine."""

    def __init__(self, tools: Tools, threads: Threads) -> None:
        self._tools = tools
        self._threads = threads
        self._lit_frames = LitFrames(tools)

    async def draw(self, film: Path, into: Path) -> bool:
        """Writes the first frame of a film that can be seen as JPEG; says whether there was one to be read."""
        scale = f"scale={LONG_SIDE_PX}:{LONG_SIDE_PX}:force_original_aspect_ratio=decrease:force_divisible_by=2"
        try:
            begin = await self._lit_frames.first(film)
            source = ["-ss", f"{begin:.3f}", *guarded_input(film, Kind.MP4), "-map", "0:v:0", "-vf", scale]
            return await self._written(source, into)
        except (ToolFailed, ToolTimedOut):
            return False

    async def paint(self, seed: str, shape: tuple[int, int] | None, into: Path) -> None:
        """Writes a gradient as JPEG, the same for the same seed."""
        width, height = _size(*(shape or PLAIN_SIZE))
        first, second = _colours(seed)
        picture = (
            f"gradients=size={width}x{height}:c0={first}:c1={second}:n=2:x0=0:y0=0:x1={width}:y1={height}:speed=0.00001"
        )
        if not await self._written(["-f", "lavfi", "-i", picture], into):
            raise ToolFailed

    async def _written(self, source: list[str], into: Path) -> bool:
        form = ["-frames:v", "1", "-q:v", "4", "-pix_fmt", "yuvj420p", "-update", "1", "-f", "image2"]
        arguments = ["-y", "-v", "error", *source, *form, file_address(into)]
        done = await self._tools.run(arguments, timeout_seconds=TIMEOUT_SECONDS)
        return done.succeeded and await self._threads.run(_has_bytes, into)


def _size(width: int, height: int) -> tuple[int, int]:
    share = LONG_SIDE_PX / max(width, height)
    return max(2, round(width * share / 2) * 2), max(2, round(height * share / 2) * 2)


def _colours(seed: str) -> tuple[str, str]:
    """Two colours of medium brightness."""
    digest = hashlib.sha256(seed.encode()).digest()
    first, second = (bytes(40 + value % 150 for value in digest[at : at + 3]).hex() for at in (0, 3))
    return f"0x{first}", f"0x{second}"


def _has_bytes(path: Path) -> bool:
    return path.is_file() and path.stat().st_size > 0
