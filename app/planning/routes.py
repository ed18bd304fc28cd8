"""POST /generation/plan."""

from typing import Any

from fastapi import APIRouter, Response
from fastapi.responses import JSONResponse

from app.accounts.dependencies import OwnResources
from app.core.responses import documents
from app.jobs import errors as job_errors
from app.jobs.dependencies import PaidRoute, Prefer
from app.jobs.outcomes import WorkCancelled, WorkFailed, unless_broken
from app.jobs.preference import Preference
from app.jobs.schemas import JobRead
from app.jobs.states import JobStatus
from app.jobs.values import JobView
from app.moderation.errors import ContentHeld, ContentRefused, ContentUnjudged
from app.planning import errors
from app.planning.dependencies import PlanAskedDep
from app.planning.schemas import PlanRead
from app.planning.service import plan_and_follow
from app.projects.errors import IllegalProjectMove, ProjectBusy, ProjectNotFound
from app.usage.errors import BudgetExceeded

__all__ = ["router"]

router = APIRouter(tags=["planning"], route_class=PaidRoute)
NO_STORE = {"Cache-Control": "private, no-store"}
RETRY_AFTER_SECONDS = "2"
OK, ACCEPTED = 200, 202
STILL_AT_WORK: dict[int | str, dict[str, Any]] = {
    ACCEPTED: {"model": JobRead, "description": "The job goes on; read it at Location"}
}


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
        errors.PlanUnusable,
        BudgetExceeded,
        ContentRefused,
        ContentHeld,
        ContentUnjudged,
        WorkFailed,
        WorkCancelled,
        job_errors.QueueFull,
        job_errors.HeldReplyEnded,
        job_errors.TooManyJobs,
        job_errors.KeyReused,
        job_errors.KeyInUse,
    ),
)
async def create_plan(asked: PlanAskedDep, resources: OwnResources, prefer: Prefer) -> Response:
    """Writes title, prompts and narration of every segment; waits up to 60 seconds unless Prefer says otherwise."""
    return _told(await plan_and_follow(resources, asked.project, asked.wish), prefer)


def _told(job: JobView, prefer: Preference) -> Response:
    """The plan when it was written in time, else the job; a job that failed is told as its refusal."""
    headers = {**NO_STORE, **prefer.header(), "Location": f"/api/v1/jobs/{job.id}"}
    if unless_broken(job).status is JobStatus.COMPLETED:
        plan = PlanRead.model_validate(job.result)
        return JSONResponse(plan.model_dump(mode="json"), OK, headers)
    waiting = headers | {"Retry-After": RETRY_AFTER_SECONDS}
    return JSONResponse(JobRead.of(job).model_dump(mode="json"), ACCEPTED, waiting)
