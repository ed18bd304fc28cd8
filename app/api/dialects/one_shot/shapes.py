"""What this client reads."""

from datetime import datetime
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, JsonValue, PlainSerializer

from app.core.schema import format_utc
from app.jobs.domain import Phase
from app.library.domain import AssetView
from app.library.links import MediaLinks
from app.pieces.domain import PieceView
from app.production.values import VideoView

__all__ = ["Asked", "ChatAbsent", "Download", "Health", "Image", "Jobs", "Music", "OneShotDone", "Persona", "Reference"]
__all__ += ["Setting", "Started", "Variations", "VideoJob"]

STATUSES = {Phase.QUEUED: "pending", Phase.SUCCEEDED: "completed", Phase.FAILED: "failed", Phase.CANCELLED: "failed"}
KINDS: dict[type, str] = {str: "string", bool: "boolean", int: "number", float: "number"}
Moment = Annotated[datetime, PlainSerializer(format_utc, return_type=str)]
NO_CHAT = "There is nobody to chat with on this server. Describe your film on the page for videos instead."


class Shape(BaseModel):
    """A reply in snake_case; absent values stay as null."""

    model_config = ConfigDict(frozen=True)


class VideoJob(Shape):
    """A video in the list and in the poll; the poll ends on completed and failed alone."""

    job_id: str
    status: str
    progress: int
    error_message: str | None
    prompt: str
    notes: list[str]
    created_at: Moment
    completed_at: Moment | None

    @classmethod
    def of(cls, video: VideoView) -> Self:
        """A cancelled job is shown as failed, because the page stops on nothing else."""
        job = video.job
        cancelled = "The video was cancelled." if job.phase is Phase.CANCELLED else None
        return cls(
            job_id=video.id,
            status=STATUSES.get(job.phase, "processing"),
            progress=job.progress,
            error_message=job.failure.message if job.failure else cancelled,
            prompt=video.prompt,
            notes=list(video.notes),
            created_at=video.created_at,
            completed_at=job.finished_at if job.phase is Phase.SUCCEEDED else None,
        )


class Jobs(Shape):
    """The list of videos."""

    jobs: list[VideoJob]
    total: int


class Started(Shape):
    """What was started."""

    job_id: str
    status: str
    message: str
    notes: list[str]


class Asked(Started):
    """A picture or music that was started; it is read at its id, its job at /api/v1/jobs."""

    id: str

    @classmethod
    def of(cls, piece: PieceView) -> Self:
        """The answer to a start."""
        return cls(
            id=piece.id,
            job_id=piece.job.id,
            status=piece.status.value,
            message="The work has begun.",
            notes=list(piece.notes),
        )


class Variations(Shape):
    """Several pictures that were started together."""

    job_id: str
    variations: list[Asked]

    @classmethod
    def of(cls, pieces: list[PieceView]) -> Self:
        """The answer to a start; the page shows the first job's id."""
        return cls(job_id=pieces[0].job.id, variations=[Asked.of(piece) for piece in pieces])


class _Piece(Shape):
    id: str
    job_id: str
    prompt: str
    style: str
    status: str
    progress: int
    error_message: str | None
    notes: list[str]
    created_at: Moment
    updated_at: Moment


class Image(_Piece):
    """One picture."""

    aspect_ratio: str
    quality: str
    image_url: str | None
    thumbnail_url: str | None
    width: JsonValue
    height: JsonValue

    @classmethod
    def of(cls, piece: PieceView, links: MediaLinks) -> Self:
        """The picture with a link to its file."""
        url = None if piece.asset is None else links.to(piece.asset)
        facts = {} if piece.asset is None else piece.asset.facts
        return cls(
            **_common(piece),
            aspect_ratio=str(piece.options.get("aspect_ratio", "")),
            quality=str(piece.options.get("quality", "")),
            image_url=url,
            thumbnail_url=url,
            width=facts.get("width"),
            height=facts.get("height"),
        )


class Music(_Piece):
    """One piece of music."""

    mood: str
    duration: JsonValue
    tempo: str
    musical_key: str
    vocal_style: str
    audio_url: str | None

    @classmethod
    def of(cls, piece: PieceView, links: MediaLinks) -> Self:
        """The music with a link to its file."""
        words = {name: str(piece.options.get(name, "")) for name in ("mood", "tempo", "musical_key", "vocal_style")}
        url = None if piece.asset is None else links.to(piece.asset)
        return cls(**_common(piece), **words, duration=piece.options.get("duration"), audio_url=url)


class Download(Shape):
    """Where a file is taken from; it keeps the format it was made in."""

    download_url: str
    filename: str
    format: str

    @classmethod
    def of(cls, file: AssetView, links: MediaLinks) -> Self:
        """A link to a finished file."""
        return cls(download_url=links.to(file, download=True), filename=file.name, format=file.extension)


class Reference(Shape):
    """A reference picture on its way back."""

    image_base64: str


class Health(Shape):
    """That this part of the service answers."""

    status: str = "healthy"


class OneShotDone(Shape):
    """That something was deleted."""

    message: str


class Setting(Shape):
    """One setting."""

    key: str
    value: JsonValue
    type: str

    @classmethod
    def of(cls, key: str, value: JsonValue, kind: str = "") -> Self:
        """A setting, with the type that the page named, else the one it has."""
        return cls(key=key, value=value, type=kind or KINDS.get(type(value), "json"))


class Persona(Shape):
    """A chat persona; this service has none."""

    id: str
    name: str
    description: str


class ChatAbsent(Shape):
    """What a chat answers here; the page reads the sentence under one of these names."""

    message: str = NO_CHAT
    response: str = NO_CHAT
    conversations: list[JsonValue] = []
    messages: list[JsonValue] = []


def _common(piece: PieceView) -> dict[str, object]:
    return {
        "id": piece.id,
        "job_id": piece.job.id,
        "prompt": piece.prompt,
        "style": str(piece.options.get("style", "")),
        "status": piece.status.value,
        "progress": piece.job.progress,
        "error_message": piece.fault,
        "notes": list(piece.notes),
        "created_at": piece.created_at,
        "updated_at": piece.updated_at,
    }
