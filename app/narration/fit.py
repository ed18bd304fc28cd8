"""Pure: spoken length against segment length: it fits, is hastened, needs a longer segment, or must be cut."""

import math
from dataclasses import dataclass

from app.narration.errors import NarrationEmpty
from app.projects.options import Resolution
from app.projects.values import SegmentView
from app.providers.speech import SpeechProvider, SpeechRequest

__all__ = ["FASTEST", "LONGER_SECONDS", "Fit", "fit", "longest", "may_stretch", "script_of"]

FASTEST = 1.15
LONGER_SECONDS = 10
# Lengths such as 6.9 are not exact in binary; this is far below a millisecond.
ROUNDING = 1e-6


@dataclass(frozen=True)
class Fit:
    """How a narration is brought into its segment; with words to cut it cannot be."""

    segment_seconds: int
    tempo: float = 1.0
    words_to_cut: int = 0

    @property
    def fits(self) -> bool:
        """Whether the narration can be used."""
        return self.words_to_cut == 0


def longest(segment_seconds: int, *, may_stretch: bool) -> int:
    """How long the segment can be made at most."""
    return max(segment_seconds, LONGER_SECONDS) if may_stretch else segment_seconds


def fit(spoken_seconds: float, segment_seconds: int, *, word_count: int, may_stretch: bool) -> Fit:
    """The mildest measure that brings a narration into its segment."""
    lengths = sorted({segment_seconds, longest(segment_seconds, may_stretch=may_stretch)})
    for length in lengths:
        tempo = _tempo(spoken_seconds, length)
        if tempo <= FASTEST:
            return Fit(length, tempo)
    room = lengths[-1] * FASTEST / spoken_seconds
    kept = min(math.floor(word_count * room + ROUNDING), word_count - 1)
    return Fit(segment_seconds, words_to_cut=word_count - max(kept, 0) or 1)


def _tempo(spoken_seconds: float, length: int) -> float:
    """The speed at which the narration fills this length at most, rounded up so that it never sticks out."""
    milliseconds = math.ceil(spoken_seconds * 1000 - ROUNDING)
    return max(1.0, -(-milliseconds // length) / 1000)


def script_of(segment: SegmentView, engine: SpeechProvider, voice: str | None) -> SpeechRequest:
    """What the engine is asked to say, with its usual voice unless one is named."""
    text = segment.narration_text.strip()
    if not text:
        raise NarrationEmpty(param="narration_text")
    can = engine.capabilities()
    return SpeechRequest(
        text=text,
        voice_id=voice or can.default_voice,
        language=segment.settings.language.value,
        model=can.model,
        speed=min(max(segment.settings.narration.speed, can.min_speed), can.max_speed),
        word_times=can.gives_word_times,
    )


def may_stretch(segment: SegmentView) -> bool:
    """Whether clips of this film are offered in the longer length."""
    return segment.settings.resolution is not Resolution.P1080
