"""POST /generation/plan, and the project that a plan is asked for."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Response

from app.accounts.dependencies import CurrentUser, OwnResources
from app.accounts.errors import EmailUnverified
from app.core.routing import Router, documents
from app.jobs import errors as job_errors
from app.jobs.dependencies import STILL_AT_WORK, IdempotentRoute, Prefer, result_reply
from app.jobs.errors import WorkCancelled, WorkFailed
from app.moderation.errors import ContentHeld, ContentRefused, ContentUnjudged
from app.planning import errors
from app.planning.schemas import PlanBody, PlanRead
from app.planning.service import PlanWish, plan_and_follow
from app.projects.dependencies import owned_project
from app.projects.domain import ProjectView
from app.projects.errors import IllegalProjectMove, ProjectBusy, ProjectNotFound
from app.usage.domain import BudgetExceeded

WAIT_SECONDS = 60


@dataclass(frozen=True)
class PlanAsked:
    """One request for a plan of the caller's own project."""

    project: ProjectView
    wish: PlanWish


async def plan_asked(body: PlanBody, account: CurrentUser, resources: OwnResources, prefer: Prefer) -> PlanAsked:
    """The request with its project."""
    project = await owned_project(body.project_id, account, resources)
    wish = PlanWish(body.story_prompt, body.keep_approved, prefer.seconds(WAIT_SECONDS), force=body.force)
    return PlanAsked(project, wish)


PlanAskedDep = Annotated[PlanAsked, Depends(plan_asked)]


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
