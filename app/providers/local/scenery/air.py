"""What is in the air: fog, rain, snow and lightning."""

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from app.providers.local.scenery.noise import Grid, cloud_noise
from app.providers.local.scenery.palette import blend, rgb
from app.providers.local.scenery.scene import Weather
from app.providers.local.scenery.stage import Stage

__all__ = ["paint_air", "paint_lightning"]


def paint_air(stage: Stage) -> None:
    """Veils the finished scene with its weather."""
    if stage.weather is Weather.FOG:
        _fog(stage)
    elif stage.weather in {Weather.RAIN, Weather.STORM}:
        _rain(stage)
    elif stage.weather is Weather.SNOW:
        _snow(stage)


def paint_lightning(stage: Stage) -> None:
    """One bolt and the light that it throws on the clouds."""
    x, y = stage.width * (0.25 + 0.5 * float(stage.rng.random())), 0.0
    points = [(x, y)]
    while y < stage.horizon * 0.95:
        x += (float(stage.rng.random()) - 0.5) * stage.unit * 0.08
        y += stage.unit * (0.02 + 0.04 * float(stage.rng.random()))
        points.append((x, y))
    stage.shine(stage.halo((points[0][0], stage.horizon * 0.3), stage.unit * 0.5) * np.float32(0.4), rgb("b9c6ff"))
    sheet = Image.new("L", (stage.width, stage.height))
    ImageDraw.Draw(sheet).line(points, fill=255, width=max(2, int(stage.unit / 300)), joint="curve")
    glow = np.asarray(sheet.filter(ImageFilter.GaussianBlur(stage.unit / 70)), np.float32) / np.float32(255)
    stage.shine(np.clip(glow * 5, 0, 0.8), rgb("aab8ff"))
    stage.shine(np.asarray(sheet.filter(ImageFilter.GaussianBlur(0.8)), np.float32) / np.float32(255), rgb("ffffff"))


def _fog(stage: Stage) -> None:
    banks = cloud_noise(stage.rng, (stage.width, stage.height), stage.unit * 0.25, 4, stretch=4)
    rows = np.arange(stage.height, dtype=np.float32)[:, None]
    near = np.exp(-(((rows - stage.horizon) / (stage.height * 0.26)) ** 2))
    stage.lay((near * (0.35 + 0.6 * banks)).astype(np.float32), blend(stage.palette.low, stage.palette.middle, 0.3))


def _rain(stage: Stage) -> None:
    slant = 0.22 if stage.weather is Weather.RAIN else 0.42
    for length, many, power in ((0.05, 900, 0.16), (0.11, 260, 0.2)):
        sheet = Image.new("L", (stage.width, stage.height))
        pen = ImageDraw.Draw(sheet)
        places = stage.rng.random((int(many * stage.width / stage.unit), 3))
        for across, down, size in places:
            x, y = (across * 1.2 - 0.1) * stage.width, (down * 1.1 - 0.1) * stage.height
            far = length * stage.unit * (0.5 + size)
            pen.line((x, y, x - far * slant, y + far), fill=int(120 + 135 * size), width=max(1, int(stage.unit / 500)))
        drops = np.asarray(sheet.filter(ImageFilter.GaussianBlur(0.6)), np.float32) / np.float32(255)
        stage.shine(drops * np.float32(power), rgb("dfe8f5"))


def _snow(stage: Stage) -> None:
    total: Grid = np.zeros((stage.height, stage.width), np.float32)
    for reach, many in ((0.0022, 500), (0.004, 160), (0.008, 28)):
        sheet = Image.new("L", (stage.width, stage.height))
        pen = ImageDraw.Draw(sheet)
        radius = reach * stage.unit
        for across, down, size in stage.rng.random((int(many * stage.width / stage.unit), 3)):
            x, y, r = across * stage.width, down * stage.height, radius * (0.6 + 0.8 * size)
            pen.ellipse((x - r, y - r, x + r, y + r), fill=int(130 + 110 * size))
        soft = sheet.filter(ImageFilter.GaussianBlur(0.5 + radius * 0.35))
        total = np.maximum(total, np.asarray(soft, np.float32) / np.float32(255))
    stage.shine(total * np.float32(0.4 + 0.5 * stage.palette.brightness), rgb("ffffff"))
