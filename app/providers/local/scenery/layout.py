"""Where each figure of a scene stands: how large, how near, and which way it looks."""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cache

from app.providers.local.scenery.art import Entry, catalogue, relative_height, sprite
from app.providers.local.scenery.buildings import FLOOR, ROOMS
from app.providers.local.scenery.landscape import WATERS
from app.providers.local.scenery.painting import ScenePainting
from app.providers.local.scenery.scene import MOST_FIGURES, Figure, Hour, Place, Scene, Weather

HORIZONS = {
    Place.SEA: 0.58,
    Place.BEACH: 0.52,
    Place.LAKE: 0.56,
    Place.RIVER: 0.56,
    Place.SWAMP: 0.52,
    Place.MOUNTAINS: 0.66,
    Place.ICE: 0.66,
    Place.FOREST: 0.6,
    Place.CITY: 0.72,
    Place.DESERT: 0.58,
    Place.SPACE: 0.8,
    Place.SKY: 0.75,
    Place.UNDERWATER: 0.85,
}
USUAL_HORIZON = 0.62
# A grown person's height in short sides, and how much of the differences in height is shown.
PERSON, CONTRAST = 0.37, 0.62
INDOORS = 1.3
SMALLEST, LARGEST = 0.09, 0.66
# What swims is farther away than what stands in front.
AFLOAT = 0.75
ALONE = 1.25
# Of the width: what figures of one row may fill together, and the gap between two of them.
ROW_WIDTH, GAP = 0.86, 0.035
LEAST_SCALE = 0.6
BACK_HEIGHT = 1.15
SEATS = ("sofa", "bed", "armchair", "bench", "carpet", "cradle", "chair", "basket")
SEAT_TOPS = {"carpet": 0.15, "bed": 0.5, "basket": 0.3}
SEAT_TOP = 0.4
TABLES = ("table", "desk", "stove", "oven", "bench", "box", "chest")
SITTERS = frozenset({"cat", "kitten", "dog", "puppy", "baby", "doll", "teddy_bear", "hen", "hamster", "rabbit"})
BEINGS = frozenset({"people", "animals"})
MIDDLE_AIR = 0.3
ROWS = ("front", "back", "water", "wall", "sky")
ANCHORS = 9
# The sky shows them itself, once.
CELESTIAL = frozenset({"sun", "moon", "full_moon"})
# What places, hours and weathers show of themselves.
SHOWN: dict[str, frozenset[StrEnum]] = {
    "mountain": frozenset({Place.MOUNTAINS, Place.ICE, Place.LAKE}),
    "hill": frozenset({Place.FIELD, Place.VILLAGE, Place.GARDEN}),
    "wave": frozenset({Place.SEA, Place.BEACH}),
    "planet": frozenset({Place.SPACE}),
    "star": frozenset({Place.SPACE, Hour.NIGHT}),
    "cloud": frozenset({Place.SKY, Weather.CLOUDS, Weather.RAIN, Weather.STORM}),
    "lightning": frozenset({Weather.STORM}),
    "snowflake": frozenset({Weather.SNOW}),
}


@dataclass(frozen=True)
class PlacedFigure:
    """One figure in the picture: x is a part of the width, foot a part of the height, lengths are short sides."""

    id: str
    figure: Figure
    stand: str
    category: str
    seed: int
    aspect: float
    height: float
    x: float = 0.5
    foot: float = 0.93
    is_behind: bool = False
    faces_left: bool = False

    @property
    def wide(self) -> float:
        """Its width in short sides."""
        return self.height * self.aspect


@dataclass(frozen=True)
class _Frame:
    """What placing needs to know of the picture."""

    place: Place
    closeness: float
    width: float
    height: float
    horizon: float
    chance: Callable[[str], float]

    @property
    def is_indoors(self) -> bool:
        return self.place in ROOMS


