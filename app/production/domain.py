"""Frozen values of production: what is wished for, what has been started for it, and what jobs remember."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Literal

from pydantic import BaseModel, Field, JsonValue

from app.jobs.domain import FINAL, JobFailure, JobStatus, JobView, JsonObject
from app.library.domain import AssetView
from app.projects.domain import ProjectView, Storyboard
from app.projects.options import AspectRatio, Language


class ProductionJobKind(StrEnum):
    """The jobs of this slice."""

    FILM = "film.produce"
    SEGMENTS = "segments.produce"
    SEGMENT = "segment.produce"


class VideoStyle(StrEnum):
    """Looks that enrich the prompt of a one-shot video."""

    CINEMATIC = "cinematic"
    REALISTIC = "realistic"
    ANIMATED = "animated"
    ARTISTIC = "artistic"
    DOCUMENTARY = "documentary"
    COMMERCIAL = "commercial"
    ABSTRACT = "abstract"
    VINTAGE = "vintage"
    MODERN = "modern"


# The other looks belong to the one-shot client's own paths.
NativeStyle = Literal[
    VideoStyle.CINEMATIC,
    VideoStyle.REALISTIC,
    VideoStyle.ANIMATED,
    VideoStyle.ARTISTIC,
    VideoStyle.DOCUMENTARY,
    VideoStyle.COMMERCIAL,
]


class VideoQuality(StrEnum):
    """How much a one-shot video may cost: moving stills, clips, or clips in full size."""

    DRAFT = "draft"
    STANDARD = "standard"
    HIGH = "high"


class RemakePart(StrEnum):
    """What of a segment can be made anew on request."""

    VIDEO = "video"
    AUDIO = "audio"
    FRAME = "frame"


class Stage(StrEnum):
    """Where a production is, in the order of the way."""

    CLONING_VOICE = "cloning_voice"
    PLANNING = "planning"
    AWAITING_PLAN_APPROVAL = "awaiting_plan_approval"
    NARRATING = "narrating"
    DRAWING_FRAMES = "drawing_frames"
    MAKING_CLIPS = "making_clips"
    AWAITING_CLIP_APPROVAL = "awaiting_clip_approval"
    CUTTING = "cutting"
    DONE = "done"


class Topic(StrEnum):
    """What a production asks its owner."""

    PLAN = "approve_plan"
    CLIPS = "approve_clips"


@dataclass(frozen=True, kw_only=True)
class Goal:
    """How far to go.

    Without segment ids the whole film is meant. `renew` is made again whatever stands, and nothing but `only` is made.
    """

    segment_ids: frozenset[str] | None = None
    plans: bool = False
    cuts: bool = False
    auto_approve: bool = False
    renew: frozenset[RemakePart] = frozenset()
    only: frozenset[RemakePart] = frozenset(RemakePart)
    optimize_prompt: bool = True


@dataclass(frozen=True)
class WritePlan:
    """The story becomes words."""


@dataclass(frozen=True)
class StartVoiceClone:
    """The narrator gets the voice of the film's sample."""


@dataclass(frozen=True)
class Narrate:
    """A segment's narration is spoken."""

    segment_id: str


@dataclass(frozen=True)
class DrawFrames:
    """Key frames are made, one after the other; `forced` ones also when they are there."""

    positions: tuple[int, ...]
    forced: bool = False


@dataclass(frozen=True)
class MakeClip:
    """A segment's clip is made."""

    segment_id: str


@dataclass(frozen=True)
class MixSound:
    """The film's sound is made ahead of its cut; the cut does without when this fails."""


@dataclass(frozen=True)
class StartCut:
    """The film is assembled."""


Move = StartVoiceClone | WritePlan | Narrate | DrawFrames | MakeClip | MixSound | StartCut


@dataclass(frozen=True)
class Child:
    """A job that this production has started, or was refused to start; `positions` are those of its key frames."""

    move: type[Move]
    segment_id: str | None
    is_active: bool
    failure: JobFailure | None = None
    positions: tuple[int, ...] = ()

    @property
    def succeeded(self) -> bool:
        """Whether it has ended well."""
        return not self.is_active and self.failure is None


@dataclass(frozen=True, kw_only=True)
class ProductionSnapshot:
    """Everything a decision is made from.

    `takes_last` says whether the engine lets a clip end in a given frame, `frames_due` which frames need a picture,
    and `frames_are_drawn` whether any job of this project draws some now.
    """

    board: Storyboard
    children: tuple[Child, ...] = ()
    takes_last: bool = True
    answered: frozenset[Topic] = frozenset()
    job_id: str = ""
    frames_are_drawn: bool = False
    frames_due: frozenset[int] = frozenset()


