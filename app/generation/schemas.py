"""Wire shapes of takes and of the state of a generation."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from enum import StrEnum
from typing import Self

from app.core.schema import Reply, Utc
from app.generation.domain import Difference, TakeView, look_warnings, take_is_stale
from app.jobs.domain import JobStatus, JobView, Phase
from app.projects.domain import SegmentView

MICRO = 1_000_000


class TaskStatus(StrEnum):
    """Where a generation stands, in the words that clients of the vendor's interface know."""

    SUBMITTED = "submitted"
    PROCESSING = "processing"
    SUCCESS = "Success"
    FAIL = "Fail"


class TaskStatusRead(Reply):
    """One generation; `task_id` is the id of its job."""

    task_id: str
    status: TaskStatus
    file_id: str | None
    download_url: str | None
    error: str | None
    progress: int
    created_at: Utc
    updated_at: Utc

    @classmethod
    def of(cls, job: JobView, download_url: str | None) -> Self:
        """The job in the vendor's words; a cancelled one has failed."""
        made = (job.result or {}).get("asset_id")
        failure = job.failure.message if job.failure else None
        cancelled = "The work was cancelled." if job.status is JobStatus.CANCELLED else None
        return cls(
            task_id=job.id,
            status=_status(job),
            file_id=made if isinstance(made, str) else None,
            download_url=download_url,
            error=failure or cancelled,
            progress=job.progress,
            created_at=job.created_at,
            updated_at=job.updated_at,
        )


class LookRead(Reply):
    """What was measured: shares of the clip's pictures, and its likeness to key frames, 1 where they are the same."""

    black_share: float
    frozen_share: float
    first_seam: float | None
    last_seam: float | None


class TakeRead(Reply):
    """One clip that was made for a segment; `stale` says that the segment has changed since."""

    id: str
    segment_id: str
    number: int
    kind: str
    video_url: str | None
    last_picture_url: str | None
    duration_seconds: float
    width: int
    height: int
    provider: str
    model: str
    prompt: str
    resolution: str
    look: LookRead
    warnings: list[str]
    cost: float
    current: bool
    stale: bool
    job_id: str
    created_at: Utc
    updated_at: Utc

    @classmethod
    def of(cls, take: TakeView, segment: SegmentView, links: Mapping[str, str]) -> Self:
        """The take with links to its media, and whether it is the segment's present one."""
        return cls(
            id=take.id,
            segment_id=take.segment_id,
            number=take.number,
            kind="video",
            video_url=links.get(take.asset_id),
            last_picture_url=links.get(take.last_picture_asset_id),
            duration_seconds=round(take.duration_seconds, 3),
            width=take.width_px,
            height=take.height_px,
            provider=take.provider,
            model=take.model,
            prompt=take.prompt,
            resolution=take.resolution,
            look=LookRead(**asdict(take.look)),
            warnings=list(look_warnings(take.look)),
            cost=take.cost_micro_usd / MICRO,
            current=segment.clip is not None and segment.clip.take_id == take.id,
            stale=take_is_stale(take, segment),
            job_id=take.job_id,
            created_at=take.created_at,
            updated_at=take.updated_at,
        )


class TakeList(Reply):
    """Takes of a segment, the newest first."""

    takes: list[TakeRead]
    total: int


class DifferenceRead(Reply):
    """One thing in which two takes differ."""

    field: str
    one: str
    other: str

    @classmethod
    def of(cls, difference: Difference) -> Self:
        """The difference on the wire."""
        return cls(field=difference.field, one=difference.one, other=difference.other)


class TakeComparison(Reply):
    """Two takes side by side, and in what they differ."""

    one: TakeRead
    other: TakeRead
    differences: list[DifferenceRead]


def take_media(takes: Sequence[TakeView]) -> frozenset[str]:
    """The assets these takes link to."""
    return frozenset(asset_id for take in takes for asset_id in (take.asset_id, take.last_picture_asset_id))


def _status(job: JobView) -> TaskStatus:
    match job.phase:
        case Phase.QUEUED:
            return TaskStatus.SUBMITTED
        case Phase.SUCCEEDED:
            return TaskStatus.SUCCESS
        case Phase.FAILED | Phase.CANCELLED:
            return TaskStatus.FAIL
        case Phase.RUNNING | Phase.AWAITING_INPUT:
            return TaskStatus.PROCESSING