def drawn_keys(scene: Scene) -> tuple[str, ...]:
    """The keys of the scene that become figures of the picture, in the order of the scene."""
    return tuple(figure.key for figure in scene.figures if catalogue()[figure.key].is_drawn)


def laid_out(painting: ScenePainting) -> tuple[PlacedFigure, ...]:
    """The figures in the order in which they are painted."""
    scene, (width, height) = painting.scene, painting.size
    unit = min(width, height)
    place = scene.place or Place.FIELD
    # The seed of the film, not of the picture: who stays in a place moves only when something else comes.
    key = f"{painting.seed}|{scene.to_json()}"
    horizon = painting.world.horizon if painting.world else HORIZONS.get(place, USUAL_HORIZON)
    frame = _Frame(place, scene.closeness, width / unit, height / unit, horizon, lambda name: _chance(f"{key}|{name}"))
    figures = list(_individuals(scene, painting.film_seed, frame))
    figures = _with_table(figures, painting.film_seed, frame)
    rows: dict[str, list[PlacedFigure]] = {}
    for figure in figures:
        rows.setdefault(_row(figure, frame), []).append(figure)
    placed: list[PlacedFigure] = []
    for name in ROWS:
        # The nearest row takes its place first; those behind it go where it does not hide them.
        placed = [*_row_placed(rows.get(name, []), frame, name, placed), *placed]
    placed = _seated(placed, frame)
    return tuple(_with_small_things(placed, rows.get("small", []), frame))


def _individuals(scene: Scene, film_seed: int, frame: _Frame) -> Iterator[PlacedFigure]:
    """Every figure by itself: one of each first, more of them as long as there is room."""
    known = [figure for figure in scene.figures if _is_figure(figure, scene)][:MOST_FIGURES]
    room = MOST_FIGURES - len(known)
    for figure in known:
        more = min(figure.count - 1, room)
        room -= more
        for number in range(1, 2 + more):
            seed = film_seed + number - 1
            yield _individual(f"{figure.key}#{number}", replace(figure, count=1), seed, frame)


def _individual(name: str, figure: Figure, seed: int, frame: _Frame) -> PlacedFigure:
    entry = catalogue()[figure.key]
    usual = PERSON * (INDOORS if frame.is_indoors else 1.0)
    height = usual * relative_height(figure.key, figure.trait) ** CONTRAST * frame.closeness**0.8
    stand = _stand(entry, frame)
    height *= AFLOAT if stand == "water" else 1.0
    most = LARGEST if stand in {"ground", "far"} else LARGEST * 0.7
    size = max(SMALLEST, min(most, height))
    return PlacedFigure(name, figure, stand, entry.category, seed, _aspect(figure, seed), size)


def _stand(entry: Entry, frame: _Frame) -> str:
    if frame.place is Place.UNDERWATER and entry.category == "animals":
        return "sky" if entry.stand == "water" else entry.stand
    if entry.stand == "water" and frame.place not in WATERS:
        return "ground"
    if entry.stand == "wall" and not frame.is_indoors:
        return "ground"
    return "ground" if entry.stand == "far" and frame.is_indoors else entry.stand


def _with_table(figures: list[PlacedFigure], film_seed: int, frame: _Frame) -> list[PlacedFigure]:
    """A table for what lies on tables, in rooms where none was named."""
    lies = any(figure.stand == "table" for figure in figures)
    if not lies or not frame.is_indoors or any(figure.figure.key in TABLES for figure in figures):
        return figures
    return [*figures, _individual("table#0", Figure("table"), film_seed, frame)]


def _row(figure: PlacedFigure, frame: _Frame) -> str:
    if figure.stand in {"sky", "wall", "water"}:
        return figure.stand
    if figure.stand in {"hand", "table"}:
        return "small"
    is_large = figure.category not in BEINGS and relative_height(figure.figure.key) >= BACK_HEIGHT
    is_furniture = figure.category == "furniture" and figure.figure.key not in SEATS + TABLES
    return "back" if figure.stand == "far" or is_large or (is_furniture and frame.is_indoors) else "front"


