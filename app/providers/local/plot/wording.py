"""Words and clauses of a text, and the shortening of sentences at their joints."""

import re
import unicodedata
from dataclasses import dataclass
from itertools import islice
from typing import Final

from app.providers.local.plot.phrases import Phrases

__all__ = [
    "Room",
    "clauses_of",
    "cut",
    "fold",
    "folded_words",
    "is_dependent",
    "words_of",
]

WORD: Final = re.compile(r"[^\W_]+(?:['\u2019-][^\W_]+)*")
JOINT: Final = re.compile(r"(?<=[,;:])\s+|(?<!\s)\s++(?=[\u2013\u2014-]\s)")
LETTERS_PER_WORD: Final = 14
# A cut where a phrase ends is better than a later one, unless it loses more than this leaves.
WORTH_KEEPING: Final = 0.6


@dataclass(frozen=True)
class Room:
    """How much can be said: words, and so many letters, or as many as these words may have at the very most."""

    words: int
    letters: int | None = None

    def holds(self, text: str) -> bool:
        """Whether a text can be said in this room."""
        letters = self.words * LETTERS_PER_WORD if self.letters is None else self.letters
        return len(words_of(text)) <= self.words and len(text) <= letters


def fold(text: str) -> str:
    """Small letters without their marks, so that a word is found however it is typed."""
    parts = unicodedata.normalize("NFKD", text.casefold())
    return "".join(sign for sign in parts if not unicodedata.combining(sign)).replace("\u0142", "l")


def words_of(text: str) -> list[str]:
    """The spoken words of a text."""
    return WORD.findall(text)


def folded_words(text: str) -> list[str]:
    """The spoken words of a text, folded."""
    return WORD.findall(fold(text))


def clauses_of(sentence: str) -> list[str]:
    """The pieces of a sentence between its commas, semicolons, colons and dashes, marks included."""
    return [piece for piece in JOINT.split(sentence) if words_of(piece)]


def cut(sentence: str, room: Room, phrases: Phrases) -> str | None:
    """The beginning of a sentence up to a word that can stand last; None when not even one word can be said."""
    small = frozenset(fold(f"{phrases.small_words} {phrases.clause_openers}").split())
    spans = list(islice(WORD.finditer(sentence), room.words + 1))
    ends = [
        (span.end(), following is not None and fold(following.group()) in small)
        for span, following in zip(spans[: room.words], [*spans[1:], None], strict=False)
        if fold(span.group()) not in small and room.holds(f"{sentence[: span.end()]}\u2026")
    ]
    if not ends:
        return None
    phrase_ends = [end for end, is_phrase_end in ends if is_phrase_end and end >= WORTH_KEEPING * ends[-1][0]]
    end, mark = (phrase_ends[-1], ".") if phrase_ends else (ends[-1][0], "\u2026")
    return f"{sentence[:1].upper()}{sentence[1:end]}{mark}"


def is_dependent(clause: str, phrases: Phrases) -> bool:
    """Whether a clause leans on one before or after it: `because the light was out`, `po których schodził`."""
    openers = frozenset(fold(phrases.clause_openers).split())
    return any(word in openers for word in folded_words(clause)[:2])
