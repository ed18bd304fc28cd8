"""Loads the project that a plan is asked for; foreign and absent look the same."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends

from app.accounts.dependencies import CurrentUser, OwnResources
from app.jobs.dependencies import Prefer
from app.planning.schemas import PlanBody
from app.planning.service import PlanWish
from app.projects.dependencies import owned_project
from app.projects.values import ProjectView

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
