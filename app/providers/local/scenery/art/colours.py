"""Colours by name, and what becomes of a drawing's own colours when it is said to have another."""

import colorsys
from collections.abc import Iterable, Iterator
from dataclasses import replace

from app.providers.local.scenery.art.raster import FlatShape

__all__ = ["NAMED", "darker", "recoloured", "shade"]

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
