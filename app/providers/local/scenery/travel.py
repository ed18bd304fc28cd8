"""The ways of the figures through a clip: who stays travels, who is new comes in, and who is absent later goes."""

import hashlib
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from app.providers.local.camera import eased
from app.providers.local.scenery.composition import Actor, Composition
from app.providers.local.scenery.drawing import spot_of
from app.providers.local.scenery.layers import Spot, mixed_sprite
from app.providers.local.scenery.layout import BEINGS, PlacedFigure

__all__ = ["CHANGE", "Travel", "travels"]

MOVERS = frozenset({*BEINGS, "vehicles"})
# Parts of a clip: on the way, turning at its two ends, leaving and coming.
WAY = (0.1, 0.9)
TURNS = ((0.04, 0.14), (0.86, 0.96))
# The picture changes early, because what is said in a clip is what its last picture shows.
CHANGE = 0.25
LEAVING, COMING = (0.0, CHANGE), (CHANGE, 0.55)
FADING_OUT, FADING_IN = (0.02, 0.2), (0.3, 0.45)
FADE_SECONDS, FADE_GAP_SECONDS = 0.5, 0.1
# Less than this part of the width is no way that one turns round for.
LEAST_WAY = 0.03
STEP_LENGTH, STEP_HEIGHT = 0.42, 0.028
WALKING_SPEED = 0.03
BREATH, BREATH_SECONDS = 0.008, 3.0
SWELL, SWELL_SECONDS = 0.025, 2.5
HOVER, HOVER_SECONDS = 0.06, 2.2
FLICKER = 0.14
DEPTHS = {"sky": 0.5, "wall": 0.7, "water": 0.75}
BEHIND_DEPTH, NEAR_DEPTH = 0.8, 1.0


@dataclass(frozen=True)
class Travel:
    """One figure's way: its two ends, and when it begins and arrives."""

    first: Actor
    last: Actor
    begin: Spot
    end: Spot
    way: tuple[float, float]
    turns: tuple[tuple[float, float], tuple[float, float]]
    fade: Callable[[float], float]
    seconds: float
    width: float

    @property
    def depth(self) -> float:
        """How much of the camera's way it goes."""
        placed = self.first.placed
        return DEPTHS.get(placed.stand, BEHIND_DEPTH if placed.is_behind else NEAR_DEPTH)

    def is_behind(self, part: float) -> bool:
        """Whether it is behind the ground in front."""
        return (self.first if part < 0.5 else self.last).placed.is_behind

    def actor(self, light: float) -> Actor:
        """The figure in the light of the moment."""
        if self.first is self.last or light <= 0:
            return self.first
        if light >= 1:
            return self.last
        return replace(self.first, sprite=mixed_sprite(self.first.sprite, self.last.sprite, light))

    def glow(self, part: float) -> float:
        """How strong its lamp burns."""
        return (
            1
            + FLICKER * (self._wave(part, 0.45) + 0.6 * self._wave(part, 0.27)) / 1.6
            - FLICKER * abs(math.sin(math.pi * part))
        )

    def spot(self, part: float) -> tuple[Spot, float]:
        """Where it stands, and the row of the ground under it."""
        way = eased(part, *self.way)
        x, ground, height = (
            start + (stop - start) * way for start, stop in zip(_values(self.begin), _values(self.end), strict=True)
        )
        foot = ground + self._lift(part, way, height)
        breath = 1 + BREATH * self._wave(part, BREATH_SECONDS) if self.first.placed.category in BEINGS else 1.0
        spot = Spot(x, foot, height * breath, self._turn(part), self.fade(part))
        return spot, ground

    def _lift(self, part: float, way: float, height: float) -> float:
        """The steps of who walks, the swell under what swims, the hovering of what flies."""
        placed = self.first.placed
        if placed.stand == "water":
            return SWELL * height * self._wave(part, SWELL_SECONDS)
        if placed.stand == "sky":
            return HOVER * height * self._wave(part, HOVER_SECONDS)
        if placed.category not in BEINGS:
            return 0.0
        before = eased(part - 0.01, *self.way)
        speed = abs(self.end.x - self.begin.x) * (way - before) / (0.01 * self.seconds * self.width)
        walked = abs(self.end.x - self.begin.x) * way / (height * STEP_LENGTH)
        return -abs(math.sin(math.pi * walked)) * STEP_HEIGHT * height * min(1.0, speed / WALKING_SPEED)

    def _turn(self, part: float) -> float:
        """Which way it looks, and how far it has turned: 1 is to the right."""
        aim = self.end.x - self.begin.x
        if abs(aim) < LEAST_WAY * self.width or self.first.placed.category not in MOVERS:
            return _turned(self.begin.turn, self.end.turn, eased(part, 0.45, 0.55))
        onward = math.copysign(1.0, aim)
        if part < 0.5:
            return _turned(self.begin.turn, onward, eased(part, *self.turns[0]))
        return _turned(onward, self.end.turn, eased(part, *self.turns[1]))

    def _wave(self, part: float, seconds: float) -> float:
        """A wave that is at rest at both ends of the clip."""
        times = max(1, round(self.seconds / seconds))
        sign = 1 if hashlib.sha256(self.first.placed.id.encode()).digest()[0] % 2 else -1
        return sign * math.sin(2 * math.pi * times * part)


