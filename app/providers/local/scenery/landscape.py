"""Paints what lies outdoors: sky, land, water and air, and places without a common sky."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from app.providers.local.scenery.palette import Colour, blend, rgb
from app.providers.local.scenery.scene import Hour, Place, SceneMood, Weather
from app.providers.local.scenery.stage import Grid, Line, PaintLayer, Site, cloud_noise, ridge_noise

COVER = {
    Weather.CLEAR: 0.28,
    Weather.CLOUDS: 0.55,
    Weather.RAIN: 0.75,
    Weather.SNOW: 0.6,
    Weather.FOG: 0.35,
    Weather.STORM: 0.85,
}
HIDES_SUN = frozenset({Weather.STORM, Weather.RAIN, Weather.FOG})


def paint_sky(stage: PaintLayer, mood: SceneMood) -> None:
    """Fills the picture with the sky down to the horizon and a little below."""
    palette, site = stage.palette, stage.site
    at = np.clip(np.arange(stage.height, dtype=np.float32) / max(1, site.horizon), 0, 1)
    stops = np.array([0.0, 0.55, 1.0])
    colours = np.stack([palette.top, palette.middle, palette.low])
    column = np.stack([np.interp(at**1.15, stops, colours[:, part]) for part in range(3)], axis=1)
    stage.fill(column[:, None, :].astype(np.float32))
    if site.hour is Hour.NIGHT and site.weather in {Weather.CLEAR, Weather.SNOW, Weather.CLOUDS}:
        stars(stage, site.horizon, density=1.0)
    if mood is SceneMood.MAGIC and site.hour is Hour.NIGHT:
        _northern_lights(stage)
    stage.shine(stage.halo(site.sun, stage.unit * 0.75) * np.float32(palette.glow * 0.55), palette.light)
    stage.shine(stage.halo(site.sun, stage.unit * 0.2) * np.float32(palette.glow * 0.7), palette.light)


def stars(stage: PaintLayer, bottom: int, density: float) -> None:
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


def _sparkle(stage: PaintLayer, row: int, column: int) -> None:
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


def paint_clouds(stage: PaintLayer) -> None:
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


def _northern_lights(stage: PaintLayer) -> None:
    size = (stage.width, max(8, stage.site.horizon))
    curtain = cloud_noise(stage.rng, size, stage.unit * 0.35, 3, stretch=0.35)
    band = np.exp(-(((np.linspace(0, 1, size[1], dtype=np.float32) - 0.42) / 0.22) ** 2))[:, None]
    power = np.clip(curtain * 1.8 - 0.8, 0, 1) * band
    stage.shine(power * np.float32(0.55), rgb("58f0c0"))
    stage.shine(np.roll(power, int(stage.unit * 0.08), axis=0) * np.float32(0.4), rgb("b070ff"))


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


def paint_far_land(stage: PaintLayer) -> None:
    """What stands behind the place."""
    place = base_of(stage.site.place)
    count = FAR_LAYERS.get(place, 0)
    for layer in range(count):
        far = 1 - layer / max(1, count)
        line = _crest(stage, far)
        lay_ground(stage, line, distance=0.35 + 0.5 * far)
        if place is Place.MOUNTAINS or (place is Place.LAKE and layer == 0):
            _light_slopes(stage, line, far)


def paint_middle_land(stage: PaintLayer) -> None:
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


def paint_front(stage: PaintLayer) -> None:
    """The ground on which the nearest figures stand."""
    front = (stage.site.row(0.9) - _rolling(stage, 1.3) * stage.unit * 0.06).astype(np.float32)
    lay_ground(stage, front, distance=0.0)
    if stage.site.place in SANDY or is_white(stage):
        return
    if stage.site.place is not Place.SPACE:
        _grass(stage, front)
    if stage.site.place is Place.GARDEN:
        _flowers(stage, front)


def is_white(stage: PaintLayer) -> bool:
    """Whether snow lies on the ground."""
    return stage.site.weather is Weather.SNOW or stage.site.place is Place.ICE


def _houses(stage: PaintLayer, line: Line) -> None:
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


def _flowers(stage: PaintLayer, front: Line) -> None:
    shade = np.float32(0.4 + 0.6 * stage.palette.brightness)
    for petal in PETALS:
        blossoms = []
        for _ in range(int(stage.width / stage.unit * 16)):
            x = float(stage.rng.random() * (stage.width - 1))
            y = float(front[int(x)]) - stage.unit * 0.02 + float(stage.rng.random()) ** 2 * stage.unit * 0.1
            r = stage.unit * (0.004 + 0.005 * float(stage.rng.random()))
            blossoms.append([(x - r, y), (x - r * 0.4, y - r), (x + r * 0.6, y - r), (x + r, y), (x, y + r)])
        stage.lay(stage.drawn(blossoms, 0, stage.height), rgb(petal) * shade)


def lay_ground(stage: PaintLayer, line: Line, distance: float) -> None:
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


def woods(stage: PaintLayer, base: float, tall: float) -> Line:
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


def _crest(stage: PaintLayer, far: float) -> Line:
    unit, place = stage.unit, base_of(stage.site.place)
    if place in {Place.MOUNTAINS, Place.LAKE}:
        rise = (0.12 + 0.26 * far) * (1.0 if place is Place.MOUNTAINS else 0.72)
        shape = ridge_noise(stage.rng, stage.width, unit * (0.5 + 0.35 * far), 6, sharp=True)
        drop = (1 - far) * unit * 0.12 if place is Place.MOUNTAINS else 0.0
        return (stage.site.horizon + drop - shape * unit * rise - unit * 0.01).astype(np.float32)
    if place is Place.FOREST:
        return woods(stage, stage.site.horizon + unit * 0.08 * (1 - far), unit * (0.07 + 0.05 * (1 - far)))
    return (stage.site.horizon + unit * 0.05 * (1 - far) - _rolling(stage, 1 + far) * unit * 0.09).astype(np.float32)


def _rolling(stage: PaintLayer, wide: float) -> Line:
    return ridge_noise(stage.rng, stage.width, stage.unit * 0.6 * wide, 3)


def _light_slopes(stage: PaintLayer, line: Line, far: float) -> None:
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


def _dunes(stage: PaintLayer) -> None:
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


def _grass(stage: PaintLayer, front: Line) -> None:
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


ROUGHNESS = {Weather.STORM: 2.6, Weather.RAIN: 1.5, Weather.FOG: 0.6}


def paint_water(stage: PaintLayer, backdrop: Grid) -> None:
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


def paint_waves(stage: PaintLayer) -> None:
    """Bright crests on a layer of their own, which drifts over the water."""
    top = stage.site.horizon + int(stage.unit * 0.012)
    depth, palette = stage.height - top, stage.palette
    near = np.linspace(0, 1, depth, dtype=np.float32)[:, None]
    waves = cloud_noise(stage.rng, (stage.width, depth), stage.unit * 0.035, 3, stretch=7.0) - np.float32(0.5)
    crests = np.clip((waves - 0.12) * 4, 0, 1) * (0.15 + 0.85 * near)
    power = np.clip(crests * np.float32(0.2 * _roughness(stage)), 0, 0.7).astype(np.float32)
    stage.lay(power, blend(palette.low, palette.light, 0.4), top)


def _roughness(stage: PaintLayer) -> float:
    return ROUGHNESS.get(stage.site.weather, 1.0) * (1.0 if stage.site.place in {Place.SEA, Place.BEACH} else 0.45)


def _path_of_light(stage: PaintLayer, waves: Grid) -> None:
    near = np.linspace(0, 1, waves.shape[0], dtype=np.float32)[:, None]
    across = np.abs(np.arange(stage.width, dtype=np.float32)[None, :] - np.float32(stage.site.sun[0]))
    wide = stage.unit * (0.05 + 0.22 * near)
    glints = np.clip((waves + 0.5 - 0.42) * 5, 0, 1)
    power = np.exp(-((across / wide) ** 2)) * glints * (1 - 0.5 * near)
    stage.shine((power * stage.palette.glow).astype(np.float32), stage.palette.light, stage.site.horizon)


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


def paint_fog(stage: PaintLayer) -> None:
    """Banks of fog on a layer of their own, thickest at the horizon."""
    banks = cloud_noise(stage.rng, (stage.width, stage.height), stage.unit * 0.25, 4, stretch=4)
    rows = np.arange(stage.height, dtype=np.float32)[:, None]
    near = np.exp(-(((rows - stage.site.horizon) / (stage.height * 0.26)) ** 2))
    stage.lay((near * (0.3 + 0.55 * banks)).astype(np.float32), blend(stage.palette.low, stage.palette.middle, 0.3))


def paint_lightning(stage: PaintLayer) -> None:
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


def paint_space(stage: PaintLayer) -> None:
    """Stars, a nebula, and a planet lit from one side."""
    stage.fill(rgb("070818"))
    size = (stage.width, stage.height)
    gas = cloud_noise(stage.rng, size, stage.unit * 0.5, 5, stretch=1.3)
    other = cloud_noise(stage.rng, size, stage.unit * 0.35, 5)
    stage.shine(np.clip(gas * 1.7 - 0.75, 0, 1) * np.float32(0.75), blend(rgb("8a3fb0"), stage.palette.middle, 0.35))
    stage.shine(np.clip(other * gas * 2.2 - 0.7, 0, 1) * np.float32(0.7), blend(rgb("2fa0d8"), stage.palette.low, 0.2))
    stars(stage, stage.height, density=2.2)
    _planet(stage)


def paint_depths(stage: PaintLayer) -> None:
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


def paint_seabed(stage: PaintLayer) -> None:
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


def paint_cloud_floor(stage: PaintLayer) -> None:
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


def _planet(stage: PaintLayer) -> None:
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
