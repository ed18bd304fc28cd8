"""Which show a request of the staged pipeline means, and what is read of it."""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

import structlog

from app.core.database import Session
from app.core.pagination import Window
from app.jobs.domain import JobView
from app.jobs.service import JobService
from app.library.values import AssetView
from app.resources import Resources
from app.shows.errors import PictureMissing, ShowNotFound, ShowVideoMissing
from app.shows.repository import ShowRepository, show_view
from app.shows.service import ShowService
from app.shows.staged_errors import NoShowYet, StagedFilmUnknown
from app.shows.staging import (
    StagedFilm,
    StagedManifest,
    StagedShow,
    StagedWish,
    films_for,
    manifest_of,
    wished_edit,
)
from app.shows.values import Door, ShowListing, ShowOptions, ShowView

__all__ = ["Meant"]

log = structlog.get_logger("stages")

MOST_LISTED: Final = 50


class Meant:
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
