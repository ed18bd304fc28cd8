"""What clients read about projects and segments, made from views, with links to media."""

from collections.abc import Iterable, Mapping
from typing import Any, Self

from app.core.database import Session
from app.core.schema import Reply, Utc
from app.library.domain import AssetView
from app.library.links import MediaLinks
from app.library.service import LibraryService
from app.projects.domain import Failure, ProjectPage, ProjectStatus, ProjectView, SegmentStatus, SegmentView
from app.projects.freshness import Part, film_is_stale, stale_parts
from app.projects.options import AspectRatio, Language, ProjectSettings, Resolution, TransitionKind, Visuals
from app.providers.values import CameraCommand, Role
from app.resources import Resources

MICRO = 1_000_000


class FailureReply(Reply):
    """Why something did not work."""

    code: str
    message: str

    @classmethod
    def of(cls, failure: Failure | None) -> Self | None:
        """The failure, if there is one."""
        return None if failure is None else cls(code=failure.code, message=failure.message)


class SegmentBrief(Reply):
    """What a project shows of each segment."""

    id: str
    index: int
    status: SegmentStatus
    approved: bool


class NarrationReply(Reply):
    """How the narrator speaks."""

    voice: str | None
    speed: float


class MusicReply(Reply):
    """What plays under the narration."""

    mood: str | None
    asset_id: str | None
    volume: float


class CaptionsReply(Reply):
    """How captions are delivered."""

    soft: bool
    burn: bool
    style: str | None


class TransitionsReply(Reply):
    """How segments follow each other."""

    kind: TransitionKind
    duration_ms: int


class ClipSoundReply(Reply):
    """Whether the clips' own sound is heard under the narration."""

    keep: bool
    volume: float


class SettingsReply(Reply):
    """Everything an owner has decided about a film."""

    name: str
    story_prompt: str
    target_duration_sec: int
    segment_len_sec: int
    language: Language
    style: str | None
    aspect_ratio: AspectRatio
    resolution: Resolution
    visuals: Visuals
    providers: dict[Role, str]
    narration: NarrationReply
    music: MusicReply | None
    captions: CaptionsReply
    transitions: TransitionsReply
    clip_sound: ClipSoundReply
    budget: float | None


class ProjectReply(SettingsReply):
    """One project as its owner sees it."""

    id: str
    user_id: str
    status: ProjectStatus
    title: str
    continuity_notes: str
    segment_count: int
    segments: list[SegmentBrief]
    voice_id: str | None
    first_frame_url: str | None
    audio_sample_url: str | None
    final_video_url: str | None
    stale: bool
    error: FailureReply | None
    version: int
    created_at: Utc
    updated_at: Utc

    @classmethod
    def of(cls, project: ProjectView, links: Mapping[str, str]) -> Self:
        """The project with links to its media; `links` maps asset ids."""
        film = project.film.asset_id if project.film else None
        return cls(
            **_settings(project.settings),
            id=project.id,
            user_id=project.owner_id,
            status=project.status,
            title=project.plan_title,
            continuity_notes=project.continuity_notes,
            segment_count=len(project.segments),
            segments=[SegmentBrief.model_validate(segment) for segment in project.segments],
            voice_id=project.voice_id,
            first_frame_url=links.get(project.first_frame_asset_id or ""),
            audio_sample_url=links.get(project.audio_sample_asset_id or ""),
            final_video_url=links.get(film or ""),
            stale=film_is_stale(project),
            error=FailureReply.of(project.failure),
            version=project.version,
            created_at=project.created_at,
            updated_at=project.updated_at,
        )


class ProjectList(Reply):
    """One page of projects; a search counts its total no further than 2000."""

    projects: list[ProjectReply]
    total: int


