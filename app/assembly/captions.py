"""Pure: the times of spoken words become captions, and captions become SRT and WebVTT."""

import itertools
import re
import tomllib
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from itertools import accumulate
from pathlib import Path
from typing import Final

from app.media.timeline import Caption, Timeline, Word

WORDS_FILE: Final = Path(__file__).with_name("caption_words.toml")
UNSPACED: Final = frozenset({"zh", "ja", "th"})
# Begins only where a run begins and gives nothing of it back: work grows with the text, not with its square.
SENTENCE_END: Final = re.compile(
    r"(?<![.!?\u2026\u3002\uff01\uff1f])[.!?\u2026\u3002\uff01\uff1f]++[\"'\u201d\u2019\u00bb)]*+$"
)
CLAUSE_END: Final = re.compile(r"[,;:\u2013\u2014\u3001\uff0c\uff1b\uff1a][\"'\u201d\u2019\u00bb)]*$")
EDGES: Final = "\"'\u201c\u201d\u201e\u2019\u00ab\u00bb([{.,;:!?\u2026"
# What it costs to end a line after a word, from the end of a sentence to the middle of a thought.
AT_SENTENCE, AT_CLAUSE, BEFORE_OPENING, ANYWHERE, AFTER_OPENING, AFTER_LEANING = 0.0, 1.0, 2.0, 4.0, 9.0, 12.0
UNBALANCED: Final = 6.0
UNBREAKABLE: Final = 1e9
LINE_COLUMNS = 42
LONGEST_SECONDS = 6.0
SHORTEST_SECONDS = 1.0
PAUSE_SECONDS = 0.7
MOST_COLUMNS_PER_SECOND = 17.0
# Two pictures of a film of 24 in a second.
GAP_SECONDS = 0.084
# A sentence that ends within so few columns shares its caption with the next.
SHORT_SENTENCE_COLUMNS = 20
# What a caption costs by itself, and what faults cost beside a break in the middle of a thought, which costs four.
EACH, BREATHLESS, TOO_SHORT, SPARSE, PAUSED, RUN_ON = 2.0, 4.0, 30.0, 8.0, 200.0, 40.0
FONT = "DejaVu Sans"
# Shares of the height: tall films are watched where buttons lie over the lower fifth.
WIDE_MARGIN, TALL_MARGIN = 0.06, 0.20
SIDE_MARGIN = 0.06
WIDE_TEXT, TALL_TEXT = 0.064, 0.036
WIDE_COLUMNS, TALL_COLUMNS = 42, 24
# One box round all lines, and an outline round each letter.
ONE_BOX, OUTLINE = 4, 1
WHITE, BLACK, YELLOW, SHADE = "&H00FFFFFF", "&H00000000", "&H0000D7FF", "&H66000000"


class BreakRules:
    """The words of one caption or narration, measured once, and what it costs to break them."""

    def __init__(self, words: Sequence[str], language: str, columns: int) -> None:
        self._words = words
        self._columns = columns
        self._joint = len(joint_of(language))
        self._widths = [0, *accumulate(columns_of(word) + self._joint for word in words)]
        self._costs = _costs(words, language)

    def width(self, first: int, end: int) -> int:
        """How many columns the words take in one line."""
        return self._widths[end] - self._widths[first] - self._joint if end > first else 0

    def cost_after(self, end: int) -> float:
        """What it costs to end before the word of this number."""
        return self._costs[end - 1]

    def line_cut(self, first: int, end: int) -> tuple[int | None, float]:
        """Where the second line begins, and what that costs; None for one line, UNBREAKABLE for what has no room."""
        if self.width(first, end) <= self._columns:
            return None, 0.0
        best, least = None, UNBREAKABLE
        for cut in range(first + 1, end):
            upper, lower = self.width(first, cut), self.width(cut, end)
            if upper <= self._columns >= lower:
                cost = self._costs[cut - 1] + UNBALANCED * abs(upper - lower) / self._columns
                best, least = (cut, cost) if cost < least else (best, least)
        return best, least


def columns_of(text: str) -> int:
    """How wide a line is; letters of East Asia are twice as wide, and accents stand above others."""
    wide = sum(unicodedata.east_asian_width(letter) in "WF" for letter in text)
    above = sum(unicodedata.combining(letter) > 0 for letter in text)
    return len(text) + wide - above