def travels(first: Composition, last: Composition, seconds: float, *, stays: bool) -> tuple[Travel, ...]:
    """The ways of all figures, those of the far ones first."""
    after = {_identity(actor.placed): actor for actor in last.actors}
    width = float(first.painting.size[0])
    made: list[Travel] = []
    seen = set()
    for actor in first.actors:
        name = _identity(actor.placed)
        seen.add(name)
        if name in after:
            other = after[name]
            ends = spot_of(actor, first), spot_of(other, last)
            made.append(Travel(actor, other, *ends, WAY, TURNS, _shown, seconds, width))
        else:
            made.append(_leaving(actor, spot_of(actor, first), seconds, width, stays=stays))
    made += (
        _coming(actor, spot_of(actor, last), seconds, width, stays=stays)
        for actor in last.actors
        if _identity(actor.placed) not in seen
    )
    return tuple(sorted(made, key=_rank))


def _leaving(actor: Actor, spot: Spot, seconds: float, width: float, *, stays: bool) -> Travel:
    """Who can walk, swim or fly goes over the nearest edge; all else fades alone, as everything does with its land."""
    fades, edge = _fades(actor, stays=stays), _beyond(actor, spot, width, stays=stays)
    away = replace(spot, x=edge) if actor.placed.category in MOVERS else spot
    away = replace(away, turn=math.copysign(1.0, away.x - spot.x) if away.x != spot.x else spot.turn)
    begin, end = FADING_OUT if stays else (CHANGE - FADE_SECONDS / seconds, CHANGE - FADE_GAP_SECONDS / seconds)
    fade = (lambda part: 1 - eased(part, begin, end)) if fades else (lambda part: float(part < LEAVING[1]))
    turns = ((0.0, 0.08), (0.9, 1.0))
    return Travel(actor, actor, spot, away, LEAVING, turns, fade, seconds, width)


def _coming(actor: Actor, spot: Spot, seconds: float, width: float, *, stays: bool) -> Travel:
    fades, edge = _fades(actor, stays=stays), _beyond(actor, spot, width, stays=stays)
    away = replace(spot, x=edge) if actor.placed.category in MOVERS else spot
    away = replace(away, turn=math.copysign(1.0, spot.x - away.x) if away.x != spot.x else spot.turn)
    begin, end = FADING_IN if stays else (CHANGE + FADE_GAP_SECONDS / seconds, CHANGE + FADE_SECONDS / seconds)
    fade = (lambda part: eased(part, begin, end)) if fades else (lambda part: float(part >= COMING[0]))
    turns = ((0.0, 0.1), (COMING[1], COMING[1] + 0.08))
    return Travel(actor, actor, away, spot, COMING, turns, fade, seconds, width)


def _fades(actor: Actor, *, stays: bool) -> bool:
    return not stays or actor.placed.category not in MOVERS


def _beyond(actor: Actor, spot: Spot, width: float, *, stays: bool) -> float:
    """Beyond the nearest edge; where the land changes only a little aside."""
    side = -1 if spot.x < width / 2 else 1
    if not stays:
        return spot.x + side * width * 0.08
    wide = spot.height * actor.sprite.width / actor.sprite.height
    return (width if side > 0 else 0) + side * (wide * 0.6 + width * 0.06)


def _identity(placed: PlacedFigure) -> tuple[str, str, str]:
    return placed.id, placed.figure.colour, placed.category


def _rank(travel: Travel) -> tuple[bool, float]:
    """Who stands lower in the picture is nearer."""
    near = travel.first.placed
    return not near.is_behind, 0.0


def _turned(one: float, other: float, part: float) -> float:
    """A figure turns as a card does: narrower, and wider again from the other side."""
    if one == other or part <= 0:
        return one
    if part >= 1:
        return other
    turn = one + (other - one) * part
    return turn if abs(turn) > 0.05 else math.copysign(0.05, turn)


def _values(spot: Spot) -> Iterator[float]:
    yield from (spot.x, spot.foot, spot.height)


def _shown(_: float) -> float:
    return 1.0
