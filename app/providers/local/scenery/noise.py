"""Seeded noise: clouds on a plane and ridges along a line."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image

__all__ = ["Grid", "Line", "cloud_noise", "ridge_noise"]

Grid = NDArray[np.float32]
Line = NDArray[np.float32]


def cloud_noise(
    rng: np.random.Generator, size: tuple[int, int], cell_px: float, octaves: int = 4, stretch: float = 1.0
) -> Grid:
    """Soft shapes of about `cell_px` between 0 and 1, wider than high by `stretch`."""
    width, height = size
    total = np.zeros((height, width), np.float32)
    for octave in range(octaves):
        step = max(2.0, cell_px / 2**octave)
        across, down = width / (step * stretch), height / step
        seeds = rng.random((int(down) + 3, int(across) + 3), dtype=np.float32)
        box = (1.0, 1.0, 1.0 + across, 1.0 + down)
        total += np.asarray(Image.fromarray(seeds).resize(size, Image.Resampling.BICUBIC, box=box)) * np.float32(
            0.5**octave
        )
    low, high = float(total.min()), float(total.max())
    return (total - np.float32(low)) / np.float32(max(high - low, 1e-6))


def ridge_noise(rng: np.random.Generator, width: int, cell_px: float, octaves: int = 5, *, sharp: bool = False) -> Line:
    """Heights between 0 and 1 along a line; sharp ones have crests like mountains."""
    total = np.zeros(width, np.float32)
    for octave in range(octaves):
        step = max(2.0, cell_px / 2**octave)
        seeds = rng.random(int(width / step) + 3)
        at = np.arange(width) / step + rng.random()
        left = at.astype(int)
        part = at - left
        smooth = part * part * (3 - 2 * part)
        value = seeds[left] * (1 - smooth) + seeds[left + 1] * smooth
        crest = 1 - np.abs(2 * value - 1) if sharp else value
        total += (crest * 0.5**octave).astype(np.float32)
    low, high = float(total.min()), float(total.max())
    return ((total - low) / max(high - low, 1e-6)).astype(np.float32)
