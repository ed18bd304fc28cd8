"""Colours of a scene: from its hour, weather, mood and place."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from app.providers.local.scenery.scene import Hour, Place, SceneMood, Weather

Colour = NDArray[np.float32]


def rgb(text: str) -> Colour:
    """A colour from its six hexadecimal digits."""
    return np.array([int(text[at : at + 2], 16) / 255 for at in (0, 2, 4)], np.float32)


def blend(one: Colour, other: Colour, part: float) -> Colour:
    """A colour on the way from one to the other."""
    return (one + (other - one) * np.float32(part)).astype(np.float32)


@dataclass(frozen=True)
class Palette:
    """Sky from its top to the horizon, the light in it, the haze over distance, and the near ground."""

    top: Colour
    middle: Colour
    low: Colour
    light: Colour
    ground: Colour
    glow: float
    brightness: float


HOURS = {
    Hour.DAWN: ("3b5488", "b99bb6", "ffc9a3", "ffe3bd", 0.75, 0.8),
    Hour.DAY: ("2f78c4", "78b4e2", "dcedf2", "fffbe8", 0.45, 1.0),
    Hour.SUNSET: ("35305f", "b4566a", "ffab5e", "ffd08a", 0.9, 0.7),
    Hour.NIGHT: ("070d24", "152a52", "3d5f8c", "dfe9ff", 0.5, 0.32),
}
GROUNDS = {
    Place.SEA: "22404f",
    Place.BEACH: "d9b982",
    Place.LAKE: "3b6b4a",
    Place.RIVER: "4f7f3f",
    Place.SWAMP: "3a4a2c",
    Place.MOUNTAINS: "3f5a50",
    Place.ICE: "dbe6f2",
    Place.FOREST: "2c5a3a",
    Place.CITY: "4a4f62",
    Place.VILLAGE: "5f8a3c",
    Place.DESERT: "c98a4e",
    Place.FIELD: "6a9440",
    Place.GARDEN: "5d9a45",
    Place.CAVE: "4a4048",
    Place.SPACE: "6c6880",
    Place.SKY: "e8eef6",
    Place.UNDERWATER: "b39a6a",
}
INDOORS = "7a5a42"
GLOOM = {
    Weather.CLEAR: 0.0,
    Weather.CLOUDS: 0.2,
    Weather.RAIN: 0.5,
    Weather.SNOW: 0.35,
    Weather.FOG: 0.4,
    Weather.STORM: 0.65,
}
TINTS = {
    SceneMood.PLAIN: ("ffffff", 0.0),
    SceneMood.JOY: ("ffcf70", 0.12),
    SceneMood.SORROW: ("5f7896", 0.22),
    SceneMood.FEAR: ("16302c", 0.32),
    SceneMood.MAGIC: ("8a4fd0", 0.24),
    SceneMood.LOVE: ("f08aa0", 0.2),
}
GREY = (0.30, 0.59, 0.11)


def lightness(pixels: Colour) -> Colour:
    """How light colours are; the last axis holds their parts."""
    return np.asarray(pixels @ np.array(GREY, np.float32), np.float32)


def palette_of(place: Place, hour: Hour, weather: Weather, mood: SceneMood) -> Palette:
    """The colours for this place at this hour in this weather and mood."""
    top, middle, low, light, glow, brightness = HOURS[hour]
    ground = blend(rgb(GROUNDS.get(place, INDOORS)), rgb(top), 0.35 if hour is not Hour.DAY else 0.05) * (
        0.35 + 0.45 * brightness
    )
    if weather is Weather.SNOW or place is Place.ICE:
        ground = blend(ground, rgb("f2f6fc") * (0.52 + 0.48 * brightness), 0.9)
    fresh = Palette(rgb(top), rgb(middle), rgb(low), rgb(light), ground.astype(np.float32), glow, brightness)
    return _in_mood(_in_weather(fresh, weather), mood)


def _in_weather(palette: Palette, weather: Weather) -> Palette:
    gloom = GLOOM[weather]
    darker = 1 - 0.45 * gloom if weather in {Weather.STORM, Weather.RAIN} else 1.0
    return replace(
        palette,
        top=_greyed(palette.top, gloom) * np.float32(darker),
        middle=_greyed(palette.middle, gloom) * np.float32(darker),
        low=_greyed(palette.low, gloom * 0.8) * np.float32(darker),
        glow=palette.glow * (1 - 0.6 * gloom),
    )


def _in_mood(palette: Palette, mood: SceneMood) -> Palette:
    text, part = TINTS[mood]
    tint = rgb(text)
    return replace(
        palette,
        top=blend(palette.top, tint * palette.top.max(), part),
        middle=blend(palette.middle, tint * np.float32(0.4 + 0.6 * palette.brightness), part),
        low=blend(palette.low, tint, part * 0.7),
        ground=blend(palette.ground, tint * palette.ground.max(), part),
    )


def _greyed(colour: Colour, part: float) -> Colour:
    return blend(colour, np.full(3, float(lightness(colour)), np.float32), part)


# How much of the light of the air figures take on, and how dark they become at most.
TINTED, DARKEST = 0.55, 0.5
VIGNETTE_ELSE, VIGNETTE_DARK = 0.2, 0.42
