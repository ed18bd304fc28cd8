"""Wire shapes of one-shot videos."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Self

from pydantic import Field, StrictBool, StringConstraints

from app.core.schema import Body, Reply, Utc
from app.jobs.domain import Phase
from app.production.looks import enriched_prompt
from app.production.values import NativeStyle, VideoQuality, VideoStyle, VideoView, VideoWish
from app.projects.options import SILENT_MOOD, AspectRatio, Language
from app.projects.values import FilmVariant

__all__ = ["VideoBody", "VideoDeleted", "VideoRead", "VideoStarted", "video_media"]

STATUSES = {Phase.QUEUED: "pending", Phase.SUCCEEDED: "completed", Phase.FAILED: "failed", Phase.CANCELLED: "cancelled"}


class VideoStatus(StrEnum):
    """Where a video stands."""

    PENDING = "pending"
    PROCESSING = "processing"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"


class VideoBody(Body):
    """A video in one shot."""

    prompt: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2000)] = Field(
        examples=["A fox carries a lantern through the fog"]
    )
    style: NativeStyle = VideoStyle.CINEMATIC
    duration: Annotated[int, Field(ge=5, le=60, description="Seconds")] = 30
    quality: VideoQuality = VideoQuality.STANDARD
    aspect_ratio: AspectRatio = AspectRatio.WIDE
    language: Language | None = None
    narration: StrictBool = True
    music: StrictBool = Field(default=True, description="Music of a mood that fits the prompt, under the whole film")

    def wish(self) -> VideoWish:
        """The wish in the words of the service."""
        return VideoWish(
            prompt=self.prompt,
            style=self.style,
            quality=self.quality,
            duration_sec=self.duration,
            aspect_ratio=self.aspect_ratio,
            language=self.language,
            narrated=self.narration,
            mood=None if self.music else SILENT_MOOD,
        )


class VideoStarted(Reply):
    """A video that is being made; `job_id` is its id here."""

    job_id: str
    status: VideoStatus
    message: str

    @classmethod
    def of(cls, video: VideoView) -> Self:
        """The answer to a start."""
        message = " ".join(("The video is being made. Read it at its id.", *video.notes))
        return cls(job_id=video.id, status=_status(video), message=message)


class VideoFacts(Reply):
    """How a video was made."""

    style: VideoStyle
    quality: VideoQuality
    model_used: str | None
    generation_time: float | None
    enhanced_prompt: str


class VideoRead(Reply):
    """One video."""

    id: str
    prompt: str
    style: VideoStyle
    duration: int
    quality: VideoQuality
    status: VideoStatus
    progress: int
    video_url: str | None
    thumbnail_url: str | None
    error: str | None
    metadata: VideoFacts
    project_id: str
    created_at: Utc
    updated_at: Utc
    completed_at: Utc | None

    @classmethod
    def of(cls, video: VideoView, links: Mapping[str, str], model: str | None) -> Self:
        """The video with links to its media."""
        job, film = video.job, video.project.film
        poster = film.variants.get(FilmVariant.POSTER) if film else None
        took = None if not (job.started_at and job.finished_at) else (job.finished_at - job.started_at).total_seconds()
        return cls(
            id=video.id,
            prompt=video.prompt,
            style=video.style,
            duration=video.duration_sec,
            quality=video.quality,
            status=_status(video),
            progress=job.progress,
            video_url=links.get(film.asset_id) if film else None,
            thumbnail_url=links.get(poster) if poster else None,
            error=job.failure.message if job.failure else None,
            metadata=VideoFacts(
                style=video.style,
                quality=video.quality,
                model_used=model,
                generation_time=took,
                enhanced_prompt=enriched_prompt(video.prompt, video.style),
            ),
            project_id=video.project.id,
            created_at=video.created_at,
            updated_at=video.updated_at,
            completed_at=job.finished_at if job.phase is Phase.SUCCEEDED else None,
        )


class VideoDeleted(Reply):
    """What was deleted."""

    message: str


def video_media(video: VideoView) -> frozenset[str]:
    """The assets that a video links to."""
    film = video.project.film
    if film is None:
        return frozenset()
    poster = film.variants.get(FilmVariant.POSTER)
    return frozenset({film.asset_id} | ({poster} if poster else set()))


def _status(video: VideoView) -> VideoStatus:
    return VideoStatus(STATUSES.get(video.job.phase, "processing"))
