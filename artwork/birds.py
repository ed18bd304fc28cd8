"""Draws standing birds from their measures."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

from artwork.strokes import blob, limb, line, oval, polygon
from artwork.svg import Shape

__all__ = ["Bird", "bird"]

DARK = "26222b"


@dataclass(frozen=True)
class Bird:
    """The measures of one bird, in parts of a hundred, and its colours."""

    back: str
    wing: str
    belly: str
    beak: str = "f2a33a"
    leg: str = "d98b3a"
    head_colour: str = ""
    cap: str = ""
    breast: str = ""
    wing_tip: str = ""
    size: tuple[float, float] = (30, 19)
    tilt: float = 25
    legs: float = 14
    neck: float = 0
    neck_width: float = 9
    head: float = 12
    bill: tuple[float, float] = (10, 6)
    hooked: bool = False
    tail: tuple[float, float] = (24, 12)
    comb: str = ""
    crest: str = ""

    @property
    def middle(self) -> tuple[float, float]:
        """The middle of the body."""
        return 0.0, self.legs + self.size[1] * 0.95

    @property
    def face(self) -> tuple[float, float]:
        """The middle of the head."""
        angle = math.radians(self.tilt)
        x, y = self.middle
        return (
            x + self.size[0] * 0.78 * math.cos(angle) + self.neck * 0.18,
            y + self.size[0] * 0.78 * math.sin(angle) + self.head * 0.55 + self.neck,
        )


def bird(kind: Bird) -> Iterator[Shape]:
    """The shapes of the bird, from those behind to those before."""
    (x, y), (long, deep) = kind.middle, kind.size
    angle = math.radians(kind.tilt)
    for place in (-3.0, 4.0):
        foot = (x + place + 1, 1.2)
        yield line(kind.leg, 2.6, (x + place, y - deep * 0.5), foot)
        yield line(kind.leg, 2.4, (foot[0] - 3, 1.2), (foot[0] + 5.5, 1.2))
    yield from _tail(kind)
    yield oval(kind.back, (x, y), (long, deep), kind.tilt)
    yield oval(kind.belly, _along(kind, 0.16, -0.22), (long * 0.78, deep * 0.74), kind.tilt)
    if kind.breast:
        yield oval(kind.breast, _along(kind, 0.5, -0.1), (long * 0.48, deep * 0.72), kind.tilt)
    yield from _head(kind)
    wing = [(-1.12, 0.1), (-0.55, 0.62), (0.2, 0.62), (0.5, 0.15), (0.12, -0.38), (-0.5, -0.25)]
    yield blob(kind.wing, *(_turned(kind, u * long, v * deep, angle) for u, v in wing))
    if kind.wing_tip:
        tip = [(-1.2, 0.05), (-0.75, 0.45), (-0.4, 0.2), (-0.55, -0.2)]
        yield blob(kind.wing_tip, *(_turned(kind, u * long, v * deep, angle) for u, v in tip))


def _tail(kind: Bird) -> Iterator[Shape]:
    long, wide = kind.tail
    angle = math.radians(kind.tilt)
    start = -kind.size[0] * 0.62
    corners = (
        (start, wide * 0.5),
        (start - long, wide * 0.62),
        (start - long * 1.05, -wide * 0.2),
        (start, -wide * 0.6),
    )
    yield polygon(kind.wing_tip or kind.wing, *(_turned(kind, u, v, angle) for u, v in corners))


def _head(kind: Bird) -> Iterator[Shape]:
    x, y = kind.face
    size = kind.head
    colour = kind.head_colour or kind.back
    yield limb(
        kind.breast or colour, (kind.neck_width * 1.5, kind.neck_width), _along(kind, 0.55, 0.1), (x - size * 0.15, y)
    )
    if kind.crest:
        yield polygon(
            kind.crest,
            (x - size * 0.2, y + size * 0.8),
            (x - size * 2.0, y + size * 0.9),
            (x - size * 0.7, y + size * 0.3),
        )
    if kind.comb:
        for place in (-0.45, 0.05, 0.5):
            yield oval(kind.comb, (x + place * size, y + size * 0.95), (size * 0.32, size * 0.42))
        yield oval(kind.comb, (x + size * 0.75, y - size * 0.75), (size * 0.25, size * 0.45))
    long, deep = kind.bill
    base = x + size * 0.75
    drop = deep * 0.6 if kind.hooked else 0
    yield polygon(
        kind.beak,
        (base, y + deep * 0.5),
        (base + long, y - drop),
        (base + long * 0.7, y - deep * 0.3),
        (base, y - deep * 0.55),
    )
    yield oval(colour, (x, y), (size, size * 0.95))
    if kind.cap:
        yield blob(
            kind.cap,
            *(
                (x + u * size, y + v * size)
                for u, v in ((-0.98, 0.05), (-0.6, 0.85), (0.25, 1.0), (0.95, 0.4), (0.3, 0.3), (-0.4, 0.15))
            ),
        )
    yield oval("ffffff", (x + size * 0.32, y + size * 0.16), (size * 0.26, size * 0.26))
    yield oval(DARK, (x + size * 0.36, y + size * 0.16), (size * 0.17, size * 0.18))


def _along(kind: Bird, along: float, up: float) -> tuple[float, float]:
    return _turned(kind, along * kind.size[0], up * kind.size[1], math.radians(kind.tilt))


def _turned(kind: Bird, right: float, up: float, angle: float) -> tuple[float, float]:
    x, y = kind.middle
    return x + right * math.cos(angle) - up * math.sin(angle), y + right * math.sin(angle) + up * math.cos(angle)
