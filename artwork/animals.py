"""Draws animals whole from their measures, where the icons show only a face."""

import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from artwork.birds import Bird, bird
from artwork.paths import Point
from artwork.strokes import blob, limb, line, oval, polygon
from artwork.svg import Shape

__all__ = ["animals"]

DARK = "26222b"


@dataclass(frozen=True)
class Animal:
    """The measures of one animal on four legs, in parts of a hundred, and its colours."""

    coat: str
    shade: str
    belly: str
    sock: str = ""
    length: float = 70
    depth: float = 30
    legs: float = 26
    thick: float = 10
    shoulder: float = 0
    tuck: float = 0.12
    neck: tuple[float, float] = (10, 14)
    neck_width: float = 20
    head: float = 15
    snout: float = 14
    snout_depth: float = 9
    muzzle: str = ""
    nose: str = DARK
    ear: str = "pointed"
    ear_size: float = 12
    ear_colour: str = ""
    inner_ear: str = ""
    tail: str = "thin"
    tail_tip: str = ""
    mask: str = ""
    extras: tuple[str, ...] = ()
    second: str = DARK

    @property
    def top(self) -> float:
        """How high the back is."""
        return self.legs + self.depth

    @property
    def face(self) -> Point:
        """The middle of the head."""
        return self.length / 2 + self.neck[0], self.top + self.neck[1]


def animals(path: Path) -> dict[str, list[Shape]]:
    """The shapes of every animal and bird that the file describes."""
    kinds = tomllib.loads(path.read_text(encoding="utf-8"))
    four_legged = {name: list(_animal(Animal(**_frozen(table)))) for name, table in kinds["animals"].items()}
    return four_legged | {name: list(bird(Bird(**_frozen(table)))) for name, table in kinds["birds"].items()}


def _frozen(table: dict[str, Any]) -> dict[str, Any]:
    return {name: tuple(value) if isinstance(value, list) else value for name, value in table.items()}


def _animal(kind: Animal) -> Iterator[Shape]:
    yield from _extras(kind, BEHIND)
    yield from _legs(kind, far=True)
    yield from TAILS[kind.tail](kind)
    yield _body(kind)
    yield from _underside(kind)
    yield from _extras(kind, ON_BODY)
    yield from _legs(kind, far=False)
    yield from _head(kind)
    yield from _extras(kind, ON_HEAD)


def _body(kind: Animal) -> Shape:
    half, low, top = kind.length / 2, kind.legs, kind.top
    return blob(
        kind.coat,
        (-half, low + kind.depth * 0.55),
        (-half + 6, top - kind.depth * 0.1),
        (-half * 0.3, top),
        (half * 0.6, top + kind.shoulder),
        (half, top - kind.depth * 0.2 + kind.shoulder * 0.5),
        (half + 2, low + kind.depth * 0.4),
        (half * 0.75, low),
        (0, low + kind.depth * kind.tuck),
        (-half * 0.7, low + kind.depth * 0.08),
    )


def _underside(kind: Animal) -> Iterator[Shape]:
    if kind.belly:
        half, low = kind.length / 2, kind.legs
        yield blob(
            kind.belly,
            (-half * 0.5, low + kind.depth * 0.16),
            (0, low + kind.depth * 0.32),
            (half * 0.6, low + kind.depth * 0.22),
            (half * 0.7, low + kind.depth * 0.02),
            (0, low + kind.depth * (kind.tuck + 0.02)),
        )


def _legs(kind: Animal, *, far: bool) -> Iterator[Shape]:
    half, thick = kind.length / 2, kind.thick
    for place, lean in ((-half + thick * 0.75, 1), (half - thick * 0.85, -1)):
        hip = place + (thick * 1.1 * lean if far else 0)
        foot = hip + (lean * thick * 0.5 if far else -lean * thick * 0.15)
        colour = kind.shade if far else kind.coat
        wide = thick * (1.9 if lean > 0 else 1.5)
        yield limb(colour, (wide, thick), (hip, kind.legs + kind.depth * 0.3), (foot, thick / 2 + 1))
        if kind.sock:
            yield limb(kind.sock, (thick * 1.03, thick * 1.03), (foot, kind.legs * 0.42), (foot, thick / 2))
        yield blob(
            kind.sock or colour,
            *((foot + x * thick, y * thick) for x, y in ((-0.5, 0), (-0.5, 0.5), (0.4, 0.65), (0.85, 0.3), (0.8, 0))),
        )


