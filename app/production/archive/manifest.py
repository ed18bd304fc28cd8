"""What `manifest.json` of an archive says; the same shapes are written and, with limits, read back."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue, StringConstraints

from app.library.values import AssetKind
from app.projects.schemas import MAX_SEGMENTS, ProjectCreate, SegmentEdit
from app.projects.states import ProjectStatus, SegmentStatus
from app.projects.values import FilmVariant, FrameOrigin

__all__ = [
    "MANIFEST",
    "MAX_FILES",
    "ClipEntry",
    "FileEntry",
    "FilmEntry",
    "FrameEntry",
    "Manifest",
    "MusicEntry",
    "NarrationEntry",
    "SegmentEntry",
    "TakeEntry",
]

MANIFEST = "manifest.json"
MAX_FILES = 4000
MAX_WORDS = 2000
PATH = r"^media/[a-z0-9][a-z0-9_-]{0,60}\.[a-z0-9]{2,5}$"

Path = Annotated[str, StringConstraints(pattern=PATH)]
Seconds = Annotated[float, Field(ge=0, le=3600)]
Sha256 = Annotated[str, StringConstraints(pattern="^[0-9a-f]{64}$")]


class _Entry(BaseModel):
    """One part of a manifest: nothing unknown, no NaN."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class FileEntry(_Entry):
    """One file beside the manifest."""

    path: Path
    kind: AssetKind
    name: Annotated[str, StringConstraints(min_length=1, max_length=200)]
    size_bytes: Annotated[int, Field(ge=1)]
    sha256: Sha256
    facts: Mapping[str, JsonValue] = Field(default_factory=dict, max_length=20)


class FrameEntry(_Entry):
    """One key frame; `is_fresh` says that it still followed from its prompt."""

    position: Annotated[int, Field(ge=0, le=MAX_SEGMENTS)]
    file: Path | None = None
    origin: FrameOrigin | None = None
    approved: bool = False
    is_fresh: bool = True


class ClipEntry(_Entry):
    """The accepted clip of a segment."""

    file: Path
    last_frame: Path | None = None
    duration_seconds: Seconds
    is_fresh: bool = True


class NarrationEntry(_Entry):
    """The accepted narration of a segment, with its words in time."""

    file: Path
    duration_seconds: Seconds
    words: Annotated[
        tuple[tuple[Annotated[str, StringConstraints(max_length=200)], Seconds, Seconds], ...],
        Field(max_length=MAX_WORDS),
    ] = ()
    is_fresh: bool = True


class TakeEntry(_Entry):
    """One clip that was made for a segment, accepted or not."""

    number: int
    file: Path | None
    prompt: str
    resolution: str
    provider: str
    model: str
    duration_seconds: float
    cost_usd: float
    created_at: datetime
    is_current: bool


class SegmentEntry(_Entry):
    """One segment with everything that was made for it."""

    index: Annotated[int, Field(ge=0, lt=MAX_SEGMENTS)]
    status: SegmentStatus
    words: SegmentEdit
    clip: ClipEntry | None = None
    narration: NarrationEntry | None = None
    takes: Annotated[tuple[TakeEntry, ...], Field(max_length=1000)] = ()


class FilmEntry(_Entry):
    """The finished film and what is published with it."""

    variants: Mapping[FilmVariant, Path]
    is_fresh: bool = True


class MusicEntry(_Entry):
    """The owner's own track under the film."""

    file: Path
    volume: Annotated[float, Field(ge=0, le=1)]


class Manifest(_Entry):
    """The whole archive in words."""

    format: Literal["ai-video-creator/project"] = "ai-video-creator/project"
    version: Literal[1] = 1
    exported_at: datetime
    status: ProjectStatus
    settings: ProjectCreate
    plan_title: Annotated[str, StringConstraints(max_length=255)] = ""
    continuity_notes: Annotated[str, StringConstraints(max_length=100_000)] = ""
    audio_sample: Path | None = None
    music: MusicEntry | None = None
    frames: Annotated[tuple[FrameEntry, ...], Field(min_length=1, max_length=MAX_SEGMENTS + 1)]
    segments: Annotated[tuple[SegmentEntry, ...], Field(max_length=MAX_SEGMENTS)]
    film: FilmEntry | None = None
    files: Annotated[tuple[FileEntry, ...], Field(max_length=MAX_FILES)]
