"""What goes over the wire: a wish in, a video, a page and models out."""

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Literal, Self

from pydantic import Field, StrictBool, StringConstraints, field_validator

from app.api.dialects.rules import FaceBody
from app.core.schema import Reply
from app.jobs.domain import JobView, Phase
from app.production.domain import VideoModel, VideoSnapshot, VideoStyle, VideoView, VideoWish
from app.production.oneshot import expected_size, fitting_segment_seconds, quality_for
from app.projects.layout import nearest_ratio
from app.projects.options import Language

PREFIX = "video_"
SIZE = re.compile(r"(\d{2,5})x(\d{2,5})")
DEFAULT_SECONDS = 6
MODEL = "One of GET /v1/models; another name means the first of them"
Prompt = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=19_000)]
WireStatus = Literal["queued", "in_progress", "completed", "failed"]
STATUSES: dict[Phase, WireStatus] = {
    Phase.QUEUED: "queued",
    Phase.SUCCEEDED: "completed",
    Phase.FAILED: "failed",
    Phase.CANCELLED: "failed",
}
TEXT: dict[str, Any] = {"type": "string"}
REFERENCE: dict[str, Any] = {
    "type": "object",
    "properties": {"image_url": {**TEXT, "format": "uri"}, "file_id": TEXT},
    "description": "A `data:` URL, a link of this service, or the `asset_id` of an uploaded picture",
}
FIELDS: dict[str, Any] = {
    "prompt": {**TEXT, "minLength": 1, "maxLength": 19_000},
    "model": {**TEXT, "maxLength": 200, "description": MODEL},
    "seconds": {**TEXT, "pattern": "^[1-9][0-9]?$", "description": "Length of the film", "default": "6"},
    "size": {**TEXT, "pattern": "^[1-9][0-9]{1,4}x[1-9][0-9]{1,4}$", "default": "1280x720"},
    "input_reference": REFERENCE,
    "style": {**TEXT, "enum": [style.value for style in VideoStyle], "default": "cinematic"},
    "language": {**TEXT, "enum": [language.value for language in Language]},
    "narration": {"type": "boolean", "default": True},
}
JSON_WISH: dict[str, Any] = {
    "type": "object",
    "required": ["prompt"],
    "properties": FIELDS,
    "example": {"prompt": "A fox carries a lantern through the fog", "seconds": "6", "size": "1280x720"},
}
FORM_WISH: dict[str, Any] = {
    **JSON_WISH,
    "properties": {**FIELDS, "input_reference": {**TEXT, "format": "binary", "description": "The first picture"}},
}


def wire_id(video_id: str) -> str:
    """The id as the wire shows it."""
    return f"{PREFIX}{video_id}"


def native_id(shown: str) -> str:
    """The id behind one that the wire has shown."""
    return shown.removeprefix(PREFIX)


class InputReference(FaceBody):
    """A picture that is named instead of sent."""

    image_url: str | None = Field(None, description="A `data:` URL, or a link of this service")
    file_id: str | None = Field(None, max_length=36, description="The `asset_id` of an uploaded picture")


class WireWish(FaceBody):
    """A video to make; what this service does not know is passed over."""

    prompt: Prompt = Field(examples=["A fox carries a lantern through the fog"])
    model: str | None = Field(None, max_length=200, description=MODEL)
    seconds: Annotated[int, Field(ge=1, le=3600)] = DEFAULT_SECONDS
    size: str | None = Field(None, description="Width and height in pixels, such as 1280x720")
    input_reference: InputReference | None = None
    style: VideoStyle = VideoStyle.CINEMATIC
    language: Language | None = None
    narration: bool = True

    @field_validator("size")
    @classmethod
    def is_a_size(cls, size: str | None) -> str | None:
        """Refuses what names no width and height."""
        if size is not None and (not SIZE.fullmatch(size) or 0 in _pixels(size)):
            message = "write width and height in pixels, such as 1280x720"
            raise ValueError(message)
        return size

    def wish(self, model: VideoModel | None, asset_id: str | None, notes: Sequence[str] = ()) -> VideoWish:
        """The wish in the words of the service."""
        width_px, height_px = _pixels(self.size) if self.size else (1280, 720)
        quality = quality_for(width_px, height_px)
        return VideoWish(
            prompt=self.prompt,
            style=self.style,
            quality=quality,
            duration_sec=self.seconds,
            segment_len_sec=fitting_segment_seconds(self.seconds, quality),
            aspect_ratio=nearest_ratio(width_px, height_px) if self.size else None,
            language=self.language,
            narrated=self.narration,
            engine=model.engine if model else None,
            first_frame_asset_id=asset_id,
            notes=tuple(notes),
        )


