"""Places without a common sky: open space, the world under water, and the sky above the clouds."""

import numpy as np

from app.providers.local.scenery.noise import cloud_noise, ridge_noise
from app.providers.local.scenery.palette import blend, rgb
from app.providers.local.scenery.sky import stars
from app.providers.local.scenery.stage import Stage

__all__ = ["paint_cloud_floor", "paint_depths", "paint_seabed", "paint_space"]


def paint_space(stage: Stage) -> None:
    """Stars, a nebula, and a planet lit from one side."""
    stage.fill(rgb("070818"))
    size = (stage.width, stage.height)
    gas = cloud_noise(stage.rng, size, stage.unit * 0.5, 5, stretch=1.3)
    other = cloud_noise(stage.rng, size, stage.unit * 0.35, 5)
    stage.shine(np.clip(gas * 1.7 - 0.75, 0, 1) * np.float32(0.75), blend(rgb("8a3fb0"), stage.palette.middle, 0.35))
    stage.shine(np.clip(other * gas * 2.2 - 0.7, 0, 1) * np.float32(0.7), blend(rgb("2fa0d8"), stage.palette.low, 0.2))
    stars(stage, stage.height, density=2.2)
    _planet(stage)


def paint_depths(stage: Stage) -> None:
    """Water from its bright surface down into the dark, with rays of light."""
    bright = np.float32(0.35 + 0.65 * stage.palette.brightness)
    down = np.linspace(0, 1, stage.height, dtype=np.float32)[:, None, None]
    stage.fill((rgb("5cc3d6") + down**0.8 * (rgb("0c3f6b") - rgb("5cc3d6"))) * bright)
    rays, floor = [], float(stage.height)
    for _ in range(7):
        x, wide = stage.width * float(stage.rng.random()), stage.unit * (0.03 + 0.09 * float(stage.rng.random()))
        foot = x + stage.unit * (float(stage.rng.random()) - 0.2) * 0.6
        rays.append([(x, 0.0), (x + wide, 0.0), (foot + wide * 3, floor), (foot, floor)])
    fade = np.linspace(1, 0, stage.height, dtype=np.float32)[:, None] ** 1.5
    stage.shine(stage.drawn(rays, 0, stage.height) * fade * np.float32(0.16), rgb("d8fbff"))


def paint_seabed(stage: Stage) -> None:
    """Sand with weeds."""
    bright = np.float32(0.35 + 0.5 * stage.palette.brightness)
    line = stage.site.row(0.86) - ridge_noise(stage.rng, stage.width, stage.unit * 0.6, 3) * stage.unit * 0.06
    weeds = []
    for _ in range(int(stage.width / stage.unit * 16)):
        x, high = float(stage.rng.random()) * (stage.width - 1), stage.unit * (0.06 + 0.16 * float(stage.rng.random()))
        foot, wide, lean = float(line[int(x)]) + 4, stage.unit * 0.008, stage.unit * 0.04 * float(stage.rng.random())
        weeds.append(
            [
                (x - wide, foot),
                (x + lean - wide, foot - high * 0.6),
                (x, foot - high),
                (x + lean + wide, foot - high * 0.55),
                (x + wide, foot),
            ]
        )
    stage.lay(stage.drawn(weeds, 0, stage.height), rgb("2f7a5a") * bright)
    mask, top = stage.below(line.astype(np.float32))
    grain = cloud_noise(stage.rng, (stage.width, mask.shape[0]), stage.unit * 0.05, 3, stretch=4)[..., None]
    stage.lay(mask, blend(rgb("c9b27a"), rgb("2a6f96"), 0.35) * bright * (0.9 + 0.2 * grain), top)


def paint_cloud_floor(stage: Stage) -> None:
    """A sea of clouds to stand on."""
    palette, unit = stage.palette, stage.unit
    for layer in range(3):
        base = stage.site.row(0.72 + 0.08 * layer)
        puffs = np.full(stage.width, base + unit * 0.05, np.float32)
        columns = np.arange(stage.width, dtype=np.float32)
        for _ in range(int(stage.width / unit * 9)):
            x, r = stage.width * float(stage.rng.random()), unit * (0.05 + 0.08 * float(stage.rng.random()))
            arch = base + r * 0.5 - np.sqrt(np.clip(r * r - (columns - x) ** 2, 0, None))
            puffs = np.where(np.abs(columns - x) < r, np.minimum(puffs, arch), puffs).astype(np.float32)
        mask, top = stage.below(puffs)
        white = blend(rgb("ffffff") * np.float32(0.4 + 0.6 * palette.brightness), palette.low, 0.45 - 0.12 * layer)
        depth = np.clip((np.arange(top, stage.height, dtype=np.float32) - top) / (unit * 0.4), 0, 1)[:, None, None]
        stage.lay(mask, white + depth * np.float32(0.5) * (palette.middle - white), top)


def _planet(stage: Stage) -> None:
    radius = stage.unit * 0.2
    x0, y0 = stage.site.column(0.8), stage.site.row(0.26)
    down = (np.arange(stage.height, dtype=np.float32)[:, None] - np.float32(y0)) / np.float32(radius)
    across = (np.arange(stage.width, dtype=np.float32)[None, :] - np.float32(x0)) / np.float32(radius)
    distance = np.hypot(down, across)
    disc = np.clip((1 - distance) * radius + 0.5, 0, 1)
    light = np.clip(-0.75 * across - 0.45 * down + 0.5 * np.sqrt(np.clip(1 - distance**2, 0, 1)), 0, 1)
    bands = cloud_noise(stage.rng, (stage.width, stage.height), stage.unit * 0.05, 4, stretch=8)
    ground, pale = blend(rgb("c26b4a"), stage.palette.middle, 0.3), blend(rgb("f2d2a4"), stage.palette.low, 0.3)
    surface = ground + bands[..., None] * (pale - ground)
    stage.lay(disc, (surface * (0.03 + light[..., None])).astype(np.float32))
    rim = np.exp(-(((distance - 1) / 0.035) ** 2)) * np.clip(-0.75 * across - 0.45 * down + 0.25, 0, 1)
    stage.shine((rim * np.float32(0.8)).astype(np.float32), rgb("9fd0ff"))
