"""Paints the picture of a prompt, keeps what it was painted from, and reads what the next one continues."""

import hashlib
import io
import json
from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np
from PIL import Image, ImageFilter
from PIL.PngImagePlugin import PngInfo

from app.providers.local.scenery.art import Entry, catalogue
from app.providers.local.scenery.buildings import ROOMS
from app.providers.local.scenery.landscape import WATERS
from app.providers.local.scenery.palette import Colour, Palette, blend, lightness
from app.providers.local.scenery.scene import (
    Figure,
    Hour,
    PictureStyle,
    Place,
    Scene,
    Weather,
    figures_from,
    number_from,
)
from app.providers.local.scenery.stage import Grid

MEASURED = (160, 96)
LIGHT_REACH = 5
HIGHEST_HORIZON, LOWEST_HORIZON = 0.35, 0.72
FORMATS = ("PNG", "JPEG", "WEBP")


class ReferenceUnreadable(Exception):
    """The picture to follow does not open as one."""


@dataclass(frozen=True)
class World:
    """What was measured on a picture; places are parts of its width and height."""

    top: Colour
    middle: Colour
    low: Colour
    ground: Colour
    horizon: float
    sun_across: float

    NUMBERS: ClassVar[int] = 14

    def to_values(self) -> list[float]:
        """The numbers of the world, each between 0 and 1."""
        colours = np.concatenate([self.top, self.middle, self.low, self.ground])
        return [round(float(value), 3) for value in (*colours, self.horizon, self.sun_across)]

    @classmethod
    def from_values(cls, values: list[float]) -> "World":
        """The world of such numbers."""
        top, middle, low, ground = np.array(values[:12], np.float32).reshape(4, 3)
        return cls(top, middle, low, ground, values[12], values[13])


