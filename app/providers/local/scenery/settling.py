"""Settles what the words of a prompt leave open: from the picture before, from the figures, or by chance."""

import hashlib
from dataclasses import replace

import numpy as np

from app.providers.local.scenery.art import Entry, catalogue
from app.providers.local.scenery.built import ROOMS
from app.providers.local.scenery.continuity import World
from app.providers.local.scenery.kept import ScenePainting, with_cast
from app.providers.local.scenery.land import WATERS
from app.providers.local.scenery.scene import Figure, Hour, Look, Place, Scene, Weather

__all__ = ["Before", "settled"]

Before = ScenePainting | World | None
MOONS = frozenset({"moon", "full_moon", "star", "northern_lights"})
OPEN_PLACES = (Place.LAKE, Place.MOUNTAINS, Place.FIELD, Place.SEA, Place.FOREST)
# Homes of the catalogue that are no places of the painter.
HOMES = {"castle": Place.VILLAGE, "meadow": Place.FIELD, "snow": Place.ICE}


def settled(scene: Scene, size: tuple[int, int], seed: int, before: Before = None) -> ScenePainting:
    """The painting of a scene; a painting before it hands its cast, its place, hour, weather and style on."""
    earlier = before if isinstance(before, ScenePainting) else None
    world = before if isinstance(before, World) else None
    chance = np.random.default_rng(_number(f"{seed}|{scene.to_json()}"))
    cast: tuple[Figure, ...]
    if earlier is not None:
        scene, cast, world = _continued(scene, earlier)
    else:
        scene, cast = with_cast(scene, ())
    place = scene.place or _home(scene) or OPEN_PLACES[int(chance.integers(len(OPEN_PLACES)))]
    weather = scene.weather or Weather.CLEAR
    hour = scene.hour or _hour_of_figures(scene) or _hour(chance, weather, world)
    film_seed = seed if earlier is None else earlier.film_seed
    return ScenePainting(replace(scene, place=place, weather=weather, hour=hour), size, film_seed, seed, cast, world)


def _continued(scene: Scene, earlier: ScenePainting) -> tuple[Scene, tuple[Figure, ...], World | None]:
    before = earlier.scene
    scene, cast = with_cast(scene, earlier.cast)
    goes_on = before.place if before.place is not None and _suits(before.place, scene) else None
    place = scene.place or goes_on
    changed = replace(
        scene,
        place=place,
        hour=scene.hour or _hour_of_figures(scene) or before.hour,
        weather=scene.weather or before.weather,
        look=before.look if scene.look is Look.POSTER else scene.look,
    )
    # Measured colours belong to the light in which they were measured.
    same_light = (changed.place, changed.hour, changed.weather) == (before.place, before.hour, before.weather)
    return changed, cast, earlier.world if same_light else None


def _suits(place: Place, scene: Scene) -> bool:
    """Whether the figures can be where the picture before was."""
    entries = [catalogue()[figure.key] for figure in scene.figures]
    needs_water = any(entry.stand == "water" and entry.category == "vehicles" for entry in entries)
    needs_sky = any(entry.is_outdoors for entry in entries)
    needs_room = any(entry.category == "furniture" and _place_of(entry) in ROOMS for entry in entries)
    return not (
        (needs_water and place not in WATERS) or (needs_sky and place in ROOMS) or (needs_room and place not in ROOMS)
    )


def _home(scene: Scene) -> Place | None:
    """Where the figures are at home; what is there in every place counts least."""
    entries = sorted((catalogue()[figure.key] for figure in scene.figures), key=_weight, reverse=True)
    return next((place for place in map(_place_of, entries) if place is not None), None)


def _weight(entry: Entry) -> int:
    return {"water": 3, "far": 2, "sky": 1}.get(entry.stand, 0) + (2 if entry.category == "furniture" else 0)


def _place_of(entry: Entry) -> Place | None:
    try:
        return HOMES.get(entry.home) or Place(entry.home)
    except ValueError:
        return None


def _hour_of_figures(scene: Scene) -> Hour | None:
    keys = {figure.key for figure in scene.figures}
    return Hour.NIGHT if keys & MOONS else Hour.DAY if "sun" in keys else None


def _hour(chance: np.random.Generator, weather: Weather, world: World | None) -> Hour:
    """An hour that nobody named: as bright as the world before, else one that suits the weather."""
    if world is not None:
        brightness = float(np.mean(world.low))
        return Hour.NIGHT if brightness < 0.4 else Hour.SUNSET if world.low[0] > world.low[2] + 0.15 else Hour.DAY
    if weather in {Weather.STORM, Weather.RAIN, Weather.SNOW}:
        return Hour.DAY
    return (Hour.DAWN, Hour.DAY, Hour.DAY, Hour.SUNSET)[int(chance.integers(4))]


def _number(text: str) -> int:
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big")
