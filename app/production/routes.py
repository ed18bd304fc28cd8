"""HTTP of production: the whole film, all approved segments, one segment, and new takes."""

from functools import partial

from fastapi import APIRouter, Response

from app.accounts.dependencies import ResourcesDep
from app.core.database import Session
from app.core.responses import documents
from app.frames.errors import FramePromptMissing
from app.generation.errors import NotOffered, SegmentNotReady
from app.jobs import errors as job_errors
from app.jobs.dependencies import PaidRequest, PaidRoute, Prefer
from app.jobs.outcomes import WorkCancelled, WorkFailed
from app.jobs.replies import STILL_AT_WORK, job_reply
from app.jobs.service import start_and_follow
from app.jobs.values import JobView
from app.moderation.errors import ContentHeld, ContentRefused, ContentUnjudged
from app.planning.errors import StoryMissing
from app.production.dependencies import Productions
from app.production.errors import NothingToMake, PartCancelled
from app.production.schemas import GenerateBody, ProduceBody, RegenerateBody, SegmentTask
from app.production.service import FilmWish, ProductionService, SegmentWish
from app.production.showing import project_made, segment_made
from app.projects.dependencies import OwnedProject, OwnedSegment
from app.projects.errors import IllegalMove, IllegalProjectMove, ProjectBusy, ProjectNotFound, SegmentNotFound
from app.projects.replies import ProjectReply, SegmentReply
from app.usage.errors import BudgetExceeded

__all__ = ["router"]

router = APIRouter(tags=["production"], route_class=PaidRoute)
NO_BODY = GenerateBody()
MADE_AS_USUAL = ProduceBody()
NEW_CLIP = RegenerateBody()
START_ERRORS = (
    NotOffered,
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
    job_errors.KeyReused,
    job_errors.KeyInUse,
)
FILM_ERRORS = (ProjectNotFound, ProjectBusy, IllegalProjectMove, *START_ERRORS)
SEGMENT_ERRORS = (SegmentNotFound, SegmentNotReady, IllegalMove, ProjectBusy, *START_ERRORS)


@router.post(
    "/projects/{project_id}/produce",
    operation_id="projects_produce",
    response_model=ProjectReply,
    responses=STILL_AT_WORK | documents(*FILM_ERRORS, StoryMissing),
)
async def produce_film(
    paid: PaidRequest,
    project: OwnedProject,
    resources: ResourcesDep,
    prefer: Prefer,
    body: ProduceBody = MADE_AS_USUAL,
) -> Response:
    """Makes the whole film as one job: plan, narrations, key frames, clips and cut; asks for approval on the way."""
    wish = FilmWish(auto_approve=body.auto_approve, optimize_prompt=body.prompt_optimizer, record_id=paid.record_id)

    async def start(session: Session) -> JobView:
        return await ProductionService.over(session, resources).begin_film(project, wish)

    job = await start_and_follow(resources, start, prefer.seconds(0))
    return await job_reply(job, prefer, partial(project_made, resources, project.id))


@router.post(
    "/generation/project/{project_id}",
    operation_id="generation_project",
    response_model=ProjectReply,
    responses=STILL_AT_WORK | documents(*FILM_ERRORS, NothingToMake),
)
async def generate_project(
    paid: PaidRequest,
    project: OwnedProject,
    resources: ResourcesDep,
    prefer: Prefer,
    body: GenerateBody = NO_BODY,
) -> Response:
    """Makes every approved segment that lacks its clip or is out of date."""
    wish = FilmWish(optimize_prompt=body.prompt_optimizer, record_id=paid.record_id)

    async def start(session: Session) -> JobView:
        return await ProductionService.over(session, resources).begin_segments(project, wish)

    job = await start_and_follow(resources, start, prefer.seconds(0))
    return await job_reply(job, prefer, partial(project_made, resources, project.id))


@router.post(
    "/generation/segment/{segment_id}", operation_id="generation_segment", responses=documents(*SEGMENT_ERRORS)
)
async def generate_segment(
    paid: PaidRequest, segment: OwnedSegment, productions: Productions, body: GenerateBody = NO_BODY
) -> SegmentTask:
    """Makes one approved segment with its narration and missing frames; answers at once, follow it by `task_id`."""
    wish = SegmentWish(optimize_prompt=body.prompt_optimizer, record_id=paid.record_id)
    job = await productions.begin_segment(segment, wish)
    return SegmentTask.of(job, segment.id, productions.model_of(segment))


@router.post(
    "/segments/{segment_id}/regenerate",
    operation_id="segments_regenerate",
    response_model=SegmentReply,
    responses=STILL_AT_WORK | documents(*SEGMENT_ERRORS),
)
async def regenerate(
    paid: PaidRequest,
    segment: OwnedSegment,
    resources: ResourcesDep,
    prefer: Prefer,
    body: RegenerateBody = NEW_CLIP,
) -> Response:
    """Makes a new take of a segment's clip, narration or last frame; the earlier ones are kept."""
    wish = SegmentWish(renew=body.what.parts(), optimize_prompt=body.prompt_optimizer, record_id=paid.record_id)

    async def start(session: Session) -> JobView:
        return await ProductionService.over(session, resources).begin_segment(segment, wish)

    job = await start_and_follow(resources, start, prefer.seconds(0))
    return await job_reply(job, prefer, partial(segment_made, resources, segment.id))
