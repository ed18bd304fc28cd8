"""The canvas of one layer, where its horizon, light and ground lie, and seeded noise."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from app.providers.local.scenery.palette import Colour, Palette
from app.providers.local.scenery.scene import Hour, Place, Weather

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


FINER = 2
# What is laid where nothing was gives its colour even where its mask is zero, so that soft edges keep their colour.
TRACE = 1e-4


@dataclass(frozen=True)
class Site:
    """What all layers of one picture share; lengths are pixels of the canvas, `margin` lies around what is seen."""

    width: int
    height: int
    margin: tuple[int, int]
    palette: Palette
    place: Place
    hour: Hour
    weather: Weather
    horizon: int
    sun: tuple[float, float]

    @property
    def unit(self) -> float:
        """The short side of what is seen, against which everything is measured."""
        return float(min(self.width - 2 * self.margin[0], self.height - 2 * self.margin[1]))

    @property
    def is_dark(self) -> bool:
        """Whether lamps are lit."""
        return self.hour in {Hour.NIGHT, Hour.SUNSET} or self.weather is Weather.STORM

    def row(self, part: float) -> float:
        """The row at a part of the height of what is seen."""
        return self.margin[1] + part * (self.height - 2 * self.margin[1])

    def column(self, part: float) -> float:
        """The column at a part of the width of what is seen."""
        return self.margin[0] + part * (self.width - 2 * self.margin[0])


@dataclass
class PaintLayer:
    """One layer in the making: straight colours, and how much they cover."""

    site: Site
    rng: np.random.Generator
    pixels: Grid
    alpha: Grid

    @classmethod
    def clear(cls, site: Site, rng: np.random.Generator, wider_px: int = 0) -> "PaintLayer":
        """A layer with nothing on it."""
        shape = (site.height, site.width + 2 * wider_px)
        return cls(site, rng, np.zeros((*shape, 3), np.float32), np.zeros(shape, np.float32))

    @property
    def height(self) -> int:
        """Rows of the layer."""
        return int(self.pixels.shape[0])

    @property
    def width(self) -> int:
        """Columns of the layer."""
        return int(self.pixels.shape[1])

    @property
    def unit(self) -> float:
        """The short side of what is seen."""
        return self.site.unit

    @property
    def palette(self) -> Palette:
        """The colours of the picture."""
        return self.site.palette

    def fill(self, colour: Colour | Grid) -> None:
        """Covers everything."""
        self.pixels[:] = colour
        self.alpha[:] = 1

    def lay(self, mask: Grid, colour: Colour | Grid, top: int = 0) -> None:
        """Covers rows from `top` on with a colour where the mask is one."""
        rows, cover = self.pixels[top : top + mask.shape[0]], self.alpha[top : top + mask.shape[0]]
        mask = mask[: rows.shape[0]]
        total = mask + cover * (1 - mask)
        part = (mask + np.float32(TRACE)) / (total + np.float32(TRACE))
        rows += part[..., None] * (colour - rows)
        cover[:] = total

    def shine(self, mask: Grid, colour: Colour, top: int = 0) -> None:
        """Adds light to what is there without ever passing white."""
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
        """Light that fades with distance from a point, over the whole layer."""
        down = ((np.arange(self.height, dtype=np.float32) - at[1]) / radius) ** 2
        across = ((np.arange(self.width, dtype=np.float32) - at[0]) / radius) ** 2
        return np.asarray(np.exp(-down)[:, None] * np.exp(-across)[None, :], np.float32)
