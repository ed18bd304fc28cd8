"""movie.produce: the films of all chapters as children, then one film."""

from asyncio import Event
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from pydantic import BaseModel, JsonValue
from typing_extensions import override

from app.assembly.anthology import Anthology, AnthologyOrder, ChapterFilm
from app.core.database import Session
from app.core.errors import AppError, NotNow
from app.jobs.domain import JobFailed, JobFailure, JobStatus, JobView, Lane, failure_of
from app.jobs.handlers import JobHandler, JobRun
from app.jobs.queue import JobQueue, owner_topic
from app.jobs.service import JobService
from app.library.domain import AssetView
from app.library.service import LibraryService
from app.production.domain import ProductionJobKind
from app.production.errors import MovieChapterGone, PartCancelled
from app.production.movies.domain import ChapterView, MovieFilm, MovieView, movie_digest
from app.production.movies.service import MOVIE_KIND, MovieService
from app.production.service import FilmWish, ProductionService
from app.projects.domain import FilmVariant
from app.projects.service import ProjectService
from app.resources import Resources

LONGEST_PAUSE_SECONDS = 1.0
SHORTEST_PAUSE_SECONDS = 0.05
SHARE_OF_CHAPTERS = 90


@dataclass(frozen=True)
class _MovieSnapshot:
    """How one chapter stands."""

    chapter: ChapterView
    stands: bool
    is_active: bool
    failure: JobFailure | None

    @property
    def is_due(self) -> bool:
        return not (self.stands or self.is_active or self.failure)

    @property
    def percent(self) -> int:
        if self.stands:
            return 100
        return self.chapter.job.progress if self.is_active and self.chapter.job else 0


