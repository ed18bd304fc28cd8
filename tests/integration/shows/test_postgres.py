"""The same rows on Postgres: lists, searches, one change at a time."""

import asyncio
from dataclasses import replace

from app.core.pagination import Window
from app.core.settings import Settings
from app.jobs.settlement import JobRuntime
from app.resources import open_resources
from app.shows.domain import Door, Made, ShowEdit, ShowListing, ShowPicture, ShowView
from app.shows.repository import ShowRepository
from app.shows.service import ShowService, delete_show
from app.shows.stage_context import change
from app.usage.ledger import LedgerBudget
from tests import factories
from tests.conftest import MakeSettings


async def test_changes_at_once_are_all_kept_drafts_are_begun_once_and_rows_go_whole(
    make_settings: MakeSettings, postgres_database_url: str
) -> None:
    settings: Settings = make_settings(database={"database_url": postgres_database_url})
    async with open_resources(settings) as resources:
        resources.provide(JobRuntime(resources, [], LedgerBudget(resources)))
        owner_id = await factories.user(resources)
        async with resources.database.unit_of_work() as session:
            shows = ShowService.over(session, resources)
            show = await shows.create(owner_id, Door.STUDIO, ShowEdit(title="Łabędź"))

        async def add(prompt: str) -> None:
            def make(now: ShowView) -> Made:
                return replace(now.made, pictures=(*now.made.pictures, ShowPicture(prompt)))

            async with resources.database.unit_of_work() as session:
                await change(session, resources, show.id, make)

        await asyncio.gather(*(add(f"picture {number}") for number in range(5)))
        async with resources.database.reading() as session:
            shows = ShowService.over(session, resources)
            listing = ShowListing(door=Door.STUDIO, search="łab")
            found, total = await shows.listed(owner_id, listing, Window(limit=5))
        assert (total, len(found[0].made.pictures)) == (1, 5)

        async def draft() -> str:
            async with resources.database.unit_of_work() as session:
                shows = ShowService.over(session, resources)
                return (await shows.draft(owner_id, Door.STUDIO, "images", ShowEdit(title="Draft"))).id

        begun = set(await asyncio.gather(*(draft() for _ in range(5))))
        assert len(begun) == 1
        async with resources.database.reading() as session:
            rows = await ShowRepository(session, resources.clock).newest_drafts(owner_id, Door.STUDIO, 10)
        assert {row.id for row in rows} == begun, "a saved show is no draft"
        await delete_show(resources, found[0])
        async with resources.database.reading() as session:
            assert (await ShowService.over(session, resources).listed(owner_id, listing, Window()))[1] == 0
