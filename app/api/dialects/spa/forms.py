"""What client A sends, read forgivingly and handed on as the bodies of the native API."""

from typing import Annotated, Any

from pydantic import Field, model_validator

from app.accounts.schemas import RegisterBody, Username
from app.api.dialects.rules import FaceBody
from app.narration.schemas import AssignBody, VoiceSave
from app.planning.schemas import PlanBody
from app.projects.schemas import ProjectCreate, ProjectEdit, SegmentEdit

__all__ = ["FilmChange", "FilmForm", "Narrator", "PlanForm", "RegisterForm", "SegmentForm", "VoiceForm"]

# The page's own names for what the native bodies call otherwise.
RENAMED = {
    "segmentDurationSec": "segment_len_sec",
    "segment_duration_sec": "segment_len_sec",
    "durationSec": "video_duration_sec",
    "duration_sec": "video_duration_sec",
}


class AliasedBody(FaceBody):
    """A body in which some fields go by the page's names."""

    @model_validator(mode="before")
    @classmethod
    def rename(cls, sent: Any) -> Any:
        """Gives fields their native names."""
        return {RENAMED.get(name, name): value for name, value in sent.items()} if isinstance(sent, dict) else sent


class RegisterForm(RegisterBody, FaceBody):
    """A new account with a username."""

    username: Username


class FilmForm(ProjectCreate, AliasedBody):
    """A new film."""


class FilmChange(ProjectEdit, AliasedBody):
    """Any of a film's settings."""


class SegmentForm(SegmentEdit, AliasedBody):
    """Any of a segment's words."""


class PlanForm(PlanBody, FaceBody):
    """A film to plan."""


class VoiceForm(VoiceSave, FaceBody):
    """A voice on the engine's list to be saved."""


class Narrator(AssignBody, FaceBody):
    """Which voice narrates which film."""

    project_id: Annotated[str, Field(max_length=64)]
