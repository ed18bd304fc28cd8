"""Frozen values of movies: how one is wished, and how one stands."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from app.jobs.domain import JobView
from app.production.values import VideoQuality
from app.projects.options import AspectRatio, Language
from app.projects.values import FilmVariant, ProjectView

__all__ = ["ChapterView", "ChapterWish", "MovieFilm", "MoviePreset", "MovieStyle", "MovieView", "MovieWish"]


class MovieStyle(StrEnum):
    """Looks of a whole movie."""

    CINEMATIC = "cinematic"
    DOCUMENTARY = "documentary"
    ADVERTISEMENT = "advertisement"
    MUSIC_VIDEO = "music-video"
    ANIME = "anime"
    PIXAR = "pixar"
    WES_ANDERSON = "wes-anderson"
    CLAYMATION = "claymation"
    SVANKMAJER = "svankmajer"


class MoviePreset(StrEnum):
    """Sorts of movies, by how many clips they have."""

    COMMERCIAL = "commercial"
    SHORT_FILM = "short-film"
    MUSIC_VIDEO = "music-video"
    STORY = "story"
    FEATURE = "feature"


@dataclass(frozen=True, kw_only=True)
class ChapterWish:
    """One chapter as it is wished for."""

    title: str
    prompt: str
    duration_sec: int


@dataclass(frozen=True, kw_only=True)
class MovieWish:
    """A movie as it is wished for."""

    title: str
    style: MovieStyle
    preset: MoviePreset | None
    quality: VideoQuality
    aspect_ratio: AspectRatio
    language: Language
    narrated: bool
    chapters: tuple[ChapterWish, ...]


@dataclass(frozen=True, kw_only=True)
class ChapterView:
    """One chapter; without a project it was deleted by its owner."""

    index: int
    title: str
    prompt: str
    duration_sec: int
    project_id: str
    project: ProjectView | None = None
    job: JobView | None = None


@dataclass(frozen=True, kw_only=True)
class MovieFilm:
    """The joined film and what it was made from."""

    asset_id: str
    digest: str
    variants: Mapping[FilmVariant, str]


@dataclass(frozen=True, kw_only=True)
class MovieView:
    """A movie with its chapters and the newest job on it."""

    id: str
    owner_id: str
    title: str
    style: MovieStyle
    preset: MoviePreset | None
    quality: VideoQuality
    aspect_ratio: AspectRatio
    language: Language
    narrated: bool
    film: MovieFilm | None
    job: JobView | None
    chapters: tuple[ChapterView, ...]
    created_at: datetime
    updated_at: datetime
