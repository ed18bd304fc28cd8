"""Phrases of each language; words and clauses of a text, titles, and shorter sentences."""

import re
import tomllib
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import islice
from pathlib import Path
from typing import Any, Final

from app.core.sentences import sentences_of
from app.providers.values import CameraCommand

FOLDER: Final = Path(__file__).with_name("phrases")
LISTS: Final = ("opening_shots", "further_shots", "endings")


@dataclass(frozen=True)
class Phrases:
    """One language.

    Times, weathers, places and moods are whole clauses for the values of a scene; they begin in lower case and carry
    no full stop. All other phrases are made of words that name nothing that a painter could draw.
    """

    language: str
    words_per_second: float
    small_words: str
    clause_openers: str
    joiners: str
    last_joint: str
    pronouns: str
    times: Mapping[str, str]
    weathers: Mapping[str, str]
    places: Mapping[str, str]
    moods: Mapping[str, str]
    opening_shots: tuple[str, ...]
    further_shots: tuple[str, ...]
    cameras: Mapping[CameraCommand, str]
    flow: str
    start: str
    kept_in_view: str
    style: str
    still: str
    last_still: str
    endings: tuple[str, ...]
    untitled: str
    notes: str
    foreign_said: str
    scene: str
    foreign_note: str
    left_out: str
    drops_pronouns: bool = False


@cache
def phrases_of(language: str) -> Phrases:
    """The phrases of one language, read when they are first wanted."""
    told: dict[str, Any] = tomllib.loads((FOLDER / f"{language}.toml").read_text(encoding="utf-8"))
    for kind in LISTS:
        told[kind] = tuple(told[kind])
    told["cameras"] = {CameraCommand[name.upper()]: clause for name, clause in told["cameras"].items()}
    return Phrases(language=language, **told)


WORD: Final = re.compile(r"[^\W_]+(?:['\u2019-][^\W_]+)*")
JOINT: Final = re.compile(r"(?<=[,;:])\s+|(?<!\s)\s++(?=[\u2013\u2014-]\s)")
LETTERS_PER_WORD: Final = 14
# A cut where a phrase ends is better than a later one, unless it loses more than this leaves.
WORTH_KEEPING: Final = 0.6


@dataclass(frozen=True)
class TextRoom:
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


def cut(sentence: str, room: TextRoom, phrases: Phrases) -> str | None:
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


LANGUAGES: Final = ("pl", "en", "fr", "es", "de", "it", "pt")
# Fewer signs than these prove nothing about a language.
FEWEST_SIGNS: Final = 2


def language_of(story: str, expected: str) -> str:
    """The language a story is written in; the expected one when in doubt."""
    words = folded_words(story)
    signs = {language: _signs(words, phrases_of(language)) for language in LANGUAGES}
    likely = max(signs, key=lambda language: (signs[language], language == expected))
    is_sure = signs[likely] >= FEWEST_SIGNS and signs[likely] > 2 * signs[expected]
    return likely if is_sure else expected


def _signs(words: Sequence[str], phrases: Phrases) -> int:
    known = frozenset(fold(f"{phrases.small_words} {phrases.clause_openers}").split())
    return sum(word in known for word in words)


TITLE_ROOM: Final = TextRoom(10)
CUT_ROOM: Final = TextRoom(7)
SPOKEN: Final = re.compile(
    '["\u201c\u201e\u00ab\u00bb]([^"\u201c\u201d\u201e\u00ab\u00bb]+)["\u201c\u201d\u00ab\u00bb]'
)
MARKS: Final = ' .,;:!?\u00a1\u00bf\u2026-\u2013\u2014"\u201e\u201d\u201c\u00ab\u00bb'


def title_of(story: str, phrases: Phrases, untitled: str) -> str:
    """The first clause when it is short enough, else its beginning; a story without words has the usual title."""
    sentences = sentences_of(story, phrases.language)
    if not sentences:
        return untitled
    spoken = SPOKEN.match(sentences[0])
    opening = spoken.group(1) if spoken else sentences[0]
    openers = frozenset(fold(phrases.clause_openers).split())
    clauses = [each for each in clauses_of(opening) if "?" in each or fold(words_of(each)[0]) not in openers]
    first = clauses[0] if clauses else opening
    worded = (
        first.strip(MARKS)
        if TITLE_ROOM.holds(first)
        else (cut(first, CUT_ROOM, phrases) or "").lstrip(MARKS).rstrip(".")
    )
    return f"{worded[:1].upper()}{worded[1:]}" or untitled
