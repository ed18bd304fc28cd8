"""Shows of one owner: created, edited, listed, deleted, and their stages started."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Self

from pydantic import JsonValue, TypeAdapter

from app.core.database import Session
from app.core.pagination import Window
from app.jobs.domain import JobFilter, JobView
from app.jobs.service import JobService, follow
from app.jobs.settlement import JobControl
from app.library.domain import AssetView
from app.library.service import LibraryService
from app.resources import Resources
from app.shows.domain import Door, ShowEdit, ShowFilm, ShowListing, ShowStage, ShowView, StageWish
from app.shows.editing import edited, filled_from, without
from app.shows.errors import ShowFileUnknown, ShowNotFound
from app.shows.repository import ShowRepository, fresh_show, show_view
from app.shows.running import ShowParams
from app.shows.stage_context import change, own_assets
from app.shows.starting import begin

DRAFT_LIFE = timedelta(days=1)
MOST_DRAFTS = 100
FILM = TypeAdapter(ShowFilm)


class ShowService:
    """Works on behalf of one owner, in the caller's unit of work."""

    def __init__(self, session: Session, resources: Resources) -> None:
        self._session = session
        self._resources = resources
        self._clock = resources.clock
        self._shows = ShowRepository(session, resources.clock)
        self._library = LibraryService.over(session, resources)

    @classmethod
    def over(cls, session: Session, resources: Resources) -> Self:
        """The service on this session."""
        return cls(session, resources)

    async def create(self, owner_id: str, door: Door, edit: ShowEdit, *, draft_key: str | None = None) -> ShowView:
        """A new show; with a draft's key the owner's draft of that name, which is in no list and lives for a day."""
        if draft_key is not None:
            await self._shows.one_at_a_time(owner_id)
            if (known := await self._shows.draft(owner_id, draft_key)) is not None:
                return await self.update(show_view(known), edit)
        row = fresh_show(owner_id, door, edit.language)
        row.draft_key = draft_key
        row.expires_at = self._clock.now() + DRAFT_LIFE if draft_key else None
        return await self.update(show_view(await self._shows.add(row)), edit)

    async def draft(self, owner_id: str, door: Door, name: str, edit: ShowEdit) -> ShowView:
        """A show for one thing that is made without a project; asked for the same, the same draft is found."""
        said = hashlib.sha256(f"{name}\n{edit!r}".encode()).hexdigest()
        return await self.create(owner_id, door, edit, draft_key=said)

    async def filled(self, owner_id: str, door: Door, edit: ShowEdit) -> ShowEdit:
        """The edit with what it lacks for a film: pictures and sound of the newest drafts."""
        rows = await self._shows.newest_drafts(owner_id, door, MOST_DRAFTS)
        return filled_from(edit, [show_view(row) for row in rows])

    async def with_file(self, owner_id: str, asset_id: str) -> ShowView:
        """The owner's newest show, or draft, that this file belongs to."""
        row = await self._shows.holding(owner_id, asset_id)
        if row is None:
            raise ShowNotFound
        return show_view(row)

    async def owned(self, show_id: str, owner_id: str) -> ShowView:
        """The show of this owner; a foreign one is not found."""
        row = await self._shows.owned(show_id, owner_id)
        if row is None:
            raise ShowNotFound
        return show_view(row)

    async def newest(self, owner_id: str, door: Door) -> ShowView | None:
        """The owner's show of this door that was touched last."""
        row = await self._shows.newest(owner_id, door)
        return None if row is None else show_view(row)

    async def listed(self, owner_id: str, listing: ShowListing, window: Window) -> tuple[tuple[ShowView, ...], int]:
        """One page of the owner's shows and how many there are."""
        rows, total = await self._shows.listed(owner_id, listing, window)
        return tuple(show_view(row) for row in rows), total

    async def update(self, show: ShowView, edit: ShowEdit) -> ShowView:
        """Changes what is named and leaves the rest; named files must be the owner's."""
        row = await self._shows.locked(show.id)
        if row is None:
            raise ShowNotFound
        before = show_view(row)
        return await self._shows.store(row, edited(before, edit, await self._named(before, edit)))

    async def start_stage(self, show: ShowView, stage: ShowStage, wish: StageWish) -> JobView | None:
        """The job that runs the stage on what stands in the show; None when that has been made already.

        The same stage of the same inputs is joined while it runs. Texts are always written anew and a single picture
        is always drawn anew; everything else is made again only when what it is made from has changed.
        """
        current = await self.owned(show.id, show.owner_id)
        named = current.made.asset_ids
        gone = named - set(await self._library.views(named))
        if gone:
            current = await change(self._session, self._resources, show.id, lambda now: without(now.made, gone))
        return await begin(self._session, self._resources, current, stage, wish)

    async def jobs(self, show: ShowView) -> Sequence[JobView]:
        """The newest jobs of the show."""
        page, _ = await JobService.over(self._session, self._resources).listed(
            show.owner_id, JobFilter(project_id=show.id), Window(limit=100)
        )
        return page.items

    async def unfinished_jobs(self, show: ShowView) -> Sequence[JobView]:
        """Every job of the show that has not ended."""
        return await JobService.over(self._session, self._resources).unfinished_in(show.owner_id, show.id)

    async def files(self, shows: Sequence[ShowView]) -> Mapping[str, AssetView]:
        """The files that these shows name, by their ids."""
        return await self._library.views(frozenset().union(*(show.made.asset_ids for show in shows)))

    async def delete(self, show: ShowView) -> Sequence[AssetView]:
        """Forgets the show; its jobs are cancelled. The bytes of the given files go after the commit."""
        await JobControl.over(self._session, self._resources).cancel_project(show.owner_id, show.id)
        gone = await own_assets(self._session, self._resources, show.id)
        for asset in gone:
            await self._library.forget(asset)
        await self._shows.remove(show.id)
        return gone

    async def _named(self, show: ShowView, edit: ShowEdit) -> Mapping[str, AssetView]:
        """The files that an edit brings in, proven to be the owner's; what pages still name may be gone."""
        pictures = [picture.asset_id for picture in edit.pictures or ()]
        files = edit.files
        shown = {each for each in (*pictures, files.voice_id, files.video_id, files.poster_id, files.srt_id) if each}
        brought = {each for each in (edit.music_id, edit.own_sample_id) if each}
        found = await self._library.views(shown | brought)
        if not brought <= set(found) or any(asset.owner_id != show.owner_id for asset in found.values()):
            raise ShowFileUnknown
        return found


