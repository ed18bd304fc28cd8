"""Open land in layers that fade with distance: mountains, hills, forests, dunes and fields."""

import numpy as np

from app.providers.local.scenery.noise import Line, cloud_noise, ridge_noise
from app.providers.local.scenery.palette import blend, rgb
from app.providers.local.scenery.scene import Place, Weather
from app.providers.local.scenery.stage import Stage

__all__ = ["lay_ground", "paint_far_land", "paint_front", "paint_middle_land", "woods"]


def paint_far_land(stage: Stage) -> None:
    """What stands behind the place."""
    layers = {Place.MOUNTAINS: 3, Place.LAKE: 2, Place.FOREST: 2, Place.FIELD: 2, Place.DESERT: 2, Place.SEA: 0}
    count = layers.get(stage.place, 0)
    for layer in range(count):
        far = 1 - layer / max(1, count)
        line = _crest(stage, far)
        lay_ground(stage, line, distance=0.35 + 0.5 * far)
        if stage.place is Place.MOUNTAINS or (stage.place is Place.LAKE and layer == 0):
            _light_slopes(stage, line, far)


def paint_middle_land(stage: Stage) -> None:
    """What lies between the far crest and the ground in front."""
    if stage.place is Place.FOREST:
        for layer, depth in enumerate((0.55, 0.3, 0.1)):
            base = stage.horizon + (stage.height - stage.horizon) * (0.12 + 0.3 * layer)
            lay_ground(stage, woods(stage, base, stage.unit * (0.2 + 0.12 * layer)), distance=depth)
    elif stage.place is Place.FIELD:
        for layer, depth in enumerate((0.42, 0.24)):
            base = stage.horizon + (stage.height - stage.horizon) * (0.2 + 0.3 * layer)
            lay_ground(stage, base - _rolling(stage, 0.9) * stage.unit * 0.08, distance=depth)
    elif stage.place is Place.DESERT:
        _dunes(stage)
    elif stage.place is Place.MOUNTAINS:
        base = stage.horizon + (stage.height - stage.horizon) * 0.3
        lay_ground(stage, woods(stage, base, stage.unit * 0.1), distance=0.25)


def paint_front(stage: Stage) -> None:
    """The ground on which the nearest figures stand."""
    front = stage.height * 0.9 - _rolling(stage, 1.3) * stage.unit * 0.06
    lay_ground(stage, front.astype(np.float32), distance=0.0)
    if stage.place is not Place.DESERT and stage.weather is not Weather.SNOW:
        _grass(stage, front)


def lay_ground(stage: Stage, line: Line, distance: float) -> None:
    """One layer of land, hazier the farther it lies, with mist at its foot."""
    mask, top = stage.below(line.astype(np.float32))
    palette = stage.palette
    haze = blend(palette.low, palette.middle, 0.35)
    body = blend(palette.ground, haze, distance * 0.85) * np.float32(0.75 + 0.25 * distance)
    depth = (np.arange(top, stage.height, dtype=np.float32) - top) / (stage.unit * 0.5)
    mist = np.clip(depth, 0, 1)[:, None, None] * np.float32(0.55 * distance)
    stage.lay(mask, body + mist * (haze - body), top)


def woods(stage: Stage, base: float, tall: float) -> Line:
    """The upper edge of a row of firs that stand on a base line."""
    line = (base - ridge_noise(stage.rng, stage.width, stage.unit * 0.7, 3) * tall * 0.5).astype(np.float32)
    foot = line.copy()
    at = -tall * 0.2
    while at < stage.width + tall * 0.2:
        high = tall * (0.45 + 0.55 * stage.rng.random())
        half = high * 0.27
        first, last = max(0, int(at - half)), min(stage.width, int(at + half) + 2)
        if first < last:
            reach = np.abs(np.arange(first, last) - at) / half
            # Branches: the edge steps outwards six times on its way down.
            floors = np.clip(1 - reach, 0, 1) * 6
            stepped = (np.floor(floors) + (floors % 1) ** 3) / 6
            line[first:last] = np.minimum(line[first:last], foot[first:last] - stepped * high)
        at += half * (0.7 + 1.2 * stage.rng.random())
    return line


