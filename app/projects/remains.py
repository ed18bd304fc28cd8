"""What slices kept for projects that were deleted since: earlier takes and pictures go as well."""

from collections.abc import Collection, Sequence
from datetime import timedelta
from typing import Protocol

from app.core.database import Session
from app.library.service import LibraryService, discard
from app.library.values import AssetView
from app.projects.repository import DeletedRepository, ProjectRepository
from app.projects.values import DeletedProject
from app.projects.work import ProjectWork
from app.resources import Resources

__all__ = ["Keepsakes", "purge"]

LOOKS_BACK = timedelta(days=30)
BATCH = 50


class Keepsakes(Protocol):
    """One slice's rows of media beyond those that the project itself shows."""

    async def media(self, session: Session, project: DeletedProject) -> Collection[str]:
        """The assets that these rows name."""

    async def drop(self, session: Session, project: DeletedProject) -> None:
        """Forgets the rows; their media are gone."""


async def purge(resources: Resources, keepsakes: Keepsakes) -> int:
    """Deletes what was kept for projects that were deleted lately; says how many files.

    What a living project shows stays, and so does everything of a project whose jobs have not ended.
    """
    gone, after = 0, ""
    while projects := await _deleted(resources, after):
        for project in projects:
            gone += await _purge(resources, keepsakes, project)
        after = projects[-1].id
    return gone


async def _deleted(resources: Resources, after: str) -> Sequence[DeletedProject]:
    async with resources.database.reading() as session:
        since = resources.clock.now() - LOOKS_BACK
        return await DeletedRepository(session, resources.clock).deleted(since, after, BATCH)


async def _purge(resources: Resources, keepsakes: Keepsakes, project: DeletedProject) -> int:
    async with resources.database.reading() as session:
        kept = frozenset(await keepsakes.media(session, project))
        if not kept or await ProjectWork(session, resources).runs(project.owner_id, project.id):
            return 0
        shown = await ProjectRepository(session, resources.clock, resources.bell).used_elsewhere(kept, project.id)
        assets: Collection[AssetView] = (await LibraryService.over(session, resources).views(kept - shown)).values()
    for asset in assets:
        await discard(resources, asset)
    async with resources.database.unit_of_work() as session:
        await keepsakes.drop(session, project)
    return len(assets)
