"""Paints one scene from its words, layer by layer."""

import hashlib

import numpy as np

from app.providers.local.scenery.air import paint_air, paint_lightning
from app.providers.local.scenery.built import paint_city, paint_room, paint_space
from app.providers.local.scenery.continuity import World, kept_palette
from app.providers.local.scenery.figures import paint_figures
from app.providers.local.scenery.finish import finished
from app.providers.local.scenery.land import paint_far_land, paint_front, paint_middle_land
from app.providers.local.scenery.palette import palette_of
from app.providers.local.scenery.scene import Hour, Place, Scene, Weather
from app.providers.local.scenery.sky import paint_sky
from app.providers.local.scenery.stage import Stage
from app.providers.local.scenery.water import paint_water
from app.providers.local.scenery.words import scene_of

__all__ = ["painted"]

HORIZONS = {
    Place.SEA: 0.58,
    Place.LAKE: 0.56,
    Place.MOUNTAINS: 0.66,
    Place.FOREST: 0.6,
    Place.CITY: 0.72,
    Place.DESERT: 0.58,
    Place.FIELD: 0.6,
    Place.ROOM: 0.62,
    Place.SPACE: 0.7,
}
SUN_HEIGHTS = {Hour.DAWN: 0.82, Hour.DAY: 0.25, Hour.SUNSET: 0.86, Hour.NIGHT: 0.3}
OPEN_PLACES = (Place.LAKE, Place.MOUNTAINS, Place.FIELD, Place.SEA, Place.FOREST)
HOMES = {
    "boat": Place.SEA,
    "ship": Place.SEA,
    "lighthouse": Place.SEA,
    "castle": Place.MOUNTAINS,
    "dragon": Place.MOUNTAINS,
    "car": Place.CITY,
    "robot": Place.CITY,
    "rocket": Place.SPACE,
    "house": Place.FIELD,
    "church": Place.FIELD,
    "horse": Place.FIELD,
    "train": Place.FIELD,
}
KEPT_PART = 0.85
KEPT_PART_IN_NAMED_WEATHER = 0.6
KEPT_PART_AT_ANOTHER_HOUR = 0.3


def painted(prompt: str, size: tuple[int, int], seed: int, world: World | None = None) -> bytes:
    """A PNG of the described scene; the same call gives the same bytes on one machine."""
    scene = scene_of(prompt)
    chance = np.random.default_rng(_number(f"{seed}|{size}|{prompt}"))
    stage = _stage(scene, size, chance, world)
    paint_sky(stage, scene.mood)
    if stage.weather is Weather.STORM:
        paint_lightning(stage)
    # The land hangs on the place alone: the pictures of one film show the same mountains, whatever happens there.
    stage.rng = np.random.default_rng(_number(f"{seed}|{size}|{stage.place}"))
    _paint_place(stage, scene)
    if stage.place is not Place.ROOM:
        paint_air(stage)
    return finished(stage, scene.look)


def _stage(scene: Scene, size: tuple[int, int], chance: np.random.Generator, world: World | None) -> Stage:
    width, height = size
    place = scene.place or next((HOMES[figure.key] for figure in scene.figures if figure.key in HOMES), None)
    place = place or OPEN_PLACES[int(chance.integers(len(OPEN_PLACES)))]
    weather = scene.weather or Weather.CLEAR
    hour = scene.hour or _hour(chance, weather, world)
    palette = palette_of(place, hour, weather, scene.mood)
    horizon, across = HORIZONS[place], 0.62 + 0.16 * float(chance.random())
    if chance.random() < 0.5:
        across = 1 - across
    if world is not None:
        palette = kept_palette(palette, world, _kept_part(scene))
        horizon, across = world.horizon, world.sun_across
    row = int(height * horizon)
    sun = (across * width, row * SUN_HEIGHTS[hour])
    pixels = np.zeros((height, width, 3), np.float32)
    return Stage(pixels, chance, palette, place, hour, weather, row, sun)


def _kept_part(scene: Scene) -> float:
    """How much of the colours before stays: all but a little, unless the words ask for another light."""
    if scene.hour is not None:
        return KEPT_PART_AT_ANOTHER_HOUR
    return KEPT_PART if scene.weather is None else KEPT_PART_IN_NAMED_WEATHER


def _hour(chance: np.random.Generator, weather: Weather, world: World | None) -> Hour:
    """An hour that nobody named: as bright as the world before, else one that suits the weather."""
    if world is not None:
        brightness = float(np.mean(world.low))
        return Hour.NIGHT if brightness < 0.4 else Hour.SUNSET if world.low[0] > world.low[2] + 0.15 else Hour.DAY
    if weather in {Weather.STORM, Weather.RAIN, Weather.SNOW}:
        return Hour.DAY
    return (Hour.DAWN, Hour.DAY, Hour.SUNSET)[int(chance.integers(3))]


def _paint_place(stage: Stage, scene: Scene) -> None:
    if stage.place is Place.SPACE:
        paint_space(stage)
    elif stage.place is Place.ROOM:
        paint_room(stage)
    elif stage.place is Place.CITY:
        paint_city(stage)
    else:
        _paint_open(stage, scene)
        return
    paint_figures(stage, scene.figures, scene.closeness, far=True)
    paint_figures(stage, scene.figures, scene.closeness, far=False)


def _paint_open(stage: Stage, scene: Scene) -> None:
    paint_far_land(stage)
    if stage.place in {Place.SEA, Place.LAKE}:
        paint_water(stage)
    paint_middle_land(stage)
    paint_figures(stage, scene.figures, scene.closeness, far=True)
    paint_front(stage)
    paint_figures(stage, scene.figures, scene.closeness, far=False)


def _number(text: str) -> int:
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big")
