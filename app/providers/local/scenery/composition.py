"""Paints one scene as layers, from the sky to the air in front, and draws them at a moment."""

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import reduce

import numpy as np
from PIL import Image, ImageChops

from app.providers.local.camera import MARGIN, CameraView
from app.providers.local.scenery.buildings import ROOMS, paint_city, paint_room
from app.providers.local.scenery.landscape import (
    WATERS,
    falling,
    paint_cloud_floor,
    paint_clouds,
    paint_depths,
    paint_far_land,
    paint_fog,
    paint_front,
    paint_lightning,
    paint_middle_land,
    paint_seabed,
    paint_sky,
    paint_space,
    paint_water,
    paint_waves,
    sun_picture,
)
from app.providers.local.scenery.layers import RGB, Format, FrameCanvas, Sheet, Spot, Sprite, sheet_of, sprite_of
from app.providers.local.scenery.layout import CELESTIAL, HORIZONS, USUAL_HORIZON, PlacedFigure, laid_out
from app.providers.local.scenery.light import BLOOM_WIDER, bloom, has_shadow, lit, shadow, styled, veil_of
from app.providers.local.scenery.mentions import scene_of
from app.providers.local.scenery.painting import (
    Before,
    ScenePainting,
    kept_painting,
    kept_palette,
    png_of,
    settled,
    world_of,
)
from app.providers.local.scenery.palette import palette_of
from app.providers.local.scenery.scene import Hour, Place, Weather
from app.providers.local.scenery.stage import Grid, PaintLayer, Site

SUN_HEIGHTS = {Hour.DAWN: 0.82, Hour.DAY: 0.25, Hour.SUNSET: 0.86, Hour.NIGHT: 0.3}
KEPT_PART = 0.55
NO_SKY = frozenset({Place.SPACE, Place.UNDERWATER})
# Light around a lamp is drawn no larger.
SOFT_HEIGHT_PX = 120
# How far drifting layers may go, in widths of the picture.
DRIFT_ROOM = 0.1
DEPTHS = {"clouds": 0.12, "far": 0.35, "middle": 0.7, "front": 1.0}


@dataclass(frozen=True)
class Actor:
    """A figure as it is drawn: lit, with the light that it throws and the shadow under it."""

    placed: PlacedFigure
    sprite: Sprite
    bloom: Sprite | None
    shadow: Sprite | None


@dataclass(frozen=True)
class Fall:
    """Rain or snow as it is drawn."""

    mask: Image.Image
    values: list[int]
    across_px: float
    down_px: float

    def mask_at(self, seconds: float) -> Image.Image:
        """Where its drops are by then; what leaves at an edge comes back at the other one."""
        return ImageChops.offset(self.mask, round(self.across_px * seconds), round(self.down_px * seconds))


@dataclass(frozen=True)
class Composition:
    """Everything that one picture is made of, from behind to the front."""

    painting: ScenePainting
    form: Format
    site: Site
    sky: Sheet
    sun: Sprite | None
    clouds: Sheet | None
    lands: tuple[Sheet, ...]
    waves: Sheet | None
    front: Sheet | None
    fog: Sheet | None
    falls: tuple[Fall, ...]
    veil: tuple[Image.Image, list[int]]
    actors: tuple[Actor, ...]

    @property
    def land(self) -> tuple[object, ...]:
        """What makes two pictures show the same land."""
        return self.painting.film_seed, self.site.place, self.site.horizon, self.site.width, self.site.height


