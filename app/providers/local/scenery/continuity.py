"""Reads from an earlier picture what the next one keeps: colours, horizon and light."""

import io
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
from PIL import Image, ImageFilter

from app.providers.local.scenery.noise import Grid
from app.providers.local.scenery.palette import Colour, Palette, blend, lightness

__all__ = ["ReferenceUnreadable", "World", "kept_palette", "world_of"]

MEASURED = (160, 96)
LIGHT_REACH = 5
HIGHEST_HORIZON, LOWEST_HORIZON = 0.35, 0.72
FORMATS = ("PNG", "JPEG", "WEBP")


class ReferenceUnreadable(Exception):
    """The picture to follow does not open as one."""


@dataclass(frozen=True)
class World:
    """What was measured on a picture; places are parts of its width and height."""

    top: Colour
    middle: Colour
    low: Colour
    ground: Colour
    horizon: float
    sun_across: float

    NUMBERS: ClassVar[int] = 14

    def to_values(self) -> list[float]:
        """The numbers of the world, each between 0 and 1."""
        colours = np.concatenate([self.top, self.middle, self.low, self.ground])
        return [round(float(value), 3) for value in (*colours, self.horizon, self.sun_across)]

    @classmethod
    def from_values(cls, values: list[float]) -> "World":
        """The world of such numbers."""
        top, middle, low, ground = np.array(values[:12], np.float32).reshape(4, 3)
        return cls(top, middle, low, ground, values[12], values[13])


def world_of(content: bytes) -> World:
    """Measures a picture of any origin; what does not open is ReferenceUnreadable."""
    seen = _seen(content)
    light = lightness(seen)
    horizon = _horizon(light)
    sky = seen[: _sky_rows(light, horizon)]
    third = max(1, len(sky) // 6)
    return World(
        top=_colour(sky[:third]),
        middle=_colour(sky[len(sky) // 2 - third // 2 : len(sky) // 2 + third]),
        low=_colour(sky[-third:]),
        ground=_colour(seen[-max(2, MEASURED[1] // 12) :]),
        horizon=horizon,
        sun_across=_light_across(light[: int(horizon * MEASURED[1])]),
    )


def kept_palette(fresh: Palette, world: World, part: float) -> Palette:
    """The fresh colours, moved towards those of the world before."""
    return replace(
        fresh,
        # The measured colours hold the light of the sun already.
        glow=fresh.glow * (1 - 0.6 * part),
        top=blend(fresh.top, world.top, part),
        middle=blend(fresh.middle, world.middle, part),
        low=blend(fresh.low, world.low, part),
        ground=blend(fresh.ground, np.maximum(world.ground, 0.02), part * 0.8),
    )


def _seen(content: bytes) -> Grid:
    try:
        with Image.open(io.BytesIO(content), formats=FORMATS) as opened:
            small = opened.convert("RGB").resize(MEASURED, Image.Resampling.BOX)
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as broken:
        raise ReferenceUnreadable from broken
    return np.asarray(small, np.float32) / np.float32(255)


def _colour(patch: Grid) -> Colour:
    return np.asarray(np.median(patch.reshape(-1, 3), axis=0), np.float32)


def _horizon(light: Grid) -> float:
    """The row at which the rows change most, where horizons usually lie."""
    rows = light.mean(axis=1)
    change = np.abs(np.convolve(rows, [1, 1, 0, -1, -1], mode="same"))
    first, last = int(MEASURED[1] * HIGHEST_HORIZON), int(MEASURED[1] * LOWEST_HORIZON)
    return float(first + int(change[first:last].argmax())) / MEASURED[1]


def _sky_rows(light: Grid, horizon: float) -> int:
    """Where the open sky ends: crests and figures hide what is lower."""
    bottom = max(4, int(horizon * MEASURED[1]) + 2)
    top = bottom // 3
    steps = np.abs(light[top + 1 : bottom] - light[top : bottom - 1])
    return max(6, int(np.percentile(top + steps.argmax(axis=0), 20)))


def _light_across(light: Grid) -> float:
    """Where the widest light stands; a lamp is brighter than the moon, but smaller."""
    sheet = Image.fromarray((light * 255).astype(np.uint8))
    spread = np.asarray(sheet.filter(ImageFilter.BoxBlur(LIGHT_REACH)))
    return float(spread.max(axis=0).argmax()) / MEASURED[0]
