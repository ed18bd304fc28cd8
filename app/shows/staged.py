"""The staged pipeline: every stage on its own, held to its end, on the show that is named or was touched last."""

from collections.abc import AsyncIterable, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from functools import partial
from typing import Final, Self

import structlog
from pydantic import JsonValue

from app.core.database import Session
from app.core.pagination import Window, every
from app.jobs.domain import JobView
from app.jobs.service import JobService, held
from app.library.domain import AssetKind, AssetView
from app.library.intake import Intake
from app.narration.voices import VoiceService
from app.projects.options import Language
from app.resources import Resources
from app.shows.domain import (
    Door,
    Made,
    ShowEdit,
    ShowFilm,
    ShowListing,
    ShowOptions,
    ShowPicture,
    ShowStage,
    ShowStatus,
    ShowView,
    StageWish,
)
from app.shows.errors import NoShowYet, PictureMissing, ShowNotFound, ShowVideoMissing, StagedFilmUnknown
from app.shows.repository import ShowRepository, show_view
from app.shows.service import ShowService

CHANNEL: Final = "channel_type"
WIDE, TALL = "16:9", "9:16"
SECTION_SECONDS = 8
MOST_SECTIONS = 60
CAPTION_STYLE = "highlight"
log = structlog.get_logger("stages")
MOST_LISTED: Final = 50


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

    stage: ShowStage
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


def films_for(made: Made, wanted: StagedFilm) -> tuple[ShowFilm, ...]:
    """The films that may be shown for the wanted one, the best first."""
    films = {StagedFilm.CAPTIONED: made.captioned, StagedFilm.SCORED: made.scored, StagedFilm.PLAIN: made.video}
    order = tuple(StagedFilm)
    return tuple(film for each in order[order.index(wanted) :] if (film := films[each]) is not None)


def manifest_of(staged: StagedShow, jobs: Sequence[JobView]) -> StagedManifest:
    """What happened to a show, stage by stage; of several runs of a stage the last counts."""
    took = {job.id: _seconds(job) for job in jobs}
    entries: dict[ShowStage, StagedEntry] = {}
    for each in staged.show.made.stages:
        seconds = took.get(str(each.facts.get("job_id")))
        entries[each.name] = StagedEntry(each.name, each.success, each.at, seconds, each.facts)
    return StagedManifest(staged, _status(staged.show, jobs), tuple(entries.values()))


def notes_of(show: ShowView) -> list[str]:
    """What was done otherwise than asked for when the texts were spoken."""
    told = [entry.facts.get("notes") for entry in show.made.stages if entry.name is ShowStage.VOICES]
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


class ShowResolver:
    """Finds the wizard's shows of one owner in the caller's session."""

    def __init__(self, session: Session, resources: Resources, owner_id: str) -> None:
        self._repository = ShowRepository(session, resources.clock)
        self._shows = ShowService.over(session, resources)
        self._jobs = JobService.over(session, resources)
        self._owner_id = owner_id

    async def latest(self) -> ShowView | None:
        """The show that was touched last; two pages at once cannot be told apart, so it is written down."""
        found = await self._shows.newest(self._owner_id, Door.WIZARD)
        if found is not None:
            log.info("latest_show_meant", show_id=found.id, owner_id=self._owner_id)
        return found

    async def show(self, show_id: str | None) -> ShowView:
        """The named show, else the latest."""
        if show_id is not None:
            return await self._owned(show_id)
        found = await self.latest()
        if found is None:
            raise NoShowYet
        return found

    async def show_or_new(self, wish: StagedWish, is_meant: Callable[[ShowView], bool], *, begins: bool) -> ShowView:
        """The named show, else the latest if it is meant, else a new one; only what begins a show may lack words."""
        if wish.show_id is not None:
            return await self._owned(wish.show_id)
        # Two requests at once must not begin the same show twice.
        await self._repository.one_at_a_time(self._owner_id)
        found = await self._shows.newest(self._owner_id, Door.WIZARD)
        if found is not None and is_meant(found):
            return found
        if not (begins or wish.title or wish.content):
            raise NoShowYet
        return await self._shows.create(self._owner_id, Door.WIZARD, wished_edit(wish, ShowOptions()))

    async def with_picture(self, asset_id: str | None) -> ShowView:
        """The show that has this picture."""
        found = await self._holding(asset_id)
        if found is None:
            raise PictureMissing(param="image_path")
        return found

    async def with_track(self, asset_id: str | None) -> ShowView:
        """The show for which this track was uploaded, else the latest."""
        return await self._holding(asset_id) or await self.show(None)

    async def film(self, wanted: StagedFilm | None) -> AssetView:
        """The wanted film of the latest show, or the best that there is in its place; None stands for no known one."""
        if wanted is None:
            raise StagedFilmUnknown(param="file")
        show = await self.show(None)
        files = await self._shows.files([show])
        there = [files[film.asset_id] for film in films_for(show.made, wanted) if film.asset_id in files]
        if not there:
            raise ShowVideoMissing
        return there[0]

    async def manifest(self, show_id: str) -> StagedManifest:
        """What happened to one show."""
        show = await self._owned(show_id)
        return manifest_of(StagedShow(show, await self._shows.files([show])), await self._shows.jobs(show))

    async def manifests(self) -> Sequence[StagedManifest]:
        """What happened to the newest shows."""
        shows, _ = await self._shows.listed(self._owner_id, ShowListing(door=Door.WIZARD), Window(limit=MOST_LISTED))
        files = await self._shows.files(shows)
        open_jobs = await self._open_jobs()
        return [manifest_of(StagedShow(show, files), open_jobs.get(show.id, [])) for show in shows]

    async def _open_jobs(self) -> Mapping[str, Sequence[JobView]]:
        found: dict[str, list[JobView]] = {}
        for job in await self._jobs.unfinished_in(self._owner_id):
            found.setdefault(job.project_id or "", []).append(job)
        return found

    async def _owned(self, show_id: str) -> ShowView:
        show = await self._shows.owned(show_id, self._owner_id)
        if show.door is not Door.WIZARD:
            raise ShowNotFound
        return show

    async def _holding(self, asset_id: str | None) -> ShowView | None:
        row = None if asset_id is None else await self._repository.holding(self._owner_id, asset_id, Door.WIZARD)
        return None if row is None else show_view(row)


