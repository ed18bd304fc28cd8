"""Which built-in music fits a story: by the words that it uses, in its own language."""

import re
import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Final

from app.media.timeline import Mood

__all__ = ["mood_for"]

WORDS_FILE: Final = Path(__file__).with_name("music_words.toml")
WORD: Final = re.compile(r"[^\W\d_]+(?:[-\u2019'][^\W\d_]+)*")
# For lack of signs, and where several moods fit equally well, the calmest of them.
CALM: Final = Mood.SOFT


def mood_for(story: str, language: str) -> Mood:
    """The mood that most words of the story speak for; a calm one where none does."""
    beginnings = _beginnings().get(language, {})
    # A blank after each word lets a beginning ask for the whole word.
    words = [f"{word.casefold()} " for word in WORD.findall(story)]
    found = {mood: sum(word.startswith(signs) for word in words) for mood, signs in beginnings.items()}
    most = max(found.values(), default=0)
    best = [mood for mood, count in found.items() if count == most]
    return CALM if not most or CALM in best else best[0]


@cache
def _beginnings() -> Mapping[str, Mapping[Mood, tuple[str, ...]]]:
    """By language."""
    told = tomllib.loads(WORDS_FILE.read_text(encoding="utf-8"))
    languages = {language for signs in told.values() for language in signs}
    return {
        language: {Mood(mood): tuple(sign.casefold() for sign in signs[language]) for mood, signs in told.items()}
        for language in languages
    }
