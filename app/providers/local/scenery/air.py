"""What is in the air, as masks that drift over the picture: fog, rain and snow; and a bolt of lightning."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from app.providers.local.scenery.noise import cloud_noise
from app.providers.local.scenery.palette import Colour, blend, rgb
from app.providers.local.scenery.scene import Weather
from app.providers.local.scenery.stage import Site, Stage

__all__ = ["Falling", "falling", "paint_fog", "paint_lightning"]

SLANTS = {Weather.RAIN: 0.22, Weather.STORM: 0.42}
# Length or radius in short sides, how many on a square, how strong, and the way of one second in short sides.
DROPS = ((0.05, 900, 0.16, 1.5), (0.11, 260, 0.2, 2.3))
FLAKES = ((0.0022, 500, 0.75, 0.08), (0.004, 160, 0.9, 0.13), (0.008, 28, 0.9, 0.2))


@dataclass(frozen=True)
class Falling:
    """A mask of the seen size that repeats at its edges, its colour, and its way in one second."""

    mask: Image.Image
    colour: Colour
    across_px: float
    down_px: float


def falling(site: Site, size: tuple[int, int], rng: np.random.Generator) -> Iterator[Falling]:
    """The rain or the snow of a picture, far drops first."""
    if site.weather in SLANTS:
        slant = SLANTS[site.weather]
        for length, many, power, speed in DROPS:
            mask = _streaks(size, rng, (length * site.unit, slant, many))
            yield Falling(_weaker(mask, power), rgb("dfe8f5"), -speed * site.unit * slant, speed * site.unit)
    elif site.weather is Weather.SNOW:
        for reach, many, power, speed in FLAKES:
            mask = _flakes(size, rng, (reach * site.unit, many))
            strength = power * (0.5 + 0.5 * site.palette.brightness)
            yield Falling(_weaker(mask, strength), rgb("ffffff"), speed * site.unit * 0.25, speed * site.unit)


def paint_fog(stage: Stage) -> None:
    """Banks of fog on a layer of their own, thickest at the horizon."""
    banks = cloud_noise(stage.rng, (stage.width, stage.height), stage.unit * 0.25, 4, stretch=4)
    rows = np.arange(stage.height, dtype=np.float32)[:, None]
    near = np.exp(-(((rows - stage.site.horizon) / (stage.height * 0.26)) ** 2))
    stage.lay((near * (0.3 + 0.55 * banks)).astype(np.float32), blend(stage.palette.low, stage.palette.middle, 0.3))


def paint_lightning(stage: Stage) -> None:
    """One bolt and the light that it throws on the clouds."""
    x, y = stage.site.column(0.25 + 0.5 * float(stage.rng.random())), 0.0
    points = [(x, y)]
    while y < stage.site.horizon * 0.95:
        x += (float(stage.rng.random()) - 0.5) * stage.unit * 0.08
        y += stage.unit * (0.02 + 0.04 * float(stage.rng.random()))
        points.append((x, y))
    stage.shine(stage.halo((points[0][0], stage.site.horizon * 0.3), stage.unit * 0.5) * np.float32(0.4), rgb("b9c6ff"))
    sheet = Image.new("L", (stage.width, stage.height))
    ImageDraw.Draw(sheet).line(points, fill=255, width=max(2, int(stage.unit / 300)), joint="curve")
    glow = np.asarray(sheet.filter(ImageFilter.GaussianBlur(stage.unit / 70)), np.float32) / np.float32(255)
    stage.shine(np.clip(glow * 5, 0, 0.8), rgb("aab8ff"))
    stage.shine(np.asarray(sheet.filter(ImageFilter.GaussianBlur(0.8)), np.float32) / np.float32(255), rgb("ffffff"))


def _streaks(size: tuple[int, int], rng: np.random.Generator, kind: tuple[float, float, int]) -> Image.Image:
    """Drops as short lines; what leaves at an edge comes back at the other one."""
    (width, height), (length, slant, many) = size, kind
    unit = min(size)
    sheet = Image.new("L", size)
    pen = ImageDraw.Draw(sheet)
    for across, down, strength in rng.random((int(many * width / unit), 3)):
        far = length * (0.5 + strength)
        for x, y in _repeated(across * width, down * height, size, far):
            pen.line((x, y, x - far * slant, y + far), fill=int(120 + 135 * strength), width=max(1, int(unit / 500)))
    return sheet.filter(ImageFilter.GaussianBlur(0.6))


def _flakes(size: tuple[int, int], rng: np.random.Generator, kind: tuple[float, int]) -> Image.Image:
    (width, height), (radius, many) = size, kind
    sheet = Image.new("L", size)
    pen = ImageDraw.Draw(sheet)
    for across, down, strength in rng.random((int(many * width / min(size)), 3)):
        r = radius * (0.6 + 0.8 * strength)
        for x, y in _repeated(across * width, down * height, size, r):
            pen.ellipse((x - r, y - r, x + r, y + r), fill=int(130 + 110 * strength))
    return sheet.filter(ImageFilter.GaussianBlur(0.5 + radius * 0.35))


def _repeated(x: float, y: float, size: tuple[int, int], reach: float) -> Iterator[tuple[float, float]]:
    width, height = size
    for right in (0, width) if x < reach else (0,):
        for down in (0, -height) if y > height - reach else (0,):
            yield x + right, y + down


def _weaker(mask: Image.Image, power: float) -> Image.Image:
    return mask.point([int(level * power) for level in range(256)])
