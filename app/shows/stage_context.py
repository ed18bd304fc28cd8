"""One way to change what was made of a show: the row is locked, its status follows, its files are remembered."""

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import structlog
from pydantic import JsonValue

from app.assembly.files import Gathering
from app.core.database import Session
from app.jobs.handlers import JobRun
from app.jobs.service import JobService
from app.library.domain import AssetKind, AssetView
from app.library.intake import Intake
from app.library.service import LibraryService
from app.resources import Resources
from app.shows.domain import Made, ShowStage, ShowView, StageEntry
from app.shows.errors import ShowNotFound
from app.shows.repository import ShowRepository, show_view

log = structlog.get_logger("stages")
MOST_ENTRIES = 200
Plain = dict[str, Any]


async def change(
    session: Session,
    resources: Resources,
    show_id: str,
    make: Callable[[ShowView], Made],
    *,
    content: str | None = None,
    script_text: str | None = None,
) -> ShowView:
    """The show with what `make` gives for what stands there now; belongs to the caller's unit of work."""
    shows = ShowRepository(session, resources.clock)
    row = await shows.locked(show_id)
    if row is None:
        raise ShowNotFound
    before = show_view(row)
    after = replace(
        before,
        made=make(before),
        content=before.content if content is None else content,
        script_text=before.script_text if script_text is None else script_text,
    )
    return await shows.store(row, after)


async def own_assets(session: Session, resources: Resources, show_id: str) -> Sequence[AssetView]:
    """The files that belong to this show alone."""
    named = await ShowRepository(session, resources.clock).own_files(show_id)
    return list((await LibraryService.over(session, resources).views(named)).values())


class StageContext:
    """One job's way to its show."""

    def __init__(self, work: JobRun) -> None:
        self.work = work
        self.resources: Resources = work.resources
        self.owner_id = work.job.owner_id
        self.show_id = work.job.project_id or ""
        self.intake = Intake(work.resources)

    async def show(self) -> ShowView:
        """The show as it stands now."""
        async with self.resources.database.reading() as session:
            row = await ShowRepository(session, self.resources.clock).owned(self.show_id, self.owner_id)
        if row is None:
            raise ShowNotFound
        return show_view(row)

    async def change(self, make: Callable[[ShowView], Made], **texts: str) -> ShowView:
        """Stores what `make` gives for what stands there now."""
        async with self.resources.database.unit_of_work() as session:
            return await change(session, self.resources, self.show_id, make, **texts)

    async def note_files(self, asset_ids: Collection[str]) -> None:
        """Remembers files that go with the show, whatever becomes of them."""
        async with self.resources.database.unit_of_work() as session:
            await ShowRepository(session, self.resources.clock).note_files(self.show_id, asset_ids)

    async def asset(self, asset_id: str) -> AssetView:
        """One of the owner's files."""
        async with self.resources.database.reading() as session:
            return await LibraryService.over(session, self.resources).owned(asset_id, self.owner_id)

    async def gathered(self, asset_ids: Collection[str], temp_dir: Path) -> Mapping[str, Path]:
        """Copies of these files in a temporary folder."""
        assets = [await self.asset(asset_id) for asset_id in dict.fromkeys(asset_ids)]
        return await Gathering(self.resources, self.show_id).gather(assets, temp_dir)

    async def replace_files(self, asset_ids: Collection[str], successor_id: str) -> None:
        """Takes replaced files out of sight, unless another show has them too; links to them work until they end."""
        async with self.resources.database.unit_of_work() as session:
            for asset in await own_assets(session, self.resources, self.show_id):
                if asset.id in asset_ids:
                    await LibraryService.over(session, self.resources).replace(asset, successor_id)

    async def put_film(self, make: Callable[[ShowView], Made]) -> ShowView:
        """A film in its place: the furthest one is shown among the owner's films, what it replaces makes room."""
        before = (await self.show()).made
        async with self.resources.database.unit_of_work() as session:
            show = await change(session, self.resources, self.show_id, make)
            library = LibraryService.over(session, self.resources)
            films = {film.asset_id for film in show.made.films}
            best = {show.made.best.asset_id} if show.made.best else set()
            await library.label(films - best, AssetKind.CLIP)
            await library.label(best, AssetKind.FILM)
        if show.made.best:
            await self.replace_files(before.film_ids - show.made.asset_ids, show.made.best.asset_id)
        return show

    async def done(self, stage: ShowStage, facts: Mapping[str, JsonValue]) -> None:
        """Notes once that a stage has ended well."""
        await self.work.step(f"{stage}.done", self._done, stage, dict(facts))
        log_stage(self.work.job.id, stage, facts, success=True)

    async def salt(self, useless: frozenset[str]) -> str:
        """The last job of this retry chain whose purchase is of no use: it must not be adopted."""
        earlier = self.work.job.retry_of
        async with self.resources.database.reading() as session:
            jobs = JobService.over(session, self.resources)
            while earlier is not None:
                job = await jobs.any(earlier)
                if job.failure is not None and job.failure.code in useless:
                    return job.id
                earlier = job.retry_of
        return ""

    async def once(self, name: str, call: Callable[[Session], Awaitable[Plain]]) -> Plain:
        """A step in a unit of work of its own."""

        async def within() -> Plain:
            async with self.resources.database.unit_of_work() as session:
                return await call(session)

        return await self.work.step(name, within)

    async def _done(self, stage: ShowStage, facts: Plain) -> None:
        job_id, now = self.work.job.id, self.resources.clock.now()
        entry = StageEntry(stage, success=True, at=now, facts={**facts, "job_id": job_id})
        await self.change(lambda show: with_entry(show.made, entry))


def with_entry(made: Made, entry: StageEntry) -> Made:
    """The same with one more line in its log; a run that is told twice of the same end writes it once."""
    known = {(each.name, each.facts.get("job_id"), each.success) for each in made.stages}
    if (entry.name, entry.facts.get("job_id"), entry.success) in known:
        return made
    return replace(made, stages=(*made.stages, entry)[-MOST_ENTRIES:])


def log_stage(job_id: str, stage: ShowStage, facts: Mapping[str, JsonValue], *, success: bool) -> None:
    """One structured line for one end of a stage."""
    log.info("stage", job_id=job_id, stage=stage.value, action="ended", success=success, info=dict(facts))