class SegmentReply(Reply):
    """One segment as its owner sees it."""

    id: str
    project_id: str
    index: int
    video_prompt: str
    narration_text: str
    end_frame_prompt: str
    camera_commands: list[CameraCommand]
    first_frame_url: str | None
    last_frame_url: str | None
    video_url: str | None
    audio_url: str | None
    video_duration_sec: int
    video_task_id: str | None
    status: SegmentStatus
    approved: bool
    stale: bool
    stale_parts: list[Part]
    needs_attention: bool
    reject_reason: str | None
    error: FailureReply | None
    version: int
    created_at: Utc
    updated_at: Utc

    @classmethod
    def of(cls, segment: SegmentView, links: Mapping[str, str]) -> Self:
        """The segment with links to its media and what of it is out of date."""
        stale = sorted(stale_parts(segment))
        return cls(
            id=segment.id,
            project_id=segment.project_id,
            index=segment.index,
            video_prompt=segment.video_prompt,
            narration_text=segment.narration_text,
            end_frame_prompt=segment.end_frame_prompt,
            camera_commands=list(segment.camera_commands),
            first_frame_url=links.get(segment.first_frame.asset_id or ""),
            last_frame_url=links.get(segment.last_frame.asset_id or ""),
            video_url=links.get(segment.clip_asset_id or ""),
            audio_url=links.get(segment.narration_asset_id or ""),
            video_duration_sec=segment.duration_sec,
            video_task_id=segment.job_id,
            status=segment.status,
            approved=segment.approved,
            stale=bool(stale),
            stale_parts=stale,
            needs_attention=segment.needs_attention,
            reject_reason=segment.reject_reason,
            error=FailureReply.of(segment.failure),
            version=segment.version,
            created_at=segment.created_at,
            updated_at=segment.updated_at,
        )


class UploadReply(Reply):
    """Where an uploaded file can be seen."""

    url: str
    filename: str
    asset_id: str


class FrameUploadReply(UploadReply):
    """Where an uploaded key frame can be seen, and which one it is."""

    frame_type: str


def project_media(projects: Iterable[ProjectView]) -> frozenset[str]:
    """The assets these projects link to."""
    return frozenset(
        asset_id
        for project in projects
        for asset_id in (
            project.first_frame_asset_id,
            project.audio_sample_asset_id,
            project.film and project.film.asset_id,
        )
        if asset_id
    )


def segment_media(segments: Iterable[SegmentView]) -> frozenset[str]:
    """The assets these segments link to."""
    return frozenset(
        asset_id
        for segment in segments
        for asset_id in (
            segment.first_frame.asset_id,
            segment.last_frame.asset_id,
            segment.clip_asset_id,
            segment.narration_asset_id,
        )
        if asset_id
    )


def _settings(settings: ProjectSettings) -> dict[str, Any]:
    micro = settings.budget_micro_usd
    return {
        **{name: getattr(settings, name) for name in SettingsReply.model_fields if name != "budget"},
        "budget": None if micro is None else micro / MICRO,
    }


class ProjectPresenter:
    """What clients read, with fresh links."""

    def __init__(self, library: LibraryService, links: MediaLinks) -> None:
        self._library = library
        self._links = links

    @classmethod
    def over(cls, session: Session, resources: Resources) -> Self:
        """With the links of the native API."""
        return cls(LibraryService.over(session, resources), MediaLinks.over(resources))

    async def project(self, project: ProjectView) -> ProjectReply:
        """One project."""
        return ProjectReply.of(project, await self._linked(project_media([project])))

    async def page(self, found: ProjectPage) -> ProjectList:
        """One page of projects."""
        links = await self._linked(project_media(found.page.items))
        return ProjectList(projects=[ProjectReply.of(each, links) for each in found.page.items], total=found.total)

    async def segment(self, segment: SegmentView) -> SegmentReply:
        """One segment."""
        return SegmentReply.of(segment, await self._linked(segment_media([segment])))

    async def segments(self, segments: Iterable[SegmentView]) -> list[SegmentReply]:
        """Segments in order."""
        shown = list(segments)
        links = await self._linked(segment_media(shown))
        return [SegmentReply.of(segment, links) for segment in shown]

    async def _linked(self, asset_ids: frozenset[str]) -> Mapping[str, str]:
        assets: Mapping[str, AssetView] = await self._library.views(asset_ids)
        return {asset_id: self._links.to(asset) for asset_id, asset in assets.items()}