async def edit_and_start(
    resources: Resources, show: ShowView, edit: ShowEdit, stage: ShowStage, wish: StageWish
) -> JobView | None:
    """The edit and the start of the stage that works on it, in one unit of work."""
    async with resources.database.unit_of_work() as session:
        shows = ShowService.over(session, resources)
        return await shows.start_stage(await shows.update(show, edit), stage, wish)


@dataclass(frozen=True)
class MadeStage:
    """How a started stage stands: the job, if one was needed, and the show as it is now."""

    job: JobView | None
    show: ShowView

    @property
    def result(self) -> Mapping[str, JsonValue]:
        """What a completed job names as its result."""
        return (self.job.result if self.job else None) or {}


async def stage_and_follow(
    resources: Resources, show: ShowView, stage: ShowStage, wish: StageWish, seconds: float
) -> MadeStage:
    """Commits the start, waits for the end without holding a session, and gives the show as it is then."""
    async with resources.database.unit_of_work() as session:
        job = await ShowService.over(session, resources).start_stage(show, stage, wish)
    if job is not None:
        job = await follow(resources, job, seconds)
    async with resources.database.reading() as session:
        return MadeStage(job, await ShowService.over(session, resources).owned(show.id, show.owner_id))


def rendered_by(show: ShowView, job: JobView) -> ShowView:
    """The show with the film and the options of this very job, whatever was rendered or asked for since."""
    made, options = job.result or {}, ShowParams.model_validate(job.params).options
    if options is None or "asset_id" not in made:
        return show
    film = FILM.validate_python({name: made.get(name) for name in ("asset_id", "poster_id", "seconds")})
    return replace(show, options=options, made=replace(show.made, video=film, scored=None, captioned=None))


async def delete_show(resources: Resources, show: ShowView) -> None:
    """Deletes the show with everything that belongs to it alone."""
    async with resources.database.unit_of_work() as session:
        gone = await ShowService.over(session, resources).delete(show)
    for asset in gone:
        await resources.store.delete(asset.store_key)
