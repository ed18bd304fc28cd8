"""What is left of projects that were deleted: the media that slices kept for them, their rows and their words."""

from collections.abc import Collection, Sequence
from datetime import timedelta
from typing import Protocol

from app.core.database import Session
from app.jobs.service import JobService
from app.library.domain import AssetView
from app.library.service import LibraryService, discard
from app.moderation.service import ReviewService
from app.projects.domain import DeletedProject
from app.projects.repository import DeletedRepository, ProjectRepository
from app.projects.service import ProjectWork
from app.resources import Resources

# What followed from the deletion is delivered by then, for example to webhooks.
GRACE = timedelta(hours=1)
BATCH = 50


class ProjectArtifacts(Protocol):
    """One slice's rows of media beyond those that the project itself shows."""

    async def media(self, session: Session, project: DeletedProject) -> Collection[str]:
        """The assets that these rows name."""

    async def drop(self, session: Session, project: DeletedProject) -> None:
        """Forgets the rows; their media are gone."""


async def purge(resources: Resources, keepsakes: ProjectArtifacts) -> int:
    """Deletes what was kept for projects that are deleted and not erased yet; says how many files.

    What a living project shows stays, and so does everything of a project whose jobs have not ended.
    """
    gone, after = 0, ""
    while projects := await _deleted(resources, after):
        for project in projects:
            gone += await _purge(resources, keepsakes, project)
        after = projects[-1].id
    return gone


async def erase(resources: Resources, kept: Collection[ProjectArtifacts]) -> int:
    """Erases every deleted project for which nothing is kept any more; says how many.

    What it cost stays known: jobs, attempts and bills keep their amounts and lose their words. A project whose work
    or money is still open waits for a later round.
    """
    gone, after = 0, ""
    while projects := await _deleted(resources, after, GRACE):
        for project in projects:
            gone += await _erased(resources, kept, project)
        after = projects[-1].id
    return gone


async def _deleted(resources: Resources, after: str, age: timedelta = timedelta()) -> Sequence[DeletedProject]:
    async with resources.database.reading() as session:
        deleted = DeletedRepository(session, resources.clock)
        return await deleted.deleted(after, BATCH, before=resources.clock.now() - age)


async def _erased(resources: Resources, kept: Collection[ProjectArtifacts], project: DeletedProject) -> bool:
    async with resources.database.unit_of_work() as session:
        jobs = JobService.over(session, resources)
        for keepsakes in kept:
            if await keepsakes.media(session, project):
                return False
        if await ProjectWork(session, resources).runs(project.owner_id, project.id):
            return False
        if await jobs.owes(project.owner_id, project.id):
            return False
        deleted = DeletedRepository(session, resources.clock)
        texts = (*await deleted.texts(project.id), *await jobs.texts_of(project.owner_id, project.id))
        await ReviewService.over(session, resources).forget_excerpts(texts)
        await jobs.erase_texts(project.owner_id, project.id)
        await deleted.erase(project.id)
    return True


async def _purge(resources: Resources, keepsakes: ProjectArtifacts, project: DeletedProject) -> int:
    async with resources.database.reading() as session:
        kept = frozenset(await keepsakes.media(session, project))
        if not kept or await ProjectWork(session, resources).runs(project.owner_id, project.id):
            return 0
        shown = await ProjectRepository(session, resources.clock, resources.notifier).used_elsewhere(kept, project.id)
        assets: Collection[AssetView] = (await LibraryService.over(session, resources).views(kept - shown)).values()
    for asset in assets:
        await discard(resources, asset)
    async with resources.database.unit_of_work() as session:
        await keepsakes.drop(session, project)
    return len(assets)
