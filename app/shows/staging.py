"""Pure: what a request of the staged pipeline means for a show, and how far a show has come in it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Final

from pydantic import JsonValue

from app.jobs.domain import JobView
from app.library.values import AssetView
from app.projects.options import Language
from app.shows.values import Film, Made, ShowEdit, ShowOptions, ShowView, Stage

__all__ = ["CHANNEL", "StagedEntry", "StagedFilm", "StagedManifest", "StagedShow", "StagedStatus", "StagedVoice"]
__all__ += ["StagedWish", "films_for", "is_wide", "is_wished_again", "manifest_of", "notes_of", "wished_edit"]

CHANNEL: Final = "channel_type"
WIDE, TALL = "16:9", "9:16"
SECTION_SECONDS = 8
MOST_SECTIONS = 60
CAPTION_STYLE = "highlight"


class StagedStatus(StrEnum):
    """How a show stands in the pipeline."""

    INITIALIZED = "initialized"
    RUNNING = "running"
    FAILED = "failed"
    COMPLETED = "completed"


class StagedFilm(StrEnum):
    """Which of a show's films is asked for."""

    CAPTIONED = "captioned"
    SCORED = "scored"
    PLAIN = "plain"


@dataclass(frozen=True, kw_only=True)
class StagedWish:
    """What a request says; without a number it means the show that was touched last."""

    show_id: str | None = None
    title: str = ""
    description: str | None = None
    content: str | None = None
    is_wide: bool | None = None
    language: Language | None = None
    duration_seconds: int | None = None
    channel: str | None = None
    voice: str | None = None
    own_voice: bool = False


@dataclass(frozen=True)
class StagedShow:
    """A show and the files that it names, by their ids."""

    show: ShowView
    files: Mapping[str, AssetView]


@dataclass(frozen=True)
class StagedEntry:
    """How the last run of one stage ended, and how long it took."""

    stage: Stage
    success: bool
    at: datetime
    seconds: float | None
    facts: Mapping[str, JsonValue]


@dataclass(frozen=True)
class StagedManifest:
    """A show, how it stands, and what happened to it."""

    staged: StagedShow
    status: StagedStatus
    entries: tuple[StagedEntry, ...]

    @property
    def is_complete(self) -> bool:
        """Whether there is a film and nothing is at work on another."""
        return self.status is StagedStatus.COMPLETED


@dataclass(frozen=True)
class StagedVoice:
    """A voice that may be asked for."""

    voice_id: str
    name: str
    language: str | None


def wished_edit(wish: StagedWish, options: ShowOptions) -> ShowEdit:
    """What a request changes of a show before its stage begins."""
    return ShowEdit(
        title=wish.title or None,
        description=wish.description,
        content=wish.content,
        language=wish.language,
        options=_options(wish, options),
        extra=None if wish.channel is None else {CHANNEL: wish.channel},
    )


def is_wished_again(show: ShowView, wish: StagedWish) -> bool:
    """Whether this wish is the one that the show began with."""
    if wish.language not in {None, show.language} or wish.description not in {None, show.description}:
        return False
    return show.title == wish.title and show.options == _options(wish, show.options)


def is_wide(show: ShowView) -> bool:
    """Whether the film is wider than it is high."""
    return show.options.aspect_ratio != TALL


def films_for(made: Made, wanted: StagedFilm) -> tuple[Film, ...]:
    """The films that may be shown for the wanted one, the best first."""
    films = {StagedFilm.CAPTIONED: made.captioned, StagedFilm.SCORED: made.scored, StagedFilm.PLAIN: made.video}
    order = tuple(StagedFilm)
    return tuple(film for each in order[order.index(wanted) :] if (film := films[each]) is not None)


def manifest_of(staged: StagedShow, jobs: Sequence[JobView]) -> StagedManifest:
    """What happened to a show, stage by stage; of several runs of a stage the last counts."""
    took = {job.id: _seconds(job) for job in jobs}
    entries: dict[Stage, StagedEntry] = {}
    for each in staged.show.made.stages:
        seconds = took.get(str(each.facts.get("job_id")))
        entries[each.name] = StagedEntry(each.name, each.success, each.at, seconds, each.facts)
    return StagedManifest(staged, _status(staged.show, jobs), tuple(entries.values()))


def notes_of(show: ShowView) -> list[str]:
    """What was done otherwise than asked for when the texts were spoken."""
    told = [entry.facts.get("notes") for entry in show.made.stages if entry.name is Stage.VOICES]
    last = told[-1] if told else None
    return [str(note) for note in last] if isinstance(last, list) else []


def _status(show: ShowView, jobs: Sequence[JobView]) -> StagedStatus:
    entries = show.made.stages
    if any(not job.is_final for job in jobs):
        return StagedStatus.RUNNING
    if entries and not entries[-1].success:
        return StagedStatus.FAILED
    if show.made.best is not None:
        return StagedStatus.COMPLETED
    return StagedStatus.RUNNING if entries else StagedStatus.INITIALIZED


def _options(wish: StagedWish, options: ShowOptions) -> ShowOptions:
    told = replace(options, voice_each=True, caption_style=CAPTION_STYLE)
    if wish.is_wide is not None:
        told = replace(told, aspect_ratio=WIDE if wish.is_wide else TALL)
    if wish.duration_seconds is not None:
        sections = min(max(round(wish.duration_seconds / SECTION_SECONDS), 1), MOST_SECTIONS)
        told = replace(told, duration_seconds=wish.duration_seconds, sections=sections)
    if wish.channel is not None:
        told = replace(told, keywords=wish.channel)
    return told if wish.voice is None else replace(told, voice=wish.voice)


def _seconds(job: JobView) -> float | None:
    if job.started_at is None or job.finished_at is None:
        return None
    return round((job.finished_at - job.started_at).total_seconds(), 3)