class JsonWish(WireWish):
    """The same in JSON, which has values of its own for true and false."""

    narration: StrictBool = True


class WireRemix(FaceBody):
    """What is to be different."""

    prompt: Prompt = Field(examples=["The lantern is blue"])


class WireError(Reply):
    """Why a video was not made."""

    code: str
    message: str


class WireVideo(Reply):
    """A video; every key is always there."""

    id: str
    object: Literal["video"] = "video"
    created_at: int
    completed_at: int | None
    expires_at: int | None = None
    error: WireError | None
    model: str
    progress: int
    prompt: str
    remixed_from_video_id: str | None
    seconds: str
    size: str
    status: WireStatus
    stage: str
    project_id: str
    notes: list[str] = Field(description="What was made in another way than asked for")

    @classmethod
    def of(cls, snapshot: VideoSnapshot) -> Self:
        """The video as the wire shows it."""
        video, job = snapshot.video, snapshot.video.job
        origin = video.remixed_from_id
        return cls(
            id=wire_id(video.id),
            created_at=_seconds(video.created_at),
            completed_at=_seconds(job.finished_at) if job.finished_at and job.phase is Phase.SUCCEEDED else None,
            error=_error_of(job),
            model=snapshot.model,
            progress=job.progress,
            prompt=video.prompt,
            remixed_from_video_id=wire_id(origin) if origin else None,
            seconds=str(sum(segment.duration_sec for segment in video.project.segments)),
            size=_size_of(snapshot),
            status=STATUSES.get(job.phase, "in_progress"),
            stage=job.stage,
            project_id=video.project.id,
            notes=list(video.notes),
        )


class WirePage(Reply):
    """Some videos in order."""

    object: Literal["list"] = "list"
    data: list[WireVideo]
    first_id: str | None
    last_id: str | None
    has_more: bool

    @classmethod
    def of(cls, snapshots: Sequence[VideoSnapshot], *, has_more: bool) -> Self:
        """The page as the wire shows it."""
        shown = [WireVideo.of(snapshot) for snapshot in snapshots]
        first_id, last_id = (shown[0].id, shown[-1].id) if shown else (None, None)
        return cls(data=shown, first_id=first_id, last_id=last_id, has_more=has_more)


class WireDeleted(Reply):
    """What was deleted."""

    id: str
    object: Literal["video.deleted"] = "video.deleted"
    deleted: Literal[True] = True

    @classmethod
    def of(cls, video: VideoView) -> Self:
        """The receipt."""
        return cls(id=wire_id(video.id))


class WireModel(Reply):
    """A model; when it was made is nothing that this service knows."""

    id: str
    object: Literal["model"] = "model"
    created: int = 0
    owned_by: str

    @classmethod
    def of(cls, model: VideoModel) -> Self:
        """The model as the wire shows it."""
        return cls(id=model.id, owned_by=model.engine)


class WireModels(Reply):
    """Every model."""

    object: Literal["list"] = "list"
    data: list[WireModel]

    @classmethod
    def of(cls, models: Sequence[VideoModel]) -> Self:
        """The list as the wire shows it."""
        return cls(data=[WireModel.of(model) for model in models])


def _pixels(size: str) -> tuple[int, int]:
    width, _, height = size.partition("x")
    return int(width), int(height)


def _size_of(snapshot: VideoSnapshot) -> str:
    film, settings = snapshot.film, snapshot.video.project.settings
    if film is not None and {"width", "height"} <= film.facts.keys():
        return f"{film.facts['width']}x{film.facts['height']}"
    width_px, height_px = expected_size(settings.aspect_ratio, settings.resolution)
    return f"{width_px}x{height_px}"


def _error_of(job: JobView) -> WireError | None:
    if job.failure is not None and job.phase is Phase.FAILED:
        return WireError(code=job.failure.code, message=job.failure.message)
    if job.phase is Phase.CANCELLED:
        return WireError(code="cancelled", message="The work was cancelled before it was done.")
    return None


def _seconds(moment: datetime) -> int:
    return int(moment.timestamp())
