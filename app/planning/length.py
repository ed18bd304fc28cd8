"""Pure: how long a film must be so that its story is told in its own words."""

import math
from typing import Final

from app.core.sentences import sentences_of
from app.projects.options import Language
from app.providers.pace import LETTERS_PER_SECOND, letters_of

__all__ = ["fitting_length"]

# The narrator speaks this much of a film; the rest is pauses, and room to part the story where it may be parted.
SHARE_SPOKEN: Final = 0.8
PAUSE_SECONDS: Final = 0.3
SEGMENT_SECONDS: Final = 6


def fitting_length(
    story: str, language: Language, *, speed: float = 1.0, segment_seconds: int = SEGMENT_SECONDS
) -> int:
    """The seconds, in whole segments, in which a calm narrator tells the story; the shortest film has one segment."""
    sentences = sentences_of(story, language.value)
    letters = sum(map(letters_of, sentences))
    seconds = letters / (LETTERS_PER_SECOND[language.value] * speed) + PAUSE_SECONDS * len(sentences)
    return max(1, math.ceil(seconds / (SHARE_SPOKEN * segment_seconds))) * segment_seconds
