"""The canvas of one picture and where its horizon, light and ground lie."""

from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw

from app.providers.local.scenery.noise import Grid, Line
from app.providers.local.scenery.palette import Colour, Palette
from app.providers.local.scenery.scene import Hour, Place, Weather

__all__ = ["Stage"]

FINER = 2


@dataclass
class Stage:
    """One picture in the making; lengths are pixels, `unit` is the short side."""

    pixels: Grid
    rng: np.random.Generator
    palette: Palette
    place: Place
    hour: Hour
    weather: Weather
    horizon: int
    sun: tuple[float, float]

    @property
    def height(self) -> int:
        """Rows of the picture."""
        return int(self.pixels.shape[0])

    @property
    def width(self) -> int:
        """Columns of the picture."""
        return int(self.pixels.shape[1])

    @property
    def unit(self) -> float:
        """The short side, against which everything is measured."""
        return float(min(self.width, self.height))

    @property
    def is_dark(self) -> bool:
        """Whether lamps are lit."""
        return self.hour in {Hour.NIGHT, Hour.SUNSET} or self.weather is Weather.STORM

    def lay(self, mask: Grid, colour: Colour | Grid, top: int = 0) -> None:
        """Covers rows from `top` on with a colour where the mask is one."""
        rows = self.pixels[top : top + mask.shape[0]]
        rows += mask[: rows.shape[0], :, None] * (colour - rows)

    def shine(self, mask: Grid, colour: Colour, top: int = 0) -> None:
        """Adds light without ever passing white."""
        rows = self.pixels[top : top + mask.shape[0]]
        rows += mask[: rows.shape[0], :, None] * colour * (1 - rows)

    def below(self, line: Line) -> tuple[Grid, int]:
        """A soft-edged mask of what lies under a line of rows, and the row at which it begins."""
        top = int(np.clip(np.floor(line.min()) - 1, 0, self.height - 1))
        rows = np.arange(top, self.height, dtype=np.float32)[:, None]
        return np.clip(rows - line[None, :] + 0.5, 0, 1), top

    def drawn(self, polygons: list[list[tuple[float, float]]], top: int, bottom: int) -> Grid:
        """A soft-edged mask of polygons between two rows."""
        size = (self.width * FINER, max(1, bottom - top) * FINER)
        sheet = Image.new("L", size)
        pen = ImageDraw.Draw(sheet)
        for polygon in polygons:
            pen.polygon([(x * FINER, (y - top) * FINER) for x, y in polygon], fill=255)
        return np.asarray(sheet.reduce(FINER), np.float32) / np.float32(255)

    def halo(self, at: tuple[float, float], radius: float) -> Grid:
        """Light that fades with distance from a point, over the whole picture."""
        down = ((np.arange(self.height, dtype=np.float32) - at[1]) / radius) ** 2
        across = ((np.arange(self.width, dtype=np.float32) - at[0]) / radius) ** 2
        return np.asarray(np.exp(-down)[:, None] * np.exp(-across)[None, :], np.float32)
