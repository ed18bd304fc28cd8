"""A city's towers, and rooms: a wall with a window, a floor and what is fixed to the wall."""

import numpy as np

from app.providers.local.scenery.palette import blend, rgb
from app.providers.local.scenery.scene import Hour, Place
from app.providers.local.scenery.stage import Grid, PaintLayer, cloud_noise, ridge_noise

Polygon = list[tuple[float, float]]
FLOOR = 0.74
STREET = 0.84
# The wall, the floor, and what hangs on the wall.
ROOMS = {
    Place.ROOM: ("e3b98a", "96613c"),
    Place.KITCHEN: ("e6cf9a", "a8794f"),
    Place.LIBRARY: ("a87f5a", "6e4630"),
    Place.WORKSHOP: ("b79a78", "75563d"),
    Place.SHOP: ("dfc4a0", "93683f"),
    Place.CAVE: ("6a5a60", "564a50"),
}
BOOKS = ("8c3b34", "3f5f7a", "b08a3e", "4f6b48", "6a4a6f", "c9b48a")
LOAVES = ("c98f4d", "b5763a", "e0b070")


def paint_city(stage: PaintLayer, backdrop: Grid) -> None:
    """Three rows of towers with windows over a street that mirrors them."""
    street = int(stage.site.row(STREET))
    haze = blend(stage.palette.low, stage.palette.middle, 0.35)
    for layer, far in enumerate((0.8, 0.45, 0.12)):
        towers, windows = _towers(stage, street, layer)
        body = blend(stage.palette.ground, haze, far) * np.float32(0.9)
        stage.lay(stage.drawn(towers, 0, street), body)
        lamp = blend(rgb("ffd98a"), haze, far * 0.6) if stage.site.is_dark else blend(body, haze, 0.45)
        stage.lay(stage.drawn(windows, 0, street) * np.float32(0.92 - 0.5 * far), lamp)
    depth = stage.height - street
    rows = np.clip(street - 1 - np.arange(depth) * 3, 0, None)
    shift = cloud_noise(stage.rng, (stage.width, depth), stage.unit * 0.03, 2, stretch=5) - np.float32(0.5)
    columns = np.clip(np.arange(stage.width)[None, :] + shift * stage.unit * 0.05, 0, stage.width - 1).astype(np.intp)
    cover = stage.alpha[rows[:, None], columns][..., None]
    seen = stage.pixels[rows[:, None], columns] * cover + backdrop[rows[:, None], columns] * (1 - cover)
    stage.lay(
        np.ones(seen.shape[:2], np.float32), seen * np.float32(0.3) + stage.palette.ground * np.float32(0.5), street
    )


def _towers(stage: PaintLayer, street: int, layer: int) -> tuple[list[Polygon], list[Polygon]]:
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


def _windows(stage: PaintLayer, corner: tuple[float, float], size: tuple[float, float], layer: int) -> list[Polygon]:
    step = stage.unit * (0.016 + 0.005 * layer)
    across, down = max(1, int(size[0] / step) - 1), max(1, int(size[1] / (step * 1.3)) - 1)
    lit = stage.rng.random((down, across)) < (0.3, 0.26, 0.16)[layer]
    left = corner[0] + (size[0] - across * step) / 2
    found: list[Polygon] = []
    for row, column in zip(*np.nonzero(lit), strict=True):
        x, y = left + column * step + step * 0.25, corner[1] + (row + 0.7) * step * 1.3
        found.append(_box(x, y, step * 0.5, step * 0.7))
    return found


