"""Frozen views of the aggregate that other slices may hold."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from app.core.pagination import Page
from app.projects.options import ProjectSettings
from app.projects.states import PROMPT_APPROVED, ProjectStatus, SegmentStatus
from app.providers.values import CameraCommand


class FrameOrigin(StrEnum):
    """Where a key frame came from."""

    UPLOADED = "uploaded"
    GENERATED = "generated"
    EXTRACTED = "extracted"


class FilmVariant(StrEnum):
    """What is published beside a film, by the names of its download."""

    VIDEO = "video"
    CAPTIONS_SRT = "captions.srt"
    CAPTIONS_VTT = "captions.vtt"
    AUDIO = "audio"
    POSTER = "poster"
    REPORT = "report"
    REPORT_PAGE = "report.html"
    SPRITE = "sprite"
    WAVEFORM = "waveform"


class Sort(StrEnum):
    """Orders of the project list; a minus means the last first."""

    NEWEST = "-created_at"
    OLDEST = "created_at"
    CHANGED_LAST = "-updated_at"
    CHANGED_FIRST = "updated_at"
    NAME = "name"
    NAME_DOWN = "-name"


@dataclass(frozen=True)
class Failure:
    """Why something did not work, in the words the API shows."""

    code: str
    message: str


@dataclass(frozen=True)
class WordTime:
    """When one word of a narration is spoken, from the narration's start."""

    word: str
    start_seconds: float
    end_seconds: float


@dataclass(frozen=True, kw_only=True)
class FrameView:
    """One key frame; without an asset it is still to be made."""

    id: str
    position: int
    asset_id: str | None
    origin: FrameOrigin | None
    digest: str | None
    approved: bool


@dataclass(frozen=True, kw_only=True)
class Take:
    """The accepted clip of a segment and what it was made from."""

    asset_id: str
    take_id: str | None
    duration_seconds: float
    digest: str
    last_frame_asset_id: str | None


@dataclass(frozen=True, kw_only=True)
class Film:
    """The assembled result and what it was made from."""

    asset_id: str
    digest: str
    variants: Mapping[FilmVariant, str]


@dataclass(frozen=True, kw_only=True)
class SpokenNarration:
    """The accepted narration of a segment and what it was made from."""

    asset_id: str
    take_id: str | None
    duration_seconds: float
    digest: str
    words: tuple[WordTime, ...] = ()


@dataclass(frozen=True, kw_only=True)
class SegmentSummary:
    """What a project shows of each segment, and what its film is made from."""

    id: str
    index: int
    status: SegmentStatus
    duration_sec: int
    clip_asset_id: str | None
    narration_asset_id: str | None

    @property
    def approved(self) -> bool:
        """Whether the prompt is approved; it stays so on the whole way after."""
        return self.status in PROMPT_APPROVED


@dataclass(frozen=True, kw_only=True)
class SegmentView(SegmentSummary):
    """One segment with its two key frames and the settings of its project."""

    project_id: str
    owner_id: str
    settings: ProjectSettings
    voice_id: str | None
    video_prompt: str
    narration_text: str
    end_frame_prompt: str
    camera_commands: tuple[CameraCommand, ...]
    first_frame: FrameView
    last_frame: FrameView
    clip: Take | None
    narration: SpokenNarration | None
    job_id: str | None
    needs_attention: bool
    failure: Failure | None
    reject_reason: str | None
    version: int
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, kw_only=True)
class ProjectView:
    """One project with a summary of its segments."""

    id: str
    owner_id: str
    settings: ProjectSettings
    status: ProjectStatus
    plan_title: str
    continuity_notes: str
    voice_id: str | None
    first_frame_asset_id: str | None
    audio_sample_asset_id: str | None
    film: Film | None
    failure: Failure | None
    segments: tuple[SegmentSummary, ...]
    version: int
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, kw_only=True)
class Storyboard:
    """The whole aggregate: project, segments in order and the key frames 0 to n."""

    project: ProjectView
    segments: tuple[SegmentView, ...]
    frames: tuple[FrameView, ...]


@dataclass(frozen=True, kw_only=True)
class DeletedProject:
    """What is left of a project that its owner has deleted."""

    id: str
    owner_id: str
    segment_ids: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class SegmentDraft:
    """What a planner or an owner writes about one segment."""

    video_prompt: str = ""
    narration_text: str = ""
    end_frame_prompt: str = ""
    camera_commands: tuple[CameraCommand, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Listing:
    """Which projects a list shows, and in what order."""

    status: ProjectStatus | None = None
    search: str = ""
    sort: Sort = Sort.NEWEST


@dataclass(frozen=True, kw_only=True)
class ProjectPage:
    """One page of an owner's projects; a search counts no further than `SEARCH_TOTAL_MAX`."""

    page: Page[ProjectView]
    total: int
