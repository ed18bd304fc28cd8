"""The jobs that run for a project: whether there are any, and how they are stopped."""

from collections.abc import Sequence

from app.core.database import Session
from app.jobs.domain import JobView
from app.jobs.handlers import Ending
from app.jobs.service import JobService
from app.jobs.settlement import JobControl
from app.projects.values import Failure
from app.resources import Resources


class ProjectWork:
    """Looks at the job rows of one project."""

    def __init__(self, session: Session, resources: Resources) -> None:
        self._session = session
        self._resources = resources

    async def runs(self, owner_id: str, project_id: str) -> bool:
        """Whether a job of this project has not ended."""
        return bool(await self._unfinished(owner_id, project_id))

    async def cancel(self, owner_id: str, project_id: str) -> None:
        """Asks every unfinished job of this project to stop; what was bought already stays in the library."""
        await JobControl.over(self._session, self._resources).cancel_project(owner_id, project_id)

    async def _unfinished(self, owner_id: str, project_id: str) -> Sequence[JobView]:
        return await JobService.over(self._session, self._resources).unfinished_in(owner_id, project_id)


async def failure_to_keep(session: Session, resources: Resources, job: JobView, ending: Ending) -> Failure | None:
    """Why the work of a project or a segment failed, for its row; nothing when its owner has cancelled it."""
    if ending is not Ending.FAILED:
        return None
    failure = (await JobService.over(session, resources).any(job.id)).failure
    return None if failure is None else Failure(failure.code, failure.message)
