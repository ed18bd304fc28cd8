"""Frozen values of media tools: what is done to which files, and what a file is."""

from dataclasses import dataclass
from enum import StrEnum

__all__ = ["MediaFacts", "MediaTool", "MediaWish"]


class MediaTool(StrEnum):
    """What can be done to files outside of any film."""

    LAST_FRAME = "last_frame"
    CONCAT = "concat"
    MUX = "mux"
    NORMALISE = "normalise"


@dataclass(frozen=True)
class MediaWish:
    """A tool, and the files that it is used on in their order."""

    tool: MediaTool
    asset_ids: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class MediaFacts:
    """What a stored file is, as its bytes say; what does not apply is None."""

    kind: str
    size_bytes: int
    duration_seconds: float | None = None
    width_px: int | None = None
    height_px: int | None = None
    frames_per_second: float | None = None
    video_codec: str | None = None
    audio_codec: str | None = None
    sample_rate: int | None = None
    channel_count: int | None = None