def world_of(content: bytes) -> World:
    """Measures a picture of any origin; what does not open is ReferenceUnreadable."""
    seen = _seen(content)
    light = lightness(seen)
    horizon = _horizon(light)
    sky = seen[: _sky_rows(light, horizon)]
    third = max(1, len(sky) // 6)
    return World(
        top=_colour(sky[:third]),
        middle=_colour(sky[len(sky) // 2 - third // 2 : len(sky) // 2 + third]),
        low=_colour(sky[-third:]),
        ground=_colour(seen[-max(2, MEASURED[1] // 12) :]),
        horizon=horizon,
        sun_across=_light_across(light[: int(horizon * MEASURED[1])]),
    )


def kept_palette(fresh: Palette, world: World, part: float) -> Palette:
    """The fresh colours, moved towards those of the world before."""
    return replace(
        fresh,
        # The measured colours hold the light of the sun already.
        glow=fresh.glow * (1 - 0.6 * part),
        top=blend(fresh.top, world.top, part),
        middle=blend(fresh.middle, world.middle, part),
        low=blend(fresh.low, world.low, part),
        ground=blend(fresh.ground, np.maximum(world.ground, 0.02), part * 0.8),
    )


def _seen(content: bytes) -> Grid:
    try:
        with Image.open(io.BytesIO(content), formats=FORMATS) as opened:
            small = opened.convert("RGB").resize(MEASURED, Image.Resampling.BOX)
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as broken:
        raise ReferenceUnreadable from broken
    return np.asarray(small, np.float32) / np.float32(255)


def _colour(patch: Grid) -> Colour:
    return np.asarray(np.median(patch.reshape(-1, 3), axis=0), np.float32)


def _horizon(light: Grid) -> float:
    """The row at which the rows change most, where horizons usually lie."""
    rows = light.mean(axis=1)
    change = np.abs(np.convolve(rows, [1, 1, 0, -1, -1], mode="same"))
    first, last = int(MEASURED[1] * HIGHEST_HORIZON), int(MEASURED[1] * LOWEST_HORIZON)
    return float(first + int(change[first:last].argmax())) / MEASURED[1]


def _sky_rows(light: Grid, horizon: float) -> int:
    """Where the open sky ends: crests and figures hide what is lower."""
    bottom = max(4, int(horizon * MEASURED[1]) + 2)
    top = bottom // 3
    steps = np.abs(light[top + 1 : bottom] - light[top : bottom - 1])
    return max(6, int(np.percentile(top + steps.argmax(axis=0), 20)))


def _light_across(light: Grid) -> float:
    """Where the widest light stands; a lamp is brighter than the moon, but smaller."""
    sheet = Image.fromarray((light * 255).astype(np.uint8))
    spread = np.asarray(sheet.filter(ImageFilter.BoxBlur(LIGHT_REACH)))
    return float(spread.max(axis=0).argmax()) / MEASURED[0]


# The library keeps a chunk of this name when it writes a picture again, see app/media/picture_worker.py.
KEPT_CHUNK = "avc-scene"
MOST_BYTES = 4096
VERSION = 1
MOST_CAST = 24
MOST_SEED = 2**40
SHORTEST_SIDE, LONGEST_SIDE = 64, 2048
PNG_LEVEL = 1
# A state of mind passes; what somebody is stays.
PASSING_TRAITS = frozenset({"sad", "happy"})


@dataclass(frozen=True)
class ScenePainting:
    """One picture whose place, hour and weather are settled; `film_seed` gives its looks and lands, `seed` the rest."""

    scene: Scene
    size: tuple[int, int]
    film_seed: int
    seed: int
    cast: tuple[Figure, ...] = ()
    world: World | None = None

    def to_json(self) -> str:
        """The painting as a short text: keys of the catalogue and numbers, none of the story's words."""
        values: dict[str, Any] = {
            "version": VERSION,
            "scene": self.scene.to_values(),
            "size": list(self.size),
            "seeds": [self.film_seed, self.seed],
            "cast": [[figure.key, figure.count, figure.colour, figure.trait] for figure in self.cast],
            "world": None if self.world is None else self.world.to_values(),
        }
        return json.dumps(values, separators=(",", ":"))

    @classmethod
    def from_json(cls, text: str, known: Collection[str]) -> "ScenePainting":
        """The painting of such a text; nothing about it is trusted, and whatever is odd is a ValueError."""
        values = json.loads(text)
        if not isinstance(values, dict) or set(values) != {"version", "scene", "size", "seeds", "cast", "world"}:
            message = "not the fields of a painting"
            raise ValueError(message)
        scene = Scene.from_values(values["scene"], known)
        if values["version"] != VERSION or None in {scene.place, scene.hour, scene.weather}:
            message = "not a settled scene of this version"
            raise ValueError(message)
        width, height = _whole_numbers(values["size"], SHORTEST_SIDE, LONGEST_SIDE)
        film_seed, seed = _whole_numbers(values["seeds"], 0, MOST_SEED)
        world = None if values["world"] is None else _world(values["world"])
        return cls(scene, (width, height), film_seed, seed, figures_from(values["cast"], known, MOST_CAST), world)


def with_cast(scene: Scene, cast: tuple[Figure, ...]) -> tuple[Scene, tuple[Figure, ...]]:
    """The scene with the colours and traits that its figures had before, and the cast with what is new."""
    before = {figure.key: figure for figure in cast}
    figures = []
    for figure in scene.figures:
        known = before.get(figure.key, figure)
        figures.append(replace(figure, colour=figure.colour or known.colour, trait=figure.trait or known.trait))
        trait = known.trait if figures[-1].trait in PASSING_TRAITS else figures[-1].trait
        trait = "" if trait in PASSING_TRAITS else trait
        before[figure.key] = Figure(figure.key, 1, figures[-1].colour, trait)
    return replace(scene, figures=tuple(figures)), tuple(before.values())[-MOST_CAST:]


def png_of(picture: Image.Image, painting: ScenePainting) -> bytes:
    """The picture as a PNG that carries its painting."""
    text = PngInfo()
    text.add_text(KEPT_CHUNK, painting.to_json())
    made = io.BytesIO()
    picture.save(made, "PNG", compress_level=PNG_LEVEL, pnginfo=text)
    return made.getvalue()


def kept_painting(content: bytes) -> ScenePainting | None:
    """What a picture says of itself, if it says it in the exact form."""
    try:
        with Image.open(io.BytesIO(content), formats=("PNG",)) as opened:
            text = opened.info.get(KEPT_CHUNK)
            size = opened.size
        if not isinstance(text, str) or len(text) > MOST_BYTES or not text.isascii():
            return None
        painting = ScenePainting.from_json(text, catalogue().keys())
    except (OSError, ValueError, SyntaxError, TypeError, RecursionError, Image.DecompressionBombError):
        return None
    return painting if painting.size == size else None


def _whole_numbers(values: object, lowest: int, highest: int) -> tuple[int, int]:
    if not isinstance(values, list) or [type(value) for value in values] != [int, int]:
        message = "not two whole numbers"
        raise ValueError(message)
    if not all(lowest <= value <= highest for value in values):
        message = "a number beyond its bounds"
        raise ValueError(message)
    return values[0], values[1]


def _world(values: object) -> World:
    if not isinstance(values, list) or len(values) != World.NUMBERS:
        message = "not the numbers of a world"
        raise ValueError(message)
    return World.from_values([number_from(value, 0.0, 1.0) for value in values])


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
        look=before.look if scene.look is PictureStyle.POSTER else scene.look,
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
