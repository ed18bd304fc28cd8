"""SQL of movies and their chapters."""

from collections.abc import Mapping, Sequence

from sqlalchemy import delete, select, update

from app.core.pagination import Page, Window
from app.core.repository import Repository
from app.production.movies.domain import ChapterWish, MovieFilm
from app.production.movies.models import Movie, MovieChapter

FRESH = {"populate_existing": True}


class MovieRepository(Repository[Movie]):
    """Movies of an owner, the newest first, and chapters in order."""

    table = Movie

    async def owned(self, movie_id: str, owner_id: str) -> Movie | None:
        """The movie, if it is this owner's."""
        query = select(Movie).where(Movie.id == movie_id, Movie.owner_id == owner_id)
        return await self.one(query.execution_options(**FRESH))

    async def listed(self, owner_id: str, window: Window) -> tuple[Page[Movie], int]:
        """One page of movies and how many there are."""
        query = select(Movie).where(Movie.owner_id == owner_id)
        return await self.page(query, window, Movie.created_at), await self.count(query)

    async def add_chapter(self, movie_id: str, position: int, wish: ChapterWish, project_id: str) -> None:
        """Stores the next chapter."""
        now = self._clock.now()
        self._session.add(
            MovieChapter(
                id=self._clock.new_id(),
                created_at=now,
                updated_at=now,
                movie_id=movie_id,
                project_id=project_id,
                position=position,
                title=wish.title,
                prompt=wish.prompt,
                duration_sec=wish.duration_sec,
            )
        )
        await self._session.flush()

    async def chapters(self, movie_ids: Sequence[str]) -> Mapping[str, Sequence[MovieChapter]]:
        """The chapters of these movies in order."""
        query = select(MovieChapter).where(MovieChapter.movie_id.in_(movie_ids)).order_by(MovieChapter.position)
        found: dict[str, list[MovieChapter]] = {movie_id: [] for movie_id in movie_ids}
        for chapter in await self._session.scalars(query):
            found[chapter.movie_id].append(chapter)
        return found

    async def take(self, movie_id: str, job_id: str) -> None:
        """Says which job is the newest."""
        await self._session.execute(
            update(Movie).where(Movie.id == movie_id).values(job_id=job_id, updated_at=self._clock.now())
        )

    async def publish(self, movie_id: str, film: MovieFilm) -> bool:
        """Gives the movie its film; says whether the movie is still there."""
        variants = {variant.value: asset_id for variant, asset_id in film.variants.items()}
        change = (
            update(Movie)
            .where(Movie.id == movie_id)
            .values(
                film_asset_id=film.asset_id,
                film_digest=film.digest,
                film_variants=variants,
                updated_at=self._clock.now(),
            )
            .returning(Movie.id)
            .execution_options(synchronize_session=False)
        )
        return await self._session.scalar(change) is not None

    async def forget(self, movie_id: str) -> None:
        """Removes the movie with its chapters."""
        await self._session.execute(delete(Movie).where(Movie.id == movie_id))
