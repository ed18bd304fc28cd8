"""Wire shapes of movies."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Self

from pydantic import Field, StrictBool, StringConstraints

from app.core.schema import Body, Reply, Utc
from app.jobs.domain import Phase
from app.production.domain import VideoQuality
from app.production.movies.domain import ChapterView, ChapterWish, MoviePreset, MovieStyle, MovieView, MovieWish
from app.production.movies.service import MakeWish
from app.projects.domain import FilmVariant
from app.projects.options import AspectRatio, Language
from app.projects.texts import language_or_english

STATUSES = {Phase.QUEUED: "pending", Phase.SUCCEEDED: "completed", Phase.FAILED: "failed", Phase.CANCELLED: "cancelled"}
MAX_CHAPTERS = 50
Title = Annotated[str, StringConstraints(min_length=1, max_length=120)]
Prompt = Annotated[str, StringConstraints(min_length=1, max_length=2000)]


class MovieStatus(StrEnum):
    """Where a movie or a chapter stands."""

    CREATED = "created"
    PENDING = "pending"
    PROCESSING = "processing"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"


class ChapterBody(Body):
    """One chapter; it becomes a project of its own."""

    title: Title = Field(examples=["The storm"])
    prompt: Prompt = Field(examples=["A lighthouse keeper lights the lamp while the storm comes closer"])
    duration: Annotated[int, Field(ge=5, le=600, description="Seconds")] = 30


class MovieBody(Body):
    """A movie of chapters."""

    title: Title = Field(examples=["The lighthouse"])
    style: MovieStyle = MovieStyle.CINEMATIC
    preset: MoviePreset | None = None
    quality: VideoQuality = VideoQuality.STANDARD
    aspect_ratio: AspectRatio = AspectRatio.WIDE
    language: Language | None = None
    narration: StrictBool = True
    chapters: Annotated[tuple[ChapterBody, ...], Field(min_length=1, max_length=MAX_CHAPTERS)]

    def wish(self) -> MovieWish:
        """The wish in the words of the service."""
        return MovieWish(
            title=self.title,
            style=self.style,
            preset=self.preset,
            quality=self.quality,
            aspect_ratio=self.aspect_ratio,
            language=self.language or language_or_english(self._text()),
            narrated=self.narration,
            chapters=tuple(
                ChapterWish(title=chapter.title, prompt=chapter.prompt, duration_sec=chapter.duration)
                for chapter in self.chapters
            ),
        )

    def _text(self) -> str:
        return "\n".join((self.title, *(f"{chapter.title}\n{chapter.prompt}" for chapter in self.chapters)))


class MovieProduceBody(Body):
    """How the movie is made; with `auto_approve` false the job of each chapter asks on its way."""

    auto_approve: StrictBool = True

    def wish(self) -> MakeWish:
        """The wish in the words of the service."""
        return MakeWish(auto_approve=self.auto_approve)


class ChapterRead(Reply):
    """One chapter with its project."""

    index: int
    title: str
    prompt: str
    duration: int
    project_id: str
    job_id: str | None
    status: MovieStatus | None
    progress: int
    video_url: str | None

    @classmethod
    def of(cls, chapter: ChapterView, links: Mapping[str, str]) -> Self:
        """The wire form of a chapter; a list of movies does not tell how each chapter stands."""
        job, film = chapter.job, chapter.project.film if chapter.project else None
        status = MovieStatus.CREATED if job is None else MovieStatus(STATUSES.get(job.phase, "processing"))
        return cls(
            index=chapter.index,
            title=chapter.title,
            prompt=chapter.prompt,
            duration=chapter.duration_sec,
            project_id=chapter.project_id,
            job_id=job.id if job else None,
            status=status if chapter.project else None,
            progress=job.progress if job else 0,
            video_url=links.get(film.asset_id) if film else None,
        )


class MovieRead(Reply):
    """One movie."""

    id: str
    title: str
    style: MovieStyle
    preset: MoviePreset | None
    quality: VideoQuality
    aspect_ratio: AspectRatio
    language: Language
    narration: bool
    duration: int
    status: MovieStatus
    progress: int
    job_id: str | None
    error: str | None
    chapters: list[ChapterRead]
    video_url: str | None
    thumbnail_url: str | None
    captions_url: str | None
    created_at: Utc
    updated_at: Utc

    @classmethod
    def of(cls, movie: MovieView, links: Mapping[str, str]) -> Self:
        """The movie with links to its media."""
        job, variants = movie.job, movie.film.variants if movie.film else {}
        return cls(
            id=movie.id,
            title=movie.title,
            style=movie.style,
            preset=movie.preset,
            quality=movie.quality,
            aspect_ratio=movie.aspect_ratio,
            language=movie.language,
            narration=movie.narrated,
            duration=sum(chapter.duration_sec for chapter in movie.chapters),
            status=MovieStatus.CREATED if job is None else MovieStatus(STATUSES.get(job.phase, "processing")),
            progress=job.progress if job else 0,
            job_id=job.id if job else None,
            error=job.failure.message if job and job.failure else None,
            chapters=[ChapterRead.of(chapter, links) for chapter in movie.chapters],
            video_url=links.get(variants.get(FilmVariant.VIDEO, "")),
            thumbnail_url=links.get(variants.get(FilmVariant.POSTER, "")),
            captions_url=links.get(variants.get(FilmVariant.CAPTIONS_VTT, "")),
            created_at=movie.created_at,
            updated_at=movie.updated_at,
        )


class MovieList(Reply):
    """One page of movies."""

    movies: list[MovieRead]
    total: int


def movie_media(movie: MovieView) -> frozenset[str]:
    """The assets that a movie links to."""
    films = [chapter.project.film for chapter in movie.chapters if chapter.project]
    found = {film.asset_id for film in films if film}
    return frozenset(found | set(movie.film.variants.values() if movie.film else ()))
