"""The catalogue of figures, their drawings, unpacked when they are asked for, and their colours."""

import colorsys
import json
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Final, Literal

from app.providers.local.scenery.art.raster import Contour, FlatShape

DRAWINGS_FILE = Path(__file__).with_name("drawings.tsv")


@dataclass(frozen=True)
class FlatDrawing:
    """Shapes in whole units, with the colour that gives the thing its own."""

    main: str
    shapes: tuple[FlatShape, ...]


def drawing_names() -> Iterable[str]:
    """The name of every drawing."""
    return _lines().keys()


@cache
def drawing(name: str) -> FlatDrawing:
    """One drawing."""
    main, shapes = _lines()[name]
    return FlatDrawing(main, tuple(_shape(*row) for row in json.loads(shapes)))


@cache
def _lines() -> dict[str, tuple[str, str]]:
    rows = (line.split("\t") for line in DRAWINGS_FILE.read_text(encoding="utf-8").splitlines())
    return {name: (main, shapes) for name, main, shapes in rows}


def _shape(colour: str, contours: list[str], opacity: float = 1.0, width: float = 0.0) -> FlatShape:
    return FlatShape(colour, tuple(_contour(steps) for steps in contours), opacity, width)


def _contour(steps: str) -> Contour:
    """The first point is written whole, each other one as the step from the point before."""
    numbers = [int(number) for number in steps.split()]
    x = y = 0
    points: list[tuple[float, float]] = []
    for right, down in zip(numbers[::2], numbers[1::2], strict=True):
        x, y = x + right, y + down
        points.append((x, y))
    return points


CATALOGUE_FILE: Final = Path(__file__).parents[1] / "catalogue.toml"
# In heights of a grown person: dolphins, boats and all that is larger.
LEAST_OF_THE_SEA: Final = 0.5
# What a trait does to the height.
GROWTH: Final = {"young": 0.72, "small": 0.65, "big": 1.4}
PEOPLE_GROWTH: Final = {"old": 0.97, "small": 0.8, "big": 1.2}
Stand = Literal["ground", "water", "sky", "hand", "table", "wall", "far", "place", "weather", "hour"]


@dataclass(frozen=True)
class Entry:
    """One thing: its height is in heights of a grown person."""

    key: str
    category: str
    stand: Stand
    home: str
    height: float = 1.0
    lit: frozenset[str] = frozenset()

    @property
    def is_drawn(self) -> bool:
        """Whether there is a picture of it; a place, an hour and the weather are the scene itself."""
        return self.stand not in {"place", "weather", "hour"}

    @property
    def is_outdoors(self) -> bool:
        """Whether no room holds it; ducks and small fish may be inside."""
        swims = self.stand == "water" and self.height >= LEAST_OF_THE_SEA
        return swims or self.stand == "far" or self.key == "cloud"


@cache
def catalogue() -> dict[str, Entry]:
    """The entries by their keys, in the order of the file."""
    tables = tomllib.loads(CATALOGUE_FILE.read_text(encoding="utf-8"))
    return {
        key: Entry(key, category, **{**values, "lit": frozenset(values.get("lit", ()))})
        for category, entries in tables.items()
        for key, values in entries.items()
    }


def relative_height(key: str, trait: str = "") -> float:
    """How high it is beside a grown person."""
    entry = catalogue()[key]
    growth = PEOPLE_GROWTH if entry.category == "people" else GROWTH
    return entry.height * growth.get(trait, 1.0)


NAMED = {
    "red": "e23b33",
    "orange": "f58220",
    "yellow": "f9cf3a",
    "green": "3fa34d",
    "blue": "2f7fd6",
    "purple": "8257c2",
    "pink": "f48fb6",
    "brown": "8a5a3b",
    "black": "3d3b45",
    "white": "f7f5f0",
    "grey": "9a9aa2",
    "gold": "e0ad2f",
    "silver": "c3c9d1",
}
# Hues further apart than this part of the circle are different colours.
NEAR_HUE = 0.085
GREY_BELOW = 0.16


def recoloured(shapes: Iterable[FlatShape], main: str, wanted: str) -> Iterator[FlatShape]:
    """The shapes with the main colour and its lighter and darker tones changed; eyes and other details stay."""
    for shape in shapes:
        if _is_tone_of(shape.colour, main):
            yield replace(shape, colour=shade(wanted, _lightness(shape.colour) / max(0.05, _lightness(main))))
        else:
            yield shape


def darker(shapes: Iterable[FlatShape], main: str, ratio: float) -> Iterator[FlatShape]:
    """The shapes with the main colour and its tones each made darker."""
    for shape in shapes:
        yield replace(shape, colour=shade(shape.colour, ratio)) if _is_tone_of(shape.colour, main) else shape


def shade(colour: str, ratio: float) -> str:
    """A colour made darker by a ratio below one, or lighter by one above."""
    parts = bytes.fromhex(colour)
    if ratio <= 1:
        return bytes(round(part * (0.25 + 0.75 * ratio)) for part in parts).hex()
    toward_white = min(1.0, (ratio - 1) * 0.6)
    return bytes(round(part + (255 - part) * toward_white) for part in parts).hex()


def _is_tone_of(colour: str, main: str) -> bool:
    (hue, saturation, value), (main_hue, main_saturation, main_value) = _hsv(colour), _hsv(main)
    if main_saturation < GREY_BELOW:
        return saturation < GREY_BELOW and abs(value - main_value) < 0.4
    apart = abs(hue - main_hue)
    return saturation >= GREY_BELOW and min(apart, 1 - apart) < NEAR_HUE and value > 0.3


def _hsv(colour: str) -> tuple[float, float, float]:
    red, green, blue = (part / 255 for part in bytes.fromhex(colour))
    return colorsys.rgb_to_hsv(red, green, blue)


def _lightness(colour: str) -> float:
    red, green, blue = bytes.fromhex(colour)
    return (0.3 * red + 0.59 * green + 0.11 * blue) / 255