def _row_placed(
    row: list[PlacedFigure], frame: _Frame, name: str, others: Sequence[PlacedFigure]
) -> list[PlacedFigure]:
    """The figures of one row side by side, smaller where they are too many, and where they hide least."""
    if not row:
        return []
    if len(row) == 1 and name in {"front", "sky", "water"}:
        row = [replace(row[0], height=min(LARGEST, row[0].height * ALONE))]
    gap = GAP * frame.width
    total = sum(figure.wide for figure in row) + gap * (len(row) - 1)
    scale = min(1.0, max(LEAST_SCALE, ROW_WIDTH * frame.width / total))
    row = [replace(figure, height=figure.height * scale) for figure in row]
    room = frame.width * ROW_WIDTH - total * scale
    step = 1.0 if room >= 0 else frame.width * ROW_WIDTH / (total * scale)
    usual = 0.2 + 0.6 * frame.chance(name)
    anchors = [usual, *(number / (ANCHORS - 1) for number in range(ANCHORS))]
    tries = [_side_by_side(row, frame, name, (max(0.0, room) * anchor, gap, step)) for anchor in anchors]
    costs = [
        _overlap(made, others, frame) + 0.05 * abs(anchor - usual) for made, anchor in zip(tries, anchors, strict=True)
    ]
    return tries[costs.index(min(costs))]


def _side_by_side(
    row: Sequence[PlacedFigure], frame: _Frame, name: str, spacing: tuple[float, float, float]
) -> list[PlacedFigure]:
    begin, gap, step = spacing
    at = frame.width * (1 - ROW_WIDTH) / 2 + begin
    placed = []
    for figure in row:
        middle = (at + figure.wide / 2 * step) / frame.width
        # Where a row is crowded its ends would reach beyond the frame.
        half = figure.wide / 2 / frame.width
        middle = min(max(middle, half), 1 - half)
        at += (figure.wide + gap) * step
        placed.append(_settled(replace(figure, x=middle), frame, name))
    return _facing(placed)


def _overlap(row: Sequence[PlacedFigure], others: Sequence[PlacedFigure], frame: _Frame) -> float:
    """How much of the figures lies behind others, each counted by its own size."""
    total = 0.0
    for figure in row:
        for other in others:
            apart = abs(figure.x - other.x) * frame.width
            across = min(figure.wide, other.wide, (figure.wide + other.wide) / 2 - apart)
            down = min(figure.foot, other.foot) - max(
                figure.foot - figure.height / frame.height, other.foot - other.height / frame.height
            )
            smaller = min(figure.wide * figure.height, other.wide * other.height)
            total += max(0.0, across) * max(0.0, down * frame.height) / smaller
    return total


def _settled(figure: PlacedFigure, frame: _Frame, name: str) -> PlacedFigure:
    """The figure with its foot where its row stands; nothing reaches beyond the upper edge."""
    chance = frame.chance(f"{name}|{figure.id}")
    high = figure.height / frame.height
    if name == "sky":
        middle = (MIDDLE_AIR if frame.place is not Place.UNDERWATER else 0.42) + (chance - 0.5) * 0.16
        foot = max(middle + high / 2, high + 0.05)
    elif name == "wall":
        foot = max(0.3 + high / 2, high + 0.06)
    elif name == "water":
        foot = frame.horizon + (1 - frame.horizon) * (0.3 + 0.16 * chance)
    elif name == "back":
        foot = FLOOR + 0.055 if frame.is_indoors else 0.875 + 0.015 * chance
    else:
        foot = 0.935 + 0.025 * chance
    is_behind = name in {"sky", "water", "wall"} or (name == "back" and figure.stand == "far")
    return replace(figure, foot=max(foot, high + 0.03), is_behind=is_behind)


