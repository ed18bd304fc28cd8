"""HTTP of narrations."""

from typing import Any

from fastapi import Response

from app.accounts.dependencies import OwnResources
from app.core.dependencies import NextLink, WindowDep
from app.core.routing import Router, documents
from app.jobs import errors as job_errors
from app.jobs.dependencies import IdempotentRoute, Prefer
from app.jobs.errors import WorkCancelled, WorkFailed
from app.jobs.schemas import JobRead
from app.moderation.errors import ContentHeld, ContentRefused, ContentUnjudged
from app.narration import errors
from app.narration.dependencies import Answering, NarrationsRead
from app.narration.schemas import NarrationList, NarrationRead
from app.narration.service import narrate_and_follow
from app.projects.dependencies import OwnedSegment
from app.projects.errors import SegmentBusy, SegmentNotFound
from app.providers.errors import EngineAbsent, EngineUnknown
from app.usage.domain import BudgetExceeded

router = Router(tags=["generation"], route_class=IdempotentRoute)
GOES_ON: dict[int | str, dict[str, Any]] = {
    202: {"model": JobRead, "description": "The job goes on; read it at Location"}
}
STARTS = (
    EngineAbsent,
    EngineUnknown,
    BudgetExceeded,
    ContentRefused,
    ContentHeld,
    ContentUnjudged,
    WorkFailed,
    WorkCancelled,
    job_errors.QueueFull,
    job_errors.TooManyJobs,
)


@router.post(
    "/segments/{segment_id}/narrate",
    operation_id="segments_narrate",
    response_model=NarrationRead,
    responses=GOES_ON
    | documents(
        SegmentNotFound,
        SegmentBusy,
        errors.NarrationEmpty,
        errors.NarrationNotOffered,
        errors.NarrationTooLong,
        errors.RecordingUnusable,
        errors.VoiceNotFound,
        errors.VoiceExpired,
        *STARTS,
    ),
)
async def narrate_segment(
    segment: OwnedSegment, resources: OwnResources, prefer: Prefer, answers: Answering
) -> Response:
    """Speaks the segment's narration as a new take and brings it into its length; answers at once with the job."""
    return await answers.narration(await narrate_and_follow(resources, segment, prefer.seconds(0)))


@router.get(
    "/segments/{segment_id}/narrations", operation_id="segments_narrations", responses=documents(SegmentNotFound)
)
async def list_narrations(
    segment: OwnedSegment, narrations: NarrationsRead, window: WindowDep, link: NextLink
) -> NarrationList:
    """Every take of the segment's narration, newest first, with what it cost."""
    page, total = await narrations.takes(segment.id, window)
    link.point_after(page)
    return NarrationList(narrations=[NarrationRead.model_validate(take) for take in page.items], total=total)