class RenderMovie:
    """Makes one movie within one job."""

    def __init__(self, work: JobRun, movie_id: str, *, auto_approve: bool) -> None:
        self._work = work
        self._job = work.job
        self._movie_id = movie_id
        self._auto_approve = auto_approve
        self._resources: Resources = work.resources
        self._refusal: JobFailure | None = None

    async def run(self) -> dict[str, JsonValue]:
        """The published film, as the job's result."""
        work = self._work
        await work.step("take", self._take)
        await work.stage("making_chapters", progress=1, status=JobStatus.PROCESSING)
        until = self._job.deadline_at or self._resources.clock.now()
        with self._resources.notifier.subscribe(owner_topic(self._job.owner_id)) as ring:
            await work.wait("chapters", self._look, ring, every_seconds=SHORTEST_PAUSE_SECONDS, until=until)
        await work.stage("joining_chapters", progress=SHARE_OF_CHAPTERS, status=JobStatus.COMPOSING)
        return await work.step("join", self._join)

    async def _take(self) -> None:
        async with self._resources.database.unit_of_work() as session:
            await MovieService.over(session, self._resources).take(self._movie_id, self._job.id)

    async def _look(self, ring: Event) -> dict[str, Any] | None:
        snapshots = await self._snapshots()
        if all(snapshot.stands for snapshot in snapshots):
            return {"chapters": len(snapshots)}
        failure = self._refusal or next((s.failure for s in snapshots if s.failure is not None), None)
        if failure is not None and not any(snapshot.is_active for snapshot in snapshots):
            raise JobFailed(failure)
        if failure is None:
            for snapshot in snapshots:
                await self._begin(snapshot)
        await self._tell(snapshots)
        await self._resources.notifier.wait(ring, LONGEST_PAUSE_SECONDS)
        return None

    async def _begin(self, snapshot: _MovieSnapshot) -> None:
        """Starts the film of a chapter that nobody makes; a refusal ends the whole once the others have ended."""
        project = snapshot.chapter.project
        if project is None or not snapshot.is_due or self._refusal is not None:
            return
        narrates = (await self._movie()).narrated
        wish = FilmWish(auto_approve=self._auto_approve, narrates=narrates, parent_id=self._job.id)
        try:
            async with self._resources.database.unit_of_work() as session:
                await JobQueue(session, self._resources).hold_parent(self._job.id)
                await ProductionService.over(session, self._resources).begin_film(project, wish)
        except NotNow:
            raise
        except AppError as refusal:
            self._refusal = failure_of(refusal)

    async def _snapshots(self) -> Sequence[_MovieSnapshot]:
        async with self._resources.database.reading() as session:
            movies = MovieService.over(session, self._resources)
            movie = await movies.owned(self._movie_id, self._job.owner_id)
            if any(chapter.project is None for chapter in movie.chapters):
                raise MovieChapterGone
            children = await JobService.over(session, self._resources).children(self._job.id)
            mine = {job.project_id: job for job in children}
            return [await self._snapshot(session, movie, each, mine.get(each.project_id)) for each in movie.chapters]

    async def _snapshot(
        self, session: Session, movie: MovieView, chapter: ChapterView, mine: JobView | None
    ) -> _MovieSnapshot:
        movies = MovieService.over(session, self._resources)
        jobs = JobService.over(session, self._resources)
        if await jobs.at_work(chapter.project_id, ProductionJobKind.FILM.value):
            return _MovieSnapshot(chapter, stands=False, is_active=True, failure=None)
        # What a child of this job has finished is finished, whatever its owner edits afterwards.
        is_finished = mine is not None and mine.status is JobStatus.COMPLETED
        stands = await movies.has_film(chapter) and (is_finished or not await movies.is_due(movie, chapter))
        return _MovieSnapshot(chapter, stands, is_active=False, failure=None if stands else _failure(mine))

    async def _tell(self, snapshots: Sequence[_MovieSnapshot]) -> None:
        await self._work.report(
            SHARE_OF_CHAPTERS * sum(snapshot.percent for snapshot in snapshots) // (100 * len(snapshots))
        )

    async def _movie(self) -> MovieView:
        async with self._resources.database.reading() as session:
            return await MovieService.over(session, self._resources).owned(self._movie_id, self._job.owner_id)

    async def _join(self) -> dict[str, JsonValue]:
        async with self._resources.database.reading() as session:
            movies = MovieService.over(session, self._resources)
            movie = await movies.owned(self._movie_id, self._job.owner_id)
            if movie.film is not None and await movies.stands(movie):
                return _result(movie, movie.film)
            order = await self._order(session, movie)

        async def publish(session: Session, kept: Mapping[FilmVariant, AssetView]) -> MovieFilm:
            variants = {variant: asset.id for variant, asset in kept.items()}
            film = MovieFilm(asset_id=variants[FilmVariant.VIDEO], digest=movie_digest(movie), variants=variants)
            await MovieService.over(session, self._resources).publish(movie, film)
            return film

        async with self._resources.renders.turn():
            film = await Anthology(self._resources).join(order, publish)
        return _result(movie, film)

    async def _order(self, session: Session, movie: MovieView) -> AnthologyOrder:
        chapters = [await self._chapter(session, chapter) for chapter in movie.chapters]
        return AnthologyOrder(
            id=movie.id,
            owner_id=movie.owner_id,
            title=movie.title,
            language=movie.language.value,
            chapters=tuple(chapters),
        )

    async def _chapter(self, session: Session, chapter: ChapterView) -> ChapterFilm:
        board = await ProjectService.over(session, self._resources).board(chapter.project_id)
        film = board.project.film
        variants = film.variants if film else {}
        found = await LibraryService.over(session, self._resources).views(variants.values())
        video = found.get(variants.get(FilmVariant.VIDEO, ""))
        if video is None:
            raise MovieChapterGone
        report = found.get(variants.get(FilmVariant.REPORT, ""))
        return ChapterFilm(title=chapter.title, board=board, film=video, report=report)


def _failure(child: JobView | None) -> JobFailure | None:
    """Why the newest try of this job at a chapter did not work."""
    if child is None or not child.is_final:
        return None
    if child.status is JobStatus.CANCELLED:
        return failure_of(PartCancelled.of(child.kind))
    return child.failure


def _result(movie: MovieView, film: MovieFilm) -> dict[str, JsonValue]:
    return {"movie_id": movie.id, "asset_id": film.asset_id}


class MovieParams(BaseModel):
    """Which movie, and whether chapters ask their owner."""

    movie_id: str
    auto_approve: bool = True


class ProduceMovie(JobHandler[MovieParams]):
    """A parent whose children are productions."""

    kind: ClassVar[str] = MOVIE_KIND
    label: ClassVar[str] = "Make the movie"
    lane: ClassVar[Lane] = Lane.REMOTE
    params = MovieParams

    @override
    async def run(self, work: JobRun, params: MovieParams) -> dict[str, JsonValue]:
        return await RenderMovie(work, params.movie_id, auto_approve=params.auto_approve).run()
