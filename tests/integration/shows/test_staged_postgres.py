"""The staged pipeline on Postgres: what several writers at once may spoil."""

import asyncio

from app.jobs.errors import WorkGoesOn
from app.resources import Resources, open_resources
from app.shows.domain import Door, ShowEdit
from app.shows.service import ShowService
from app.shows.staged import ShowResolver, StagedPipeline, StagedWish
from tests import factories
from tests.conftest import MakeSettings


async def begun(resources: Resources, owner_id: str) -> object:
    try:
        return await StagedPipeline.over(resources, owner_id).content(StagedWish(title="Whales"))
    except WorkGoesOn as goes_on:
        return goes_on.facts["job_id"]


async def test_requests_at_once_begin_one_show_and_a_file_leads_back_to_its_show(
    make_settings: MakeSettings, postgres_database_url: str
) -> None:
    settings = make_settings(database={"database_url": postgres_database_url}, work={"client_wait_seconds": 1})
    async with open_resources(settings) as resources:
        owner_id = await factories.user(resources)
        jobs = await asyncio.gather(*(begun(resources, owner_id) for _ in range(4)))
        assert len(set(jobs)) == 1
        track = await factories.track(resources, owner_id)
        async with resources.database.unit_of_work() as session:
            shows = ShowService.over(session, resources)
            first = await ShowResolver(session, resources, owner_id).show(None)
            await shows.update(first, ShowEdit(music_id=track))
            await shows.create(owner_id, Door.WIZARD, ShowEdit(title="Owls"))
        async with resources.database.reading() as session:
            meant = ShowResolver(session, resources, owner_id)
            assert [each.staged.show.title for each in await meant.manifests()] == ["Owls", "Whales"]
            assert (await meant.with_track(track)).id == first.id
            assert (await meant.with_track(None)).title == "Owls"
