"""/segments of client A."""

from app.api.dialects.spa.dependencies import ArrivedProject, HeldWork, SpaShown, SpaShownRead
from app.api.dialects.spa.forms import SegmentForm
from app.api.dialects.spa.patience import PatientRoute
from app.api.dialects.spa.shapes import SegmentShown
from app.core.responses import documents
from app.core.routing import Router
from app.frames.errors import ClipMissing
from app.generation.dependencies import CheckedSegment
from app.projects.dependencies import OwnedSegment, Storyboards, StoryboardsRead
from app.projects.errors import (
    IllegalMove,
    MissingPrompt,
    OptionsClash,
    ProjectNotFound,
    PromptTooLong,
    SegmentBusy,
    SegmentNotFound,
)

__all__ = ["router"]

router = Router(prefix="/segments", route_class=PatientRoute)
MOVE_ERRORS = (SegmentNotFound, SegmentBusy, IllegalMove)


@router.get("/project/{project_id}", operation_id="spa_segments_list", responses=documents(ProjectNotFound))
async def list_segments(project: ArrivedProject, board: StoryboardsRead, shown: SpaShownRead) -> list[SegmentShown]:
    """All segments of a project, in order; while its plan is being written, the reply is held for it."""
    return await shown.segments(project.id, await board.segments(project.id))


@router.put(
    "/{segment_id}",
    operation_id="spa_segments_edit",
    responses=documents(SegmentNotFound, SegmentBusy, PromptTooLong, OptionsClash),
)
async def edit_segment(segment: OwnedSegment, wish: SegmentForm, board: Storyboards, shown: SpaShown) -> SegmentShown:
    """Changes what is named; an approval falls with the words that it approved."""
    return await shown.segment(await board.edit(segment, wish))


@router.post(
    "/{segment_id}/approve",
    operation_id="spa_segments_approve",
    responses=documents(*MOVE_ERRORS, MissingPrompt),
)
async def approve_segment(segment: OwnedSegment, board: Storyboards, shown: SpaShown) -> SegmentShown:
    """Approves the prompt of a segment."""
    return await shown.segment(await board.approve(segment))


@router.post("/{segment_id}/check-complete", operation_id="spa_segments_check", responses=documents(SegmentNotFound))
async def check_complete(segment: CheckedSegment, shown: SpaShownRead) -> SegmentShown:
    """Brings a segment up to date with the job that makes it; writes only when that has ended."""
    return await shown.segment(segment)


@router.post(
    "/{segment_id}/extract-last-frame",
    operation_id="spa_segments_extract_frame",
    responses=documents(SegmentNotFound, SegmentBusy, ClipMissing),
)
async def extract_frame(segment: OwnedSegment, work: HeldWork) -> SegmentShown:
    """Makes the clip's last picture the one that the next segment begins with."""
    return await work.extracted(segment)


@router.post(
    "/{segment_id}/approve-video", operation_id="spa_segments_approve_video", responses=documents(*MOVE_ERRORS)
)
async def approve_video(segment: OwnedSegment, board: Storyboards, shown: SpaShown) -> SegmentShown:
    """Accepts the generated clip for the film."""
    return await shown.segment(await board.approve_clip(segment))


@router.post("/{segment_id}/regenerate", operation_id="spa_segments_reset", responses=documents(*MOVE_ERRORS))
async def regenerate(segment: OwnedSegment, board: Storyboards, shown: SpaShown) -> SegmentShown:
    """Takes the clip away, so that another one may be started; nothing is started, and the take is kept."""
    return await shown.segment(await board.reject_clip(segment, None))


@router.delete(
    "/{segment_id}/last-frame",
    operation_id="spa_segments_clear_frame",
    responses=documents(SegmentNotFound, SegmentBusy),
)
async def clear_last_frame(segment: OwnedSegment, board: Storyboards, shown: SpaShown) -> SegmentShown:
    """Empties the end frame, so that it is made from its prompt again."""
    return await shown.segment(await board.clear_last_frame(segment))
