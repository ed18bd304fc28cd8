"""Frozen values of movies, what their styles look like, and how many clips presets have."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from app.jobs.domain import JobView
from app.production.domain import VideoQuality
from app.production.errors import MovieOutOfShape
from app.projects.domain import FilmVariant, ProjectView
from app.projects.layout import segment_count
from app.projects.options import AspectRatio, Language, Resolution, Visuals
from app.projects.schemas import ProjectCreate


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


CLIPS: Mapping[MoviePreset, tuple[int, int]] = {
    MoviePreset.COMMERCIAL: (3, 5),
    MoviePreset.SHORT_FILM: (5, 10),
    MoviePreset.MUSIC_VIDEO: (8, 15),
    MoviePreset.STORY: (10, 20),
    MoviePreset.FEATURE: (20, 50),
}
LOOKS: Mapping[MovieStyle, str] = {
    MovieStyle.CINEMATIC: "cinematic, professional lighting, film grain, depth of field",
    MovieStyle.DOCUMENTARY: "documentary, natural setting, authentic, informative",
    MovieStyle.ADVERTISEMENT: "advertisement, polished product shots, bright light, engaging",
    MovieStyle.MUSIC_VIDEO: "music video, bold colours, rhythmic movement, stage light",
    MovieStyle.ANIME: "anime, hand-drawn lines, expressive faces, luminous skies",
    MovieStyle.PIXAR: "warm three-dimensional animation, rounded characters, soft global light",
    MovieStyle.WES_ANDERSON: "symmetrical framing, pastel colours, flat compositions, storybook sets",
    MovieStyle.CLAYMATION: "claymation, hand-modelled clay figures, miniature sets, stop motion",
    MovieStyle.SVANKMAJER: "surreal stop motion, worn objects, raw textures, dark humour",
}
CLIP_SECONDS = 6
LONGEST_NAME_CHARACTERS = 200


def check_shape(wish: MovieWish, longest_sec: int) -> None:
    """Refuses a movie that is too long, or that has more or fewer clips than its preset."""
    clips = sum(_clips(chapter) for chapter in wish.chapters)
    if clips * CLIP_SECONDS > longest_sec:
        said = f"This movie would last {clips * CLIP_SECONDS} seconds; at most {longest_sec} are made here. Shorten it."
        raise MovieOutOfShape(said, param="chapters")
    fewest, most = CLIPS[wish.preset] if wish.preset else (clips, clips)
    if not fewest <= clips <= most:
        said = (
            f"A movie of the preset {wish.preset} has {fewest} to {most} clips of {CLIP_SECONDS} seconds; these "
            f"chapters have {clips}. Change their durations, or leave the preset out."
        )
        raise MovieOutOfShape(said, param="preset")


def project_of(wish: MovieWish, chapter: ChapterWish) -> ProjectCreate:
    """The project that makes a chapter's film."""
    return ProjectCreate.model_validate(
        {
            "name": f"{wish.title}: {chapter.title}"[:LONGEST_NAME_CHARACTERS],
            "story_prompt": chapter.prompt,
            "target_duration_sec": max(CLIP_SECONDS, chapter.duration_sec),
            "segment_len_sec": CLIP_SECONDS,
            "style": LOOKS[wish.style],
            "language": wish.language,
            "aspect_ratio": wish.aspect_ratio,
            "resolution": Resolution.P1080 if wish.quality is VideoQuality.HIGH else Resolution.P768,
            "visuals": Visuals.SLIDESHOW if wish.quality is VideoQuality.DRAFT else Visuals.FL2V,
        }
    )


def movie_digest(movie: MovieView) -> str:
    """What a movie is joined from: the films of its chapters in order, and their titles."""
    parts = [[chapter.title, _film_of(chapter.project)] for chapter in movie.chapters]
    return hashlib.sha256(json.dumps([movie.title, parts], ensure_ascii=False).encode()).hexdigest()


def _clips(chapter: ChapterWish) -> int:
    return segment_count(max(CLIP_SECONDS, chapter.duration_sec), CLIP_SECONDS)


def _film_of(project: object) -> str | None:
    film = getattr(project, "film", None)
    return None if film is None else str(film.asset_id)
