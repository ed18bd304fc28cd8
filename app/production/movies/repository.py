"""SQL of movies and their chapters."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import JSON, Boolean, ForeignKey, Index, Integer, String, Text, UniqueConstraint, delete, select, update
from sqlalchemy.orm import Mapped, mapped_column

from app.core.pagination import Page, Window
from app.core.repository import Repository
from app.core.tables import Base, Keyed, string_enum
from app.production.domain import VideoQuality
from app.production.movies.domain import ChapterWish, MovieFilm, MoviePreset, MovieStyle
from app.projects.options import AspectRatio, Language

JSON_OR_NULL = JSON(none_as_null=True)


class Movie(Keyed, Base):
    """Chapters on their way to one film."""

    __tablename__ = "movies"

    owner_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    title: Mapped[str] = mapped_column(String(200))
    style: Mapped[MovieStyle] = mapped_column(string_enum(MovieStyle))
    preset: Mapped[MoviePreset | None] = mapped_column(string_enum(MoviePreset))
    quality: Mapped[VideoQuality] = mapped_column(string_enum(VideoQuality))
    aspect_ratio: Mapped[AspectRatio] = mapped_column(string_enum(AspectRatio))
    language: Mapped[Language] = mapped_column(string_enum(Language))
    narrated: Mapped[bool] = mapped_column(Boolean)
    job_id: Mapped[str | None] = mapped_column(String(36))
    film_asset_id: Mapped[str | None] = mapped_column(String(36), index=True)
    film_digest: Mapped[str | None] = mapped_column(String(64))
    film_variants: Mapped[dict[str, Any] | None] = mapped_column(JSON_OR_NULL)

    __table_args__ = (Index("ix_movies_owner_id_created_at_id", "owner_id", "created_at", "id"),)


class MovieChapter(Keyed, Base):
    """One chapter; its film is that of its project."""

    __tablename__ = "movie_chapters"

    movie_id: Mapped[str] = mapped_column(ForeignKey("movies.id", ondelete="CASCADE"))
    project_id: Mapped[str] = mapped_column(String(36), index=True)
    position: Mapped[int] = mapped_column(Integer)
    title: Mapped[str] = mapped_column(String(200))
    prompt: Mapped[str] = mapped_column(Text)
    duration_sec: Mapped[int] = mapped_column(Integer)

    __table_args__ = (UniqueConstraint("movie_id", "position"),)


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
