"""projects.erase: takes the rows of deleted projects away, and their texts out of all rows that stay."""

from collections.abc import Sequence
from datetime import timedelta
from typing import ClassVar

from pydantic import JsonValue
from typing_extensions import override

from app.core.database import Session
from app.frames.remains import KeptPictures
from app.generation.remains import KeptClips
from app.jobs.context import Work
from app.jobs.handlers import JobHandler, NoParams
from app.jobs.service import JobService
from app.jobs.values import Lane
from app.moderation.service import ReviewService
from app.narration.remains import KeptNarrations
from app.projects.repository import DeletedRepository
from app.projects.values import DeletedProject
from app.projects.work import ProjectWork
from app.resources import Resources

__all__ = ["GRACE", "EraseProjects"]

# What followed from the deletion is delivered by then, for example to webhooks.
GRACE = timedelta(hours=1)
BATCH = 50


class EraseProjects(JobHandler[NoParams]):
    """Ends what the deletion of a project began.

    What it cost stays known: jobs, attempts and bills keep their amounts and lose their words. A project whose work
    or money is still open, or whose media are not purged yet, waits for a later round.
    """

    kind: ClassVar[str] = "projects.erase"
    label: ClassVar[str] = "Erase deleted projects"
    lane: ClassVar[Lane] = Lane.LIGHT
    every: ClassVar[timedelta | None] = timedelta(hours=1)
    params = NoParams

    def __init__(self, resources: Resources) -> None:
        self._resources = resources
        clock = resources.clock
        self._keepsakes = (KeptClips(clock), KeptPictures(clock), KeptNarrations(clock))

    @override
    async def run(self, work: Work, params: NoParams) -> dict[str, JsonValue]:
        await work.stage("erasing", progress=10)
        return {"projects": await work.step("erase", self.erase)}

    async def erase(self) -> int:
        """Erases every deleted project that nothing keeps any more; says how many."""
        gone, after = 0, ""
        while projects := await self._deleted(after):
            for project in projects:
                gone += await self._erased(project)
            after = projects[-1].id
        return gone

    async def _deleted(self, after: str) -> Sequence[DeletedProject]:
        clock = self._resources.clock
        async with self._resources.database.reading() as session:
            return await DeletedRepository(session, clock).deleted(after, BATCH, before=clock.now() - GRACE)

    async def _erased(self, project: DeletedProject) -> bool:
        async with self._resources.database.unit_of_work() as session:
            if await self._is_kept(session, project):
                return False
            deleted = DeletedRepository(session, self._resources.clock)
            jobs = JobService.over(session, self._resources)
            texts = (*await deleted.texts(project.id), *await jobs.texts_of(project.owner_id, project.id))
            await ReviewService.over(session, self._resources).forget_excerpts(texts)
            await jobs.erase_texts(project.owner_id, project.id)
            await deleted.erase(project.id)
        return True

    async def _is_kept(self, session: Session, project: DeletedProject) -> bool:
        for keepsakes in self._keepsakes:
            if await keepsakes.media(session, project):
                return True
        if await ProjectWork(session, self._resources).runs(project.owner_id, project.id):
            return True
        return await JobService.over(session, self._resources).owes(project.owner_id, project.id)
