"""Open land in layers that fade with distance: mountains, hills, forests, dunes and fields."""

import numpy as np

from app.providers.local.scenery.noise import Line, cloud_noise, ridge_noise
from app.providers.local.scenery.palette import blend, rgb
from app.providers.local.scenery.scene import Place, Weather
from app.providers.local.scenery.stage import Stage

__all__ = ["WATERS", "base_of", "lay_ground", "paint_far_land", "paint_front", "paint_middle_land", "woods"]

# Places that are painted like another one, with something of their own added.
BASES = {
    Place.BEACH: Place.SEA,
    Place.RIVER: Place.LAKE,
    Place.SWAMP: Place.LAKE,
    Place.ICE: Place.MOUNTAINS,
    Place.VILLAGE: Place.FIELD,
    Place.GARDEN: Place.FIELD,
}
WATERS = frozenset({Place.SEA, Place.BEACH, Place.LAKE, Place.RIVER, Place.SWAMP})
FAR_LAYERS = {Place.MOUNTAINS: 3, Place.LAKE: 2, Place.FOREST: 2, Place.FIELD: 2, Place.DESERT: 2}
SANDY = frozenset({Place.DESERT, Place.BEACH})
PETALS = ("e8574a", "f6c945", "f3f0ea", "b071d6", "f08fb4")


def base_of(place: Place) -> Place:
    """The place whose land this place has."""
    return BASES.get(place, place)


def paint_far_land(stage: Stage) -> None:
    """What stands behind the place."""
    place = base_of(stage.site.place)
    count = FAR_LAYERS.get(place, 0)
    for layer in range(count):
        far = 1 - layer / max(1, count)
        line = _crest(stage, far)
        lay_ground(stage, line, distance=0.35 + 0.5 * far)
        if place is Place.MOUNTAINS or (place is Place.LAKE and layer == 0):
            _light_slopes(stage, line, far)


def paint_middle_land(stage: Stage) -> None:
    """What lies between the far crest and the ground in front."""
    place, horizon = base_of(stage.site.place), stage.site.horizon
    depth = stage.site.row(1) - horizon
    if place is Place.FOREST:
        for layer, distance in enumerate((0.55, 0.3, 0.1)):
            base = horizon + depth * (0.12 + 0.3 * layer)
            lay_ground(stage, woods(stage, base, stage.unit * (0.2 + 0.12 * layer)), distance=distance)
    elif place is Place.FIELD:
        for layer, distance in enumerate((0.42, 0.24)):
            base = horizon + depth * (0.2 + 0.3 * layer)
            line = base - _rolling(stage, 0.9) * stage.unit * 0.08
            if layer == 1 and stage.site.place is Place.VILLAGE:
                _houses(stage, line)
            lay_ground(stage, line, distance=distance)
    elif place is Place.DESERT:
        _dunes(stage)
    elif place is Place.MOUNTAINS:
        lay_ground(stage, woods(stage, horizon + depth * 0.3, stage.unit * 0.1), distance=0.25)


def paint_front(stage: Stage) -> None:
    """The ground on which the nearest figures stand."""
    front = (stage.site.row(0.9) - _rolling(stage, 1.3) * stage.unit * 0.06).astype(np.float32)
    lay_ground(stage, front, distance=0.0)
    if stage.site.place in SANDY or is_white(stage):
        return
    if stage.site.place is not Place.SPACE:
        _grass(stage, front)
    if stage.site.place is Place.GARDEN:
        _flowers(stage, front)


def is_white(stage: Stage) -> bool:
    """Whether snow lies on the ground."""
    return stage.site.weather is Weather.SNOW or stage.site.place is Place.ICE


