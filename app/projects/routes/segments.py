"""HTTP of segments: read, edit, approve, add, remove, reorder."""

from fastapi import Response, status

from app.core.errors import Outdated
from app.core.responses import alias_of, documents
from app.core.routing import Router
from app.jobs.dependencies import IdempotentRoute
from app.projects.dependencies import (
    ExpectedVersion,
    OwnedProject,
    OwnedSegment,
    Shown,
    ShownRead,
    Storyboards,
    StoryboardsRead,
    Tagged,
)
from app.projects.errors import (
    IllegalMove,
    LastSegment,
    MissingPrompt,
    OptionsClash,
    OrderIncomplete,
    PositionUnknown,
    ProjectBusy,
    ProjectNotFound,
    PromptTooLong,
    SegmentBusy,
    SegmentNotFound,
    SegmentsExhausted,
)
from app.projects.replies import SegmentReply
from app.projects.schemas import RejectBody, SegmentAdd, SegmentEdit, SegmentOrder

router = Router(tags=["segments"], route_class=IdempotentRoute)
EDIT_ERRORS = (SegmentNotFound, Outdated, SegmentBusy, PromptTooLong, OptionsClash)
MOVE_ERRORS = (SegmentNotFound, SegmentBusy, IllegalMove)


@router.get(
    "/projects/{project_id}/segments", operation_id="project_segments_list", responses=documents(ProjectNotFound)
)
@router.get(
    "/segments/project/{project_id}",
    operation_id="segments_of_project",
    openapi_extra=alias_of("project_segments_list"),
    responses=documents(ProjectNotFound),
)
async def list_segments(project: OwnedProject, storyboards: StoryboardsRead, shown: ShownRead) -> list[SegmentReply]:
    """All segments of a project, in order."""
    return await shown.segments(await storyboards.segments(project.id))


@router.post(
    "/projects/{project_id}/segments",
    operation_id="project_segments_add",
    status_code=status.HTTP_201_CREATED,
    responses=documents(ProjectNotFound, ProjectBusy, PositionUnknown, SegmentsExhausted, PromptTooLong, OptionsClash),
)
async def add_segment(
    project: OwnedProject, wish: SegmentAdd, storyboards: Storyboards, shown: Shown, tags: Tagged
) -> SegmentReply:
    """Puts a new segment into the film, by default at its end."""
    segment = await storyboards.add(project.id, wish)
    return tags.tagged(await shown.segment(segment), segment.version)


@router.post(
    "/projects/{project_id}/segments/reorder",
    operation_id="project_segments_reorder",
    responses=documents(ProjectNotFound, ProjectBusy, OrderIncomplete),
)
async def reorder_segments(
    project: OwnedProject, order: SegmentOrder, storyboards: Storyboards, shown: Shown
) -> list[SegmentReply]:
    """Gives the segments a new order; the key frames beside moved segments go stale."""
    return await shown.segments(await storyboards.reorder(project.id, order.segment_ids))


@router.get(
    "/segments/{segment_id}",
    operation_id="segments_get",
    response_model=SegmentReply,
    responses=documents(SegmentNotFound),
)
async def get_segment(segment: OwnedSegment, shown: ShownRead, tags: Tagged) -> SegmentReply | Response:
    """One segment; with If-None-Match the answer is 304 while nothing changed."""
    return tags.unless_known(await shown.segment(segment), segment.version)


@router.put(
    "/segments/{segment_id}",
    operation_id="segments_replace",
    openapi_extra=alias_of("segments_edit"),
    responses=documents(*EDIT_ERRORS),
)
@router.patch("/segments/{segment_id}", operation_id="segments_edit", responses=documents(*EDIT_ERRORS))
async def edit_segment(
    segment: OwnedSegment,
    wish: SegmentEdit,
    expected: ExpectedVersion,
    storyboards: Storyboards,
    shown: Shown,
    tags: Tagged,
) -> SegmentReply:
    """Changes what is named; an approval falls only with what it approved."""
    edited = await storyboards.edit(segment, wish, expected_version=expected)
    return tags.tagged(await shown.segment(edited), edited.version)


@router.delete(
    "/segments/{segment_id}",
    operation_id="segments_delete",
    status_code=status.HTTP_204_NO_CONTENT,
    responses=documents(SegmentNotFound, ProjectBusy, LastSegment),
)
async def delete_segment(segment: OwnedSegment, storyboards: Storyboards) -> None:
    """Takes a segment out of the film; the neighbours close up."""
    await storyboards.remove(segment)


@router.post(
    "/segments/{segment_id}/approve",
    operation_id="segments_approve",
    responses=documents(*MOVE_ERRORS, MissingPrompt),
)
async def approve_segment(segment: OwnedSegment, storyboards: Storyboards, shown: Shown, tags: Tagged) -> SegmentReply:
    """Approves the prompt of a segment."""
    approved = await storyboards.approve(segment)
    return tags.tagged(await shown.segment(approved), approved.version)


@router.post("/segments/{segment_id}/unapprove", operation_id="segments_unapprove", responses=documents(*MOVE_ERRORS))
async def unapprove_segment(
    segment: OwnedSegment, storyboards: Storyboards, shown: Shown, tags: Tagged
) -> SegmentReply:
    """Takes the approval of the prompt back."""
    revoked = await storyboards.unapprove(segment)
    return tags.tagged(await shown.segment(revoked), revoked.version)


@router.post(
    "/segments/{segment_id}/approve-video", operation_id="segments_approve_video", responses=documents(*MOVE_ERRORS)
)
async def approve_video(segment: OwnedSegment, storyboards: Storyboards, shown: Shown, tags: Tagged) -> SegmentReply:
    """Accepts the generated clip for the film."""
    approved = await storyboards.approve_clip(segment)
    return tags.tagged(await shown.segment(approved), approved.version)


@router.post(
    "/segments/{segment_id}/reject-video", operation_id="segments_reject_video", responses=documents(*MOVE_ERRORS)
)
async def reject_video(
    segment: OwnedSegment,
    storyboards: Storyboards,
    shown: Shown,
    tags: Tagged,
    wish: RejectBody | None = None,
) -> SegmentReply:
    """Wants another clip; the rejected one stays in the history."""
    rejected = await storyboards.reject_clip(segment, wish.reason if wish else None)
    return tags.tagged(await shown.segment(rejected), rejected.version)


@router.delete(
    "/segments/{segment_id}/last-frame",
    operation_id="segments_clear_last_frame",
    responses=documents(SegmentNotFound, SegmentBusy),
)
async def clear_last_frame(segment: OwnedSegment, storyboards: Storyboards, shown: Shown, tags: Tagged) -> SegmentReply:
    """Empties the end frame, so that it is made from its prompt again."""
    cleared = await storyboards.clear_last_frame(segment)
    return tags.tagged(await shown.segment(cleared), cleared.version)
