"""HTTP of key frames: list, make, choose, approve, and take one from a clip."""

from fastapi import Response

from app.accounts.dependencies import OwnResources
from app.accounts.errors import EmailUnverified
from app.core.routing import Router, documents
from app.frames import errors
from app.frames.dependencies import Frames, FramesRead, FramesShown, FramesShownRead, Position
from app.frames.domain import FrameWish
from app.frames.schemas import ChoiceBody, FrameList, FrameRead, FramesMade
from app.frames.service import extract_last_frame, frames_and_follow
from app.jobs import errors as job_errors
from app.jobs.dependencies import STILL_AT_WORK, IdempotentRoute, Prefer, result_reply
from app.jobs.errors import WorkCancelled, WorkFailed
from app.moderation.errors import ContentHeld, ContentRefused, ContentUnjudged
from app.projects.dependencies import OwnedProject, OwnedSegment, ShownRead
from app.projects.errors import FrameNotFound, ProjectNotFound, SegmentBusy, SegmentNotFound
from app.projects.replies import SegmentReply
from app.usage.domain import BudgetExceeded

router = Router(tags=["generation"], route_class=IdempotentRoute)
START_ERRORS = (
    ProjectNotFound,
    FrameNotFound,
    SegmentBusy,
    errors.FramePromptMissing,
    errors.ClipMissing,
    errors.FrameNotOffered,
    BudgetExceeded,
    EmailUnverified,
    ContentRefused,
    ContentHeld,
    ContentUnjudged,
    WorkFailed,
    WorkCancelled,
    job_errors.QueueFull,
    job_errors.TooManyJobs,
)


@router.get("/projects/{project_id}/frames", operation_id="project_frames_list", responses=documents(ProjectNotFound))
async def list_frames(project: OwnedProject, frames: FramesRead, shown: FramesShownRead) -> FrameList:
    """The key frames of a project in order, each with the pictures that were made for it."""
    return await shown.all(await frames.sheets(project.id))


@router.post(
    "/generation/frames/{project_id}",
    operation_id="frames_create",
    response_model=FramesMade,
    responses=STILL_AT_WORK | documents(*START_ERRORS, errors.FramesReady),
)
async def make_frames(project: OwnedProject, resources: OwnResources, prefer: Prefer) -> Response:
    """Makes every key frame that is missing or out of date, one after the other."""
    seconds = prefer.seconds(0)
    wish = FrameWish(direct=seconds > 0)
    return await result_reply(await frames_and_follow(resources, project, wish, seconds), prefer, FramesMade)


@router.post(
    "/projects/{project_id}/frames/{position}/generate",
    operation_id="project_frames_generate",
    response_model=FramesMade,
    responses=STILL_AT_WORK | documents(*START_ERRORS),
)
async def generate_frame(
    project: OwnedProject, position: Position, resources: OwnResources, prefer: Prefer
) -> Response:
    """Makes another picture of one key frame; the earlier ones stay as candidates."""
    seconds = prefer.seconds(0)
    wish = FrameWish(positions=(position,), direct=seconds > 0)
    return await result_reply(await frames_and_follow(resources, project, wish, seconds), prefer, FramesMade)


@router.post(
    "/projects/{project_id}/frames/{position}/accept",
    operation_id="project_frames_accept",
    responses=documents(ProjectNotFound, FrameNotFound, errors.CandidateNotFound, SegmentBusy),
)
async def accept_candidate(
    project: OwnedProject, position: Position, choice: ChoiceBody, frames: Frames, shown: FramesShown
) -> FrameRead:
    """Puts an earlier picture in the frame's place; clips on both sides go stale."""
    return await shown.one(await frames.accept(project, position, choice.candidate_id))


@router.post(
    "/projects/{project_id}/frames/{position}/approve",
    operation_id="project_frames_approve",
    responses=documents(ProjectNotFound, FrameNotFound, errors.FrameUnmade),
)
async def approve_frame(project: OwnedProject, position: Position, frames: Frames, shown: FramesShown) -> FrameRead:
    """Approves a frame as it is."""
    return await shown.one(await frames.approve(project, position))


@router.post(
    "/segments/{segment_id}/extract-last-frame",
    operation_id="segments_extract_last_frame",
    responses=documents(SegmentNotFound, SegmentBusy, errors.ClipMissing),
)
async def extract_frame(segment: OwnedSegment, resources: OwnResources, shown: ShownRead) -> SegmentReply:
    """Makes the clip's real last picture the frame that this segment shares with the next one."""
    return await shown.segment(await extract_last_frame(resources, segment))