def _head(kind: Animal) -> Iterator[Shape]:
    x, y = kind.face
    size = kind.head
    yield limb(
        kind.coat,
        (kind.neck_width * 1.35, kind.neck_width),
        (kind.length / 2 - 8, kind.top - kind.depth * 0.35),
        (x, y),
    )
    yield from _extras(kind, BEHIND_HEAD)
    yield from EARS[kind.ear](kind, (x - size * 0.75, y + size * 0.45), kind.shade)
    yield oval(kind.coat, (x, y), (size, size * 0.92))
    tip = x + size * 0.7 + kind.snout
    low = y - size * 0.62
    yield blob(
        kind.coat,
        (x, y + size * 0.6),
        (x + size * 0.9, y + size * 0.2),
        (tip - 1, low + kind.snout_depth),
        (tip, low + kind.snout_depth * 0.35),
        (tip - kind.snout_depth * 0.4, low - 1),
        (x, y - size * 0.9),
    )
    yield from _muzzle(kind, tip, low)
    yield from EARS[kind.ear](kind, (x - size * 0.15, y + size * 0.62), kind.ear_colour or kind.coat)
    if kind.mask:
        yield oval(kind.mask, (x + size * 0.42, y + size * 0.12), (size * 0.52, size * 0.36), -18)
    yield from _eye(kind)
    yield oval(kind.nose, (tip - 1, low + kind.snout_depth * 0.78), (size * 0.2, size * 0.17))


def _muzzle(kind: Animal, tip: float, low: float) -> Iterator[Shape]:
    if kind.muzzle:
        x, y = kind.face
        size = kind.head
        yield blob(
            kind.muzzle,
            (x - size * 0.45, y - size * 0.35),
            (x + size * 0.45, y - size * 0.12),
            (tip - 1.5, low + kind.snout_depth * 0.6),
            (tip - kind.snout_depth * 0.4, low - 1),
            (x + size * 0.1, y - size * 0.92),
        )


def _eye(kind: Animal) -> Iterator[Shape]:
    x, y = kind.face[0] + kind.head * 0.42, kind.face[1] + kind.head * 0.18
    if kind.mask:
        yield oval("ffffff", (x, y), (kind.head * 0.19, kind.head * 0.2))
    yield oval(DARK, (x, y), (kind.head * 0.13, kind.head * 0.17))


def _pointed_ear(kind: Animal, at: Point, colour: str) -> Iterator[Shape]:
    (x, y), size = at, kind.ear_size
    yield polygon(colour, (x - size * 0.42, y - 2), (x - size * 0.1, y + size), (x + size * 0.5, y - 1))
    if kind.inner_ear:
        inner = ((x - size * 0.2, y), (x - size * 0.06, y + size * 0.72), (x + size * 0.25, y))
        yield polygon(kind.inner_ear, *inner)


def _round_ear(kind: Animal, at: Point, colour: str) -> Iterator[Shape]:
    (x, y), size = at, kind.ear_size
    yield oval(colour, (x, y + size * 0.25), (size * 0.55, size * 0.55))
    yield oval(kind.inner_ear or kind.shade, (x + size * 0.06, y + size * 0.22), (size * 0.3, size * 0.3))


def _long_ear(kind: Animal, at: Point, colour: str) -> Iterator[Shape]:
    (x, y), size = at, kind.ear_size
    yield oval(colour, (x - size * 0.3, y + size * 0.7), (size * 0.24, size * 0.9), 22)
    yield oval(kind.inner_ear or kind.shade, (x - size * 0.28, y + size * 0.68), (size * 0.12, size * 0.68), 22)


def _side_ear(kind: Animal, at: Point, colour: str) -> Iterator[Shape]:
    (x, y), size = at, kind.ear_size
    yield oval(colour, (x - size * 0.35, y + size * 0.1), (size * 0.62, size * 0.27), -24)


def _hanging_ear(kind: Animal, at: Point, colour: str) -> Iterator[Shape]:
    (x, y), size = at, kind.ear_size
    yield oval(
        colour if colour == kind.shade else kind.shade,
        (x - size * 0.2, y - size * 0.35),
        (size * 0.36, size * 0.75),
        -14,
    )


