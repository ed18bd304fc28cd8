"""Pixels of a clip: what of it is black or stands still, and how alike two pictures are; loads numpy."""

import io
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageOps

from app.media.errors import UnreadableMedia
from app.media.probe import HIGH, WIDE, ClipLook

BLOCK = 8
# Levels of 0 to 255: codecs turn black into 16 at most, and a slow zoom moves a small picture by 0.01 or more.
BLACK_BELOW = 24
MOVES_FROM = 0.01
BLACK_PIXELS = 0.98
STEADY_LIGHT, STEADY_CONTRAST = (0.01 * 255) ** 2, (0.03 * 255) ** 2
Pictures = npt.NDArray[np.float32]


def judged(shown: Path, ends: tuple[bytes | None, ...]) -> ClipLook:
    """The look of a clip from its small grey pictures, beside the key frames at its ends."""
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
