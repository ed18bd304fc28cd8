"""POST /generation/plan."""

from fastapi import Response

from app.accounts.dependencies import OwnResources
from app.accounts.errors import EmailUnverified
from app.core.responses import documents
from app.core.routing import Router
from app.jobs import errors as job_errors
from app.jobs.dependencies import STILL_AT_WORK, IdempotentRoute, Prefer, result_reply
from app.jobs.errors import WorkCancelled, WorkFailed
from app.moderation.errors import ContentHeld, ContentRefused, ContentUnjudged
from app.planning import errors
from app.planning.dependencies import PlanAskedDep
from app.planning.schemas import PlanRead
from app.planning.service import plan_and_follow
from app.projects.errors import IllegalProjectMove, ProjectBusy, ProjectNotFound
from app.usage.errors import BudgetExceeded

router = Router(tags=["planning"], route_class=IdempotentRoute)


@router.post(
    "/generation/plan",
    operation_id="plan_create",
    response_model=PlanRead,
    responses=STILL_AT_WORK
    | documents(
        ProjectNotFound,
        ProjectBusy,
        IllegalProjectMove,
        errors.StoryMissing,
        errors.PlanNotOffered,
        errors.PlanReplaces,
        errors.PlanUnusable,
        BudgetExceeded,
        EmailUnverified,
        ContentRefused,
        ContentHeld,
        ContentUnjudged,
        WorkFailed,
        WorkCancelled,
        job_errors.QueueFull,
        job_errors.HeldReplyEnded,
        job_errors.TooManyJobs,
    ),
)
async def create_plan(asked: PlanAskedDep, resources: OwnResources, prefer: Prefer) -> Response:
    """Writes title, prompts and narration of every segment; waits up to 60 seconds unless Prefer says otherwise."""
    return await result_reply(await plan_and_follow(resources, asked.project, asked.wish), prefer, PlanRead)
