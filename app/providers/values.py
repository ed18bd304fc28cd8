"""Pure values that several ports share."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    """What an engine is chosen for."""

    PLANNER = "planner"
    VIDEO = "video"
    IMAGE = "image"
    SPEECH = "speech"
    MODERATION = "moderation"


class MediaType(StrEnum):
    """Real types of what travels to and from vendors."""

    JPEG = "image/jpeg"
    PNG = "image/png"
    WEBP = "image/webp"
    MP4 = "video/mp4"
    MP3 = "audio/mpeg"
    WAV = "audio/wav"
    M4A = "audio/mp4"


class CameraCommand(StrEnum):
    """The fifteen camera movements that models obey, spelled as they are written in a prompt."""

    TRUCK_LEFT = "Truck left"
    TRUCK_RIGHT = "Truck right"
    PAN_LEFT = "Pan left"
    PAN_RIGHT = "Pan right"
    PUSH_IN = "Push in"
    PULL_OUT = "Pull out"
    PEDESTAL_UP = "Pedestal up"
    PEDESTAL_DOWN = "Pedestal down"
    TILT_UP = "Tilt up"
    TILT_DOWN = "Tilt down"
    ZOOM_IN = "Zoom in"
    ZOOM_OUT = "Zoom out"
    SHAKE = "Shake"
    TRACKING_SHOT = "Tracking shot"
    STATIC_SHOT = "Static shot"


class Reconcile(StrEnum):
    """How the outcome of a lost reply can be found out."""

    BY_LIST = "by_list"
    BY_CALLBACK = "by_callback"
    BY_REPEATING = "by_repeating"
    NOT_AT_ALL = "not_at_all"


@dataclass(frozen=True)
class AttemptKey:
    """Names one paid attempt; a port sends at most once per key unless its method says otherwise.

    `callback_url` is this attempt's own unguessable address; a vendor that knows callbacks is given it.
    """

    attempt_id: str
    callback_url: str | None = None


@dataclass(frozen=True)
class Picture:
    """A still, with the facts that were measured on it, not those its name claims."""

    content: bytes
    media_type: MediaType
    width_px: int
    height_px: int


@dataclass(frozen=True)
class PictureRules:
    """Which stills a vendor takes."""

    media_types: frozenset[MediaType]
    max_bytes: int
    short_side_above_px: int = 0
    max_side_px: int | None = None
    min_ratio: float = 0.0
    max_ratio: float = math.inf

    def misfits(self, picture: Picture) -> Iterator[str]:
        """Every reason why this still would be refused, in words for people."""
        if picture.media_type not in self.media_types:
            yield f"use a picture of type {', '.join(sorted(self.media_types))}"
        if len(picture.content) > self.max_bytes:
            yield f"use a picture of at most {self.max_bytes} bytes"
        short, long = sorted((picture.width_px, picture.height_px))
        if short <= self.short_side_above_px:
            yield f"use a picture whose short side is over {self.short_side_above_px} px"
        elif not self.min_ratio <= picture.width_px / picture.height_px <= self.max_ratio:
            yield f"use a picture whose width is {self.min_ratio:g} to {self.max_ratio:g} times its height"
        if self.max_side_px is not None and long > self.max_side_px:
            yield f"use a picture whose sides are at most {self.max_side_px} px"


@dataclass(frozen=True)
class FetchedMedia:
    """A file that arrived whole in the caller's sink; what is inside must still be probed."""

    size_bytes: int
    sha256: str
    media_type: str