def _crest(stage: Stage, far: float) -> Line:
    unit = stage.unit
    if stage.place in {Place.MOUNTAINS, Place.LAKE}:
        rise = (0.12 + 0.26 * far) * (1.0 if stage.place is Place.MOUNTAINS else 0.72)
        shape = ridge_noise(stage.rng, stage.width, unit * (0.5 + 0.35 * far), 6, sharp=True)
        drop = (1 - far) * unit * 0.12 if stage.place is Place.MOUNTAINS else 0.0
        return (stage.horizon + drop - shape * unit * rise - unit * 0.01).astype(np.float32)
    if stage.place is Place.FOREST:
        return woods(stage, stage.horizon + unit * 0.08 * (1 - far), unit * (0.07 + 0.05 * (1 - far)))
    return (stage.horizon + unit * 0.05 * (1 - far) - _rolling(stage, 1 + far) * unit * 0.09).astype(np.float32)


def _rolling(stage: Stage, wide: float) -> Line:
    return ridge_noise(stage.rng, stage.width, stage.unit * 0.6 * wide, 3)


def _light_slopes(stage: Stage, line: Line, far: float) -> None:
    """Lets the sun fall on the slopes that face it, and snow lie on what is high."""
    rows = np.arange(stage.height, dtype=np.float32)[:, None]
    under = rows - line[None, :]
    rough = cloud_noise(stage.rng, (stage.width, stage.height), stage.unit * 0.07, 4, stretch=0.8)
    faces = np.gradient(line) * (1 if stage.sun[0] > stage.width / 2 else -1)
    smooth = np.convolve(faces, np.ones(9) / 9, mode="same").astype(np.float32)
    relief = np.clip(
        smooth[None, :] * 0.3 * np.exp(-np.clip(under, 0, None) / (stage.unit * 0.09)) + 0.15 + (rough - 0.5) * 1.6,
        0,
        1,
    )
    reach = stage.unit * (0.13 if stage.weather is not Weather.SNOW else 0.2)
    inside = np.clip(under + 0.5, 0, 1)
    snow = np.clip(1 - under / (reach * (0.5 + rough)), 0, 1) * inside
    palette = stage.palette
    white = blend(rgb("f4f7ff"), palette.low, 0.45) * np.float32(0.4 + 0.6 * palette.brightness)
    stage.lay(snow * (0.25 + 0.75 * relief) * np.float32(0.4 + 0.3 * far), white)
    lit = relief * inside * np.clip(1 - under / (stage.unit * 0.4), 0, 1)
    stage.shine(lit * np.float32(0.22 * palette.brightness), palette.light)


def _dunes(stage: Stage) -> None:
    palette = stage.palette
    for layer in range(3):
        base = stage.horizon + (stage.height - stage.horizon) * (0.06 + 0.25 * layer)
        line = (base - _rolling(stage, 1.8) * stage.unit * (0.07 + 0.05 * layer)).astype(np.float32)
        lay_ground(stage, line, distance=0.5 - 0.2 * layer)
        rows = np.arange(stage.height, dtype=np.float32)[:, None]
        under = rows - line[None, :]
        side = np.clip(np.gradient(line) * 2.2 + 0.45, 0, 1).astype(np.float32)
        lit = np.clip(under + 0.5, 0, 1) * np.exp(-np.clip(under, 0, None) / (stage.unit * 0.07)) * side[None, :]
        stage.shine(lit * np.float32(0.55 * palette.brightness), palette.light)


def _grass(stage: Stage, front: Line) -> None:
    tall = stage.unit * 0.035
    blades = []
    for _ in range(int(stage.width / stage.unit * 260)):
        x = float(stage.rng.random() * stage.width)
        foot = float(front[min(stage.width - 1, int(x))]) + 2
        high, lean = tall * (0.35 + 0.65 * stage.rng.random()), tall * (stage.rng.random() - 0.5) * 0.9
        thick = stage.unit * 0.0022
        blades.append([(x - thick, foot), (x + lean, foot - high), (x + thick, foot)])
    top = max(0, int(front.min() - tall) - 2)
    bottom = min(stage.height, int(front.max()) + 4)
    stage.lay(stage.drawn(blades, top, bottom), stage.palette.ground * np.float32(0.75), top)
