"""A worker with scripted engines, and what a door does with shows."""

import asyncio
from dataclasses import dataclass
from typing import Any

import httpx2
import pytest
from fastapi import FastAPI

from app.core.pagination import Window
from app.jobs.domain import JobView
from app.jobs.service import JobService
from app.library.domain import AssetView
from app.library.service import LibraryService
from app.projects.options import Language
from app.resources import Resources
from app.shows.domain import Door, ShowEdit, ShowListing, ShowOptions, ShowStage, ShowView, StageWish
from app.shows.service import MadeStage, ShowService, stage_and_follow
from tests.scripted_house import Vendor, app, kit, settings

__all__ = ["app", "kit", "settings"]

SECONDS = 30.0
TINY = ShowOptions(sections=2, duration_seconds=12, short_side_px=720, frames_per_second=24, effect="basic_fade")


@dataclass
class Booth:
    """What a door does on behalf of one person."""

    resources: Resources
    owner_id: str
    door: Door = Door.STUDIO

    async def create(self, **facts: Any) -> ShowView:
        usual: dict[str, Any] = {"title": "The fox", "language": Language.EN, "options": TINY}
        edit = ShowEdit(**(usual | facts))
        async with self.resources.database.unit_of_work() as session:
            return await ShowService.over(session, self.resources).create(self.owner_id, self.door, edit)

    async def edit(self, show: ShowView, **facts: Any) -> ShowView:
        async with self.resources.database.unit_of_work() as session:
            return await ShowService.over(session, self.resources).update(show, ShowEdit(**facts))

    async def make(self, show: ShowView, stage: ShowStage, **wish: Any) -> MadeStage:
        return await stage_and_follow(self.resources, show, stage, StageWish(**wish), SECONDS)

    async def made(self, show: ShowView, stage: ShowStage, **wish: Any) -> ShowView:
        done = await self.make(show, stage, **wish)
        assert done.job is not None
        assert done.job.failure is None, done.job.failure
        return done.show

    async def start(self, show: ShowView, stage: ShowStage, **wish: Any) -> JobView | None:
        async with self.resources.database.unit_of_work() as session:
            return await ShowService.over(session, self.resources).start_stage(show, stage, StageWish(**wish))

    async def ended(self, job: JobView) -> JobView:
        async with asyncio.timeout(SECONDS):
            while True:
                async with self.resources.database.reading() as session:
                    now = await JobService.over(session, self.resources).any(job.id)
                if now.is_final:
                    return now
                await asyncio.sleep(0.05)

    async def listed(self, **listing: Any) -> list[str]:
        async with self.resources.database.reading() as session:
            found, total = await ShowService.over(session, self.resources).listed(
                self.owner_id, ShowListing(door=self.door, **listing), Window(limit=50)
            )
        assert total == len(found)
        return [show.title for show in found]

    async def view(self, show: ShowView) -> ShowView:
        async with self.resources.database.reading() as session:
            return await ShowService.over(session, self.resources).owned(show.id, self.owner_id)

    async def asset(self, asset_id: str) -> AssetView:
        async with self.resources.database.reading() as session:
            return await LibraryService.over(session, self.resources).owned(asset_id, self.owner_id)

    async def content(self, asset_id: str) -> bytes:
        asset = await self.asset(asset_id)
        return b"".join([chunk async for chunk in self.resources.store.open(asset.store_key)])


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    return sqlite_url


@pytest.fixture
def vendor() -> Vendor:
    return Vendor(spoken_seconds=1.0)


async def owner_of(person: httpx2.AsyncClient) -> str:
    found: str = (await person.get("/api/v1/auth/me")).json()["id"]
    return found


@pytest.fixture
async def booth(app: FastAPI, alice: httpx2.AsyncClient) -> Booth:
    return Booth(app.state.resources, await owner_of(alice))


@pytest.fixture
async def other_booth(app: FastAPI, bob: httpx2.AsyncClient) -> Booth:
    return Booth(app.state.resources, await owner_of(bob))
