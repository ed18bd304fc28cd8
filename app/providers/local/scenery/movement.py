"""Moves the layers of one picture to those of the next: light turns, figures travel, come and go."""

import hashlib
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from app.providers.local.camera import FRAMES_PER_SECOND, CameraView, eased, first_view, last_view, passing_view
from app.providers.local.scenery.composition import (
    Actor,
    Composition,
    Moment,
    draw_actor,
    draw_air,
    draw_clouds,
    draw_front,
    draw_lands,
    draw_veil,
    draw_waves,
    spot_of,
    sun_place,
)
from app.providers.local.scenery.layers import FrameCanvas, Sheet, Spot, Sprite, WideCanvas, mixed_sheet, mixed_sprite
from app.providers.local.scenery.layout import BEINGS, PlacedFigure
from app.providers.local.scenery.scene import Hour
from app.providers.values import CameraCommand

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


# Seconds: a change of the land, and the change of light around it.
DISSOLVE_SECONDS, LIGHT_SECONDS = 0.5, 1.4
# Parts of a clip in which drifting layers of the first picture give way to those of the last one.
DRIFT_CHANGE = (0.1, 0.45)
# Every drawing is shown for two frames, as in drawn films.
HELD_FRAMES = 2
SUN_DOWN, SUN_UP, SUN_ARRIVED = 0.22, 0.28, 0.7
STILL = CameraView()


def moved(
    first: Composition, last: Composition | None, count: int, camera: tuple[CameraCommand, ...]
) -> Iterator[FrameCanvas]:
    """Every frame: the first is the first picture, the last one the last picture."""
    clip = _Clip(first, last or first, count, camera, has_end=last is not None)
    return (clip.frame(number) for number in range(count))


@dataclass(frozen=True)
class _At:
    """One moment of a clip: its part of the whole, how far light and land have changed, and the two views."""

    part: float
    light: float
    land: float
    before: Moment
    after: Moment


