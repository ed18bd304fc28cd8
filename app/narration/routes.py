"""HTTP of narrations."""

from typing import Annotated

from fastapi import APIRouter, Depends, Response
from fastapi.responses import JSONResponse

from app.accounts.dependencies import ResourcesDep
from app.core.dependencies import NextLink, ReadSession, WindowDep
from app.core.responses import documents
from app.jobs import errors as job_errors
from app.jobs.dependencies import PaidRequest, PaidRoute, Prefer
from app.jobs.outcomes import WorkCancelled, WorkFailed, unless_broken
from app.jobs.schemas import JobRead
from app.moderation.errors import ContentHeld, ContentRefused, ContentUnjudged
from app.narration import errors
from app.narration.schemas import NarrationList, NarrationRead
from app.narration.service import NarrationService, narrate_and_follow
from app.projects.dependencies import OwnedSegment
from app.projects.errors import SegmentBusy, SegmentNotFound
from app.usage.errors import BudgetExceeded

__all__ = ["router"]

router = APIRouter(tags=["generation"], route_class=PaidRoute)
ACCEPTED = 202
STARTS = (
    BudgetExceeded,
    ContentRefused,
    ContentHeld,
    ContentUnjudged,
    WorkFailed,
    WorkCancelled,
    job_errors.QueueFull,
    job_errors.TooManyJobs,
    job_errors.KeyReused,
    job_errors.KeyInUse,
)


def narration_reader(session: ReadSession, resources: ResourcesDep) -> NarrationService:
    """Reading service of this request."""
    return NarrationService.over(session, resources)


NarrationsRead = Annotated[NarrationService, Depends(narration_reader)]


@router.post(
    "/segments/{segment_id}/narrate",
    operation_id="segments_narrate",
    status_code=ACCEPTED,
    response_model=JobRead,
    responses=documents(
        SegmentNotFound,
        SegmentBusy,
        errors.NarrationEmpty,
        errors.NarrationNotOffered,
        errors.NarrationTooLong,
        errors.VoiceNotFound,
        errors.VoiceExpired,
        *STARTS,
    ),
)
async def narrate_segment(
    paid: PaidRequest, segment: OwnedSegment, resources: ResourcesDep, prefer: Prefer
) -> Response:
    """Speaks the segment's narration as a new take and brings it into the segment's length."""
    job = unless_broken(await narrate_and_follow(resources, segment, paid.record_id, prefer.seconds(0)))
    headers = {**prefer.header(), "Location": f"/api/v1/jobs/{job.id}", "Cache-Control": "private, no-store"}
    return JSONResponse(JobRead.of(job).model_dump(mode="json"), ACCEPTED, headers)


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