def _no_ear(_kind: Animal, _at: Point, _colour: str) -> Iterator[Shape]:
    yield from ()


def _bushy_tail(kind: Animal) -> Iterator[Shape]:
    x, y, long = -kind.length / 2, kind.legs + kind.depth * 0.6, kind.length * 0.62
    outline = (
        (x + 8, y + 7), (x - long * 0.25, y - 2), (x - long * 0.62, y + 5), (x - long, y + 14),
        (x - long * 0.86, y - 8), (x - long * 0.5, y - 19), (x - long * 0.1, y - 12), (x + 8, y - 4),
    )  # fmt: skip
    yield blob(kind.coat, *outline)
    if kind.tail_tip:
        tip = (
            (x - long * 0.68, y + 6), (x - long, y + 14), (x - long * 0.88, y - 7),
            (x - long * 0.66, y - 15.5), (x - long * 0.74, y - 5),
        )  # fmt: skip
        yield blob(kind.tail_tip, *tip)


def _ringed_tail(kind: Animal) -> Iterator[Shape]:
    x, y = -kind.length / 2 + 4, kind.legs + kind.depth * 0.6
    points = [(x, y), (x - 12, y - 3), (x - 24, y + 2), (x - 36, y + 12)]
    yield line(kind.coat, 15, *points)
    for place, (along, up) in enumerate(((-9, -2.2), (-18, -1), (-27, 4), (-35.5, 11.5))):
        yield oval(kind.second, (x + along, y + up), (2.8, 7.5), -12 - place * 12)


def _thin_tail(kind: Animal) -> Iterator[Shape]:
    x, y = -kind.length / 2 + 4, kind.top - kind.depth * 0.25
    yield line(kind.shade, 4.5, (x, y), (x - 12, y - 2), (x - 17, y - 16), (x - 15, y - 28))


def _upright_tail(kind: Animal) -> Iterator[Shape]:
    x, y = -kind.length / 2 + 5, kind.top - kind.depth * 0.25
    yield line(kind.coat, 8, (x, y), (x - 13, y + 4), (x - 20, y + 18), (x - 13, y + 30))


def _tufted_tail(kind: Animal) -> Iterator[Shape]:
    x, y = -kind.length / 2 + 4, kind.top - kind.depth * 0.25
    yield line(kind.coat, 5, (x, y), (x - 16, y + 4), (x - 22, y - 12), (x - 30, y - 18))
    yield oval(kind.tail_tip or kind.second, (x - 32, y - 18), (8, 5), 15)


def _flowing_tail(kind: Animal) -> Iterator[Shape]:
    x, y = -kind.length / 2 + 4, kind.top - kind.depth * 0.2
    yield blob(
        kind.tail_tip or kind.second,
        (x + 3, y + 4), (x - 14, y + 3), (x - 25, y - 14), (x - 27, y - 38), (x - 15, y - 28), (x - 8, y - 12),
        (x + 3, y - 4),
    )  # fmt: skip


def _puff_tail(kind: Animal) -> Iterator[Shape]:
    yield oval(kind.tail_tip or kind.coat, (-kind.length / 2 - 2, kind.legs + kind.depth * 0.65), (7, 6.5))


def _flat_tail(kind: Animal) -> Iterator[Shape]:
    x, y = -kind.length / 2, kind.legs + kind.depth * 0.4
    yield blob(kind.coat, (x + 14, y + 9), (x - 14, y), (x - 40, y - 13), (x - 14, y - 12), (x + 14, y - 9))


def _mane(kind: Animal) -> Iterator[Shape]:
    x, y = kind.face
    yield blob(
        kind.second,
        *((x - 4 + u * kind.head, y - 2 + v * kind.head) for u, v in MANE),
    )


MANE = (
    (0.1, 1.7), (0.75, 1.35), (1.05, 0.7), (0.8, -0.3), (0.95, -1.0), (0.3, -1.75), (-0.5, -2.05),
    (-1.2, -1.6), (-1.65, -0.8),
    (-1.65, 0.3), (-1.2, 1.2), (-0.6, 1.55),
)  # fmt: skip


def _horse_mane(kind: Animal) -> Iterator[Shape]:
    x, y = kind.face
    size = kind.head
    yield blob(
        kind.second,
        (x + size * 0.35, y + size * 1.05), (x - size * 0.5, y + size * 1.25), (x - size * 1.3, y + size * 0.5),
        (x - size * 1.9, y - size * 1.1), (kind.length / 2 - 16, kind.top - 4),
        (x - size * 1.0, y - size * 0.6), (x - size * 0.3, y + size * 0.5),
    )  # fmt: skip