class _Clip:
    """One clip in the making."""

    def __init__(
        self, first: Composition, last: Composition, count: int, camera: tuple[CameraCommand, ...], *, has_end: bool
    ) -> None:
        self._first = first
        self._last = last
        self._count = count
        self._camera = camera
        self._has_end = has_end
        self._stays = first.land == last.land
        self._seconds = count / FRAMES_PER_SECOND
        self._travels = travels(first, last, self._seconds, stays=self._stays)
        self._drawn: tuple[int, FrameCanvas] | None = None

    def frame(self, number: int) -> FrameCanvas:
        """One frame; the first and the last one are drawings of their own."""
        last = self._count - 1
        held = max(0, number - (last - number) % HELD_FRAMES)
        if self._drawn is None or self._drawn[0] != held:
            self._drawn = held, self._drawing(self._at(held / max(1, last)))
        return self._drawn[1]

    def _drawing(self, at: _At) -> FrameCanvas:
        canvas = self._behind_all(at)
        self._draw_actors(canvas, at, behind=True)
        self._draw_fronts(canvas, at)
        self._draw_actors(canvas, at, behind=False)
        self._draw_over(canvas, at)
        return canvas

    def _behind_all(self, at: _At) -> FrameCanvas:
        if self._stays or not 0 < at.land < 1:
            return self._wide(at, at.after if at.land >= 1 else at.before)
        canvas = self._wide(replace(at, land=0.0), at.before)
        canvas.blend(self._wide(replace(at, land=1.0), at.after), at.land)
        return canvas

    def _wide(self, at: _At, moment: Moment) -> FrameCanvas:
        first = self._first
        canvas = WideCanvas(first.painting.size, first.site.margin, first.form, moment.view)
        self._draw_sky(canvas, at)
        self._draw_lands(canvas, at)
        return canvas.seen()

    def _at(self, part: float) -> _At:
        seconds = part * self._seconds
        if not self._has_end:
            moment = Moment(seconds, first_view(part, self._camera))
            return _At(part, 0.0, 0.0, moment, moment)
        if self._stays:
            view = passing_view(part, self._camera)
            return _At(part, eased(part), 0.0, Moment(seconds, view), Moment(seconds - self._seconds, view))
        before = Moment(seconds, first_view(part, self._camera))
        after = Moment(seconds - self._seconds, last_view(part, self._camera))
        return _At(part, self._around(part, LIGHT_SECONDS), self._around(part, DISSOLVE_SECONDS), before, after)

    def _around(self, part: float, seconds: float) -> float:
        """The progress of a change that lasts so many seconds around the moment at which the picture changes."""
        half = min(CHANGE, seconds / self._seconds / 2)
        return eased(part, CHANGE - half, CHANGE + half)

    def _draw_sky(self, canvas: FrameCanvas, at: _At) -> None:
        first, last = self._first, self._last
        canvas.lay(mixed_sheet(first.sky, last.sky, at.light), STILL)
        for composition, spot in self._suns(at):
            if composition.sun is not None:
                canvas.stamp(composition.sun, spot)
        if not self._has_end:
            draw_clouds(canvas, first, at.before)
            return
        change = eased(at.part, *DRIFT_CHANGE)
        draw_clouds(canvas, first, at.before, 1 - change)
        draw_clouds(canvas, last, at.after, change)

    def _suns(self, at: _At) -> Iterator[tuple[Composition, Spot]]:
        """The sun or the moon on its way; one goes down before the other one comes up."""
        first, last, height = self._first, self._last, self._first.painting.size[1]
        begin, end = sun_place(first), sun_place(last)
        down = height * 0.95
        if first.sun is None or last.sun is None:
            for composition, place, power in ((first, begin, 1 - at.light), (last, end, at.light)):
                if composition.sun is not None:
                    yield composition, _sun_spot(composition.sun, place, power)
        elif (first.site.hour is Hour.NIGHT) is (last.site.hour is Hour.NIGHT):
            way = eased(at.part) if self._stays else at.light
            nearer = first if way < 0.5 else last
            place = (begin[0] + (end[0] - begin[0]) * way, begin[1] + (end[1] - begin[1]) * way)
            sizes = [composition.sun.height for composition in (first, last) if composition.sun is not None]
            if nearer.sun is not None:
                yield nearer, _sun_spot(nearer.sun, place, 1.0, sizes[0] + (sizes[1] - sizes[0]) * way)
        elif at.part < CHANGE:
            yield (
                first,
                _sun_spot(first.sun, (begin[0], begin[1] + (down - begin[1]) * eased(at.part, 0, SUN_DOWN)), 1.0),
            )
        else:
            yield last, _sun_spot(last.sun, (end[0], down + (end[1] - down) * eased(at.part, SUN_UP, SUN_ARRIVED)), 1.0)

    def _draw_lands(self, canvas: FrameCanvas, at: _At) -> None:
        if self._stays:
            for pair in zip(self._first.lands, self._last.lands, strict=True):
                _lay_mixed(canvas, pair, at.light, at.before.view)
            self._draw_waves(canvas, at)
        elif at.land < 1:
            draw_lands(canvas, self._first, at.before)
        else:
            draw_lands(canvas, self._last, at.after)

    def _draw_waves(self, canvas: FrameCanvas, at: _At) -> None:
        change = eased(at.part, *DRIFT_CHANGE) if self._has_end else 0.0
        draw_waves(canvas, self._first, at.before, 1 - change)
        draw_waves(canvas, self._last, at.after, change)

    def _draw_fronts(self, canvas: FrameCanvas, at: _At) -> None:
        if self._stays and self._first.front is not None and self._last.front is not None:
            _lay_mixed(canvas, (self._first.front, self._last.front), at.light, at.before.view)
            return
        # One of the two always covers wholly, so that nothing shines through.
        if at.land < 1:
            draw_front(canvas, self._first, at.before, min(1.0, 2 - 2 * at.land))
        if at.land > 0:
            draw_front(canvas, self._last, at.after, min(1.0, 2 * at.land))

    def _draw_actors(self, canvas: FrameCanvas, at: _At, *, behind: bool) -> None:
        for travel in self._travels:
            if travel.is_behind(at.part) is behind:
                self._draw_actor(canvas, at, travel)

    def _draw_actor(self, canvas: FrameCanvas, at: _At, travel: Travel) -> None:
        spot, ground = travel.spot(at.part)
        view = _between(at.before.view, at.after.view, at.land)
        depth = travel.depth
        seen = _seen(spot, view, depth, canvas.size)
        floor = _seen(replace(spot, foot=ground), view, depth, canvas.size).foot
        draw_actor(canvas, travel.actor(at.light), seen, glow=travel.glow(at.part), ground=floor)

    def _draw_over(self, canvas: FrameCanvas, at: _At) -> None:
        first, last = self._first, self._last
        if not self._has_end:
            draw_air(canvas, first, at.before)
            draw_veil(canvas, first)
            return
        change = eased(at.part, *DRIFT_CHANGE) if self._stays else at.land
        draw_air(canvas, first, at.before, 1 - change)
        draw_air(canvas, last, at.after, change)
        if first.painting.scene.look is last.painting.scene.look:
            draw_veil(canvas, first)
        else:
            draw_veil(canvas, first, 1 - at.light)
            draw_veil(canvas, last, at.light)


def _sun_spot(sun: Sprite, place: tuple[float, float], power: float, height: float | None = None) -> Spot:
    high = sun.height if height is None else height
    return Spot(place[0], place[1] + high / 2, high, 1.0, power)


def _lay_mixed(canvas: FrameCanvas, pair: tuple[Sheet, Sheet], part: float, view: CameraView) -> None:
    """The same land in two lights; where its edge has changed, the new one comes over the old one, which then goes."""
    one, other = pair
    if one is other or one.fits(other):
        canvas.lay(mixed_sheet(one, other, part), view)
        return
    if part < 1:
        canvas.lay(one, view, power=min(1.0, 2 - 2 * part))
    if part > 0:
        canvas.lay(other, view, power=min(1.0, 2 * part))


def _between(one: CameraView, other: CameraView, part: float) -> CameraView:
    if part <= 0 or one is other:
        return one
    return CameraView(
        one.zoom + (other.zoom - one.zoom) * part,
        one.across + (other.across - one.across) * part,
        one.down + (other.down - one.down) * part,
    )


def _seen(spot: Spot, view: CameraView, depth: float, size: tuple[int, int]) -> Spot:
    """Where the camera sees a spot."""
    width, height = size
    zoom = 1 + (view.zoom - 1) * depth
    x = (spot.x - width / 2 - view.across * width * depth) * zoom + width / 2
    foot = (spot.foot - height / 2 - view.down * height * depth) * zoom + height / 2
    return replace(spot, x=x, foot=foot, height=spot.height * zoom)
