"""What a picture shows, as plain values that can be written down: place, hour, weather, mood, style and figures."""

import json
from collections.abc import Collection
from dataclasses import dataclass, fields
from enum import StrEnum
from typing import Any, TypeVar

MOST_FIGURES = 8
MOST_COUNT = 12
COLOURS = (
    *("red", "orange", "yellow", "green", "blue", "purple", "pink"),
    *("brown", "black", "white", "grey", "gold", "silver"),
)
TRAITS = ("old", "young", "big", "small", "sad", "happy")
NEAREST, FARTHEST = 2.0, 0.5
Named = TypeVar("Named", bound=StrEnum)


class Hour(StrEnum):
    """The light of the day."""

    DAWN = "dawn"
    DAY = "day"
    SUNSET = "sunset"
    NIGHT = "night"


class Weather(StrEnum):
    """What is in the air."""

    CLEAR = "clear"
    CLOUDS = "clouds"
    RAIN = "rain"
    SNOW = "snow"
    FOG = "fog"
    STORM = "storm"


class Place(StrEnum):
    """Where it happens."""

    SEA = "sea"
    BEACH = "beach"
    LAKE = "lake"
    RIVER = "river"
    SWAMP = "swamp"
    MOUNTAINS = "mountains"
    ICE = "ice"
    FOREST = "forest"
    CITY = "city"
    VILLAGE = "village"
    DESERT = "desert"
    FIELD = "field"
    GARDEN = "garden"
    CAVE = "cave"
    ROOM = "room"
    KITCHEN = "kitchen"
    LIBRARY = "library"
    WORKSHOP = "workshop"
    SHOP = "shop"
    SPACE = "space"
    SKY = "sky"
    UNDERWATER = "underwater"


class SceneMood(StrEnum):
    """How it feels."""

    PLAIN = "plain"
    JOY = "joy"
    SORROW = "sorrow"
    FEAR = "fear"
    MAGIC = "magic"
    LOVE = "love"


class PictureStyle(StrEnum):
    """How it is painted."""

    POSTER = "poster"
    CINEMATIC = "cinematic"
    WATERCOLOR = "watercolor"
    CARTOON = "cartoon"
    NOIR = "noir"


@dataclass(frozen=True)
class Figure:
    """A being or a thing: its key in the catalogue, how many of it, one of COLOURS and one of TRAITS, or neither."""

    key: str
    count: int = 1
    colour: str = ""
    trait: str = ""


@dataclass(frozen=True)
class Scene:
    """One picture in values that the painter knows; None means that the text does not say."""

    place: Place | None = None
    hour: Hour | None = None
    weather: Weather | None = None
    mood: SceneMood = SceneMood.PLAIN
    look: PictureStyle = PictureStyle.POSTER
    figures: tuple[Figure, ...] = ()
    closeness: float = 1.0

    def to_json(self) -> str:
        """The scene as a short text."""
        return json.dumps(self.to_values(), separators=(",", ":"))

    def to_values(self) -> dict[str, Any]:
        """The scene as values of JSON."""
        figures = [[figure.key, figure.count, figure.colour, figure.trait] for figure in self.figures]
        return {field.name: getattr(self, field.name) for field in fields(self)} | {"figures": figures}

    @classmethod
    def from_json(cls, text: str, known: Collection[str]) -> "Scene":
        """The scene of such a text; whatever is not exactly of its form or names an unknown key is a ValueError."""
        return cls.from_values(json.loads(text), known)

    @classmethod
    def from_values(cls, values: object, known: Collection[str]) -> "Scene":
        """The scene of such values; nothing about them is trusted."""
        if not isinstance(values, dict) or set(values) != {field.name for field in fields(cls)}:
            message = "not the fields of a scene"
            raise ValueError(message)
        return cls(
            place=_optional(Place, values["place"]),
            hour=_optional(Hour, values["hour"]),
            weather=_optional(Weather, values["weather"]),
            mood=SceneMood(values["mood"]),
            look=PictureStyle(values["look"]),
            figures=figures_from(values["figures"], known),
            closeness=number_from(values["closeness"], FARTHEST, NEAREST),
        )


def figures_from(rows: object, known: Collection[str], most: int = MOST_FIGURES) -> tuple[Figure, ...]:
    """Figures of rows that nobody vouches for."""
    if not isinstance(rows, list) or len(rows) > most:
        message = "not a list of few figures"
        raise ValueError(message)
    return tuple(_figure(row, known) for row in rows)


def number_from(value: object, lowest: float, highest: float) -> float:
    """A number within its bounds."""
    if type(value) not in {int, float} or not lowest <= float(str(value)) <= highest:
        message = "not a number within its bounds"
        raise ValueError(message)
    return float(str(value))


def _figure(row: object, known: Collection[str]) -> Figure:
    if not isinstance(row, list) or [type(part) for part in row] != [str, int, str, str]:
        message = "not a figure"
        raise ValueError(message)
    key, count, colour, trait = row
    if key not in known or not 1 <= count <= MOST_COUNT or colour not in {"", *COLOURS} or trait not in {"", *TRAITS}:
        message = "not a figure of the catalogue"
        raise ValueError(message)
    return Figure(key, count, colour, trait)


def _optional(kind: type[Named], value: object) -> Named | None:
    return None if value is None else kind(str(value))