def _facing(row: Sequence[PlacedFigure]) -> list[PlacedFigure]:
    """Figures look towards the middle of the picture, a lone one towards the wider side."""
    return [replace(figure, faces_left=figure.x > 0.5) for figure in row]


def _seated(placed: list[PlacedFigure], frame: _Frame) -> list[PlacedFigure]:
    """Small animals and dolls sit on the first seat there is."""
    seat = next((figure for figure in placed if figure.figure.key in SEATS), None)
    sitters = [figure for figure in placed if figure.figure.key in SITTERS and not figure.is_behind]
    if seat is None or not sitters:
        return placed
    top = seat.foot - seat.height * SEAT_TOPS.get(seat.figure.key, SEAT_TOP) / frame.height
    space = seat.wide * 0.8 / len(sitters)
    made = []
    for number, sitter in enumerate(sitters):
        height = min(sitter.height, max(seat.height * 0.62, SMALLEST), space / sitter.aspect)
        aside = (number + 0.5 - len(sitters) / 2) * space / frame.width
        made.append(replace(sitter, height=height, x=seat.x + aside, foot=top))
    return [figure for figure in placed if figure not in sitters] + made


def _with_small_things(placed: list[PlacedFigure], things: list[PlacedFigure], frame: _Frame) -> Iterator[PlacedFigure]:
    """What is held stays beside its holder, what lies on tables lies on the table, all else on the ground."""
    holders = [figure for figure in placed if figure.category == "people" and not figure.is_behind]
    table = next((figure for figure in placed if figure.figure.key in TABLES), None)
    held = things if holders and table is None else [thing for thing in things if holders and thing.stand == "hand"]
    lying = [thing for thing in things if thing not in held]
    yield from placed
    yield from (_held(thing, holders, number, frame) for number, thing in enumerate(held))
    if table is not None:
        yield from _upon(table, lying, frame)
    else:
        yield from _row_placed(lying, frame, "things", placed)


def _held(thing: PlacedFigure, holders: Sequence[PlacedFigure], number: int, frame: _Frame) -> PlacedFigure:
    holder = holders[number % len(holders)]
    turn = number // len(holders)
    height = min(thing.height, holder.height * 0.38, holder.wide * 0.8 / thing.aspect)
    side = -1 if holder.faces_left == (turn % 2 == 0) else 1
    x = holder.x + side * (holder.wide * 0.5 + height * thing.aspect * (0.3 + 0.5 * (turn // 2))) / frame.width
    foot = holder.foot - holder.height * 0.3 / frame.height
    return replace(thing, height=height, x=x, foot=foot, faces_left=holder.faces_left)


def _upon(table: PlacedFigure, things: Sequence[PlacedFigure], frame: _Frame) -> Iterator[PlacedFigure]:
    space = table.wide * 0.86 / max(1, len(things))
    for number, thing in enumerate(things):
        height = min(thing.height, space * 0.95 / thing.aspect, table.height * 0.8)
        aside = (number + 0.5 - len(things) / 2) * space / frame.width
        yield replace(thing, height=height, x=table.x + aside, foot=table.foot - table.height * 0.93 / frame.height)


def _is_figure(figure: Figure, scene: Scene) -> bool:
    """Whether it stands in the picture; weather, place, and the walls and window of a room are the picture itself."""
    shown = SHOWN.get(figure.key, frozenset()) & {scene.place, scene.hour, scene.weather}
    entry = catalogue()[figure.key]
    is_room = scene.place in ROOMS and (figure.key == "window" or entry.category == "buildings")
    return entry.is_drawn and not (figure.key in CELESTIAL or is_room or shown)


@cache
def _aspect(figure: Figure, seed: int) -> float:
    picture = sprite(figure, 96, seed)
    return picture.width / picture.height


def _chance(key: str) -> float:
    return int.from_bytes(hashlib.sha256(key.encode()).digest()[:4], "big") / 2**32