@dataclass(frozen=True)
class ApprovalRequest:
    """What the owner is asked, about which segments."""

    topic: Topic
    segment_ids: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class NextMoves:
    """What comes next: work to hold and to start, approvals to give, a question, or the end."""

    stage: Stage
    moves: tuple[Move, ...] = ()
    hold: tuple[str, ...] = ()
    approve: Mapping[Topic, tuple[str, ...]] = field(default_factory=dict)
    asked: ApprovalRequest | None = None
    failure: JobFailure | None = None
    is_over: bool = False


@dataclass(frozen=True, kw_only=True)
class VideoWish:
    """A one-shot video as it is wished for."""

    prompt: str
    style: VideoStyle = VideoStyle.CINEMATIC
    quality: VideoQuality = VideoQuality.STANDARD
    duration_sec: int = 30
    aspect_ratio: AspectRatio | None = None
    language: Language | None = None
    narrated: bool = True
    mood: str | None = None
    directions: str = ""
    notes: tuple[str, ...] = ()
    segment_len_sec: int = 6
    engine: str | None = None
    # What is filmed when the prompt alone does not tell it.
    story: str | None = None
    first_frame_asset_id: str | None = None
    remixed_from_id: str | None = None


@dataclass(frozen=True)
class VideoModel:
    """A model that films one-shot videos here, and the engine it belongs to."""

    id: str
    engine: str


@dataclass(frozen=True, kw_only=True)
class VideoView:
    """A one-shot video with the project it became and the newest job on it."""

    id: str
    owner_id: str
    project: ProjectView
    job: JobView
    prompt: str
    style: VideoStyle
    quality: VideoQuality
    duration_sec: int
    narrated: bool
    notes: tuple[str, ...]
    remixed_from_id: str | None
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True)
class VideoPage:
    """Some videos of an owner, and whether there are more."""

    items: tuple[VideoView, ...]
    has_more: bool


@dataclass(frozen=True)
class VideoSnapshot:
    """A one-shot video with its film, once that is there, and the model that makes its clips."""

    video: VideoView
    film: AssetView | None
    model: str


S = JobStatus
STEPS: Mapping[JobStatus, tuple[JobStatus, ...]] = {
    S.PENDING: (S.VALIDATING,),
    S.VALIDATING: (S.QUEUED,),
    S.QUEUED: (S.PROCESSING,),
    S.PROCESSING: (S.GENERATING_IMAGES,),
    S.GENERATING_IMAGES: (S.GENERATING_VIDEO,),
    S.GENERATING_VIDEO: (S.GENERATING_AUDIO, S.COMPOSING),
    S.GENERATING_AUDIO: (S.COMPOSING,),
    S.COMPOSING: (S.COMPLETED,),
}
REACHED: Mapping[JobStatus, int] = {
    S.GENERATING_IMAGES: 10,
    S.GENERATING_VIDEO: 40,
    S.GENERATING_AUDIO: 70,
    S.COMPOSING: 85,
    S.COMPLETED: 100,
}


def step_targets(status: JobStatus) -> tuple[JobStatus, ...]:
    """Where a scripted film may go from here: to the next step, to failed or to cancelled."""
    return () if status in FINAL else (*STEPS[status], S.FAILED, S.CANCELLED)


def reached_percent(status: JobStatus) -> int:
    """How far a film in this step is."""
    return REACHED.get(status, 0)


def furthest_percent(statuses: Iterable[JobStatus]) -> int:
    """How far a film had come that went through these steps."""
    return max((reached_percent(status) for status in statuses), default=0)


@dataclass(frozen=True, kw_only=True)
class ScriptedWish:
    """How the film of a script is made; `config` is what the client said, kept as it was."""

    scene_seconds: float
    music_prompt: str
    music_volume: float
    config: JsonObject


@dataclass(frozen=True, kw_only=True)
class ScriptedJob:
    """The job of a scripted film, how far it is, and what it has made."""

    job: JobView
    percent: int
    film: AssetView | None
    poster: AssetView | None


class GoalParams(BaseModel):
    """How far the work goes."""

    segment_ids: tuple[str, ...] | None = None
    plans: bool = False
    cuts: bool = False
    auto_approve: bool = False
    renew: tuple[RemakePart, ...] = ()
    only: tuple[RemakePart, ...] = tuple(RemakePart)
    optimize_prompt: bool = True
    # What the client said about this film, kept to be shown with its job.
    config: dict[str, JsonValue] = Field(default_factory=dict)

    def goal(self) -> Goal:
        """The goal as decisions take it."""
        scope = None if self.segment_ids is None else frozenset(self.segment_ids)
        return Goal(
            segment_ids=scope,
            plans=self.plans,
            cuts=self.cuts,
            auto_approve=self.auto_approve,
            renew=frozenset(self.renew),
            only=frozenset(self.only),
            optimize_prompt=self.optimize_prompt,
        )
