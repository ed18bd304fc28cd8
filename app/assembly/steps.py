"""The steps of one film.assemble job: take the project, then gather, cut and publish; each may run again."""

from collections.abc import Mapping, Sequence
from fractions import Fraction
from pathlib import Path

from pydantic import JsonValue

from app.assembly.edit import check_files, timeline_of, wanted_assets
from app.assembly.errors import FilmClipsBroken
from app.assembly.files import FilmFiles
from app.assembly.gathering import Gathering
from app.assembly.looking import Looking, frame_assets
from app.assembly.proof import proof_of
from app.assembly.service import film_stands
from app.core.database import Session
from app.jobs.domain import JobStatus
from app.jobs.handlers import Work
from app.jobs.service import JobService
from app.library.gallery.service import GalleryService
from app.library.intake import Intake, Keeping
from app.library.service import LibraryService
from app.library.values import AssetView
from app.media.errors import ClipUnusable, UnreadableMedia
from app.media.film import Film
from app.media.film_report import FilmReport
from app.media.timeline import Timeline
from app.projects import values
from app.projects.freshness import film_digest
from app.projects.progress import ProgressService
from app.projects.states import ProjectStatus
from app.projects.values import FilmVariant, Storyboard
from app.resources import Resources

__all__ = ["FilmMaking"]


class FilmMaking:
    """Cuts the film of one project within one job; nothing here costs money, so a crash cuts again."""

    def __init__(self, work: Work) -> None:
        self._work = work
        self._resources: Resources = work.resources
        self._project_id = work.job.project_id or ""
        self._intake = Intake(work.resources)
        self._gathering = Gathering(work.resources, self._project_id)
        self._film = Film(work.resources.tools, work.resources.threads)

    async def run(self) -> dict[str, JsonValue]:
        """The published film, as the job's result."""
        work = self._work
        await work.stage("gathering_clips", progress=5)
        await work.step("begin", self._begin)
        await work.stage("cutting_film", progress=20, status=JobStatus.COMPOSING)
        return await work.step("cut", self._cut)

    async def _begin(self) -> None:
        """Takes the project unless the start has taken it, or an earlier run has published the film."""
        async with self._resources.database.unit_of_work() as session:
            progress = ProgressService.over(session, self._resources)
            project = (await progress.board(self._project_id)).project
            stands = await film_stands(project, LibraryService.over(session, self._resources))
            if project.status is not ProjectStatus.FINALIZING and not stands:
                await progress.begin_cut(self._project_id)

    async def _cut(self) -> dict[str, JsonValue]:
        async with self._resources.database.reading() as session:
            board = await ProgressService.over(session, self._resources).board(self._project_id)
            library = LibraryService.over(session, self._resources)
            film = board.project.film
            if film is not None and await film_stands(board.project, library):
                return {"asset_id": film.asset_id}
            assets = await library.views(wanted_assets(board))
            frames = await library.views(frame_assets(board))
            spent = await self._spent(session)
        check_files(board, assets)
        async with self._intake.desk() as desk:
            paths = await self._gathering.gather(assets.values(), desk)
            looking = Looking(self._resources, await self._gathering.bench(), desk)
            looks = await looking.looks(board, {**frames, **assets}, paths)
            timeline, made = await self._made(board, paths, desk)
            files = await FilmFiles(self._resources, desk).of(timeline, made, proof_of(board, made, looks, spent))
            return await self._publish(board, files)

    async def _made(self, board: Storyboard, paths: Mapping[str, Path], desk: Path) -> tuple[Timeline, FilmReport]:
        bench = await self._gathering.bench()
        clips = {each.index: paths[each.clip.asset_id] for each in board.segments if each.clip}
        timeline = timeline_of(board, paths, await self._durations(clips, bench))
        return timeline, await self._film.render(timeline, desk / "film.mp4", bench)

    async def _durations(self, clips: Mapping[int, Path], bench: Path) -> list[Fraction]:
        found: list[Fraction] = []
        broken: list[int] = []
        for index, clip in clips.items():
            try:
                found.append(await self._film.duration(clip, bench))
            except (ClipUnusable, UnreadableMedia):
                broken.append(index)
        if broken:
            raise FilmClipsBroken.of(broken)
        return found

    async def _publish(self, board: Storyboard, files: Mapping[FilmVariant, Keeping]) -> dict[str, JsonValue]:
        """Rows of all files and the project's film in one unit of work; the film before it makes room."""

        async def accept(session: Session, assets: Sequence[AssetView]) -> values.Film:
            variants = {variant: asset.id for variant, asset in zip(files, assets, strict=True)}
            film = values.Film(
                asset_id=variants[FilmVariant.VIDEO], digest=film_digest(board.project), variants=variants
            )
            await self._replace_film(session, film.asset_id)
            await ProgressService.over(session, self._resources).accept_film(self._project_id, film)
            return film

        film = await self._intake.keep_together(board.project.owner_id, list(files.values()), accept)
        return {"asset_id": film.asset_id}

    async def _replace_film(self, session: Session, successor_id: str) -> None:
        """The project's earlier film makes room; who has a link to it may watch it to its end."""
        earlier = (await ProgressService.over(session, self._resources).board(self._project_id)).project.film
        if earlier is None:
            return
        await GalleryService.over(session, self._resources).succeed(earlier.asset_id, successor_id)
        library = LibraryService.over(session, self._resources)
        for asset in (await library.views({earlier.asset_id, *earlier.variants.values()})).values():
            await library.replace(asset, successor_id)

    async def _spent(self, session: Session) -> int:
        return await JobService.over(session, self._resources).spent_on(self._work.job.owner_id, self._project_id)
