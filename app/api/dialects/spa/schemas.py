"""What client A sends, read forgivingly, and what it reads, with the statuses that its page knows."""

from collections.abc import Mapping
from typing import Annotated, Any, Self

from pydantic import Field, model_validator

from app.accounts.domain import SignedIn, UserView
from app.accounts.schemas import BEARER, RegisterBody, Username
from app.api.dialects.rules import CamelReply, FaceBody
from app.core.schema import Utc
from app.jobs.domain import JobView, Phase
from app.narration.domain import VoiceView
from app.narration.schemas import AssignBody, VoiceSave
from app.planning.schemas import PlanBody
from app.production.steps import narration_is_due
from app.projects.domain import ProjectStatus, ProjectView, SegmentStatus, SegmentSummary, SegmentView
from app.projects.layout import resting_status
from app.projects.schemas import ProjectCreate, ProjectEdit, SegmentEdit

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


Links = Mapping[str, str]
Speaking = frozenset[str]

# The page has its upload panel, its plan button or its cards only in these.
UNPLANNED = frozenset({ProjectStatus.CREATED, ProjectStatus.MEDIA_UPLOADED, ProjectStatus.PLAN_READY})
TASK_STATUSES = {Phase.QUEUED: "pending", Phase.SUCCEEDED: "completed"}

TASK_STATUSES |= dict.fromkeys((Phase.FAILED, Phase.CANCELLED), "failed")


class Token(CamelReply):
    """What the login gives."""

    access_token: str
    token_type: str
    expires_in: int

    @classmethod
    def of(cls, signed_in: SignedIn) -> Self:
        """The token of a session."""
        return cls(access_token=signed_in.access_token, token_type=BEARER, expires_in=signed_in.expires_in_seconds)


class Me(CamelReply):
    """Who is signed in."""

    id: str
    email: str | None
    username: str | None
    name: str | None
    is_active: bool
    created_at: Utc

    @classmethod
    def of(cls, user: UserView) -> Self:
        """One account."""
        return cls.model_validate(user)


class SpaSegmentBrief(CamelReply):
    """A segment as its film lists it."""

    id: str
    index: int
    status: SegmentStatus
    approved: bool

    @classmethod
    def of(cls, segment: SegmentSummary, speaking: Speaking) -> Self:
        """One segment; a clip whose narration is still being spoken is not shown as done."""
        awaited = segment.narration_asset_id is None and segment.id in speaking
        status = _segment_status(segment.status, awaited=awaited)
        return cls(id=segment.id, index=segment.index, status=status, approved=segment.approved)


class FilmShown(CamelReply):
    """One project."""

    id: str
    user_id: str
    name: str
    story_prompt: str
    target_duration_sec: int
    segment_duration_sec: int
    segment_count: int
    voice_id: str | None
    first_frame_url: str | None
    audio_sample_url: str | None
    final_video_url: str | None
    status: str
    error_message: str | None
    segments: list[SpaSegmentBrief]
    created_at: Utc
    updated_at: Utc

    @classmethod
    def of(cls, project: ProjectView, links: Links, speaking: Speaking = frozenset()) -> Self:
        """The project with links to its media; `links` maps asset ids."""
        settings = project.settings
        return cls(
            id=project.id,
            user_id=project.owner_id,
            name=settings.name,
            story_prompt=settings.story_prompt,
            target_duration_sec=settings.target_duration_sec,
            segment_duration_sec=settings.segment_len_sec,
            segment_count=len(project.segments),
            voice_id=project.voice_id,
            first_frame_url=links.get(project.first_frame_asset_id or ""),
            audio_sample_url=links.get(project.audio_sample_asset_id or ""),
            final_video_url=links.get(project.film.asset_id if project.film else ""),
            status=_project_status(project),
            error_message=project.failure.message if project.failure else None,
            segments=[SpaSegmentBrief.of(segment, speaking) for segment in project.segments],
            created_at=project.created_at,
            updated_at=project.updated_at,
        )


