"""HTTP of takes: history, choice, and how a generation stands."""

from app.core.dependencies import NextLink, WindowDep
from app.core.routing import Router, documents
from app.generation.dependencies import CheckedSegment, OtherTake, OwnedTask, Takes, TakesRead, TakesShownRead
from app.generation.errors import TakeNotFound
from app.generation.schemas import TakeComparison, TakeList, TaskStatusRead
from app.jobs.dependencies import IdempotentRoute
from app.jobs.errors import JobNotFound
from app.projects.dependencies import OwnedSegment, Shown, ShownRead
from app.projects.errors import SegmentBusy, SegmentNotFound
from app.projects.replies import SegmentReply

router = Router(tags=["generation"], route_class=IdempotentRoute)


@router.get("/segments/{segment_id}/takes", operation_id="segments_takes_list", responses=documents(SegmentNotFound))
async def list_takes(
    segment: OwnedSegment, takes: TakesRead, shown: TakesShownRead, window: WindowDep, link: NextLink
) -> TakeList:
    """Every clip that was made for a segment, the newest first."""
    page, total = await takes.listed(segment.id, window)
    link.point_after(page)
    return await shown.takes(segment, page.items, total)


@router.post(
    "/segments/{segment_id}/takes/{take_id}/use",
    operation_id="segments_takes_use",
    responses=documents(SegmentNotFound, TakeNotFound, SegmentBusy),
)
async def use_take(segment: OwnedSegment, take_id: str, takes: Takes, shown: Shown) -> SegmentReply:
    """Makes an earlier clip the segment's present one; it is to be approved again."""
    return await shown.segment(await takes.use(segment, take_id))


@router.get(
    "/segments/{segment_id}/takes/{take_id}/compare",
    operation_id="segments_takes_compare",
    responses=documents(SegmentNotFound, TakeNotFound),
)
async def compare_takes(
    segment: OwnedSegment, take_id: str, takes: TakesRead, shown: TakesShownRead, other: OtherTake = None
) -> TakeComparison:
    """Shows a take beside another one, the segment's present one unless `other` names it, and what differs."""
    one, second = await takes.pair(segment, take_id, other)
    return await shown.comparison(segment, one, second)


@router.post(
    "/segments/{segment_id}/check-complete",
    operation_id="segments_check_complete",
    responses=documents(SegmentNotFound),
)
async def check_complete(segment: CheckedSegment, shown: ShownRead) -> SegmentReply:
    """Brings a segment up to date with the job that makes it; writes only when that has ended."""
    return await shown.segment(segment)


@router.get("/generation/status/{task_id}", operation_id="generation_status", responses=documents(JobNotFound))
async def generation_status(job: OwnedTask, shown: TakesShownRead) -> TaskStatusRead:
    """How a generation stands; `task_id` is the id of its job."""
    return await shown.task(job)
