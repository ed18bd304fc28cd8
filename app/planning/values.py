"""Frozen values of planning: what a plan must fill and what a start brought about."""

from dataclasses import dataclass

from app.projects.options import Language

__all__ = ["Scene", "Scope"]


@dataclass(frozen=True)
class Scene:
    """One segment to be filled, or one whose approved words stay."""

    duration_seconds: int
    segment_id: str = ""
    kept: bool = False
    video_prompt: str = ""
    narration_text: str = ""
    end_frame_prompt: str = ""


@dataclass(frozen=True)
class Scope:
    """What a plan must fill: the scenes in order, the language and how fast the narrator speaks.

    `letters_per_second` is the measured pace of the engine that will speak, where it is known. Segments may be silent
    where the story has too few words for all of them.
    """

    language: Language
    scenes: tuple[Scene, ...]
    speed: float = 1.0
    letters_per_second: float | None = None
    may_be_silent: bool = False
