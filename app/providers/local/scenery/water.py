"""Seas and lakes: the mirrored sky, waves and the path of light."""

import numpy as np

from app.providers.local.scenery.noise import Grid, cloud_noise
from app.providers.local.scenery.palette import blend
from app.providers.local.scenery.scene import Place, Weather
from app.providers.local.scenery.stage import Stage

__all__ = ["paint_water", "paint_waves"]

ROUGHNESS = {Weather.STORM: 2.6, Weather.RAIN: 1.5, Weather.FOG: 0.6}


def paint_water(stage: Stage, backdrop: Grid) -> None:
    """Fills everything below the horizon with water that mirrors the picture behind it."""
    top = stage.site.horizon
    depth, rough, palette = stage.height - top, _roughness(stage), stage.palette
    near = np.linspace(0, 1, depth, dtype=np.float32)
    waves = cloud_noise(stage.rng, (stage.width, depth), stage.unit * 0.035, 3, stretch=7.0) - np.float32(0.5)
    down = np.arange(depth, dtype=np.float32)[:, None]
    source = (
        top - 1 - down * np.float32(min(1.0, top / depth)) - waves * (near[:, None] + 0.05) * stage.unit * 0.16 * rough
    )
    aside = np.arange(stage.width)[None, :] + waves * near[:, None] * stage.unit * 0.05 * rough
    rows = np.clip(source, 0, top - 1).astype(np.intp)
    columns = np.clip(aside, 0, stage.width - 1).astype(np.intp)
    mirrored = backdrop[rows, columns]
    deep = blend(palette.ground, palette.top, 0.5) * np.float32(0.8)
    part = (0.22 + 0.5 * near**0.8)[:, None, None]
    mirrored += part * (deep - mirrored)
    stage.lay(np.ones((depth, stage.width), np.float32), mirrored, top)
    _path_of_light(stage, waves)
    haze = np.exp(-down / (stage.unit * 0.03)) * np.float32(0.55)
    stage.lay(np.broadcast_to(haze, (depth, stage.width)).astype(np.float32), palette.low, top)


def paint_waves(stage: Stage) -> None:
    """Bright crests on a layer of their own, which drifts over the water."""
    top = stage.site.horizon + int(stage.unit * 0.012)
    depth, palette = stage.height - top, stage.palette
    near = np.linspace(0, 1, depth, dtype=np.float32)[:, None]
    waves = cloud_noise(stage.rng, (stage.width, depth), stage.unit * 0.035, 3, stretch=7.0) - np.float32(0.5)
    crests = np.clip((waves - 0.12) * 4, 0, 1) * (0.15 + 0.85 * near)
    power = np.clip(crests * np.float32(0.2 * _roughness(stage)), 0, 0.7).astype(np.float32)
    stage.lay(power, blend(palette.low, palette.light, 0.4), top)


def _roughness(stage: Stage) -> float:
    return ROUGHNESS.get(stage.site.weather, 1.0) * (1.0 if stage.site.place in {Place.SEA, Place.BEACH} else 0.45)


def _path_of_light(stage: Stage, waves: Grid) -> None:
    near = np.linspace(0, 1, waves.shape[0], dtype=np.float32)[:, None]
    across = np.abs(np.arange(stage.width, dtype=np.float32)[None, :] - np.float32(stage.site.sun[0]))
    wide = stage.unit * (0.05 + 0.22 * near)
    glints = np.clip((waves + 0.5 - 0.42) * 5, 0, 1)
    power = np.exp(-((across / wide) ** 2)) * glints * (1 - 0.5 * near)
    stage.shine((power * stage.palette.glow).astype(np.float32), stage.palette.light, stage.site.horizon)
