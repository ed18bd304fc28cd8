"""Starts the cut of a film: the project is taken and the job is put in line in one unit of work."""

from dataclasses import dataclass
from typing import Self

from app.assembly.domain import check_files, check_offered, wanted_assets
from app.assembly.errors import FilmMissing
from app.core.database import Session
from app.jobs.domain import JobView, Lane
from app.jobs.queue import JobQueue, Order
from app.jobs.service import follow
from app.library.domain import AssetView
from app.library.service import LibraryService
from app.projects.domain import FilmVariant, ProjectView
from app.projects.freshness import film_digest
from app.projects.progress import ProgressService
from app.resources import Resources

KIND = "film.assemble"
SOUND_KIND = "film.prepare"


@dataclass(frozen=True)
class CutWish:
    """Who wants the film, and how the caller waits for it."""

    wait_seconds: int = 0
    parent_id: str | None = None


class AssemblyService:
    """Cuts films on behalf of their owners, in the caller's unit of work."""

    def __init__(self, session: Session, resources: Resources) -> None:
        self._progress = ProgressService.over(session, resources)
        self._library = LibraryService.over(session, resources)
        self._queue = JobQueue(session, resources)

    @classmethod
    def over(cls, session: Session, resources: Resources) -> Self:
        """The service on this session."""
        return cls(session, resources)

    async def begin(self, project: ProjectView, wish: CutWish) -> JobView | None:
        """Puts the cut in line and takes the project; None when the film of just these clips is there already.

        Commits nothing: the job row and the project's move to `finalizing` stand or fall with what the caller writes
        beside them. While a cut of this project is on its way its job is given, which need not be the caller's child.
        Refuses: SegmentsIncomplete (names the segments), FilmFilesGone, FilmNotOffered, IllegalProjectMove.
        """
        board = await self._progress.board(project.id)
        check_offered(board.project.settings)
        if await film_stands(board.project, self._library):
            return None
        job, is_new = await self._queue.enqueue(_order(board.project, wish))
        if is_new:
            board = await self._progress.begin_cut(project.id)
            check_files(board, await self._library.views(wanted_assets(board)))
        return job

    async def begin_sound(self, project: ProjectView, *, parent_id: str | None = None) -> JobView:
        """Puts the making of the sound in line, once every narration is spoken; a later cut finds what it made.

        Holds nothing and belongs to the caller's unit of work; clips may be made meanwhile. A clip of another length
        than its segment makes the cut prepare its sound itself, so nothing depends on this job.
        """
        check_offered(project.settings)
        job, _ = await self._queue.enqueue(
            Order(
                owner_id=project.owner_id,
                kind=SOUND_KIND,
                lane=Lane.RENDER,
                params={},
                project_id=project.id,
                parent_id=parent_id,
                same_work=f"sound:{project.id}",
            )
        )
        return job

    async def part(self, project: ProjectView, variant: FilmVariant) -> AssetView:
        """One file of the present film."""
        film = project.film
        asset_id = None if film is None else film.variants.get(variant)
        found = (await self._library.views([asset_id])).get(asset_id) if asset_id else None
        if found is None:
            raise FilmMissing
        return found


async def film_stands(project: ProjectView, library: LibraryService) -> bool:
    """Whether the film of just these clips and settings is there, whole."""
    film = project.film
    if film is None or film.digest != film_digest(project):
        return False
    wanted = {film.asset_id, *film.variants.values()}
    return wanted == set(await library.views(wanted))


async def cut_and_follow(resources: Resources, project: ProjectView, wish: CutWish) -> JobView | None:
    """The job that cuts a project: at its end, or as it stands when the wait is over; None when there is no need."""
    async with resources.database.unit_of_work() as session:
        job = await AssemblyService.over(session, resources).begin(project, wish)
    return None if job is None else await follow(resources, job, wish.wait_seconds)


def _order(project: ProjectView, wish: CutWish) -> Order:
    return Order(
        owner_id=project.owner_id,
        kind=KIND,
        lane=Lane.RENDER,
        params={},
        project_id=project.id,
        parent_id=wish.parent_id,
        same_work=f"film:{project.id}",
        direct=wish.wait_seconds > 0 or wish.parent_id is not None,
    )
