"""HTTP of production: the whole film, all approved segments, one segment, and new takes."""

from fastapi import Response

from app.core.responses import documents
from app.core.routing import Router
from app.frames.errors import FramePromptMissing
from app.generation.errors import FramesMissing, NotOffered, SegmentNotReady
from app.jobs import errors as job_errors
from app.jobs.dependencies import STILL_AT_WORK, IdempotentRoute
from app.jobs.errors import WorkCancelled, WorkFailed
from app.moderation.errors import ContentHeld, ContentRefused, ContentUnjudged
from app.planning.errors import StoryMissing
from app.production.dependencies import Starts, Tasks
from app.production.errors import NothingToMake, PartCancelled
from app.production.schemas import GenerateBody, ProduceBody, RegenerateBody, SegmentTask
from app.projects.dependencies import OwnedProject, OwnedSegment
from app.projects.errors import IllegalMove, IllegalProjectMove, ProjectBusy, ProjectNotFound, SegmentNotFound
from app.projects.replies import ProjectReply, SegmentReply
from app.usage.errors import BudgetExceeded

__all__ = ["router"]

router = Router(tags=["production"], route_class=IdempotentRoute)
NO_BODY = GenerateBody()
MADE_AS_USUAL = ProduceBody()
NEW_CLIP = RegenerateBody()
START_ERRORS = (
    NotOffered,
    FramesMissing,
    BudgetExceeded,
    ContentRefused,
    ContentHeld,
    ContentUnjudged,
    FramePromptMissing,
    PartCancelled,
    WorkFailed,
    WorkCancelled,
    job_errors.QueueFull,
    job_errors.TooManyJobs,
)
FILM_ERRORS = (ProjectNotFound, ProjectBusy, IllegalProjectMove, *START_ERRORS)
SEGMENT_ERRORS = (SegmentNotFound, SegmentNotReady, IllegalMove, ProjectBusy, *START_ERRORS)


@router.post(
    "/projects/{project_id}/produce",
    operation_id="projects_produce",
    response_model=ProjectReply,
    responses=STILL_AT_WORK | documents(*FILM_ERRORS, StoryMissing),
)
async def produce_film(starts: Starts, project: OwnedProject, body: ProduceBody = MADE_AS_USUAL) -> Response:
    """Makes the whole film as one job: plan, narrations, key frames, clips and cut; asks for approval on the way."""
    return await starts.film(project, body)


@router.post(
    "/generation/project/{project_id}",
    operation_id="generation_project",
    response_model=ProjectReply,
    responses=STILL_AT_WORK | documents(*FILM_ERRORS, NothingToMake),
)
async def generate_project(starts: Starts, project: OwnedProject, body: GenerateBody = NO_BODY) -> Response:
    """Makes every approved segment that lacks its clip or is out of date."""
    return await starts.segments(project, body)


@router.post(
    "/generation/segment/{segment_id}", operation_id="generation_segment", responses=documents(*SEGMENT_ERRORS)
)
async def generate_segment(segment: OwnedSegment, tasks: Tasks, body: GenerateBody = NO_BODY) -> SegmentTask:
    """Makes one approved segment with its narration and missing frames; answers at once, follow it by `task_id`."""
    return await tasks.segment(segment, body)


@router.post(
    "/segments/{segment_id}/regenerate",
    operation_id="segments_regenerate",
    response_model=SegmentReply,
    responses=STILL_AT_WORK | documents(*SEGMENT_ERRORS),
)
async def regenerate(starts: Starts, segment: OwnedSegment, body: RegenerateBody = NEW_CLIP) -> Response:
    """Makes a new take of a segment's clip, narration or last frame; the earlier ones are kept."""
    return await starts.anew(segment, body)