def _houses(stage: Stage, line: Line) -> None:
    """A row of roofs behind a hill."""
    unit, walls, roofs, lamps = stage.unit, [], [], []
    at = stage.site.column(0.06)
    while at < stage.site.column(0.92):
        wide = unit * (0.08 + 0.05 * float(stage.rng.random()))
        high, foot = wide * (0.55 + 0.3 * float(stage.rng.random())), float(line[int(at)]) + unit * 0.02
        walls.append([(at, foot), (at, foot - high), (at + wide, foot - high), (at + wide, foot)])
        roofs.append(
            [(at - wide * 0.1, foot - high), (at + wide / 2, foot - high * 1.8), (at + wide * 1.1, foot - high)]
        )
        pane = wide * 0.14
        for x in (at + wide * 0.2, at + wide * 0.62):
            top = foot - high * 0.75
            lamps.append([(x, top), (x + pane, top), (x + pane, top + pane * 1.3), (x, top + pane * 1.3)])
        at += wide * (1.3 + 1.6 * float(stage.rng.random()))
    palette = stage.palette
    shade = np.float32(0.35 + 0.65 * palette.brightness)
    for polygons, colour in ((walls, rgb("e9dcc3")), (roofs, rgb("a5533c"))):
        stage.lay(stage.drawn(polygons, 0, stage.height), blend(colour * shade, palette.low, 0.25))
    glass = rgb("ffd98a") if stage.site.is_dark else rgb("6f8ba3") * shade
    stage.lay(stage.drawn(lamps, 0, stage.height), glass)


def _flowers(stage: Stage, front: Line) -> None:
    shade = np.float32(0.4 + 0.6 * stage.palette.brightness)
    for petal in PETALS:
        blossoms = []
        for _ in range(int(stage.width / stage.unit * 16)):
            x = float(stage.rng.random() * (stage.width - 1))
            y = float(front[int(x)]) - stage.unit * 0.02 + float(stage.rng.random()) ** 2 * stage.unit * 0.1
            r = stage.unit * (0.004 + 0.005 * float(stage.rng.random()))
            blossoms.append([(x - r, y), (x - r * 0.4, y - r), (x + r * 0.6, y - r), (x + r, y), (x, y + r)])
        stage.lay(stage.drawn(blossoms, 0, stage.height), rgb(petal) * shade)


def lay_ground(stage: Stage, line: Line, distance: float) -> None:
    """One layer of land, hazier the farther it lies, with mist at its foot."""
    mask, top = stage.below(line.astype(np.float32))
    palette = stage.palette
    haze = blend(palette.low, palette.middle, 0.35)
    body = blend(palette.ground, haze, distance * 0.85) * np.float32(
        0.97 if is_white(stage) else 0.78 + 0.22 * distance
    )
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
    unit, place = stage.unit, base_of(stage.site.place)
    if place in {Place.MOUNTAINS, Place.LAKE}:
        rise = (0.12 + 0.26 * far) * (1.0 if place is Place.MOUNTAINS else 0.72)
        shape = ridge_noise(stage.rng, stage.width, unit * (0.5 + 0.35 * far), 6, sharp=True)
        drop = (1 - far) * unit * 0.12 if place is Place.MOUNTAINS else 0.0
        return (stage.site.horizon + drop - shape * unit * rise - unit * 0.01).astype(np.float32)
    if place is Place.FOREST:
        return woods(stage, stage.site.horizon + unit * 0.08 * (1 - far), unit * (0.07 + 0.05 * (1 - far)))
    return (stage.site.horizon + unit * 0.05 * (1 - far) - _rolling(stage, 1 + far) * unit * 0.09).astype(np.float32)


def _rolling(stage: Stage, wide: float) -> Line:
    return ridge_noise(stage.rng, stage.width, stage.unit * 0.6 * wide, 3)


def _light_slopes(stage: Stage, line: Line, far: float) -> None:
    """Lets the sun fall on the slopes that face it, and snow lie on what is high."""
    rows = np.arange(stage.height, dtype=np.float32)[:, None]
    under = rows - line[None, :]
    rough = cloud_noise(stage.rng, (stage.width, stage.height), stage.unit * 0.07, 4, stretch=0.8)
    faces = np.gradient(line) * (1 if stage.site.sun[0] > stage.width / 2 else -1)
    smooth = np.convolve(faces, np.ones(9) / 9, mode="same").astype(np.float32)
    relief = np.clip(
        smooth[None, :] * 0.3 * np.exp(-np.clip(under, 0, None) / (stage.unit * 0.09)) + 0.15 + (rough - 0.5) * 1.6,
        0,
        1,
    )
    reach = stage.unit * (0.3 if is_white(stage) else 0.13)
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
        base = stage.site.horizon + (stage.site.row(1) - stage.site.horizon) * (0.06 + 0.25 * layer)
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
