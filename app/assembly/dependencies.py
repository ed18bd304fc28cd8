"""What a request about a film needs: the cut it asks for, or the part of the film that it reads."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Query

from app.accounts.dependencies import ResourcesDep
from app.assembly.service import AssemblyService, CutWish, cut_and_follow
from app.core.dependencies import ReadSession
from app.jobs.dependencies import Prefer
from app.jobs.domain import JobView
from app.library.domain import AssetView
from app.projects.dependencies import OwnedProject
from app.projects.domain import FilmVariant, ProjectView
from app.projects.progress import ProgressService
from app.projects.replies import ProjectPresenter, ProjectReply
from app.resources import Resources

WAIT_SECONDS = 30


@dataclass(frozen=True)
class CutRequest:
    """One request for a film, and how its outcome is shown."""

    resources: Resources
    project: ProjectView
    wish: CutWish

    async def follow(self) -> JobView | None:
        """The job at its end or as it stands when the wait is over; None when the film is there already."""
        return await cut_and_follow(self.resources, self.project, self.wish)

    async def shown(self) -> ProjectReply:
        """The project as it stands now."""
        async with self.resources.database.reading() as session:
            board = await ProgressService.over(session, self.resources).board(self.project.id)
            return await ProjectPresenter.over(session, self.resources).project(board.project)


async def finalizing(project: OwnedProject, resources: ResourcesDep, prefer: Prefer) -> CutRequest:
    """The cut of the caller's own project."""
    return CutRequest(resources, project, CutWish(prefer.seconds(WAIT_SECONDS)))


async def film_part(
    project: OwnedProject,
    session: ReadSession,
    resources: ResourcesDep,
    variant: Annotated[FilmVariant, Query(description="Which file of the film")] = FilmVariant.VIDEO,
) -> AssetView:
    """One file of the caller's own film."""
    return await AssemblyService.over(session, resources).part(project, variant)


Finalizing = Annotated[CutRequest, Depends(finalizing)]
FilmPart = Annotated[AssetView, Depends(film_part)]
