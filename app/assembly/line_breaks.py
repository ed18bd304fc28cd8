"""Pure: where a line or a caption may end, by the sense of its words, and how well two lines lie under each other."""

import re
import tomllib
import unicodedata
from collections.abc import Mapping, Sequence
from functools import cache
from itertools import accumulate
from pathlib import Path
from typing import Final

__all__ = ["UNBREAKABLE", "BreakRules", "columns_of", "is_sentence_end", "joint_of"]

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
