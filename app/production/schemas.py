"""Wire shapes of productions, estimates and one-shot videos."""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Annotated, Self

from pydantic import Field, StrictBool, StringConstraints

from app.core.schema import Body, Reply, Utc
from app.jobs.domain import JobView, Phase
from app.jobs.schemas import JobRead
from app.production.domain import NativeStyle, RemakePart, VideoQuality, VideoStyle, VideoView, VideoWish
from app.production.estimate import ROLES, Amount, Estimate, Purchase, Work, added
from app.production.oneshot import enriched_prompt
from app.projects.domain import FilmVariant
from app.projects.options import SILENT_MOOD, AspectRatio, Language
from app.usage.domain import prices_of
from app.usage.schemas import PriceRead


class ProduceBody(Body):
    """How a film is made."""

    auto_approve: StrictBool = Field(default=False, description="Goes on without asking for approval of plan and clips")
    prompt_optimizer: StrictBool = Field(default=True, description="Whether the video engine may improve the prompts")


class GenerateBody(Body):
    """How a segment is made."""

    prompt_optimizer: StrictBool = Field(default=True, description="Whether the video engine may improve the prompt")


class Renewed(StrEnum):
    """What is made anew."""

    VIDEO = "video"
    AUDIO = "audio"
    FRAME = "frame"
    ALL = "all"

    def parts(self) -> frozenset[RemakePart]:
        """The parts that it names."""
        return frozenset(RemakePart) if self is Renewed.ALL else frozenset({RemakePart(self.value)})


class RegenerateBody(Body):
    """What of a segment is made anew; its earlier takes are kept."""

    what: Renewed = Renewed.VIDEO
    prompt_optimizer: StrictBool = Field(default=True, description="Whether the video engine may improve the prompt")


class SegmentTask(Reply):
    """A generation that was started; `task_id` is the id of its job."""

    task_id: str
    status: str
    segment_id: str
    model: str
    job: JobRead

    @classmethod
    def of(cls, job: JobView, segment_id: str, model: str) -> Self:
        """The job in the vendor's words."""
        return cls(task_id=job.id, status="submitted", segment_id=segment_id, model=model, job=JobRead.of(job))


MICRO = 1_000_000


class RangeRead(Reply):
    """Money that is likely to be spent, and between which bounds it may turn out."""

    estimated: float
    low: float
    high: float
    currency: str = "USD"


class EstimateLine(RangeRead):
    """One kind of work by one engine, and the lines of its price list."""

    work: Work
    provider: str
    model: str
    count: int
    prices: list[PriceRead] = Field(description="Where the figures come from; empty for an engine that costs nothing")

    @classmethod
    def of(cls, group: tuple[Work, str, str], purchases: Sequence[Purchase]) -> Self:
        """The wire form of one group of purchases."""
        work, provider, model = group
        listed = prices_of(provider, ROLES[work])
        known = [price for price in listed if price.model in {model, ""}] or list(listed)
        return cls(
            **_range(added(purchases)),
            work=work,
            provider=provider,
            model=model,
            count=len(purchases),
            prices=[PriceRead.of(price) for price in known],
        )


class EstimateCost(RangeRead):
    """What is still to be spent."""

    lines: list[EstimateLine]


class SegmentEstimate(RangeRead):
    """What is still to be spent on one segment, and for which work."""

    id: str
    index: int
    work: list[Work]


class EstimateRead(Reply):
    """What a film will still cost; what is made and still fits costs nothing."""

    cost: EstimateCost
    duration_seconds: int = Field(description="Length of the film as its segments are laid out")
    segments: list[SegmentEstimate]

    @classmethod
    def of(cls, estimate: Estimate) -> Self:
        """The wire form of an estimate."""
        lines = [EstimateLine.of(group, purchases) for group, purchases in estimate.groups().items()]
        return cls(
            cost=EstimateCost(**_range(estimate.total), lines=lines),
            duration_seconds=sum(segment.duration_sec for segment in estimate.board.segments),
            segments=[
                SegmentEstimate(
                    **_range(added(purchases := estimate.of_segment(segment.id))),
                    id=segment.id,
                    index=segment.index,
                    work=sorted({purchase.work for purchase in purchases}, key=list(Work).index),
                )
                for segment in estimate.board.segments
            ],
        )


def _range(amount: Amount) -> dict[str, float]:
    return {"estimated": amount.likely / MICRO, "low": amount.low / MICRO, "high": amount.high / MICRO}


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