def paint_room(stage: PaintLayer) -> None:
    """A wall with a window onto what is behind it, a floor, and light that falls in; a cave has an opening."""
    site, unit = stage.site, stage.unit
    place = site.place if site.place in ROOMS else Place.ROOM
    middle = site.column(0.3 if stage.rng.random() < 0.5 else 0.7)
    wide, high, top = unit * 0.36, unit * 0.36, site.row(0.14)
    left, floor = middle - wide / 2, int(site.row(FLOOR))
    wall_text, floor_text = ROOMS[place]
    dim = np.float32(0.5 if site.hour is Hour.NIGHT else 0.62 + 0.3 * stage.palette.brightness)
    wall = blend(rgb(wall_text), stage.palette.top, 0.16) * dim
    opening = _arch(left, top, wide, high) if place is Place.CAVE else _box(left, top, wide, high)
    hole = stage.drawn([opening], 0, stage.height)
    light = stage.halo((middle, site.row(0.36)), unit * 0.8)
    glow = rgb("ffb765") if site.hour is Hour.NIGHT else stage.palette.light
    painted = wall * (0.78 + 0.3 * light[..., None]) + light[..., None] * glow * np.float32(0.09)
    rough = cloud_noise(stage.rng, (stage.width, stage.height), unit * (0.12 if place is Place.CAVE else 0.4), 3)
    painted *= 1 + (rough[..., None] - np.float32(0.5)) * np.float32(0.5 if place is Place.CAVE else 0.08)
    stage.lay(1 - hole, painted.astype(np.float32))
    free = (
        (site.column(0.0), left - unit * 0.1) if middle > stage.width / 2 else (left + wide + unit * 0.1, stage.width)
    )
    _fixtures(stage, place, free, dim)
    if place is not Place.CAVE:
        stage.lay(stage.drawn(_bars((left, top), (wide, high), unit * 0.011), 0, stage.height), rgb("f1e6d2") * dim)
    if place is Place.CAVE:
        _rocks(stage, rgb(floor_text) * dim)
        return
    _floor(stage, rgb(floor_text) * dim, floor)
    beam: Polygon = [
        (left, floor),
        (left + wide, floor),
        (left + wide + unit * 0.2, float(stage.height)),
        (left - unit * 0.2, float(stage.height)),
    ]
    power = np.float32(0.1 if site.hour is Hour.NIGHT else 0.22)
    stage.shine(
        stage.drawn([beam], floor, stage.height) * power, blend(stage.palette.low, stage.palette.light, 0.5), floor
    )


def _rocks(stage: PaintLayer, colour: Grid) -> None:
    """A rough ground and stones that hang from the roof."""
    unit = stage.unit
    for layer, shade in enumerate((0.8, 0.95)):
        line = stage.site.row(FLOOR + 0.07 * layer) - ridge_noise(stage.rng, stage.width, unit * 0.3, 4) * unit * 0.05
        mask, top = stage.below(line.astype(np.float32))
        stage.lay(mask, colour * np.float32(shade), top)
    hanging = []
    for _ in range(int(stage.width / unit * 9)):
        x, wide = float(stage.rng.random()) * stage.width, unit * (0.02 + 0.04 * float(stage.rng.random()))
        tip = stage.site.row(0.0) + unit * (0.04 + 0.14 * float(stage.rng.random()) ** 2)
        hanging.append([(x - wide, 0.0), (x + wide, 0.0), (x, tip)])
    stage.lay(stage.drawn(hanging, 0, stage.height), colour * np.float32(0.62))


def _floor(stage: PaintLayer, boards: Grid, floor: int) -> None:
    """Boards in perspective under a skirting."""
    depth, unit = stage.height - floor, stage.unit
    grain = cloud_noise(stage.rng, (stage.width, depth), unit * 0.05, 3, stretch=9)
    stage.lay(np.ones((depth, stage.width), np.float32), boards * (0.85 + 0.25 * grain[..., None]), floor)
    seams = []
    for number in range(1, 6):
        y = floor + depth * (number / 6) ** 1.5
        seams.append(_box(0, y, stage.width, max(1.0, unit * 0.0025)))
    stage.lay(stage.drawn(seams, floor, stage.height) * np.float32(0.3), boards * np.float32(0.6), floor)
    skirting = [_box(0, floor - unit * 0.022, stage.width, unit * 0.022)]
    stage.lay(stage.drawn(skirting, 0, stage.height), boards * np.float32(0.75))


