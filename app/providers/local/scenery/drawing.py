"""Draws a composition at a moment: what lies behind the figures, the figures, and what is in front of them."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import reduce

from PIL import Image, ImageChops

from app.providers.local.camera import View
from app.providers.local.scenery.composition import Actor, Composition
from app.providers.local.scenery.layers import FrameCanvas, Spot
from app.providers.local.scenery.lighting import BLOOM_WIDER

__all__ = [
    "Moment",
    "at_rest",
    "draw_actor",
    "draw_air",
    "draw_clouds",
    "draw_front",
    "draw_lands",
    "draw_veil",
    "draw_waves",
    "spot_of",
    "still",
    "sun_place",
]

WHOLE = View()
# Of the width of the picture in one second.
CLOUD_SPEED, FOG_SPEED, WAVE_SPEED = 0.009, 0.012, 0.006
SHADOW_FLATNESS = 0.16


@dataclass(frozen=True)
class Moment:
    """When a composition is seen, in seconds from its own picture, and from where."""

    seconds: float = 0.0
    view: View = WHOLE


def still(composition: Composition) -> Image.Image:
    """The composition as one picture; its format is RGB."""
    return Image.merge("RGB", at_rest(composition).planes)


def at_rest(composition: Composition) -> FrameCanvas:
    """The composition as a frame that shows its own picture."""
    canvas, moment = FrameCanvas(composition.painting.size, composition.form), Moment()
    draw_sky(canvas, composition)
    draw_sun(canvas, composition, sun_place(composition))
    draw_clouds(canvas, composition, moment)
    draw_lands(canvas, composition, moment)
    actors = composition.actors
    for actor in (actor for actor in actors if actor.placed.is_behind):
        draw_actor(canvas, actor, spot_of(actor, composition))
    draw_front(canvas, composition, moment)
    for actor in (actor for actor in actors if not actor.placed.is_behind):
        draw_actor(canvas, actor, spot_of(actor, composition))
    draw_air(canvas, composition, moment)
    draw_veil(canvas, composition)
    return canvas


def draw_sky(canvas: FrameCanvas, composition: Composition) -> None:
    """The gradient and the stars."""
    canvas.lay(composition.sky, WHOLE)


def sun_place(composition: Composition) -> tuple[float, float]:
    """The middle of the sun or the moon in pixels of the picture."""
    (x, y), (aside, above) = composition.site.sun, composition.site.margin
    return x - aside, y - above


def draw_sun(canvas: FrameCanvas, composition: Composition, place: tuple[float, float]) -> None:
    """The disc of the sun or the moon."""
    if composition.sun is not None:
        height = composition.sun.height
        canvas.stamp(composition.sun, Spot(place[0], place[1] + height / 2, height))


def draw_clouds(canvas: FrameCanvas, composition: Composition, moment: Moment, power: float = 1.0) -> None:
    """The clouds, which drift."""
    if composition.clouds is not None:
        canvas.lay(composition.clouds, moment.view, moment.seconds * CLOUD_SPEED * canvas.size[0], power)


def draw_lands(canvas: FrameCanvas, composition: Composition, moment: Moment) -> None:
    """The land behind the figures, and waves."""
    for sheet in composition.lands:
        canvas.lay(sheet, moment.view)
    draw_waves(canvas, composition, moment)


def draw_waves(canvas: FrameCanvas, composition: Composition, moment: Moment, power: float = 1.0) -> None:
    """The crests on the water, which drift."""
    if composition.waves is not None:
        canvas.lay(composition.waves, moment.view, -moment.seconds * WAVE_SPEED * canvas.size[0], power)


def draw_front(canvas: FrameCanvas, composition: Composition, moment: Moment, power: float = 1.0) -> None:
    """The ground in front."""
    if composition.front is not None:
        canvas.lay(composition.front, moment.view, power=power)


def draw_air(canvas: FrameCanvas, composition: Composition, moment: Moment, power: float = 1.0) -> None:
    """Fog, rain and snow."""
    if composition.fog is not None:
        canvas.lay(composition.fog, moment.view, moment.seconds * FOG_SPEED * canvas.size[0], power)
    # Near and far drops have one colour, so that they are drawn at once.
    drops = [fall.mask_at(moment.seconds) for fall in composition.falls]
    if drops:
        _draw_mask(canvas, reduce(ImageChops.lighter, drops), composition.falls[0].values, power)


def draw_veil(canvas: FrameCanvas, composition: Composition, power: float = 1.0) -> None:
    """What the style lays over everything."""
    mask, values = composition.veil
    _draw_mask(canvas, mask, values, power)


def spot_of(actor: Actor, composition: Composition) -> Spot:
    """Where a figure stands in its own picture."""
    (width, height), unit = composition.painting.size, composition.site.unit
    placed = actor.placed
    turn = -1.0 if placed.faces_left else 1.0
    return Spot(placed.x * width, placed.foot * height, placed.height * unit, turn)


def draw_actor(canvas: FrameCanvas, actor: Actor, spot: Spot, glow: float = 1.0, ground: float | None = None) -> None:
    """A figure with its shadow on the ground and the light that it throws."""
    wide = spot.height * actor.sprite.width / actor.sprite.height
    if actor.shadow is not None:
        high = wide * SHADOW_FLATNESS
        foot = (spot.foot if ground is None else ground) + high / 2
        canvas.stamp(actor.shadow, Spot(spot.x, foot, high, 1.1 / SHADOW_FLATNESS, spot.power))
    canvas.stamp(actor.sprite, spot)
    if actor.bloom is not None:
        foot = spot.foot + spot.height * (BLOOM_WIDER - 1) / 2
        canvas.stamp(actor.bloom, Spot(spot.x, foot, spot.height * BLOOM_WIDER, spot.turn, spot.power * glow))


def _draw_mask(canvas: FrameCanvas, mask: Image.Image, values: Iterable[int], power: float) -> None:
    if power <= 0:
        return
    if power < 1:
        mask = mask.point([int(level * power) for level in range(256)])
    half = mask.reduce(2) if 2 in canvas.form.steps else None
    canvas.veil(list(values), mask, half)
