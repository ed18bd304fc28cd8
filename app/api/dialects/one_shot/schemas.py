"""What client B sends, both spellings and unknown keys allowed, and what it reads."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, JsonValue, PlainSerializer
from pydantic.alias_generators import to_camel

from app.accounts.preferences import KNOWN_SETTINGS
from app.api.dialects.rules import FaceBody
from app.core.schema import format_utc
from app.jobs.domain import Phase
from app.library.domain import AssetView
from app.library.links import MediaLinks
from app.pieces.domain import MusicAsked, PictureAsked, PieceView
from app.production.domain import VideoView
from app.production.oneshot import OneShotAsked

LARGEST_BODY_BYTES = 32 * 1024 * 1024
Word = Annotated[str, Field(max_length=64)]


class VideoForm(FaceBody):
    """A video as the page asks for it."""

    prompt: Annotated[str, Field(min_length=1, max_length=2000)]
    style: Word = ""
    aspect_ratio: Word = ""
    duration: Annotated[float, Field(ge=0, le=3600)] | None = None
    fps: Annotated[float, Field(ge=1, le=240)] | None = None
    resolution: Word = ""
    motion_intensity: Word = ""
    camera_movement: Word = ""
    temperature: float | None = None
    negative_prompt: Annotated[str, Field(max_length=2000)] = ""
    seed: Annotated[int, Field(ge=-(2**63), le=2**63 - 1)] | None = None
    reference_image: Annotated[str, Field(max_length=LARGEST_BODY_BYTES, repr=False)] = ""

    def asked(self) -> OneShotAsked:
        """In the words of the service; the reference picture goes its own way."""
        return OneShotAsked(**self.model_dump(exclude={"reference_image"}))


class PictureForm(FaceBody):
    """A picture as the page asks for it."""

    prompt: Annotated[str, Field(min_length=5, max_length=500)]
    style: Word = "cinematic"
    aspect_ratio: Word = "16:9"
    quality: Word = "standard"

    def asked(self) -> PictureAsked:
        """In the words of the service."""
        return PictureAsked(**self.model_dump())


class MusicForm(FaceBody):
    """Music as the page asks for it; a tempo comes as a word or a number."""

    prompt: Annotated[str, Field(min_length=1, max_length=2000)]
    style: Word = ""
    mood: Word = ""
    duration: Annotated[float, Field(ge=0, le=3600)] = 30
    tempo: Word | float = ""
    musical_key: Word = ""
    vocal_style: Word = ""

    def asked(self) -> MusicAsked:
        """In the words of the service."""
        tempo = self.tempo if isinstance(self.tempo, str) else f"{self.tempo:g}"
        return MusicAsked(**(self.model_dump() | {"tempo": tempo}))


class RemixForm(FaceBody):
    """The same music in another manner."""

    remix_style: Word = ""
    remix_mood: Word = ""


class SettingsForm(FaceBody):
    """Any of the page's settings; names in camelCase come as further fields, so that both spellings can be compared."""

    model_config = ConfigDict(extra="allow", alias_generator=None)
    __pydantic_extra__: dict[str, JsonValue]

    google_api_key: JsonValue = None
    google_cloud_project: JsonValue = None
    gemini_api_key: JsonValue = None
    default_style: JsonValue = None
    default_duration: JsonValue = None
    default_aspect_ratio: JsonValue = None
    auto_save: JsonValue = None
    notifications: JsonValue = None
    theme: JsonValue = None

    def changes(self, shown: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
        """What was really said: of two spellings, the one that is not what the page was shown."""
        said: dict[str, JsonValue] = self.model_dump(exclude_unset=True)
        told: dict[str, JsonValue] = {}
        for name in KNOWN_SETTINGS:
            spelled = [said[each] for each in dict.fromkeys((name, to_camel(name))) if each in said]
            changed = [value for value in spelled if value != shown[name]]
            if spelled:
                told[name] = (changed or spelled)[0]
        return told


class SettingForm(FaceBody):
    """One setting; `type` says what the page makes of it."""

    value: JsonValue = None
    type: Word = ""


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
