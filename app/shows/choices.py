"""Pure: what a show can be made with, by the names that doors show and send."""

from collections.abc import Mapping
from dataclasses import dataclass

from app.assembly.captions import BurnPlace, BurnStyle
from app.media.slideshow.plan import Effect
from app.media.slideshow.show import SHORT_SIDES_PX

__all__ = ["EFFECTS", "PLACES", "STYLES", "STYLE_NAMES", "Choice", "side_of", "size_name"]

USUAL_SIDE_PX = 1080
NAMED_SIDES = {"4k": 2160, "2k": 1440, "uhd": 2160, "fullhd": 1080, "hd": 720}


@dataclass(frozen=True)
class Choice:
    """One of several, with words for people."""

    name: str
    description: str


STYLES = (
    Choice(BurnStyle.PLAIN.value, "White letters with a dark outline"),
    Choice(BurnStyle.BOXED.value, "White letters on a dark box"),
    Choice(BurnStyle.HIGHLIGHT.value, "The spoken word lights up"),
    Choice("tiktok_highlight", "The spoken word lights up; the same as highlight"),
)
PLACES = (
    Choice(BurnPlace.BOTTOM.value, "Near the lower edge"),
    Choice(BurnPlace.MIDDLE.value, "In the middle"),
    Choice(BurnPlace.TOP.value, "Near the upper edge"),
)
# What an older client calls a style.
STYLE_NAMES: Mapping[str, BurnStyle] = {"tiktok_highlight": BurnStyle.HIGHLIGHT}
EFFECTS = (
    Choice(Effect.BASIC_FADE.value, "Basic fade"),
    Choice(Effect.SLIDE_LEFT.value, "Slide left"),
    Choice(Effect.SLIDE_RIGHT.value, "Slide right"),
    Choice(Effect.ZOOM_IN.value, "Zoom in"),
    Choice(Effect.ZOOM_OUT.value, "Zoom out"),
    Choice(Effect.KEN_BURNS.value, "Ken Burns"),
)


def side_of(name: str) -> int:
    """The short side in pixels of a size such as 1080p; what nobody knows is the usual one."""
    plain = name.strip().lower()
    digits = plain.removesuffix("p")
    if plain in NAMED_SIDES:
        return NAMED_SIDES[plain]
    if not digits.isascii() or not digits.isdecimal() or len(digits) > 5:
        return USUAL_SIDE_PX
    return min(SHORT_SIDES_PX, key=lambda side: abs(side - int(digits)))


def size_name(short_side_px: int) -> str:
    """The same the other way round."""
    return f"{short_side_px}p"
