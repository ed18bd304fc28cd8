"""What is written beside a finished sound: what it was made from, how far each bus was lifted, how loud it came out."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Self

from app.media.errors import UnreadableMedia
from app.media.loudness import Loudness, Setting
from app.media.timeline import Timeline
from app.media.transitions import sound_halves

__all__ = ["Levels", "SoundFacts", "SoundInputs", "inputs_of"]

# Another number makes all sound anew: it belongs to how sound is made.
RECIPE = 4


@dataclass(frozen=True)
class SoundInputs:
    """Everything that decides how a film sounds: `segments` one by one, `rest` for all of them."""

    bounds: tuple[int, ...]
    segments: tuple[str, ...]
    rest: str

    @property
    def digest(self) -> str:
        """One name for all of it."""
        return _digest(json.dumps([self.bounds, self.segments, self.rest]))

    def changed(self, earlier: "SoundInputs") -> list[int] | None:
        """The segments that sound different now; None when more than single segments changed."""
        if (self.bounds, self.rest) != (earlier.bounds, earlier.rest):
            return None
        pairs = zip(self.segments, earlier.segments, strict=True)
        return [number for number, (now, before) in enumerate(pairs) if now != before]


@dataclass(frozen=True)
class Levels:
    """How far each bus is lifted before they meet, and what is done with their sum."""

    speech_gain_db: float
    under_gains_db: tuple[float, ...]
    is_ducked: bool
    setting: Setting


@dataclass(frozen=True)
class SoundFacts:
    """What is known of a finished sound."""

    inputs: SoundInputs
    levels: Levels
    loudness: Loudness

    def text(self) -> str:
        """The facts as they are written down."""
        return json.dumps(asdict(self))

    @classmethod
    def read(cls, path: Path) -> Self:
        """The facts as they were written down."""
        try:
            told = json.loads(path.read_text())
            inputs, levels = told["inputs"], told["levels"]
            return cls(
                SoundInputs(tuple(inputs["bounds"]), tuple(inputs["segments"]), inputs["rest"]),
                Levels(
                    levels["speech_gain_db"],
                    tuple(levels["under_gains_db"]),
                    levels["is_ducked"],
                    Setting(**levels["setting"]),
                ),
                Loudness(**told["loudness"]),
            )
        except (OSError, ValueError, TypeError, KeyError) as fault:
            raise UnreadableMedia from fault


def inputs_of(timeline: Timeline, bounds: Sequence[int]) -> SoundInputs:
    """What a film's sound is made from; blocking, for a thread."""
    narrations = [_content(segment.narration.path) if segment.narration else "" for segment in timeline.segments]
    clips = [_content(segment.clip) if timeline.keeps_clip_sound else "" for segment in timeline.segments]
    music = _content(timeline.music) if isinstance(timeline.music, Path) else timeline.music
    halves = sound_halves(timeline.transition, timeline.transition_seconds, bounds) if timeline.keeps_clip_sound else ()
    rest = json.dumps([RECIPE, music, timeline.music_gain_db, timeline.clip_sound_gain_db, *halves])
    segments = tuple(_digest(f"{said} {shown}") for said, shown in zip(narrations, clips, strict=True))
    return SoundInputs(tuple(bounds), segments, rest)


def _content(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
