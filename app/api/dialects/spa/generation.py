"""/generation of client A: plan and clone to their end, clips at once."""

from fastapi import Response

from app.api.dialects.rules import in_both_spellings
from app.api.dialects.spa.dependencies import HeldWork, PlannedFilm, Productions
from app.api.dialects.spa.forms import PlanForm
from app.api.dialects.spa.patience import PatientRoute
from app.api.dialects.spa.shapes import FilmShown, Task, VoiceNamed
from app.core.responses import documents
from app.core.routing import Router
from app.generation.dependencies import OwnedTask
from app.generation.errors import FramesMissing, NotOffered, SegmentNotReady
from app.jobs.errors import JobNotFound, QueueFull, TooManyJobs, WorkCancelled, WorkFailed, WorkGoesOn
from app.moderation.errors import ContentHeld, ContentRefused, ContentUnjudged
from app.narration.errors import SampleMissing, SampleUnfit
from app.planning.errors import PlanNotOffered, PlanReplaces, PlanUnusable, StoryMissing
from app.production.service import SegmentWish
from app.projects.dependencies import OwnedProject, OwnedSegment
from app.projects.errors import IllegalMove, IllegalProjectMove, ProjectBusy, ProjectNotFound, SegmentNotFound
from app.usage.errors import BudgetExceeded

__all__ = ["router"]

router = Router(prefix="/generation", route_class=PatientRoute)
HELD = (WorkFailed, WorkCancelled, WorkGoesOn, QueueFull, TooManyJobs, BudgetExceeded)
JUDGED = (ContentRefused, ContentHeld, ContentUnjudged)
MADE_AS_USUAL = SegmentWish()


@router.post(
    "/plan",
    operation_id="spa_generation_plan",
    responses=documents(
        ProjectNotFound,
        ProjectBusy,
        IllegalProjectMove,
        StoryMissing,
        PlanNotOffered,
        PlanReplaces,
        PlanUnusable,
        *JUDGED,
        *HELD,
    ),
)
async def plan(project: PlannedFilm, body: PlanForm, work: HeldWork) -> FilmShown:
    """Writes the words of every segment; the reply is held until they stand."""
    return await work.planned(project, body)


@router.post(
    "/voice-clone",
    operation_id="spa_generation_clone",
    response_model=VoiceNamed,
    responses=documents(ProjectNotFound, ProjectBusy, IllegalProjectMove, SampleMissing, SampleUnfit, *HELD),
)
async def clone_voice(project: OwnedProject, work: HeldWork) -> Response:
    """Clones the narrator from the project's sample; the reply is held until the voice is there."""
    return in_both_spellings(await work.cloned(project))


@router.post(
    "/segment/{segment_id}",
    operation_id="spa_generation_segment",
    response_model=Task,
    responses=documents(
        SegmentNotFound, SegmentNotReady, IllegalMove, ProjectBusy, NotOffered, FramesMissing, QueueFull, TooManyJobs
    ),
)
async def generate_segment(segment: OwnedSegment, starts: Productions) -> Response:
    """Starts a segment's clip with its narration and missing frames; answers at once."""
    return in_both_spellings(Task.of(await starts.begin_segment(segment, MADE_AS_USUAL)))


@router.get(
    "/status/{task_id}",
    operation_id="spa_generation_status",
    response_model=Task,
    responses=documents(JobNotFound),
)
async def generation_status(job: OwnedTask) -> Response:
    """How a generation stands."""
    return in_both_spellings(Task.of(job))
