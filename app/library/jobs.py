"""library.sweep: announced uploads that never came, bytes without a row, working files of a crash."""

from collections.abc import AsyncIterator, Sequence
from datetime import timedelta
from typing import ClassVar

from pydantic import JsonValue
from typing_extensions import override

from app.accounts.service import AccountService
from app.jobs.domain import Lane
from app.jobs.handlers import JobHandler, JobRun, NoParams
from app.jobs.service import JobService
from app.library.domain import AssetView
from app.library.gallery.links import THUMBNAIL_FOLDER, film_id_of
from app.library.gallery.repository import FilmRepository
from app.library.pictures import BOUGHT_FOLDER
from app.library.repository import AssetRepository
from app.library.service import discard
from app.resources import Resources

ORPHAN_AGE = timedelta(hours=1)
SECOND_LOOK_SECONDS = 30.0
BATCH = 200
PREFIXES = ("assets/", "uploads/")
# Files that have no asset row stand in folders of their owners.
PERSONAL_FOLDERS = ("avatars/", "spoken/", BOUGHT_FOLDER)
# As long as a retry may still take a bought picture in.
BOUGHT_KEPT = timedelta(days=30)


class SweepLibrary(JobHandler[NoParams]):
    """Keeps store and rows in step; touches nothing younger than an hour, because its row may still be written."""

    kind: ClassVar[str] = "library.sweep"
    label: ClassVar[str] = "Remove abandoned files"
    lane: ClassVar[Lane] = Lane.LIGHT
    every: ClassVar[timedelta | None] = timedelta(hours=1)
    params = NoParams

    def __init__(self, resources: Resources) -> None:
        self._resources = resources

    @override
    async def run(self, work: JobRun, params: NoParams) -> dict[str, JsonValue]:
        await work.stage("sweeping", progress=10)
        uploads = await work.step("uploads", self.expire_uploads)
        files = await work.step("files", self.delete_orphans)
        temp_dirs = await work.step("temp_dirs", self.delete_temp_dirs)
        parts = await work.step("parts", self.delete_parts)
        thumbnails = await work.step("thumbnails", self.delete_thumbnails)
        accounts = await work.step("accounts", self.purge_accounts)
        found = {"uploads": uploads, "files": files, "temp_dirs": temp_dirs, "parts": parts, "accounts": accounts}
        return {**found, "thumbnails": thumbnails}

    async def expire_uploads(self) -> int:
        """Forgets announced uploads past their time, and replaced files past their links; says how many."""
        gone, after = 0, ""
        while late := await self._late(after):
            for asset in late:
                await discard(self._resources, asset)
            gone, after = gone + len(late), late[-1].id
        return gone

    async def delete_orphans(self) -> int:
        """Deletes bytes that no row names; says how many files."""
        unnamed = [key async for keys in self._old_keys(*PREFIXES) for key in await self._unnamed(keys)]
        if unnamed:
            # Where a clock was set ahead new bytes look old, and what is paid for may be about to get its row.
            await self._resources.clock.sleep(SECOND_LOOK_SECONDS)
        gone = await self._delete_bought()
        for begin in range(0, len(unnamed), BATCH):
            for key in await self._unnamed(unnamed[begin : begin + BATCH]):
                await self._resources.store.delete(key)
                gone += 1
        return gone

    async def _delete_bought(self) -> int:
        before = self._resources.clock.now() - BOUGHT_KEPT
        old = [stat.key async for stat in self._resources.store.walk(BOUGHT_FOLDER) if stat.modified_at < before]
        for key in old:
            await self._resources.store.delete(key)
        return len(old)

    async def delete_temp_dirs(self) -> int:
        """Deletes working folders that a crash left behind; says how many."""
        return await self._resources.temp_dirs.sweep(self._resources.clock.now() - ORPHAN_AGE)

    async def delete_parts(self) -> int:
        """Deletes half-written files that a crash left behind; says how many."""
        return await self._resources.store.sweep_parts(ORPHAN_AGE, self._resources.clock.now())

    async def delete_thumbnails(self) -> int:
        """Deletes small pictures of films that are gone; says how many."""
        gone = 0
        async for keys in self._old_keys(THUMBNAIL_FOLDER):
            async with self._resources.database.reading() as session:
                films = FilmRepository(session, self._resources.clock)
                present = await films.present([film_id_of(key) for key in keys])
            for key in keys:
                if film_id_of(key) not in present:
                    await self._resources.store.delete(key)
                    gone += 1
        return gone

    async def purge_accounts(self) -> int:
        """Deletes every file of closed accounts, pictures of people included; says of how many accounts there were any.

        An account is looked at until nothing of it appears any more.
        """
        found, last = 0, ""
        while closed := await self._closed_after(last):
            for user_id in closed:
                if await self._purge(user_id):
                    found += 1
                else:
                    await self._mark_purged(user_id)
            last = closed[-1]
        return found

    async def _closed_after(self, user_id: str) -> tuple[str, ...]:
        async with self._resources.database.reading() as session:
            return await AccountService.over(session, self._resources).closed_accounts(user_id)

    async def _mark_purged(self, user_id: str) -> None:
        async with self._resources.database.unit_of_work() as session:
            if not await JobService.over(session, self._resources).unfinished_in(user_id):
                await AccountService.over(session, self._resources).purged(user_id)

    async def _late(self, after: str) -> Sequence[AssetView]:
        now = self._resources.clock.now()
        async with self._resources.database.reading() as session:
            return await AssetRepository(session, self._resources.clock).expired(now, after, BATCH)

    async def _purge(self, user_id: str) -> int:
        gone = 0
        while assets := await self._some_of(user_id):
            for asset in assets:
                await discard(self._resources, asset)
            gone += len(assets)
        for folder in PERSONAL_FOLDERS:
            async for stat in self._resources.store.walk(f"{folder}{user_id}/"):
                await self._resources.store.delete(stat.key)
                gone += 1
        return gone

    async def _some_of(self, owner_id: str) -> Sequence[AssetView]:
        async with self._resources.database.reading() as session:
            return await AssetRepository(session, self._resources.clock).of_owner(owner_id, BATCH)

    async def _unnamed(self, keys: Sequence[str]) -> list[str]:
        async with self._resources.database.reading() as session:
            known = await AssetRepository(session, self._resources.clock).known_keys(keys)
        return [key for key in keys if key not in known]

    async def _old_keys(self, *prefixes: str) -> AsyncIterator[list[str]]:
        before = self._resources.clock.now() - ORPHAN_AGE
        keys: list[str] = []
        for prefix in prefixes:
            async for stat in self._resources.store.walk(prefix):
                if stat.modified_at < before:
                    keys.append(stat.key)
                if len(keys) == BATCH:
                    yield keys
                    keys = []
        if keys:
            yield keys