class FilmList(CamelReply):
    """One page of projects."""

    projects: list[FilmShown]
    total: int


class SegmentShown(CamelReply):
    """One segment; its length stands there under both names that the page reads."""

    id: str
    project_id: str
    index: int
    video_prompt: str
    narration_text: str
    end_frame_prompt: str
    first_frame_url: str | None
    last_frame_url: str | None
    video_url: str | None
    audio_url: str | None
    duration_sec: int
    video_duration_sec: int
    video_task_id: str | None
    status: SegmentStatus
    approved: bool
    error_message: str | None
    created_at: Utc
    updated_at: Utc

    @classmethod
    def of(cls, segment: SegmentView, links: Links, speaking: Speaking) -> Self:
        """The segment with links to its media."""
        awaited = narration_is_due(segment) and segment.id in speaking
        return cls(
            id=segment.id,
            project_id=segment.project_id,
            index=segment.index,
            video_prompt=segment.video_prompt,
            narration_text=segment.narration_text,
            end_frame_prompt=segment.end_frame_prompt,
            first_frame_url=links.get(segment.first_frame.asset_id or ""),
            last_frame_url=links.get(segment.last_frame.asset_id or ""),
            video_url=links.get(segment.clip_asset_id or ""),
            audio_url=links.get(segment.narration_asset_id or ""),
            duration_sec=segment.duration_sec,
            video_duration_sec=segment.duration_sec,
            video_task_id=segment.job_id,
            status=_segment_status(segment.status, awaited=awaited),
            approved=segment.approved,
            error_message=segment.failure.message if segment.failure else None,
            created_at=segment.created_at,
            updated_at=segment.updated_at,
        )


class Task(CamelReply):
    """A generation, at its start and on its way."""

    task_id: str
    status: str
    progress: int
    file_id: str | None
    error_message: str | None

    @classmethod
    def of(cls, job: JobView) -> Self:
        """The job in the page's words; a cancelled one has failed."""
        made = (job.result or {}).get("asset_id")
        cancelled = "The work was cancelled." if job.phase is Phase.CANCELLED else None
        return cls(
            task_id=job.id,
            status=TASK_STATUSES.get(job.phase, "processing"),
            progress=job.progress,
            file_id=made if isinstance(made, str) else None,
            error_message=job.failure.message if job.failure else cancelled,
        )


class Uploaded(CamelReply):
    """Where an uploaded file can be seen."""

    url: str
    filename: str


class FrameUploaded(Uploaded):
    """Where an uploaded key frame can be seen, and which one it is."""

    frame_type: str


class VoiceShown(CamelReply):
    """One saved voice."""

    id: str
    voice_id: str
    name: str
    description: str
    created_at: Utc

    @classmethod
    def of(cls, voice: VoiceView) -> Self:
        """The voice."""
        return cls.model_validate(voice)


class SavedVoices(CamelReply):
    """The saved voices."""

    voices: list[VoiceShown]
    total: int


class VoiceNamed(CamelReply):
    """A film's narrator."""

    voice_id: str
    project_id: str


def _project_status(project: ProjectView) -> str:
    match project.status:
        case ProjectStatus.PLAN_GENERATING:
            shown = "planning"
        case ProjectStatus.VOICE_CLONING:
            shown = resting_status(project).value
        case ProjectStatus.FINALIZING:
            shown = ProjectStatus.GENERATING.value
        case ProjectStatus.FAILED if resting_status(project) in UNPLANNED:
            shown = resting_status(project).value
        case _:
            shown = project.status.value
    return shown


def _segment_status(status: SegmentStatus, *, awaited: bool) -> SegmentStatus:
    """A failed segment has no button on the page, so it is offered as approved, beside its error."""
    match status:
        case SegmentStatus.FAILED:
            return SegmentStatus.APPROVED
        case SegmentStatus.GENERATED if awaited:
            return SegmentStatus.GENERATING
        case _:
            return status
