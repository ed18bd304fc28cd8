"""How a clip looks: how much of it is black or stands still, and how well its ends meet its key frames."""

import io
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageOps

from app.core.threads import Threads
from app.media.errors import UnreadableMedia
from app.media.sniff import Kind
from app.media.tools import Tools, guarded_input

__all__ = ["ClipLook", "ClipLooks"]

TIMEOUT_SECONDS = 120.0
WIDE, HIGH, BLOCK = 96, 48, 8
MOST_PICTURES = 4000
# Levels of 0 to 255: codecs turn black into 16 at most, and a slow zoom moves a small picture by 0.01 or more.
BLACK_BELOW = 24
MOVES_FROM = 0.01
BLACK_PIXELS = 0.98
STEADY_LIGHT, STEADY_CONTRAST = (0.01 * 255) ** 2, (0.03 * 255) ** 2

Pictures = npt.NDArray[np.float32]


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

    async def look(self, clip: Path, ends: Sequence[bytes | None], desk: Path) -> ClipLook:
        """Looks at every picture of an MP4; one that cannot be decoded to its end is unreadable."""
        shown = desk / "look.gray"
        arguments = [
            *("-v", "error", "-xerror", *guarded_input(clip, Kind.MP4), "-map", "0:v:0", "-an"),
            *("-vf", f"scale={WIDE}:{HIGH}:flags=area,format=gray", "-frames:v", str(MOST_PICTURES)),
            *("-fps_mode", "passthrough", "-f", "rawvideo", os.fspath(shown)),
        ]
        done = await self._tools.run(arguments, timeout_seconds=TIMEOUT_SECONDS)
        if not done.succeeded:
            raise UnreadableMedia
        return await self._threads.run(_judged, shown, tuple(ends))


def _judged(shown: Path, ends: tuple[bytes | None, ...]) -> ClipLook:
    levels = np.frombuffer(shown.read_bytes(), np.uint8)
    if levels.size < WIDE * HIGH:
        raise UnreadableMedia
    pictures = levels.reshape(-1, HIGH, WIDE).astype(np.float32)
    first, last = (*ends, None, None)[:2]
    return ClipLook(
        black_share=float(np.mean(np.mean(pictures < BLACK_BELOW, axis=(1, 2)) >= BLACK_PIXELS)),
        frozen_share=_frozen_share(pictures),
        first_seam=None if first is None else _likeness(pictures[0], _small(first)),
        last_seam=None if last is None else _likeness(pictures[-1], _small(last)),
    )


def _frozen_share(pictures: Pictures) -> float:
    if len(pictures) < 2:
        return 1.0
    moved = np.mean(np.abs(np.diff(pictures, axis=0)), axis=(1, 2))
    return float(np.mean(moved < MOVES_FROM))


def _small(content: bytes) -> Pictures:
    with Image.open(io.BytesIO(content)) as picture:
        small = ImageOps.grayscale(picture.convert("RGB")).resize((WIDE, HIGH), Image.Resampling.BOX)
    return np.asarray(small, dtype=np.float32)


def _likeness(one: Pictures, other: Pictures) -> float:
    """Structural similarity, block by block."""
    a, b = _blocks(one), _blocks(other)
    mean_a, mean_b = a.mean(axis=1), b.mean(axis=1)
    spread_a, spread_b = a.var(axis=1), b.var(axis=1)
    together = ((a - mean_a[:, None]) * (b - mean_b[:, None])).mean(axis=1)
    light = (2 * mean_a * mean_b + STEADY_LIGHT) / (mean_a**2 + mean_b**2 + STEADY_LIGHT)
    contrast = (2 * together + STEADY_CONTRAST) / (spread_a + spread_b + STEADY_CONTRAST)
    return round(float(np.mean(light * contrast)), 4)


def _blocks(picture: Pictures) -> Pictures:
    rows = picture.reshape(HIGH // BLOCK, BLOCK, WIDE // BLOCK, BLOCK)
    return rows.transpose(0, 2, 1, 3).reshape(-1, BLOCK * BLOCK)
