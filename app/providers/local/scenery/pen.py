"""Draws one figure in a square of its own, one unit high, feet at the bottom; afterwards a soft-edged mask."""

import numpy as np
from PIL import Image, ImageDraw

from app.providers.local.scenery.noise import Grid

__all__ = ["Pen"]

FINER = 3
WIDE = 2.0

Point = tuple[float, float]


class Pen:
    """x runs from -1 to 1 with the middle at 0, y from 0 at the feet up to 1."""

    def __init__(self, size_px: int) -> None:
        self.size_px = max(4, size_px)
        self._scale = self.size_px * FINER
        self._body, self._light = (Image.new("L", (int(self._scale * WIDE), self._scale)) for _ in range(2))

    def shape(self, *points: Point, lit: bool = False, hole: bool = False) -> None:
        """A filled polygon."""
        self._pen(lit=lit).polygon([self._at(*point) for point in points], fill=0 if hole else 255)

    def oval(self, middle: Point, reach: Point, *, lit: bool = False, hole: bool = False) -> None:
        """A filled ellipse."""
        (x, y), (across, up) = middle, reach
        left, top = self._at(x - across, y + up)
        right, bottom = self._at(x + across, y - up)
        self._pen(lit=lit).ellipse((left, top, right, bottom), fill=0 if hole else 255)

    def limb(self, thick: float, *points: Point) -> None:
        """A line with round joints and ends."""
        pen = self._pen(lit=False)
        wide = max(1, round(thick * self._scale))
        places = [self._at(*point) for point in points]
        pen.line(places, fill=255, width=wide, joint="curve")
        for x, y in (places[0], places[-1]):
            pen.ellipse((x - wide / 2, y - wide / 2, x + wide / 2, y + wide / 2), fill=255)

    def box(self, left: float, bottom: float, wide: float, high: float, *, lit: bool = False) -> None:
        """An upright rectangle."""
        right, top = left + wide, bottom + high
        self.shape((left, bottom), (left, top), (right, top), (right, bottom), lit=lit)

    @property
    def body(self) -> Grid:
        """Where the figure is."""
        return self._mask(self._body)

    @property
    def lamps(self) -> Grid:
        """Where it shines of itself."""
        return self._mask(self._light)

    def _pen(self, *, lit: bool) -> ImageDraw.ImageDraw:
        return ImageDraw.Draw(self._light if lit else self._body)

    def _at(self, x: float, y: float) -> Point:
        return (x + WIDE / 2) * self._scale, (1 - y) * self._scale

    def _mask(self, sheet: Image.Image) -> Grid:
        return np.asarray(sheet.reduce(FINER), np.float32) / np.float32(255)
