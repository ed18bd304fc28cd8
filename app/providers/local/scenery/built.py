"""Made places: a city's towers, a room with a window, and open space."""

import numpy as np

from app.providers.local.scenery.noise import cloud_noise
from app.providers.local.scenery.palette import blend, rgb
from app.providers.local.scenery.scene import Hour
from app.providers.local.scenery.sky import stars
from app.providers.local.scenery.stage import Stage

__all__ = ["paint_city", "paint_room", "paint_space"]

Polygon = list[tuple[float, float]]


def paint_city(stage: Stage) -> None:
    """Three rows of towers with lit windows over a street that mirrors them."""
    street = int(stage.height * 0.86)
    haze = blend(stage.palette.low, stage.palette.middle, 0.35)
    for layer, far in enumerate((0.8, 0.45, 0.12)):
        towers, windows = _towers(stage, street, layer)
        body = blend(stage.palette.ground, haze, far) * np.float32(0.8)
        stage.lay(stage.drawn(towers, 0, street), body)
        if stage.is_dark:
            lamp = blend(rgb("ffd98a"), haze, far * 0.6)
            stage.lay(stage.drawn(windows, 0, street) * np.float32(0.92 - 0.5 * far), lamp)
    depth = stage.height - street
    rows = np.clip(street - 1 - np.arange(depth) * 3, 0, None)
    shift = cloud_noise(stage.rng, (stage.width, depth), stage.unit * 0.03, 2, stretch=5) - np.float32(0.5)
    columns = np.clip(np.arange(stage.width)[None, :] + shift * stage.unit * 0.05, 0, stage.width - 1).astype(np.intp)
    mirror = stage.pixels[rows[:, None], columns]
    stage.pixels[street:] = mirror * np.float32(0.35) + stage.palette.ground * np.float32(0.4)


def _towers(stage: Stage, street: int, layer: int) -> tuple[list[Polygon], list[Polygon]]:
    towers: list[Polygon] = []
    windows: list[Polygon] = []
    unit, rng = stage.unit, stage.rng
    at = -unit * 0.05 * rng.random()
    while at < stage.width:
        wide = unit * (0.07 + 0.09 * rng.random()) * (0.8 + 0.25 * layer)
        high = unit * (0.22 + 0.42 * rng.random() ** 1.6) * (1.1 - 0.2 * layer)
        roof = street - high
        towers.append([(at, street), (at, roof), (at + wide, roof), (at + wide, street)])
        if rng.random() < 0.3:
            middle = at + wide / 2
            towers.append([(middle - 1.5, roof), (middle, roof - unit * 0.07), (middle + 1.5, roof)])
        windows += _windows(stage, (at, roof), (wide, high), layer)
        at += wide * (0.92 + 0.2 * rng.random())
    return towers, windows


def _windows(stage: Stage, corner: tuple[float, float], size: tuple[float, float], layer: int) -> list[Polygon]:
    step = stage.unit * (0.016 + 0.005 * layer)
    across, down = max(1, int(size[0] / step) - 1), max(1, int(size[1] / (step * 1.3)) - 1)
    lit = stage.rng.random((down, across)) < (0.3, 0.26, 0.16)[layer]
    left = corner[0] + (size[0] - across * step) / 2
    found: list[Polygon] = []
    for row, column in zip(*np.nonzero(lit), strict=True):
        x, y = left + column * step + step * 0.25, corner[1] + (row + 0.7) * step * 1.3
        found.append([(x, y), (x + step * 0.5, y), (x + step * 0.5, y + step * 0.7), (x, y + step * 0.7)])
    return found


def paint_room(stage: Stage) -> None:
    """A wall with a window onto the sky that is there already, a floor, and light that falls in."""
    width, height, unit = stage.width, stage.height, stage.unit
    wide, high = unit * 0.42, unit * 0.46
    left, top = width * 0.5 - wide * 0.5, height * 0.16
    night = stage.hour is Hour.NIGHT
    wall = blend(rgb("a9795a"), stage.palette.top, 0.35) * np.float32(0.3 if night else 0.62)
    hole = stage.drawn([[(left, top), (left + wide, top), (left + wide, top + high), (left, top + high)]], 0, height)
    light = stage.halo((width / 2, height * 0.4), unit * 0.75)
    lamp = rgb("ffb765") if night else stage.palette.light
    painted = wall * (0.55 + 0.6 * light[..., None]) + light[..., None] * lamp * np.float32(0.14)
    stage.lay(1 - hole, painted.astype(np.float32))
    bars = _bars((left, top), (wide, high), unit * 0.012)
    stage.lay(stage.drawn(bars, 0, height), wall * np.float32(0.45))
    floor = int(height * 0.78)
    planks = cloud_noise(stage.rng, (width, height - floor), unit * 0.05, 3, stretch=9)
    boards = rgb("5c3a26") * np.float32(0.35 if night else 0.7)
    stage.pixels[floor:] = boards * (0.7 + 0.6 * planks[..., None])
    spread = unit * 0.2
    beam = [
        (left, floor + unit * 0.02),
        (left + wide, floor + unit * 0.02),
        (left + wide + spread, height),
        (left - spread, height),
    ]
    stage.shine(
        stage.drawn([beam], floor, height) * np.float32(0.32), blend(stage.palette.low, stage.palette.light, 0.5), floor
    )


def _bars(corner: tuple[float, float], size: tuple[float, float], thick: float) -> list[Polygon]:
    (left, top), (wide, high) = corner, size
    boxes = [
        (left - thick, top - thick, wide + 2 * thick, thick * 1.6),
        (left - thick * 3, top + high, wide + 6 * thick, thick * 2),
        (left - thick, top, thick * 1.6, high),
        (left + wide - thick * 0.6, top, thick * 1.6, high),
        (left + wide / 2 - thick / 2, top, thick, high),
        (left, top + high * 0.42, wide, thick),
    ]
    return [[(x, y), (x + w, y), (x + w, y + h), (x, y + h)] for x, y, w, h in boxes]


def paint_space(stage: Stage) -> None:
    """Stars, a nebula, and a planet lit from one side."""
    stage.pixels[:] = rgb("05060f")
    size = (stage.width, stage.height)
    gas = cloud_noise(stage.rng, size, stage.unit * 0.5, 5, stretch=1.3)
    other = cloud_noise(stage.rng, size, stage.unit * 0.35, 5)
    stage.shine(np.clip(gas * 1.7 - 0.75, 0, 1) * np.float32(0.75), blend(rgb("8a3fb0"), stage.palette.middle, 0.35))
    stage.shine(np.clip(other * gas * 2.2 - 0.7, 0, 1) * np.float32(0.7), blend(rgb("2fa0d8"), stage.palette.low, 0.2))
    stars(stage, stage.height, density=2.2)
    _planet(stage)


def _planet(stage: Stage) -> None:
    radius = stage.unit * 0.3
    x0, y0 = stage.width * 0.68, stage.height * 0.42
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
