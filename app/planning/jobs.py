"""plan.create: a story becomes the words of a project's segments."""

from typing import ClassVar

from pydantic import BaseModel, JsonValue
from typing_extensions import override

from app.core.database import Session
from app.jobs.domain import JobView, Lane
from app.jobs.handlers import Ending, JobHandler, Work
from app.planning.steps import PlanWriting
from app.projects.errors import ProjectNotFound
from app.projects.progress import ProgressService
from app.projects.states import ProjectStatus
from app.projects.work import failure_to_keep
from app.resources import Resources

__all__ = ["CreatePlan", "PlanParams"]


class PlanParams(BaseModel):
    """The story, and whether approved segments keep their words."""

    story: str
    keep_approved: bool = False


class CreatePlan(JobHandler[PlanParams]):
    """Asks the project's planner; what it writes is checked, repaired once and stored."""

    kind: ClassVar[str] = "plan.create"
    label: ClassVar[str] = "Plan the film"
    lane: ClassVar[Lane] = Lane.REMOTE
    params = PlanParams

    def __init__(self, resources: Resources) -> None:
        self._resources = resources

    @override
    async def run(self, work: Work, params: PlanParams) -> dict[str, JsonValue]:
        return await PlanWriting(work, params.story, keep_approved=params.keep_approved).run()

    @override
    async def ended(self, session: Session, job: JobView, ending: Ending) -> None:
        """The project rests: failed with its reason, or where it stood when the work was cancelled."""
        if ending is Ending.COMPLETED or job.project_id is None:
            return
        progress = ProgressService.over(session, self._resources)
        if await _is_planning(progress, job.project_id):
            await progress.rest(job.project_id, await failure_to_keep(session, self._resources, job, ending))


async def _is_planning(progress: ProgressService, project_id: str) -> bool:
    """Whether there is a project to rest; a deleted one is left alone."""
    try:
        board = await progress.board(project_id)
    except ProjectNotFound:
        return False
    return board.project.status is ProjectStatus.PLAN_GENERATING
