"""What client D sends, read forgivingly."""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import Field, StringConstraints, model_validator
from typing_extensions import override

from app.accounts.schemas import RegisterBody
from app.api.dialects.rules import FaceBody
from app.jobs.domain import JobStatus
from app.production.scripted import ScriptedWish

__all__ = ["HubRegister", "JobForm", "MoveForm", "ProjectChange", "ProjectForm"]

UNTITLED = "Untitled film"
Title = Annotated[str, StringConstraints(max_length=255)]
Script = Annotated[str, StringConstraints(max_length=20_000), Field(examples=["A fox wakes.\nIt finds a lantern."])]


class HubRegister(RegisterBody, FaceBody):
    """A new account."""


class ProjectForm(FaceBody):
    """A new project; one without a script is refused in a sentence about the script."""

    title: Title = UNTITLED
    script: Script = ""


class ProjectChange(FaceBody):
    """Title, script or both; what is not named stays."""

    title: Title | None = None
    script: Script | None = None

    @model_validator(mode="before")
    @classmethod
    @override
    def leave_out_unset(cls, sent: Any) -> Any:
        """Drops what says nothing; white space alone is a script, though none that can be filmed."""
        if not isinstance(sent, Mapping):
            return sent
        script = {"script": sent["script"]} if sent.get("script") else {}
        return {name: value for name, value in sent.items() if value and str(value).strip()} | script


class ConfigForm(FaceBody):
    """How the film is made; the length is that of a scene, in seconds."""

    music_prompt: Annotated[str, StringConstraints(max_length=1000)] = ""
    video_duration: Annotated[int | float, Field(gt=0, le=600)] = 9
    audio_volume: Annotated[float, Field(ge=0, le=1)] = 0.5
    title: Title | None = None


class JobForm(FaceBody):
    """A film to make of a project."""

    project_id: Annotated[str, Field(max_length=64)]
    config: ConfigForm = ConfigForm()

    def wish(self) -> ScriptedWish:
        """As the service takes it."""
        config = self.config
        return ScriptedWish(
            scene_seconds=config.video_duration,
            music_prompt=config.music_prompt,
            music_volume=config.audio_volume,
            config=config.model_dump(),
        )


class MoveForm(FaceBody):
    """A step that a worker reports; how far the film is follows from its step."""

    status: JobStatus
    progress: Annotated[float, Field(ge=0, le=100)] | None = None
    error_message: Annotated[str, StringConstraints(max_length=2000)] | None = None
