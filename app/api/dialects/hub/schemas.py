"""What client D sends, read forgivingly, and what it reads: accounts, projects and jobs in its words."""

from collections.abc import Mapping
from typing import Annotated, Any, Self

from pydantic import Field, JsonValue, StringConstraints, model_validator
from typing_extensions import override

from app.accounts.domain import SignedIn, UserView
from app.accounts.schemas import BEARER, RegisterBody
from app.api.dialects.rules import FaceBody
from app.core.schema import Reply, Utc
from app.jobs.domain import JobStatus, JobView
from app.library.links import MediaLinks
from app.production.domain import ScriptedJob, ScriptedWish
from app.projects.domain import ProjectView

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


class HubPerson(Reply):
    """One account."""

    id: str
    email: str | None
    full_name: str | None
    is_active: bool
    created_at: Utc

    @classmethod
    def of(cls, user: UserView) -> Self:
        """The account."""
        return cls(
            id=user.id, email=user.email, full_name=user.name, is_active=user.is_active, created_at=user.created_at
        )


class HubToken(Reply):
    """What the login gives."""

    access_token: str
    token_type: str
    expires_in: int

    @classmethod
    def of(cls, signed_in: SignedIn) -> Self:
        """The token of a session."""
        return cls(access_token=signed_in.access_token, token_type=BEARER, expires_in=signed_in.expires_in_seconds)


class HubProject(Reply):
    """A title and a script."""

    id: str
    user_id: str
    title: str
    script: str
    created_at: Utc
    updated_at: Utc

    @classmethod
    def of(cls, project: ProjectView) -> Self:
        """The project."""
        return cls(
            id=project.id,
            user_id=project.owner_id,
            title=project.settings.name,
            script=project.settings.story_prompt,
            created_at=project.created_at,
            updated_at=project.updated_at,
        )


class HubJob(Reply):
    """The making of one film."""

    id: str
    user_id: str
    project_id: str | None
    config: JsonValue
    status: JobStatus
    progress: int
    error_message: str | None
    output_video_url: str | None
    thumbnail_url: str | None
    created_at: Utc
    updated_at: Utc
    started_at: Utc | None
    completed_at: Utc | None

    @classmethod
    def of(cls, seen: ScriptedJob, links: MediaLinks) -> Self:
        """The job with links to its film and still."""
        job = seen.job
        return cls(
            id=job.id,
            user_id=job.owner_id,
            project_id=job.project_id,
            config=job.params.get("config"),
            status=_status(job),
            progress=seen.percent,
            error_message=job.failure.message if job.failure else None,
            output_video_url=links.to(seen.film) if seen.film else None,
            thumbnail_url=links.to(seen.poster) if seen.poster else None,
            created_at=job.created_at,
            updated_at=job.updated_at,
            started_at=job.started_at,
            completed_at=job.finished_at,
        )


def _status(job: JobView) -> JobStatus:
    """A job that is told to stop is shown as cancelled: its page looks again until it reads that."""
    return JobStatus.CANCELLED if job.cancel_requested and not job.is_final else job.status


class HubDownload(Reply):
    """A link to the film for so many seconds."""

    download_url: str
    expires_in: int


class HubSteps(Reply):
    """Where a job stands and where it may go."""

    current_status: JobStatus
    valid_transitions: list[JobStatus]
