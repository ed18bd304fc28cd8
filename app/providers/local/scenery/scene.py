"""What a picture shows, as plain values: place, hour, weather, mood, style and figures."""

from dataclasses import dataclass
from enum import StrEnum

__all__ = ["Hour", "Look", "Mood", "Place", "Scene", "Weather"]


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
    LAKE = "lake"
    MOUNTAINS = "mountains"
    FOREST = "forest"
    CITY = "city"
    DESERT = "desert"
    FIELD = "field"
    ROOM = "room"
    SPACE = "space"


class Mood(StrEnum):
    """How it feels."""

    PLAIN = "plain"
    JOY = "joy"
    SORROW = "sorrow"
    FEAR = "fear"
    MAGIC = "magic"
    LOVE = "love"


class Look(StrEnum):
    """How it is painted."""

    POSTER = "poster"
    CINEMATIC = "cinematic"
    WATERCOLOR = "watercolor"
    CARTOON = "cartoon"
    NOIR = "noir"


@dataclass(frozen=True)
class Scene:
    """One picture in words that the painter knows; None means that the text does not say."""

    place: Place | None
    hour: Hour | None
    weather: Weather | None
    mood: Mood
    look: Look
    figures: tuple[str, ...]
    closeness: float
