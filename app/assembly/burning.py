"""Pure: captions as ASS text in three styles, inside the area that no player's controls cover."""

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from app.media.timeline import Caption

__all__ = ["BurnPlace", "BurnStyle", "Screen", "ass"]

FONT = "DejaVu Sans"
# Shares of the height: tall films are watched where buttons lie over the lower fifth.
WIDE_MARGIN, TALL_MARGIN = 0.06, 0.20
SIDE_MARGIN = 0.06
WIDE_TEXT, TALL_TEXT = 0.064, 0.036
WIDE_COLUMNS, TALL_COLUMNS = 42, 24
# One box round all lines, and an outline round each letter.
ONE_BOX, OUTLINE = 4, 1
WHITE, BLACK, YELLOW, SHADE = "&H00FFFFFF", "&H00000000", "&H0000D7FF", "&H66000000"


class BurnStyle(StrEnum):
    """How captions look when they are part of the picture."""

    PLAIN = "plain"
    BOXED = "boxed"
    HIGHLIGHT = "highlight"


class BurnPlace(StrEnum):
    """Where captions stand in the picture."""

    BOTTOM = "bottom"
    MIDDLE = "middle"
    TOP = "top"


# The numbers of a keypad, as ASS counts places.
ALIGNMENTS = {BurnPlace.BOTTOM: 2, BurnPlace.MIDDLE: 5, BurnPlace.TOP: 8}


@dataclass(frozen=True)
class Screen:
    """The size of the film."""

    width_px: int
    height_px: int

    @property
    def columns(self) -> int:
        """How many letters a line has room for; few are read faster where the film is narrow."""
        return TALL_COLUMNS if self.is_tall else WIDE_COLUMNS

    @property
    def is_tall(self) -> bool:
        """Whether it is made for telephones held upright."""
        return self.height_px > self.width_px


def ass(captions: Sequence[Caption], screen: Screen, style: BurnStyle, place: BurnPlace = BurnPlace.BOTTOM) -> str:
    """A whole ASS file; the words of a highlighted caption light up one by one."""
    lines = [line for caption in captions for line in _lines(caption, style)]
    return "\n".join([*_head(screen, style, place), *lines, ""])


def _head(screen: Screen, style: BurnStyle, place: BurnPlace) -> Iterator[str]:
    size = round(screen.height_px * (TALL_TEXT if screen.is_tall else WIDE_TEXT))
    below = round(screen.height_px * (TALL_MARGIN if screen.is_tall else WIDE_MARGIN))
    side = round(screen.width_px * SIDE_MARGIN)
    is_boxed = style is BurnStyle.BOXED
    edge, border = (SHADE, ONE_BOX) if is_boxed else (BLACK, OUTLINE)
    yield "[Script Info]\nScriptType: v4.00+\nWrapStyle: 0\nScaledBorderAndShadow: yes"
    yield f"PlayResX: {screen.width_px}\nPlayResY: {screen.height_px}\n\n[V4+ Styles]"
    yield (
        "Format: Name, Fontname, Fontsize, PrimaryColour, SecondaryColour, OutlineColour, BackColour, Bold, Italic, "
        "Underline, StrikeOut, ScaleX, ScaleY, Spacing, Angle, BorderStyle, Outline, Shadow, Alignment, MarginL, "
        "MarginR, MarginV, Encoding"
    )
    # The box keeps the width of a shadow between itself and the letters.
    width, shadow = (0, max(1, round(size * 0.3))) if is_boxed else (max(1, round(size * 0.09)), 0)
    yield (
        f"Style: Caption,{FONT},{size},{WHITE},{WHITE},{edge},{edge},-1,0,0,0,100,100,0,0,{border},{width},{shadow},"
        f"{ALIGNMENTS[place]},{side},{side},{below},1\n\n[Events]"
    )
    yield "Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text"


def _lines(caption: Caption, style: BurnStyle) -> Iterator[str]:
    if style is not BurnStyle.HIGHLIGHT or not caption.words:
        yield _line(caption.start_seconds, caption.end_seconds, _escaped(caption.text))
        return
    bounds = [caption.start_seconds, *(word.start_seconds for word in caption.words[1:]), caption.end_seconds]
    for number, (begin, end) in enumerate(itertools.pairwise(bounds)):
        if end > begin:
            yield _line(begin, end, _lit(caption, number))


def _lit(caption: Caption, chosen: int) -> str:
    """The whole caption with one word in another colour; line breaks stay where they are."""
    shown, at = [], 0
    for number, word in enumerate(caption.words):
        begin = caption.text.index(word.text, at)
        at_end = begin + len(word.text)
        spoken = _escaped(word.text)
        shown.append(_escaped(caption.text[at:begin]))
        shown.append(f"{{\\1c{YELLOW}&}}{spoken}{{\\1c{WHITE}&}}" if number == chosen else spoken)
        at = at_end
    return "".join([*shown, _escaped(caption.text[at:])])


def _line(begin: float, end: float, text: str) -> str:
    return f"Dialogue: 0,{_clock(begin)},{_clock(end)},Caption,,0,0,0,,{text}"


def _clock(seconds: float) -> str:
    whole, hundredths = divmod(round(seconds * 100), 100)
    minutes, left = divmod(whole, 60)
    return f"{minutes // 60}:{minutes % 60:02}:{left:02}.{hundredths:02}"


def _escaped(text: str) -> str:
    """Braces would begin a command and a backslash might too: both are shown as letters that look like them."""
    plain = text.replace("\\", "\u29f5").replace("{", "\u2774").replace("}", "\u2775")
    return plain.replace("\n", "\\N")