def composed(painting: ScenePainting, form: Format = RGB, heights_px: Mapping[str, float] | None = None) -> Composition:
    """The layers of a painting; sprites are drawn at their own height or at a larger one that is asked for."""
    site = site_of(painting)
    painter = _Painter(painting, form, site)
    sky = painter.stage("sky")
    if site.place is Place.SPACE:
        paint_space(sky)
    elif site.place is Place.UNDERWATER:
        paint_depths(sky)
    else:
        paint_sky(sky, painting.scene.mood)
    if site.weather is Weather.STORM and site.place not in NO_SKY:
        paint_lightning(sky)
    far, middle = painter.lands(sky.pixels)
    wide = round(painting.size[0] * DRIFT_ROOM / 2) * 2
    clouds = None if site.place in NO_SKY else painter.painted(paint_clouds, "clouds", wide)
    is_open = site.place not in {*ROOMS, *NO_SKY}
    return Composition(
        painting=painting,
        form=form,
        site=site,
        sky=painter.sheet(sky, 0.0, opaque=True),
        sun=painter.sun() if site.place not in NO_SKY else None,
        clouds=clouds,
        lands=tuple(
            painter.sheet(stage, DEPTHS[name])
            for stage, name in ((far, "far"), (middle, "middle"))
            if stage.alpha.any()
        ),
        waves=painter.painted(paint_waves, "waves", wide) if site.place in WATERS else None,
        front=painter.front(),
        fog=painter.fog(wide) if is_open and site.weather is Weather.FOG else None,
        falls=painter.falls() if is_open else (),
        veil=painter.veil(),
        actors=tuple(painter.actor(placed, heights_px or {}) for placed in laid_out(painting)),
    )


def margin_of(size: tuple[int, int]) -> tuple[int, int]:
    """What is painted beyond each edge, so that a camera may look aside."""
    width, height = size
    return round(width * MARGIN / 2) * 2, round(height * MARGIN / 2) * 2


def site_of(painting: ScenePainting) -> Site:
    """Where the horizon, the light and the ground of a painting lie."""
    scene, (width, height), margin = painting.scene, painting.size, margin_of(painting.size)
    place, hour, weather = scene.place or Place.FIELD, scene.hour or Hour.DAY, scene.weather or Weather.CLEAR
    palette = palette_of(place, hour, weather, scene.mood)
    horizon, across = HORIZONS.get(place, USUAL_HORIZON), 0.62 + 0.16 * _chance(f"{painting.film_seed}|sun")
    if _chance(f"{painting.film_seed}|side") < 0.5:
        across = 1 - across
    if painting.world is not None:
        palette = kept_palette(palette, painting.world, KEPT_PART)
        horizon, across = painting.world.horizon, painting.world.sun_across
    row = margin[1] + int(height * horizon)
    sun = (margin[0] + across * width, margin[1] + height * horizon * SUN_HEIGHTS[hour])
    return Site(width + 2 * margin[0], height + 2 * margin[1], margin, palette, place, hour, weather, row, sun)