def _fixtures(stage: PaintLayer, place: Place, free: tuple[float, float], dim: np.float32) -> None:
    """What belongs to the kind of room: tiles, books, tools or bread on shelves beside the window."""
    top, floor = stage.site.row(0.1), stage.site.row(FLOOR)
    if place is Place.KITCHEN:
        _tiles(stage, dim)
        _shelves(
            stage, (*free, top + stage.unit * 0.1, floor - stage.unit * 0.3), ("d0694f", "5f8f9a", "e8dcc0"), dim, 0.6
        )
    elif place is Place.LIBRARY:
        _shelves(stage, (*free, top, floor), BOOKS, dim, 1.0)
    elif place is Place.SHOP:
        _shelves(stage, (*free, top + stage.unit * 0.04, floor - stage.unit * 0.12), LOAVES, dim, 0.7)
    elif place is Place.WORKSHOP:
        _shelves(
            stage, (*free, top + stage.unit * 0.08, floor - stage.unit * 0.2), ("6d7580", "8a5a3b", "b5a27c"), dim, 0.5
        )


def _shelves(
    stage: PaintLayer, area: tuple[float, float, float, float], colours: tuple[str, ...], dim: np.float32, filled: float
) -> None:
    """Boards with rows of things of these colours on them."""
    left, right, top, bottom = area
    unit, step = stage.unit, stage.unit * 0.115
    things: dict[str, list[Polygon]] = {colour: [] for colour in colours}
    boards = []
    y = top + step
    while y < bottom:
        boards.append(_box(left, y, right - left, unit * 0.011))
        x = left + unit * 0.01
        while x < right - unit * 0.04:
            wide = unit * (0.014 + 0.02 * float(stage.rng.random()) / filled)
            high = step * (0.5 + 0.32 * float(stage.rng.random())) * (0.6 + 0.4 * filled)
            colour = colours[int(stage.rng.integers(len(colours)))]
            things[colour].append(_box(x, y - high, wide, high))
            x += wide * (1.06 if filled == 1.0 else 1.3 + float(stage.rng.random()))
        y += step
    stage.lay(stage.drawn(boards, 0, stage.height), rgb("5a3c28") * dim)
    for colour, polygons in things.items():
        stage.lay(stage.drawn(polygons, 0, stage.height), rgb(colour) * dim * np.float32(0.85))


def _tiles(stage: PaintLayer, dim: np.float32) -> None:
    top, bottom, unit = stage.site.row(0.56), stage.site.row(FLOOR), stage.unit
    stage.lay(stage.drawn([_box(0, top, stage.width, bottom - top)], 0, stage.height), rgb("dfe7e4") * dim)
    seams = [_box(0, y, stage.width, unit * 0.003) for y in np.arange(top, bottom, unit * 0.045)]
    seams += [_box(x, top, unit * 0.003, bottom - top) for x in np.arange(0, stage.width, unit * 0.045)]
    stage.lay(stage.drawn(seams, 0, stage.height), rgb("b9c6c4") * dim)


def _arch(left: float, top: float, wide: float, high: float) -> Polygon:
    angles = np.linspace(0, 2 * np.pi, 40)
    reach = 1 + 0.1 * np.sin(angles * 2 + 1) + 0.05 * np.sin(angles * 3)
    x = left + wide / 2 + np.cos(angles) * wide * 0.62 * reach
    y = top + high * 0.6 + np.sin(angles) * high * 0.62 * reach
    return list(zip(x.tolist(), y.tolist(), strict=True))


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
    return [_box(*box) for box in boxes]


def _box(x: float, y: float, wide: float, high: float) -> Polygon:
    return [(x, y), (x + wide, y), (x + wide, y + high), (x, y + high)]