def _horn(kind: Animal) -> Iterator[Shape]:
    x, y = kind.face
    size = kind.head
    yield polygon(
        "f5c542",
        (x + size * 0.15, y + size * 0.75),
        (x + size * 1.15, y + size * 2.5),
        (x + size * 0.62, y + size * 0.55),
    )
    yield line("d79b22", 1.6, (x + size * 0.36, y + size * 1.1), (x + size * 0.72, y + size * 0.98))
    yield line("d79b22", 1.6, (x + size * 0.6, y + size * 1.55), (x + size * 0.88, y + size * 1.42))


def _palm_antlers(kind: Animal) -> Iterator[Shape]:
    x, y = kind.face
    size = kind.head
    outline = (
        (0.0, 0.7), (-0.3, 1.2), (-1.5, 1.3), (-2.3, 2.3), (-1.75, 2.1), (-1.5, 2.75), (-1.05, 2.2),
        (-0.65, 2.85), (-0.3, 2.2),
        (0.25, 2.6), (0.25, 1.6), (0.9, 1.9), (0.6, 1.2), (0.3, 0.75),
    )  # fmt: skip
    yield polygon(kind.second, *((x + u * size, y + v * size) for u, v in outline))


def _tusk(kind: Animal) -> Iterator[Shape]:
    x, y = kind.face
    size = kind.head
    tip = x + size * 0.7 + kind.snout
    yield polygon("fff7e6", (tip - 9, y - size * 0.55), (tip - 2, y + size * 0.15), (tip - 3.5, y - size * 0.6))


def _bristles(kind: Animal) -> Iterator[Shape]:
    half, top = kind.length / 2, kind.top + kind.shoulder
    points = [(-half * 0.8, kind.top - 4)]
    for step in range(9):
        x = -half * 0.7 + step * half * 0.17
        points += [(x, top + 5), (x + half * 0.1, top - 1)]
    yield polygon(kind.second, *points, (half * 0.8, top - 8))


def _pied(kind: Animal) -> Iterator[Shape]:
    """The black shoulders of a panda."""
    half, low = kind.length / 2, kind.legs
    yield blob(
        kind.second, (half * 0.2, kind.top), (half * 0.75, kind.top + kind.shoulder),
        (half + 3, low + kind.depth * 0.4),
        (half * 0.7, low - 1), (half * 0.3, low + 2),
    )  # fmt: skip


def _bib(kind: Animal) -> Iterator[Shape]:
    x, y = kind.face
    half = kind.length / 2
    yield blob(
        kind.muzzle or kind.belly,
        (x - kind.head * 0.5, y - kind.head * 0.5), (x + kind.head * 0.5, y - kind.head * 0.7),
        (half + 6, kind.top - kind.depth * 0.25),
        (half + 2, kind.legs + kind.depth * 0.3), (half - 6, kind.legs + kind.depth * 0.45),
    )  # fmt: skip


Part = Callable[[Animal], Iterator[Shape]]
TAILS: dict[str, Part] = {
    "bushy": _bushy_tail, "ringed": _ringed_tail, "thin": _thin_tail, "upright": _upright_tail,
    "tufted": _tufted_tail,
    "flowing": _flowing_tail, "puff": _puff_tail, "flat": _flat_tail,
}  # fmt: skip
EARS: dict[str, Callable[[Animal, Point, str], Iterator[Shape]]] = {
    "pointed": _pointed_ear, "round": _round_ear, "long": _long_ear, "side": _side_ear,
    "hanging": _hanging_ear, "none": _no_ear,
}  # fmt: skip
BEHIND: dict[str, Part] = {"bristles": _bristles}
ON_BODY: dict[str, Part] = {"pied": _pied}
BEHIND_HEAD: dict[str, Part] = {"mane": _mane, "horse_mane": _horse_mane, "bib": _bib}
ON_HEAD: dict[str, Part] = {"horn": _horn, "antlers": _palm_antlers, "tusk": _tusk}


def _extras(kind: Animal, layer: dict[str, Part]) -> Iterator[Shape]:
    for name in kind.extras:
        if name in layer:
            yield from layer[name](kind)
