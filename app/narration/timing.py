"""Pure: when each word is spoken, as the vendor says or estimated by the weight of its syllables."""

import re
from collections.abc import Sequence
from itertools import accumulate

from app.projects.values import WordTime

__all__ = ["estimated", "hastened"]

VOWELS = re.compile(r"[aeiouyàâäáãåæéèêëíìîïóòôöõøœúùûüýÿąęœ]+", re.IGNORECASE)
# A pause after a sign is spoken time too: a stop weighs as much as two syllables.
PAUSES = {",": 1.0, ";": 1.0, ":": 1.0, ".": 2.0, "!": 2.0, "?": 2.0, "…": 2.0}
ONSET = 0.4


def estimated(text: str, duration_seconds: float) -> tuple[WordTime, ...]:
    """Times for a vendor that gives none: words share the length by their syllables, pauses by their signs."""
    words = text.split()
    spoken = [_syllables(word) for word in words]
    pauses = [PAUSES.get(word[-1], 0.0) for word in words[:-1]] + [0.0] * bool(words)
    total = sum(spoken) + sum(pauses)
    ends = list(accumulate(weight + pause for weight, pause in zip(spoken, pauses, strict=True)))
    return tuple(
        WordTime(
            word,
            round((end - pause - weight) / total * duration_seconds, 3),
            round((end - pause) / total * duration_seconds, 3),
        )
        for word, weight, pause, end in zip(words, spoken, pauses, ends, strict=True)
    )


def hastened(words: Sequence[WordTime], tempo: float) -> tuple[WordTime, ...]:
    """The same words after the sound was sped up."""
    return tuple(
        WordTime(timed.word, round(timed.start_seconds / tempo, 3), round(timed.end_seconds / tempo, 3))
        for timed in words
    )


def _syllables(word: str) -> float:
    return ONSET + max(len(VOWELS.findall(word)), 1)
