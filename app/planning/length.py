"""Pure: how long a film must be so that its story is told in its own words."""

import math
from collections.abc import Iterable
from typing import Final

from app.core.sentences import sentences_of
from app.projects.options import Language
from app.providers.pace import LETTERS_PER_SECOND, letters_of

__all__ = ["fitting_length"]

# The narrator speaks this much of a film; the rest is pauses, and room to part the story where it may be parted.
SHARE_SPOKEN: Final = 0.8
# A sentence is parted where it takes more than this of a segment.
SHARE_OF_A_SENTENCE: Final = 0.92
PAUSE_SECONDS: Final = 0.3
SEGMENT_SECONDS: Final = 6


def fitting_length(
    story: str, language: Language, *, speed: float = 1.0, segment_seconds: int = SEGMENT_SECONDS
) -> int:
    """The seconds, in whole segments, in which a calm narrator tells the story; the shortest film has one segment."""
    pace = LETTERS_PER_SECOND[language.value] * speed
    spoken = [letters_of(sentence) / pace + PAUSE_SECONDS for sentence in sentences_of(story, language.value)]
    calm = math.ceil(sum(spoken) / (SHARE_SPOKEN * segment_seconds))
    return max(1, calm, _segments_of(spoken, SHARE_OF_A_SENTENCE * segment_seconds)) * segment_seconds


def _segments_of(spoken: Iterable[float], room_seconds: float) -> int:
    """How many segments there are when each sentence that fits one is told in one, and longer ones span several."""
    segments, free = 0, 0.0
    for seconds in spoken:
        rest = seconds - free if seconds > room_seconds or seconds <= free else seconds
        more = max(0, math.ceil(rest / room_seconds))
        segments, free = segments + more, more * room_seconds - rest
    return segments