class _Painter:
    """Makes the layers of one painting, each with chances of its own."""

    def __init__(self, painting: ScenePainting, form: Format, site: Site) -> None:
        self._painting = painting
        self._form = form
        self._site = site

    def stage(self, name: str, wider_px: int = 0) -> PaintLayer:
        """A clear layer."""
        return PaintLayer.clear(self._site, self._chances(name), wider_px)

    def sheet(self, stage: PaintLayer, depth: float, *, opaque: bool = False) -> Sheet:
        """A finished layer."""
        alpha = None if opaque else stage.alpha
        look = self._painting.scene.look
        pixels = styled(stage.pixels, alpha, look, self._chances("style"), self._site.unit)
        return sheet_of(pixels, alpha, self._form, depth)

    def painted(self, paint: Callable[[PaintLayer], None], name: str, wider_px: int) -> Sheet:
        """A layer that drifts, and is wider for that."""
        stage = self.stage(name, wider_px)
        paint(stage)
        return self.sheet(stage, DEPTHS.get(name, DEPTHS["middle"]))

    def fog(self, wider_px: int) -> Sheet:
        """The fog in front of everything."""
        return replace(self.painted(paint_fog, "fog", wider_px), is_soft=True)

    def lands(self, sky: Grid) -> tuple[PaintLayer, PaintLayer]:
        """The far land, and the place itself as far as the figures in front."""
        far, middle, place = self.stage("far"), self.stage("middle"), self._site.place
        if place in ROOMS:
            paint_room(middle)
        elif place is Place.CITY:
            paint_city(middle, sky)
        elif place not in {*NO_SKY, Place.SKY}:
            paint_far_land(far)
            if place in WATERS:
                cover = far.alpha[..., None]
                paint_water(middle, far.pixels * cover + sky * (1 - cover))
            paint_middle_land(middle)
        return far, middle

    def front(self) -> Sheet | None:
        """The ground in front, on which the nearest figures stand."""
        place = self._site.place
        if place in ROOMS or place is Place.CITY:
            return None
        stage = self.stage("front")
        paint = {Place.UNDERWATER: paint_seabed, Place.SKY: paint_cloud_floor}.get(place, paint_front)
        paint(stage)
        return self.sheet(stage, DEPTHS["front"])

    def sun(self) -> Sprite | None:
        """The disc of the sun or the moon."""
        named = any(figure.key in CELESTIAL for figure in self._painting.scene.figures)
        disc = sun_picture(self._site, named=named)
        if disc is None:
            return None
        whole = np.asarray(disc, np.float32) / np.float32(255)
        return self._sprite(whole[..., :3], whole[..., 3])

    def falls(self) -> tuple[Fall, ...]:
        """Rain or snow."""
        return tuple(
            Fall(drops.mask, self._form.values(drops.colour), drops.across_px, drops.down_px)
            for drops in falling(self._site, self._painting.size, self._chances("falls"))
        )

    def veil(self) -> tuple[Image.Image, list[int]]:
        """What the style lays over the whole."""
        mask, colour = veil_of(self._painting.scene.look, self._painting.size, self._chances("veil"))
        return Image.fromarray((mask * 255 + 0.5).astype(np.uint8)), self._form.values(colour)

    def actor(self, placed: PlacedFigure, heights_px: Mapping[str, float]) -> Actor:
        """A figure in the light of its place."""
        height = max(placed.height * self._site.unit, heights_px.get(placed.id, 0.0))
        figure = lit(placed, max(2, round(height)), self._site)
        glow = bloom(placed, max(2, min(SOFT_HEIGHT_PX, round(height))), self._site)
        return Actor(
            placed,
            self._sprite(*figure),
            None if glow is None else sprite_of(*glow, self._form),
            sprite_of(*shadow(), self._form) if has_shadow(placed) else None,
        )

    def _sprite(self, pixels: Grid, alpha: Grid) -> Sprite:
        look = self._painting.scene.look
        return sprite_of(styled(pixels, alpha, look, self._chances("style"), self._site.unit), alpha, self._form)

    def _chances(self, name: str) -> np.random.Generator:
        """Chances by name, so that no layer moves when another one changes; the land hangs on film and place alone."""
        painting = self._painting
        key = f"{painting.film_seed}|{painting.size}|{self._site.place}|{name}"
        return np.random.default_rng(_number(key))


def _number(text: str) -> int:
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big")


def _chance(text: str) -> float:
    return _number(text) / 2**64


WHOLE = CameraView()
# Of the width of the picture in one second.
CLOUD_SPEED, FOG_SPEED, WAVE_SPEED = 0.009, 0.012, 0.006
SHADOW_FLATNESS = 0.16


@dataclass(frozen=True)
class Moment:
    """When a composition is seen, in seconds from its own picture, and from where."""

    seconds: float = 0.0
    view: CameraView = WHOLE


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


def before_of(reference: bytes) -> Before:
    """What the next picture continues: the painting that a picture of ours carries, or the measures of any other."""
    return kept_painting(reference) or world_of(reference)


def painted(prompt: str, size: tuple[int, int], seed: int, before: Before = None) -> bytes:
    """A PNG of the described scene; the same call gives the same bytes on one machine."""
    painting = settled(scene_of(prompt), size, seed, before)
    return png_of(still(composed(painting)), painting)
