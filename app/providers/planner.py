"""Port for plans: a brief in, a story in segments out."""

from dataclasses import dataclass
from typing import Protocol

from app.providers.values import AttemptKey


@dataclass(frozen=True)
class PlannedSegment:
    """What one segment shows and says; camera commands are words that the caller still checks."""

    video_prompt: str
    narration_text: str
    end_frame_prompt: str
    camera_commands: tuple[str, ...] = ()


@dataclass(frozen=True)
class StoryPlan:
    """A whole story; counts, lengths and language are the caller's to check."""

    title: str
    segments: tuple[PlannedSegment, ...]
    continuity_notes: str = ""


@dataclass(frozen=True)
class PlanRepair:
    """An earlier answer and what is wrong with it."""

    rejected: StoryPlan
    complaint: str


@dataclass(frozen=True)
class PlanBrief:
    """What to plan. `instructions` tell a language model how; planners by rules read the fields.

    `letters_per_second` is the pace of the narrator who will speak, where it is known.
    """

    story: str
    segment_count: int
    segment_seconds: int
    language: str
    instructions: str
    style: str = ""
    repair: PlanRepair | None = None
    letters_per_second: float | None = None


@dataclass(frozen=True)
class PlannerCapabilities:
    """What one planner takes."""

    model: str
    story_limit_characters: int
    most_segments: int
    languages: frozenset[str] | None
    deadline_seconds: float
    notes: tuple[str, ...] = ()


class PlannerProvider(Protocol):
    """Writes plans. Every method raises ProviderError and nothing else; the model gets no tools."""

    name: str
    account: str

    def capabilities(self) -> PlannerCapabilities:
        """What this planner takes; no languages means any."""

    async def plan(self, brief: PlanBrief, *, key: AttemptKey) -> StoryPlan:
        """One turn. An unknown outcome may be repeated once as a new attempt; a refusal is ContentBlocked."""

    async def close(self) -> None:
        """Closes the adapter's connections."""
