"""film.assemble, film.prepare and film.sweep: films and what they leave; media.edit: tools on single files."""

from datetime import timedelta
from typing import ClassVar

from pydantic import JsonValue
from typing_extensions import override

from app.assembly.editing import Editing, EditParams
from app.assembly.gathering import CUTS_FOLDER
from app.assembly.sounding import SoundMaking
from app.assembly.steps import FilmMaking
from app.assembly.toolbox import KIND as EDIT_KIND
from app.core.database import Session
from app.jobs.domain import JobView, Lane
from app.jobs.handlers import Ending, JobHandler, NoParams, Work
from app.projects.errors import ProjectNotFound
from app.projects.progress import ProgressService
from app.projects.states import ProjectStatus
from app.projects.work import failure_to_keep
from app.resources import Resources
from app.storage.desks import delete_untouched

__all__ = ["AssembleFilm", "EditMedia", "PrepareSound", "SweepCuts"]

UNTOUCHED = timedelta(days=2)


class AssembleFilm(JobHandler[NoParams]):
    """Cuts a film from the clips and narrations that its project holds."""

    kind: ClassVar[str] = "film.assemble"
    label: ClassVar[str] = "Cut the film"
    lane: ClassVar[Lane] = Lane.RENDER
    params = NoParams

    def __init__(self, resources: Resources) -> None:
        self._resources = resources

    @override
    async def run(self, work: Work, params: NoParams) -> dict[str, JsonValue]:
        return await FilmMaking(work).run()

    @override
    async def ended(self, session: Session, job: JobView, ending: Ending) -> None:
        """The project rests: failed with its reason, or where it stood when the work was cancelled."""
        if ending is Ending.COMPLETED or job.project_id is None:
            return
        progress = ProgressService.over(session, self._resources)
        if await _is_cutting(progress, job.project_id):
            await progress.rest(job.project_id, await failure_to_keep(session, self._resources, job, ending))


class PrepareSound(JobHandler[NoParams]):
    """Makes the sound of a film ahead of its cut."""

    kind: ClassVar[str] = "film.prepare"
    label: ClassVar[str] = "Prepare the sound"
    lane: ClassVar[Lane] = Lane.RENDER
    params = NoParams

    @override
    async def run(self, work: Work, params: NoParams) -> dict[str, JsonValue]:
        return await SoundMaking(work).run()


class EditMedia(JobHandler[EditParams]):
    """Makes a new file from files that its owner has."""

    kind: ClassVar[str] = EDIT_KIND
    label: ClassVar[str] = "Edit media files"
    lane: ClassVar[Lane] = Lane.RENDER
    params = EditParams

    @override
    async def run(self, work: Work, params: EditParams) -> dict[str, JsonValue]:
        return await Editing(work, params).run()


class SweepCuts(JobHandler[NoParams]):
    """Deletes what cuts have kept for the next one, when there has been none for long."""

    kind: ClassVar[str] = "film.sweep"
    label: ClassVar[str] = "Remove what old cuts have kept"
    lane: ClassVar[Lane] = Lane.LIGHT
    every: ClassVar[timedelta | None] = timedelta(hours=6)
    params = NoParams

    def __init__(self, resources: Resources) -> None:
        self._resources = resources

    @override
    async def run(self, work: Work, params: NoParams) -> dict[str, JsonValue]:
        return {"folders": await work.step("cuts", self._delete_old)}

    async def _delete_old(self) -> int:
        cuts = self._resources.settings.storage.storage_path / CUTS_FOLDER
        return await self._resources.threads.run(delete_untouched, cuts, self._resources.clock.now() - UNTOUCHED)


async def _is_cutting(progress: ProgressService, project_id: str) -> bool:
    """Whether there is a project to rest; a deleted one is left alone."""
    try:
        board = await progress.board(project_id)
    except ProjectNotFound:
        return False
    return board.project.status is ProjectStatus.FINALIZING
