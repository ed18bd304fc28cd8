"""What `manifest.json` of an archive says; the same shapes are written and, with limits, read back."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Literal

from pydantic import ConfigDict, Field, JsonValue, StringConstraints

from app.core.schema import CleanText
from app.library.domain import AssetKind
from app.projects.domain import FilmVariant, FrameOrigin, ProjectStatus, SegmentStatus
from app.projects.schemas import MAX_SEGMENTS, ProjectCreate, SegmentEdit

MANIFEST = "manifest.json"
MAX_FILES = 4000
MAX_WORDS = 2000
PATH = r"^media/[a-z0-9][a-z0-9_-]{0,60}\.[a-z0-9]{2,5}$"
Path = Annotated[str, StringConstraints(pattern=PATH)]
Seconds = Annotated[float, Field(ge=0, le=3600)]
Share = Annotated[float, Field(ge=-1, le=1)]
Sha256 = Annotated[str, StringConstraints(pattern="^[0-9a-f]{64}$")]


class _Entry(CleanText):
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


class LookEntry(_Entry):
    """What was measured on a clip."""

    black_share: Share
    frozen_share: Share
    first_seam: Share | None = None
    last_seam: Share | None = None


class TakeEntry(_Entry):
    """One clip that was made for a segment, accepted or not; what it cost was paid where it was made."""

    number: Annotated[int, Field(ge=1, le=1_000_000)]
    file: Path | None = None
    last_picture: Path | None = None
    first_frame: Path | None = None
    last_frame: Path | None = None
    hands_on: bool
    prompt: Annotated[str, StringConstraints(max_length=20_000)]
    resolution: Annotated[str, StringConstraints(max_length=16)]
    provider: Annotated[str, StringConstraints(max_length=64)]
    model: Annotated[str, StringConstraints(max_length=120)]
    look: LookEntry
    duration_seconds: Seconds
    width_px: Annotated[int, Field(ge=1, le=100_000)]
    height_px: Annotated[int, Field(ge=1, le=100_000)]
    cost_usd: Annotated[float, Field(ge=0)]
    created_at: datetime
    is_current: bool
    is_fresh: bool


class SegmentEntry(_Entry):
    """One segment with everything that was made for it."""

    index: Annotated[int, Field(ge=0, lt=MAX_SEGMENTS)]
    status: SegmentStatus
    words: SegmentEdit
    clip: ClipEntry | None = None
    narration: NarrationEntry | None = None
    takes: Annotated[tuple[TakeEntry, ...], Field(max_length=100)] = ()


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
