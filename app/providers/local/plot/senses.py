"""What a text shows: time of day, weather, place, mood and subjects, found by the words of its language."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Final

from app.providers.local.plot.phrases import Phrases, Sights
from app.providers.local.plot.wording import fold, folded_words

__all__ = ["Look", "look_of"]


PART: Final = re.compile(r"['\u2019-]")


@dataclass(frozen=True)
class Look:
    """Keys of what was found; an empty word means that the text does not say."""

    time: str = ""
    weather: str = ""
    place: str = ""
    mood: str = ""
    subjects: tuple[str, ...] = ()

    def after(self, before: "Look") -> "Look":
        """The look itself where its text says so, else the one before; another time of day brings other weather."""
        weather = self.weather or ("" if self.time and self.time != before.time else before.weather)
        return replace(
            self, time=self.time or before.time, weather=weather, place=self.place or before.place, mood=self.mood
        )


@dataclass(frozen=True)
class _Finder:
    whole: Mapping[str, str]
    beginnings: Mapping[str, str]
    longest: int

    def find(self, word: str) -> str:
        """The key that a word calls for, or nothing."""
        if word in self.whole:
            return self.whole[word]
        sizes = range(min(len(word), self.longest), 1, -1)
        return next((self.beginnings[word[:size]] for size in sizes if word[:size] in self.beginnings), "")


def look_of(text: str, phrases: Phrases) -> Look:
    """What a text shows; the word that comes first decides, and the latest time of day."""
    words = [part for word in folded_words(text) for part in dict.fromkeys((word, *PART.split(word)))]
    found = {kind: _found(words, getattr(phrases, kind)) for kind in _KINDS}
    return Look(
        time=found["times"][-1] if found["times"] else "",
        weather=found["weathers"][0] if found["weathers"] else "",
        place=found["places"][0] if found["places"] else "",
        mood=found["moods"][0] if found["moods"] else "",
        subjects=found["subjects"],
    )


_KINDS = ("times", "weathers", "places", "moods", "subjects")


def _found(words: list[str], sights: Sights) -> tuple[str, ...]:
    finder = _finder(tuple((key, called) for key, (_, called) in sights.items()))
    return tuple(dict.fromkeys(key for word in words if (key := finder.find(word))))


@cache
def _finder(rows: tuple[tuple[str, str], ...]) -> _Finder:
    pairs = [(word, key) for key, called in rows for word in fold(called).split()]
    beginnings = {word[:-1]: key for word, key in reversed(pairs) if word.endswith("*")}
    whole = {word: key for word, key in reversed(pairs) if not word.endswith("*")}
    return _Finder(whole, beginnings, max(map(len, beginnings), default=0))
