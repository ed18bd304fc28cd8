"""Which languages the planner writes, and which one a story is written in."""

from collections.abc import Sequence
from typing import Final

from app.providers.local.plot.phrases import Phrases, phrases_of
from app.providers.local.plot.wording import fold, folded_words

__all__ = ["LANGUAGES", "language_of"]

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
