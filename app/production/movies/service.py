"""Movies of an owner: laid out with a project for each chapter, begun, shown, published and deleted."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import Self

from app.assembly.service import film_stands
from app.core.database import Session
from app.core.pagination import Page, Window
from app.jobs.domain import JobFilter, JobView, Lane
from app.jobs.errors import JobNotFound
from app.jobs.queue import JobQueue, Order
from app.jobs.service import JobService
from app.jobs.settlement import JobControl
from app.library.domain import AssetView
from app.library.gallery.service import GalleryService
from app.library.service import LibraryService
from app.production.domain import ProductionJobKind
from app.production.errors import MovieChapterGone, MovieNotFound
from app.production.movies.domain import (
    ChapterView,
    MovieFilm,
    MovieView,
    MovieWish,
    check_shape,
    movie_digest,
    project_of,
)
from app.production.movies.repository import Movie, MovieChapter, MovieRepository
from app.production.steps import clip_is_due, narration_is_due
from app.projects.domain import FilmVariant
from app.projects.errors import ProjectNotFound
from app.projects.service import ProjectService
from app.resources import Resources

MOVIE_KIND = "movie.produce"


@dataclass(frozen=True)
class MakeWish:
    """How a movie is made, and how the caller is answered."""

    auto_approve: bool = True


class MovieService:
    """Works on behalf of one owner, in the caller's unit of work."""

    def __init__(self, session: Session, resources: Resources) -> None:
        self._session = session
        self._resources = resources
        self._movies = MovieRepository(session, resources.clock)
        self._projects = ProjectService.over(session, resources)
        self._library = LibraryService.over(session, resources)
        self._jobs = JobService.over(session, resources)

    @classmethod
    def over(cls, session: Session, resources: Resources) -> Self:
        """The service on this session."""
        return cls(session, resources)

    async def create(self, owner_id: str, wish: MovieWish) -> MovieView:
        """Lays out a movie: every chapter is a project of its own; nothing is made yet."""
        check_shape(wish, self._resources.settings.projects.max_movie_duration_sec)
        row = await self._movies.add(
            Movie(
                owner_id=owner_id,
                title=wish.title,
                style=wish.style,
                preset=wish.preset,
                quality=wish.quality,
                aspect_ratio=wish.aspect_ratio,
                language=wish.language,
                narrated=wish.narrated,
            )
        )
        for position, chapter in enumerate(wish.chapters):
            project = await self._projects.create(owner_id, project_of(wish, chapter))
            await self._movies.add_chapter(row.id, position, chapter, project.id)
        return await self.owned(row.id, owner_id)

    async def owned(self, movie_id: str, owner_id: str) -> MovieView:
        """The movie of this owner with its chapters as they stand; a foreign one is not found."""
        row = await self._movies.owned(movie_id, owner_id)
        if row is None:
            raise MovieNotFound
        movie = await self._view(row, (await self._movies.chapters([row.id]))[row.id])
        return replace(movie, chapters=tuple([await self._shown(owner_id, chapter) for chapter in movie.chapters]))

    async def listed(self, owner_id: str, window: Window) -> tuple[Page[MovieView], int]:
        """One page of the owner's movies; how each chapter stands is told by the movie itself."""
        page, total = await self._movies.listed(owner_id, window)
        chapters = await self._movies.chapters([row.id for row in page.items])
        return Page(tuple([await self._view(row, chapters[row.id]) for row in page.items]), page.next), total

    async def begin(self, movie: MovieView, wish: MakeWish) -> JobView:
        """The whole movie as one job; while one is on it, that one is given."""
        if any(chapter.project is None for chapter in movie.chapters):
            raise MovieChapterGone
        job, is_new = await JobQueue(self._session, self._resources).enqueue(
            Order(
                owner_id=movie.owner_id,
                kind=MOVIE_KIND,
                lane=Lane.REMOTE,
                params={"movie_id": movie.id, "auto_approve": wish.auto_approve},
                same_work=f"movie:{movie.id}",
                direct=True,
            )
        )
        if is_new:
            await self._movies.take(movie.id, job.id)
        return job

    async def take(self, movie_id: str, job_id: str) -> None:
        """Says that this job, which may be a retry, is now the newest on the movie."""
        await self._movies.take(movie_id, job_id)

    async def has_film(self, chapter: ChapterView) -> bool:
        """Whether the film of the present clips of a chapter is there, whole."""
        return chapter.project is not None and await film_stands(chapter.project, self._library)

    async def is_due(self, movie: MovieView, chapter: ChapterView) -> bool:
        """Whether a clip of a chapter, or a narration that is wanted, is missing or out of date."""
        board = await self._projects.board(chapter.project_id)
        return any(clip_is_due(s) or (movie.narrated and narration_is_due(s)) for s in board.segments)

    async def stands(self, movie: MovieView) -> bool:
        """Whether the film of just these chapters is there, whole."""
        film = movie.film
        if film is None or film.digest != movie_digest(movie):
            return False
        wanted = {film.asset_id, *film.variants.values()}
        return wanted == set(await self._library.views(wanted))

    async def publish(self, movie: MovieView, film: MovieFilm) -> None:
        """Gives the movie its film; who has a link to the earlier one may watch it to its end."""
        if not await self._movies.publish(movie.id, film):
            raise MovieNotFound
        if movie.film is None:
            return
        await GalleryService.over(self._session, self._resources).succeed(movie.film.asset_id, film.asset_id)
        for asset in await self._files(movie.film):
            await self._library.replace(asset, film.asset_id)

    async def delete(self, movie: MovieView) -> None:
        """Deletes the movie with its chapters' projects and all media; work on it is cancelled first."""
        if movie.job is not None:
            await JobControl.over(self._session, self._resources).cancel(movie.job)
        for chapter in movie.chapters:
            if chapter.project is not None:
                await self._projects.delete(chapter.project, cancel=True)
        if movie.film is not None:
            for asset in await self._files(movie.film):
                await self._library.forget(asset)
        await self._movies.forget(movie.id)

    async def _files(self, film: MovieFilm) -> Collection[AssetView]:
        return (await self._library.views({film.asset_id, *film.variants.values()})).values()

    async def _shown(self, owner_id: str, chapter: ChapterView) -> ChapterView:
        try:
            project = await self._projects.view(chapter.project_id)
        except ProjectNotFound:
            return chapter
        wanted = JobFilter(kind=ProductionJobKind.FILM.value, project_id=project.id)
        page, _ = await self._jobs.listed(owner_id, wanted, Window(limit=1))
        return replace(chapter, project=project, job=page.items[0] if page.items else None)

    async def _view(self, row: Movie, chapters: Sequence[MovieChapter]) -> MovieView:
        return MovieView(
            id=row.id,
            owner_id=row.owner_id,
            title=row.title,
            style=row.style,
            preset=row.preset,
            quality=row.quality,
            aspect_ratio=row.aspect_ratio,
            language=row.language,
            narrated=row.narrated,
            film=_film(row),
            job=await self._job(row.job_id),
            chapters=tuple(_chapter(chapter) for chapter in chapters),
            created_at=row.created_at,
            updated_at=row.updated_at,
        )

    async def _job(self, job_id: str | None) -> JobView | None:
        try:
            return None if job_id is None else await self._jobs.any(job_id)
        except JobNotFound:
            return None


def _chapter(row: MovieChapter) -> ChapterView:
    return ChapterView(
        index=row.position,
        title=row.title,
        prompt=row.prompt,
        duration_sec=row.duration_sec,
        project_id=row.project_id,
    )


def _film(row: Movie) -> MovieFilm | None:
    if row.film_asset_id is None or row.film_digest is None:
        return None
    variants = {FilmVariant(variant): asset_id for variant, asset_id in (row.film_variants or {}).items()}
    return MovieFilm(asset_id=row.film_asset_id, digest=row.film_digest, variants=variants)