def is_sentence_end(word: str) -> bool:
    """Whether a sentence ends with this word."""
    return SENTENCE_END.search(word) is not None


def joint_of(language: str) -> str:
    """What stands between words."""
    return "" if _short(language) in UNSPACED else " "


def _costs(words: Sequence[str], language: str) -> list[float]:
    leaning, opening = (_listed(sort).get(_short(language), frozenset()) for sort in ("leaning", "opening"))
    bare = [word.strip(EDGES).casefold() for word in words]
    costs = []
    for word, own, following in zip(words, bare, [*bare, ""][1:], strict=False):
        if is_sentence_end(word) and own not in leaning:
            costs.append(AT_SENTENCE)
        elif CLAUSE_END.search(word):
            costs.append(AT_CLAUSE)
        elif own in leaning or own in opening:
            costs.append(AFTER_LEANING if own in leaning else AFTER_OPENING)
        else:
            costs.append(BEFORE_OPENING if following in opening else ANYWHERE)
    return costs


def _short(language: str) -> str:
    return language.partition("-")[0].lower()


@cache
def _listed(sort: str) -> Mapping[str, frozenset[str]]:
    told = tomllib.loads(WORDS_FILE.read_text(encoding="utf-8"))[sort]
    return {language: frozenset(words.casefold().split()) for language, words in told.items()}


@dataclass(frozen=True)
class _Page:
    """The words of one segment, when it ends, and how their captions are set."""

    words: Sequence[Word]
    end_seconds: float
    rules: BreakRules
    language: str
    columns: int

    def latest(self, end: int) -> float:
        """When the caption before the word of this number must be gone."""
        return self.words[end].start_seconds - GAP_SECONDS if end < len(self.words) else self.end_seconds

    def shown_until(self, first: int, end: int) -> float:
        """Until all of it is spoken and can have been read, as far as there is room."""
        begin = self.words[first].start_seconds
        reading = max(SHORTEST_SECONDS, self.rules.width(first, end) / MOST_COLUMNS_PER_SECOND)
        return min(max(self.words[end - 1].end_seconds, begin + reading), self.latest(end))

    def caption(self, first: int, end: int) -> Caption:
        words = self.words[first:end]
        text = wrapped([word.text for word in words], self.language, self.columns)
        begin = words[0].start_seconds
        until = max(self.shown_until(first, end), min(begin + GAP_SECONDS / 2, self.end_seconds))
        return Caption(begin, until, text, tuple(words))


def captions_of(timeline: Timeline, columns: int = LINE_COLUMNS) -> tuple[Caption, ...]:
    """The captions of a film: each ends before the next begins and within its segment."""
    found: list[Caption] = []
    for segment, start in zip(timeline.segments, timeline.starts, strict=True):
        if segment.narration is not None:
            end = float(start + segment.duration)
            words = [_moved(word, float(start), end) for word in segment.narration.words if word.text.strip()]
            words = [word for word in words if word.start_seconds < end]
            rules = BreakRules([word.text for word in words], timeline.language, columns)
            page = _Page(words, end, rules, timeline.language, columns)
            found += [page.caption(first, after) for first, after in _parts(page)]
    return tuple(found)


def srt(captions: Sequence[Caption]) -> str:
    """SubRip text."""
    blocks = (
        f"{number}\n{_span(caption, ',')}\n{_plain(caption.text)}\n" for number, caption in enumerate(captions, 1)
    )
    return "\n".join(blocks)


def vtt(captions: Sequence[Caption]) -> str:
    """WebVTT text; what looks like markup is shown as it was written."""
    blocks = (f"{_span(caption, '.')}\n{_escaped(_plain(caption.text))}\n" for caption in captions)
    return "\n".join(["WEBVTT\n", *blocks])


def wrapped(words: Sequence[str], language: str, columns: int = LINE_COLUMNS) -> str:
    """At most two lines, broken at sense and of nearly equal length, when the words need two."""
    joint = joint_of(language)
    if len(words) == 1:
        return words[0]
    cut, cost = BreakRules(words, language, columns).line_cut(0, len(words))
    if cost == UNBREAKABLE:
        cut = min(range(1, len(words)), key=lambda at: _widest(joint.join(words[:at]), joint.join(words[at:])))
    return joint.join(words) if cut is None else f"{joint.join(words[:cut])}\n{joint.join(words[cut:])}"


