"""The sky: its gradient, stars, sun or moon, and clouds."""

import numpy as np
from PIL import Image

from app.providers.local.scenery.noise import cloud_noise
from app.providers.local.scenery.palette import blend, rgb
from app.providers.local.scenery.scene import Hour, Mood, Weather
from app.providers.local.scenery.stage import Site, Stage

__all__ = ["paint_clouds", "paint_sky", "stars", "sun_picture"]

COVER = {
    Weather.CLEAR: 0.28,
    Weather.CLOUDS: 0.55,
    Weather.RAIN: 0.75,
    Weather.SNOW: 0.6,
    Weather.FOG: 0.35,
    Weather.STORM: 0.85,
}
HIDES_SUN = frozenset({Weather.STORM, Weather.RAIN, Weather.FOG})


def paint_sky(stage: Stage, mood: Mood) -> None:
    """Fills the picture with the sky down to the horizon and a little below."""
    palette, site = stage.palette, stage.site
    at = np.clip(np.arange(stage.height, dtype=np.float32) / max(1, site.horizon), 0, 1)
    stops = np.array([0.0, 0.55, 1.0])
    colours = np.stack([palette.top, palette.middle, palette.low])
    column = np.stack([np.interp(at**1.15, stops, colours[:, part]) for part in range(3)], axis=1)
    stage.fill(column[:, None, :].astype(np.float32))
    if site.hour is Hour.NIGHT and site.weather in {Weather.CLEAR, Weather.SNOW, Weather.CLOUDS}:
        stars(stage, site.horizon, density=1.0)
    if mood is Mood.MAGIC and site.hour is Hour.NIGHT:
        _northern_lights(stage)
    stage.shine(stage.halo(site.sun, stage.unit * 0.75) * np.float32(palette.glow * 0.55), palette.light)
    stage.shine(stage.halo(site.sun, stage.unit * 0.2) * np.float32(palette.glow * 0.7), palette.light)


def stars(stage: Stage, bottom: int, density: float) -> None:
    """Stars of all sizes, a few of them with a glow."""
    count = int(stage.width * bottom / 1900 * density)
    rows = stage.rng.integers(0, max(1, bottom), count)
    columns = stage.rng.integers(0, stage.width, count)
    power = stage.rng.random(count, dtype=np.float32) ** 6
    fade = 1 - (rows / max(1, bottom)).astype(np.float32) ** 2
    light = (0.34 + 0.66 * power) * fade
    tint = np.stack([0.9 + 0.1 * power, np.full(count, 0.95, np.float32), np.full(count, 1.0, np.float32)], axis=1)
    np.maximum.at(stage.pixels, (rows, columns), light[:, None] * tint)
    for row, column in zip(rows[power > 0.72], columns[power > 0.72], strict=True):
        _sparkle(stage, int(row), int(column))


def _sparkle(stage: Stage, row: int, column: int) -> None:
    reach = max(2, int(stage.unit / 260))
    top, left = max(0, row - reach), max(0, column - reach)
    patch = stage.pixels[top : row + reach + 1, left : column + reach + 1]
    down = np.arange(top, top + patch.shape[0]) - row
    across = np.arange(left, left + patch.shape[1]) - column
    distance = np.hypot(down[:, None], across[None, :]).astype(np.float32)
    glow = np.exp(-((distance / (reach * 0.45)) ** 2))[..., None] * np.float32(0.9)
    patch += glow * (1 - patch)


def sun_picture(site: Site, *, named: bool) -> Image.Image | None:
    """The disc of the sun or the moon on a clear square; None where the weather hides it and nobody names it."""
    if site.weather in HIDES_SUN and not named:
        return None
    radius = site.unit * (0.05 if site.hour in {Hour.NIGHT, Hour.DAY} else 0.075)
    side = int(radius) * 2 + 4
    away = np.arange(side, dtype=np.float32) - np.float32((side - 1) / 2)
    disc = np.clip(np.float32(radius) - np.hypot(away[:, None], away[None, :]) + 0.5, 0, 1)
    face = np.broadcast_to(blend(site.palette.light, rgb("ffffff"), 0.55), (side, side, 3))
    if site.hour is Hour.NIGHT:
        spots = cloud_noise(np.random.default_rng(7), (side, side), radius * 0.9, 3)
        face = face + np.clip(spots * 2.4 - 1.2, 0, 1)[..., None] * np.float32(0.22) * (rgb("8f9cb8") - face)
    whole = np.concatenate([face, disc[..., None] * np.float32(0.96)], axis=2)
    return Image.fromarray((np.clip(whole, 0, 1) * 255 + 0.5).astype(np.uint8), "RGBA")


def paint_clouds(stage: Stage) -> None:
    """Clouds on a layer of their own, lit from the side of a low sun."""
    site, palette = stage.site, stage.palette
    bottom = min(stage.height, site.horizon + int(stage.unit * 0.05))
    shapes = cloud_noise(stage.rng, (stage.width, bottom), stage.unit * 0.22, 5, stretch=2.6)
    body = np.clip((shapes - (1 - COVER[site.weather])) * 3.2, 0, 1)
    height = np.linspace(0, 1, bottom, dtype=np.float32)[:, None]
    body *= np.clip(1.15 - height * 0.9, 0, 1) * np.float32(0.85)
    # Light comes from below the sun's row at low sun: the underside of a cloud is its bright side.
    edge = np.clip((np.roll(shapes, int(stage.unit * 0.012), axis=0) - shapes) * 5 + 0.5, 0, 1)
    is_wet = site.weather in {Weather.STORM, Weather.RAIN}
    shade = blend(palette.middle, palette.top, 0.55 if is_wet else 0.15)
    lit = blend(palette.low, palette.light, 0.5) * np.float32(0.35 + 0.65 * min(1.0, palette.brightness + 0.15))
    if is_wet:
        lit = blend(lit, palette.middle, 0.6)
    stage.lay(body, shade + edge[..., None] * (lit - shade))


def _northern_lights(stage: Stage) -> None:
    size = (stage.width, max(8, stage.site.horizon))
    curtain = cloud_noise(stage.rng, size, stage.unit * 0.35, 3, stretch=0.35)
    band = np.exp(-(((np.linspace(0, 1, size[1], dtype=np.float32) - 0.42) / 0.22) ** 2))[:, None]
    power = np.clip(curtain * 1.8 - 0.8, 0, 1) * band
    stage.shine(power * np.float32(0.55), rgb("58f0c0"))
    stage.shine(np.roll(power, int(stage.unit * 0.08), axis=0) * np.float32(0.4), rgb("b070ff"))