@dataclass(frozen=True)
class _StageTarget:
    """A stage, which show it is for, and what is changed of the show before it begins."""

    stage: ShowStage
    choose: Callable[[ShowResolver], Awaitable[ShowView]]
    edit: Callable[[ShowView], ShowEdit]
    how: Callable[[ShowView], StageWish]


class StagedPipeline:
    """Runs stages for one owner; owns its transactions, because a reply is held longer than one may be open."""

    def __init__(self, resources: Resources, owner_id: str) -> None:
        self._resources = resources
        self._owner_id = owner_id

    @classmethod
    def over(cls, resources: Resources, owner_id: str) -> Self:
        """The pipeline of this owner."""
        return cls(resources, owner_id)

    async def content(self, wish: StagedWish) -> StagedShow:
        """What the show tells; a repeated wish goes on with the show that it began."""

        def is_open(show: ShowView) -> bool:
            return show.status is ShowStatus.DRAFT and is_wished_again(show, wish)

        return await self._begun(ShowStage.CONTENT, wish, StageWish(), is_open)

    async def pipeline(self, wish: StagedWish) -> StagedShow:
        """Everything from the topic to the captioned film; a repeated wish goes on with the show that it began."""

        def is_open(show: ShowView) -> bool:
            return show.made.video is None and is_wished_again(show, wish)

        return await self._begun(ShowStage.RUN, wish, StageWish(own_voice=wish.own_voice, burn=True), is_open)

    async def scripts(self, wish: StagedWish) -> StagedShow:
        """What is said and shown; a content with another title than that of the latest show begins a new one."""

        def is_meant(show: ShowView) -> bool:
            return wish.content is None or not wish.title or show.title == wish.title

        return await self._begun(ShowStage.SCRIPT, wish, StageWish(), is_meant)

    async def images(self, wish: StagedWish, prompts: Sequence[str]) -> StagedShow:
        """A picture for each prompt, or for those that were written with the script."""
        pictures = tuple(ShowPicture(prompt) for prompt in prompts) or None
        return await self._continued(ShowStage.IMAGES, wish, StageWish(), ShowEdit(pictures=pictures))

    async def modify_image(self, asset_id: str | None, prompt: str, wish: StagedWish) -> StagedShow:
        """Draws one picture anew; its links show the new one."""

        async def choose(resolver: ShowResolver) -> ShowView:
            return await resolver.with_picture(asset_id)

        def edit(show: ShowView) -> ShowEdit:
            number = _position(show, asset_id)
            pictures = list(show.made.pictures)
            pictures[number] = replace(pictures[number], prompt=prompt)
            return replace(wished_edit(wish, show.options), pictures=tuple(pictures))

        def how(show: ShowView) -> StageWish:
            return StageWish(position=_position(show, asset_id), in_place=True)

        return await self._held(_StageTarget(ShowStage.IMAGE, choose, edit, how))

    async def voices(self, wish: StagedWish, sentences: Sequence[str]) -> StagedShow:
        """A voice for each sentence, or for those that were written with the script."""
        told = tuple(sentences) or None
        edit = ShowEdit(sentences=told, script_text="\n\n".join(told) if told else None)
        return await self._continued(ShowStage.VOICES, wish, StageWish(own_voice=wish.own_voice), edit)

    async def edit(self, wish: StagedWish) -> StagedShow:
        """The plain film."""
        return await self._continued(ShowStage.VIDEO, wish, StageWish(), ShowEdit())

    async def music(self, asset_id: str | None, wish: StagedWish) -> StagedShow:
        """The film with a track; the show is the one for which the track was uploaded."""

        async def choose(resolver: ShowResolver) -> ShowView:
            return await resolver.with_track(asset_id) if wish.show_id is None else await resolver.show(wish.show_id)

        def edit(show: ShowView) -> ShowEdit:
            return replace(wished_edit(wish, show.options), music_id=asset_id)

        return await self._held(_StageTarget(ShowStage.MUSIC, choose, edit, lambda _: StageWish()))

    async def captions(self, wish: StagedWish) -> StagedShow:
        """The film with captions in its pictures."""
        return await self._continued(ShowStage.CAPTIONS, wish, StageWish(burn=True), ShowEdit())

    async def set_mode(self, *, is_wide: bool) -> ShowView | None:
        """Chooses the shape of the latest show, unless its film is made already; None without such a show."""
        async with self._resources.database.unit_of_work() as session:
            show = await ShowResolver(session, self._resources, self._owner_id).latest()
            if show is None or show.made.reel is not None:
                return None
            edit = wished_edit(StagedWish(is_wide=is_wide), show.options)
            return await ShowService.over(session, self._resources).update(show, edit)

    async def keep_voice(self, name: str, chunks: AsyncIterable[bytes]) -> ShowView:
        """Takes a recording of the owner's voice for the latest show."""
        show = await self._latest()
        async with Intake(self._resources).received(self._owner_id, AssetKind.AUDIO_SAMPLE, name, chunks) as sample:
            return await self._edited(show, ShowEdit(own_sample_id=sample.id))

    async def keep_track(self, name: str, chunks: AsyncIterable[bytes]) -> AssetView:
        """Takes a track for the latest show."""
        show = await self._latest()
        async with Intake(self._resources).received(self._owner_id, AssetKind.MUSIC, name, chunks) as track:
            await self._edited(show, ShowEdit(music_id=track.id))
            return track

    async def known_voices(self) -> Sequence[StagedVoice]:
        """The voices that may be asked for: the owner's, then those of the engine."""
        async with self._resources.database.reading() as session:
            voices = VoiceService.over(session, self._resources)
            listed = await every(partial(voices.listed, self._owner_id))
        await self._resources.threads.run(self._resources.engines.warm)
        offered = await self._resources.engines.speech().voices()
        own = [StagedVoice(voice.voice_id, voice.name, None) for voice in listed]
        return [*own, *(StagedVoice(voice.voice_id, voice.name, voice.language) for voice in offered)]

    async def _latest(self) -> ShowView:
        async with self._resources.database.reading() as session:
            return await ShowResolver(session, self._resources, self._owner_id).show(None)

    async def _edited(self, show: ShowView, edit: ShowEdit) -> ShowView:
        async with self._resources.database.unit_of_work() as session:
            return await ShowService.over(session, self._resources).update(show, edit)

    async def _begun(
        self, stage: ShowStage, wish: StagedWish, how: StageWish, is_meant: Callable[[ShowView], bool]
    ) -> StagedShow:
        async def choose(resolver: ShowResolver) -> ShowView:
            return await resolver.show_or_new(wish, is_meant, begins=stage is not ShowStage.SCRIPT)

        return await self._held(
            _StageTarget(stage, choose, lambda show: wished_edit(wish, show.options), lambda _: how)
        )

    async def _continued(self, stage: ShowStage, wish: StagedWish, how: StageWish, change: ShowEdit) -> StagedShow:
        async def choose(resolver: ShowResolver) -> ShowView:
            return await resolver.show(wish.show_id)

        def edit(show: ShowView) -> ShowEdit:
            wished = wished_edit(wish, show.options)
            return replace(change, language=wished.language, options=wished.options, extra=wished.extra)

        return await self._held(_StageTarget(stage, choose, edit, lambda _: how))

    async def _held(self, part: _StageTarget) -> StagedShow:
        """Commits the start, then waits for the end; what made it fail is raised, and so is the end of patience."""
        async with self._resources.database.unit_of_work() as session:
            shows = ShowService.over(session, self._resources)
            chosen = await part.choose(ShowResolver(session, self._resources, self._owner_id))
            how = part.how(chosen)
            show = await shows.update(chosen, part.edit(chosen))
            at_work = [job for job in await shows.unfinished_jobs(show) if job.kind == ShowStage.RUN.kind]
            # A whole run writes into the show as it goes, so its inputs do not tell that it is the same one.
            whole = at_work[0] if at_work and part.stage is ShowStage.RUN else None
            job = whole or await shows.start_stage(show, part.stage, how)
        if job is not None:
            await held(self._resources, job)
        async with self._resources.database.reading() as session:
            shows = ShowService.over(session, self._resources)
            made = await shows.owned(show.id, self._owner_id)
            return StagedShow(made, await shows.files([made]))


def _position(show: ShowView, asset_id: str | None) -> int:
    known = [picture.asset_id for picture in show.made.pictures]
    if asset_id is None or asset_id not in known:
        raise PictureMissing(param="image_path")
    return known.index(asset_id)