def _widest(*lines: str) -> int:
    return max(map(columns_of, lines))


def _parts(page: _Page) -> list[tuple[int, int]]:
    """The cheapest way to part the words into captions, found from the end to the beginning."""
    count = len(page.words)
    best: list[tuple[float, int]] = [(0.0, count)] * (count + 1)
    for first in range(count - 1, -1, -1):
        choices = []
        inner = 0.0
        for end in range(first + 1, count + 1):
            inner += _inner_cost(page, first, end - 1) if end > first + 1 else 0.0
            cost = _cost(page, first, end)
            if cost >= UNBREAKABLE and end > first + 1:
                break
            choices.append((cost + inner + best[end][0], end))
        best[first] = min(choices)
    parts, first = [], 0
    while first < count:
        parts.append((first, best[first][1]))
        first = best[first][1]
    return parts


def _cost(page: _Page, first: int, end: int) -> float:
    """What is wrong with these words as one caption."""
    words, rules = page.words, page.rules
    _, line_cost = rules.line_cut(first, end)
    begin = words[first].start_seconds
    if line_cost >= UNBREAKABLE or words[end - 1].end_seconds - begin > LONGEST_SECONDS:
        return UNBREAKABLE
    shown = max(page.shown_until(first, end) - begin, 0.01)
    hurry = max(0.0, rules.width(first, end) / shown - MOST_COLUMNS_PER_SECOND)
    cost = EACH + line_cost / 2 + hurry * BREATHLESS + max(0.0, SHORTEST_SECONDS - shown) * TOO_SHORT
    cost += SPARSE * max(0.0, 1 - rules.width(first, end) / SHORT_SENTENCE_COLUMNS)
    if end == len(words) or words[end].start_seconds - words[end - 1].end_seconds > PAUSE_SECONDS:
        return cost
    return cost + 1.5 * rules.cost_after(end)


def _inner_cost(page: _Page, first: int, at: int) -> float:
    """What it costs not to end before the word of this number."""
    before, after = page.words[at - 1], page.words[at]
    if after.start_seconds - before.end_seconds > PAUSE_SECONDS:
        return PAUSED
    runs_on = is_sentence_end(before.text) and page.rules.width(first, at) > SHORT_SENTENCE_COLUMNS
    return RUN_ON if runs_on else 0.0


def _moved(word: Word, by_seconds: float, latest_seconds: float) -> Word:
    start = min(by_seconds + word.start_seconds, latest_seconds)
    return Word(word.text.strip(), start, min(max(start, by_seconds + word.end_seconds), latest_seconds))


def _span(caption: Caption, point: str) -> str:
    return f"{_clock(caption.start_seconds, point)} --> {_clock(caption.end_seconds, point)}"


def _clock(seconds: float, point: str) -> str:
    whole, milliseconds = divmod(round(seconds * 1000), 1000)
    minutes, left = divmod(whole, 60)
    return f"{minutes // 60:02}:{minutes % 60:02}:{left:02}{point}{milliseconds:03}"


def _plain(text: str) -> str:
    """An empty line would end the caption, and an arrow would look like times."""
    lines = (line.strip() for line in text.replace("-->", "→").splitlines())
    return "\n".join(line for line in lines if line)


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


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
        yield _line(caption.start_seconds, caption.end_seconds, _ass_text(caption.text))
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
        spoken = _ass_text(word.text)
        shown.append(_ass_text(caption.text[at:begin]))
        shown.append(f"{{\\1c{YELLOW}&}}{spoken}{{\\1c{WHITE}&}}" if number == chosen else spoken)
        at = at_end
    return "".join([*shown, _ass_text(caption.text[at:])])


def _line(begin: float, end: float, text: str) -> str:
    return f"Dialogue: 0,{_ass_time(begin)},{_ass_time(end)},Caption,,0,0,0,,{text}"


def _ass_time(seconds: float) -> str:
    whole, hundredths = divmod(round(seconds * 100), 100)
    minutes, left = divmod(whole, 60)
    return f"{minutes // 60}:{minutes % 60:02}:{left:02}.{hundredths:02}"


def _ass_text(text: str) -> str:
    """Braces would begin a command and a backslash might too: both are shown as letters that look like them."""
    plain = text.replace("\\", "\u29f5").replace("{", "\u2774").replace("}", "\u2775")
    return plain.replace("\n", "\\N")
