"""Pure: when each word is spoken, as the vendor says or estimated by the weight of its syllables."""

import re
from collections.abc import Sequence

from app.projects.values import WordTime

__all__ = ["PAUSES", "estimated", "hastened", "syllables"]

VOWELS = re.compile(r"[aeiouyàâäáãåæéèêëíìîïóòôöõøœúùûüýÿąęœ]+", re.IGNORECASE)
# A pause after a sign is spoken time too: a stop weighs as much as two syllables.
PAUSES = {",": 1.0, ";": 1.0, ":": 1.0, ".": 2.0, "!": 2.0, "?": 2.0, "…": 2.0}
ONSET = 0.4


def syllables(word: str) -> int:
    """How many a word has about; at least one."""
    return max(len(VOWELS.findall(word)), 1)


def estimated(text: str, duration_seconds: float) -> tuple[WordTime, ...]:
    """Times for a vendor that gives none: words share the length by their syllables, pauses by their signs."""
    words = text.split()
    weights = [(ONSET + syllables(word), PAUSES.get(word[-1], 0.0)) for word in words]
    # After the last word there is no pause: it ends with the sound.
    total = sum(spoken + pause for spoken, pause in weights) - (weights[-1][1] if weights else 0.0)
    times, begin = [], 0.0
    for word, (spoken, pause) in zip(words, weights, strict=True):
        scale = duration_seconds / total
        times.append(WordTime(word, round(begin * scale, 3), round((begin + spoken) * scale, 3)))
        begin += spoken + pause
    return tuple(times)


def hastened(words: Sequence[WordTime], tempo: float) -> tuple[WordTime, ...]:
    """The same words after the sound was sped up."""
    return tuple(
        WordTime(timed.word, round(timed.start_seconds / tempo, 3), round(timed.end_seconds / tempo, 3))
        for timed in words
    )
