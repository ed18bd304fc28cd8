"""Frozen values of planning: what a plan must fill and what a start brought about."""

from dataclasses import dataclass

from app.projects.options import Language

__all__ = ["Scene", "Scope"]


@dataclass(frozen=True)
class Scene:
    """One segment to be filled, or one whose approved words stay."""

    duration_seconds: int
    kept: bool = False
    video_prompt: str = ""
    narration_text: str = ""
    end_frame_prompt: str = ""


@dataclass(frozen=True)
class Scope:
    """What a plan must fill: the scenes in order, the language and how fast the narrator speaks."""

    language: Language
    scenes: tuple[Scene, ...]
    speed: float = 1.0
