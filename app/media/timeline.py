"""Pure: a film as a value: which clips in which order, what is heard, read and listed with them."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from itertools import accumulate
from pathlib import Path

SAMPLE_RATE = 48_000


class Transition(StrEnum):
    """How one segment follows another; none changes the length of a film."""

    CUT = "cut"
    FADE = "fade"
    DISSOLVE = "dissolve"
    SLIDE = "slide"


class Mood(StrEnum):
    """Music that needs no file."""

    SOFT = "soft"
    UPBEAT = "upbeat"
    CINEMATIC = "cinematic"
    CORPORATE = "corporate"
    AMBIENT = "ambient"
    PLAYFUL = "playful"
    MYSTERIOUS = "mysterious"
    MELANCHOLIC = "melancholic"


@dataclass(frozen=True)
class Word:
    """One spoken word; times count from the start of its narration."""

    text: str
    start_seconds: float
    end_seconds: float


@dataclass(frozen=True)
class PlacedNarration:
    """A recording that starts with the first frame of its segment."""

    path: Path
    words: tuple[Word, ...] = ()


@dataclass(frozen=True)
class Caption:
    """Text on the screen; times count from the start of the film."""

    start_seconds: float
    end_seconds: float
    text: str
    words: tuple[Word, ...] = ()


@dataclass(frozen=True)
class TimelineSegment:
    """One segment; its clip may still be on its way while the sound is prepared from the expected duration."""

    clip: Path
    duration: Fraction
    narration: PlacedNarration | None = None
    title: str = ""


@dataclass(frozen=True)
class Timeline:
    """A whole film before it is cut; `burned` is the ASS text that becomes part of the pictures.

    `shows_captions` has players show the captions unasked.

    `music_gain_db` and `clip_sound_gain_db` count from the usual places of music and clips under speech.
    """

    segments: tuple[TimelineSegment, ...]
    title: str = ""
    language: str = "en"
    music: Path | Mood | None = None
    music_gain_db: float = 0.0
    captions: tuple[Caption, ...] = ()
    shows_captions: bool = False
    keeps_clip_sound: bool = False
    clip_sound_gain_db: float = 0.0
    transition: Transition = Transition.CUT
    transition_seconds: Fraction = Fraction(1, 2)
    burned: str = ""

    @property
    def durations(self) -> tuple[Fraction, ...]:
        """The expected length of each segment in seconds."""
        return tuple(segment.duration for segment in self.segments)

    @property
    def starts(self) -> tuple[Fraction, ...]:
        """When each segment begins, in seconds."""
        return (Fraction(0), *accumulate(self.durations))[:-1]


def sample_bounds(durations: Sequence[Fraction]) -> tuple[int, ...]:
    """The first sample of each segment and the end of the last; rounded from the sums, so that nothing drifts."""
    return tuple(round(SAMPLE_RATE * moment) for moment in accumulate(durations, initial=Fraction(0)))
