"""Pure: frozen views of projects and segments, their states and legal moves, and which approvals an edit revokes."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TypeVar

from app.core.errors import Outdated
from app.core.pagination import Page
from app.projects.options import ProjectSettings
from app.providers.values import CameraCommand


class ProjectStatus(StrEnum):
    """Where a film stands on its way."""

    CREATED = "created"
    MEDIA_UPLOADED = "media_uploaded"
    VOICE_CLONING = "voice_cloning"
    PLAN_GENERATING = "plan_generating"
    PLAN_READY = "plan_ready"
    GENERATING = "generating"
    FINALIZING = "finalizing"
    COMPLETED = "completed"
    FAILED = "failed"


class SegmentStatus(StrEnum):
    """Where one segment stands on its way."""

    PENDING = "pending"
    PROMPT_READY = "prompt_ready"
    APPROVED = "approved"
    GENERATING = "generating"
    GENERATED = "generated"
    SEGMENT_APPROVED = "segment_approved"
    FAILED = "failed"


P = ProjectStatus
S = SegmentStatus

# The states to which interrupted or finished work returns a project.
RESTING = frozenset({P.CREATED, P.MEDIA_UPLOADED, P.PLAN_READY, P.GENERATING, P.COMPLETED})
BUSY = frozenset({P.VOICE_CLONING, P.PLAN_GENERATING, P.FINALIZING})

# A further segment of a film may start while others are being made, hence generating → generating.
PROJECT_MOVES: Mapping[ProjectStatus, frozenset[ProjectStatus]] = {
    P.CREATED: frozenset({P.MEDIA_UPLOADED, P.VOICE_CLONING, P.PLAN_GENERATING, P.PLAN_READY, P.GENERATING}),
    P.MEDIA_UPLOADED: frozenset({P.CREATED, P.VOICE_CLONING, P.PLAN_GENERATING, P.PLAN_READY, P.GENERATING}),
    P.VOICE_CLONING: RESTING | {P.PLAN_GENERATING, P.FAILED},
    P.PLAN_GENERATING: RESTING | {P.FAILED},
    P.PLAN_READY: frozenset({P.VOICE_CLONING, P.PLAN_GENERATING, P.GENERATING, P.FINALIZING, P.COMPLETED}),
    P.GENERATING: frozenset(
        {P.VOICE_CLONING, P.PLAN_GENERATING, P.PLAN_READY, P.GENERATING, P.FINALIZING, P.COMPLETED, P.FAILED}
    ),
    P.FINALIZING: frozenset({P.PLAN_READY, P.GENERATING, P.COMPLETED, P.FAILED}),
    P.COMPLETED: frozenset({P.VOICE_CLONING, P.PLAN_GENERATING, P.PLAN_READY, P.GENERATING, P.FINALIZING}),
    P.FAILED: RESTING | BUSY,
}

# Approved and failed lead to generated as well: an earlier take may be chosen instead of a new one.
SEGMENT_MOVES: Mapping[SegmentStatus, frozenset[SegmentStatus]] = {
    S.PENDING: frozenset({S.PROMPT_READY}),
    S.PROMPT_READY: frozenset({S.PENDING, S.APPROVED}),
    S.APPROVED: frozenset({S.PENDING, S.PROMPT_READY, S.GENERATING, S.GENERATED}),
    S.GENERATING: frozenset({S.GENERATED, S.FAILED, S.APPROVED}),
    S.GENERATED: frozenset({S.PENDING, S.PROMPT_READY, S.APPROVED, S.GENERATING, S.SEGMENT_APPROVED}),
    S.SEGMENT_APPROVED: frozenset({S.PENDING, S.PROMPT_READY, S.APPROVED, S.GENERATING, S.GENERATED}),
    S.FAILED: frozenset({S.PENDING, S.PROMPT_READY, S.APPROVED, S.GENERATING, S.GENERATED}),
}
PROMPT_APPROVED = frozenset({S.APPROVED, S.GENERATING, S.GENERATED, S.SEGMENT_APPROVED, S.FAILED})
READY_TO_CUT = frozenset({S.GENERATED, S.SEGMENT_APPROVED})
StateT = TypeVar("StateT", ProjectStatus, SegmentStatus)


def project_sources(to: ProjectStatus) -> frozenset[ProjectStatus]:
    """The states from which a project may become `to`."""
    return _sources(PROJECT_MOVES, to)


def segment_sources(to: SegmentStatus) -> frozenset[SegmentStatus]:
    """The states from which a segment may become `to`."""
    return _sources(SEGMENT_MOVES, to)


def project_targets(of: ProjectStatus) -> tuple[ProjectStatus, ...]:
    """What a project in this state may become, in the order of the way."""
    return tuple(status for status in ProjectStatus if status in PROJECT_MOVES[of])


def segment_targets(of: SegmentStatus) -> tuple[SegmentStatus, ...]:
    """What a segment in this state may become, in the order of the way."""
    return tuple(status for status in SegmentStatus if status in SEGMENT_MOVES[of])


def _sources(moves: Mapping[StateT, frozenset[StateT]], to: StateT) -> frozenset[StateT]:
    return frozenset(old for old, news in moves.items() if to in news)


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
class SpokenWord:
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
class CurrentTake:
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
    words: tuple[SpokenWord, ...] = ()


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
    clip: CurrentTake | None
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


# Only these go into the clip itself; narration and end frame have takes of their own.
CLIP_FIELDS = frozenset({"video_prompt", "camera_commands", "duration_sec"})


@dataclass(frozen=True, kw_only=True)
class SegmentTexts:
    """What an owner may edit of a segment."""

    video_prompt: str
    narration_text: str
    end_frame_prompt: str
    camera_commands: tuple[CameraCommand, ...]
    duration_sec: int

    @classmethod
    def of(cls, segment: SegmentView) -> "SegmentTexts":
        """What stands there now."""
        return cls(
            video_prompt=segment.video_prompt,
            narration_text=segment.narration_text,
            end_frame_prompt=segment.end_frame_prompt,
            camera_commands=segment.camera_commands,
            duration_sec=segment.duration_sec,
        )


def changed_fields(before: SegmentTexts, after: SegmentTexts) -> frozenset[str]:
    """Names of the fields that an edit really changes."""
    return frozenset(name for name in vars(before) if getattr(before, name) != getattr(after, name))


def status_after_edit(status: SegmentStatus, changed: frozenset[str], *, has_prompt: bool) -> SegmentStatus:
    """Where the segment stands after the edit: an approval falls only with what it approved.

    Before the clip is made the approval covers all words, since all of them are about to be paid for;
    afterwards a new narration or end-frame prompt leaves the approved clip alone.
    """
    if not changed:
        return status
    if not has_prompt:
        return SegmentStatus.PENDING
    if status in READY_TO_CUT and not changed & CLIP_FIELDS:
        return status
    return SegmentStatus.PROMPT_READY


TAG = re.compile(r'(?:W/)?"v(\d{1,9})(?:\.\d{1,12})?"')


def entity_tag(version: int, now: datetime, link_seconds: int) -> str:
    """The tag of a version; it ages with the media links of the reply, which a cache must not keep too long."""
    age = int(now.timestamp() // max(link_seconds // 2, 1))
    return f'"v{version}.{age}"'


def expected_version(if_match: str | None) -> int | None:
    """The version a change is meant for, or None for any; a tag that is not ours was never current."""
    if if_match is None or if_match.strip() == "*":
        return None
    versions = [int(found) for found in TAG.findall(if_match)]
    if not versions:
        raise Outdated
    return max(versions)


def is_known(if_none_match: str | None, tag: str) -> bool:
    """Whether the client already has this very reply."""
    return if_none_match is not None and tag in (part.strip().removeprefix("W/") for part in if_none_match.split(","))
