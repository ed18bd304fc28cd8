"""Reads from a text which scene it describes; pure."""

import re
import unicodedata
from collections.abc import Iterator
from enum import StrEnum
from fnmatch import translate
from functools import lru_cache
from typing import TypeVar

from app.providers.local.scenery.figure_words import FIGURE_WORDS
from app.providers.local.scenery.lexicon import FUNCTION_WORDS, LEXICON
from app.providers.local.scenery.scene import Figure, Hour, Look, Mood, Place, Scene, Weather

__all__ = ["scene_of"]

MOST_FIGURES = 3
SURE_FROM_WORDS = 2
CLOSENESS = {"near": 1.7, "far": 0.7}
# Accents are dropped for reading; the barred l has no accent that could be dropped.
UNACCENTED = str.maketrans({"ł": "l", "ß": "ss", "ø": "o"})
WORD = re.compile(r"[a-z]+")
Named = TypeVar("Named", bound=StrEnum)


def scene_of(prompt: str) -> Scene:
    """The scene that these words describe; what they do not say stays open."""
    words = _words(prompt)
    languages = _languages(words)
    place = _first(words, LEXICON["place"], languages)
    closeness = _first(words, LEXICON["closeness"], languages)
    return Scene(
        place=Place(place) if place else None,
        hour=_named(Hour, words, "hour", languages),
        weather=_named(Weather, words, "weather", languages),
        mood=_named(Mood, words, "mood", languages) or Mood.PLAIN,
        look=_named(Look, words, "look", tuple(FUNCTION_WORDS)) or Look.POSTER,
        figures=tuple(map(Figure, dict.fromkeys(_all(words, FIGURE_WORDS, languages))))[:MOST_FIGURES],
        closeness=CLOSENESS.get(closeness, 1.0),
    )


def _named(kind: type[Named], words: tuple[str, ...], table: str, languages: tuple[str, ...]) -> Named | None:
    found = _first(words, LEXICON[table], languages)
    return kind(found) if found else None


def _words(prompt: str) -> tuple[str, ...]:
    plain = unicodedata.normalize("NFKD", prompt.lower().translate(UNACCENTED))
    return tuple(WORD.findall("".join(letter for letter in plain if not unicodedata.combining(letter))))


def _languages(words: tuple[str, ...]) -> tuple[str, ...]:
    """The languages whose small words are here; every language when one such word or none speaks for it."""
    scores = {language: sum(word in small.split() for word in words) for language, small in FUNCTION_WORDS.items()}
    best = max(scores.values())
    sure = best >= SURE_FROM_WORDS
    return tuple(language for language, score in scores.items() if not sure or score * 2 >= best)


def _first(words: tuple[str, ...], table: dict[str, dict[str, str]], languages: tuple[str, ...]) -> str:
    return next(_all(words, table, languages), "")


def _all(words: tuple[str, ...], table: dict[str, dict[str, str]], languages: tuple[str, ...]) -> Iterator[str]:
    patterns = [
        (term, _pattern(known[language]))
        for term, known in table.items()
        for language in languages
        if language in known
    ]
    for word in words:
        yield from (term for term, pattern in patterns if pattern.fullmatch(word))


@lru_cache(maxsize=512)
def _pattern(words: str) -> re.Pattern[str]:
    return re.compile("|".join(translate(word) for word in words.split()))
