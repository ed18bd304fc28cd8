"""Pure: how long a text is spoken, by the pace of measured voices; which text cannot fit, whoever speaks it."""

import math
from collections.abc import Mapping
from typing import Final

from app.narration.fit import FASTEST
from app.narration.timing import PAUSES, syllables
from app.projects.options import Language

__all__ = ["PACE", "expected_seconds", "words_too_many"]

# Syllables a second of the offline narrators, measured on 2026-11-21 over running text of 15 words and more.
PACE: Final[Mapping[Language, float]] = {
    Language.PL: 4.7,
    Language.EN: 4.8,
    Language.DE: 4.7,
    Language.FR: 6.2,
    Language.ES: 5.6,
    Language.IT: 5.7,
    Language.PT: 5.6,
}
# A quick voice says in the same time half as much again as a calm one; nobody is refused who might be in time.
QUICKEST = 1.5
# Weighed against a syllable: what the pause after a sign takes of a calm voice's time.
PAUSE_WEIGHT = 0.7


def expected_seconds(text: str, language: Language, speed: float = 1.0) -> float:
    """How long a calm narrator needs."""
    words = text.split()
    pauses = sum(PAUSES.get(word[-1], 0.0) for word in words[:-1])
    return (sum(map(syllables, words)) + PAUSE_WEIGHT * pauses) / (PACE[language] * speed)


def words_too_many(text: str, language: Language, speed: float, longest_seconds: float) -> int:
    """How many words must go before anybody can speak the text in this time; 0 when somebody might."""
    expected = expected_seconds(text, language, speed)
    if expected <= longest_seconds * FASTEST * QUICKEST:
        return 0
    count = len(text.split())
    return max(count - math.floor(count * longest_seconds / expected), 1)
