"""Reads from an earlier picture what the next one keeps: colours, horizon, crest and light."""

import io
from dataclasses import dataclass, replace

import numpy as np
from PIL import Image

from app.providers.local.scenery.noise import Grid, Line
from app.providers.local.scenery.palette import GREY, Colour, Palette, blend

__all__ = ["World", "kept_palette", "world_of"]

MEASURED = (160, 96)
# Wide enough that a tower or a tree does not count as a part of the crest.
CREST_SPAN = 31
FORMATS = ("PNG", "JPEG", "WEBP")


@dataclass(frozen=True)
class World:
    """What was measured on a picture; places are parts of its width and height."""

    top: Colour
    middle: Colour
    low: Colour
    ground: Colour
    horizon: float
    crest: Line
    sun_across: float


def world_of(content: bytes) -> World:
    """Measures a picture of any origin."""
    with Image.open(io.BytesIO(content), formats=FORMATS) as opened:
        small = opened.convert("RGB").resize(MEASURED, Image.Resampling.BOX)
    seen = np.asarray(small, np.float32) / np.float32(255)
    light = (seen @ GREY).astype(np.float32)
    horizon = _horizon(light)
    crest = _crest(light, horizon)
    # Crests hide the lowest sky, so its colours end where the highest of them begin.
    sky = seen[: max(6, int(np.percentile(crest, 20) * MEASURED[1]))]
    third = max(1, len(sky) // 6)
    bright = np.unravel_index(int(light[: len(sky)].argmax()), (len(sky), MEASURED[0]))
    return World(
        top=_colour(sky[:third]),
        middle=_colour(sky[len(sky) // 2 - third // 2 : len(sky) // 2 + third]),
        low=_colour(sky[-third:]),
        ground=_colour(seen[-max(2, MEASURED[1] // 12) :]),
        horizon=horizon,
        crest=crest,
        sun_across=float(bright[1]) / MEASURED[0],
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


def _colour(patch: Grid) -> Colour:
    return np.asarray(np.median(patch.reshape(-1, 3), axis=0), np.float32)


def _horizon(light: Grid) -> float:
    """The row between the fifth and the nine tenths at which the rows change most."""
    rows = light.mean(axis=1)
    change = np.abs(np.convolve(rows, [1, 1, 0, -1, -1], mode="same"))
    first, last = MEASURED[1] // 5, MEASURED[1] * 9 // 10
    return float(first + int(change[first:last].argmax())) / MEASURED[1]


def _crest(light: Grid, horizon: float) -> Line:
    """The skyline: in each column the strongest step in light at or above the horizon."""
    bottom = max(4, int(horizon * MEASURED[1]) + 2)
    top = bottom // 3
    steps = np.abs(light[top + 1 : bottom] - light[top : bottom - 1])
    rows = (top + steps.argmax(axis=0)).astype(np.float32)
    spread = np.pad(rows, CREST_SPAN // 2, mode="edge")
    smooth = np.median(np.lib.stride_tricks.sliding_window_view(spread, CREST_SPAN), axis=1)
    return np.asarray(smooth / MEASURED[1], np.float32)
