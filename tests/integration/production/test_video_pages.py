"""Pages of one-shot videos, on databases of both kinds."""

import pytest
from fastapi import FastAPI

from app.accounts.identity import Identities
from app.core.settings import Settings
from app.production.domain import VideoWish
from app.production.videos import OneShotVideos
from app.projects.service import ProjectService
from app.resources import Resources
from tests.conftest import MakeSettings


@pytest.fixture
def settings(make_settings: MakeSettings, database_url: str) -> Settings:
    """Nobody works, so nothing moves under the pages."""
    return make_settings(database={"database_url": database_url})


async def test_pages_go_either_way_and_pass_over_films_that_are_gone(app: FastAPI) -> None:
    resources: Resources = app.state.resources
    me = await Identities.over(resources).local()
    screening = OneShotVideos(resources, me.id)
    begun = [await screening.start(VideoWish(prompt=f"A fox, {number}", duration_sec=6)) for number in range(4)]
    ids = [snapshot.video.id for snapshot in begun]
    async with resources.database.unit_of_work() as session:
        await ProjectService.over(session, resources).delete(begun[1].video.project, cancel=True)

    async def page(after: str | None, *, descending: bool) -> tuple[list[str], bool]:
        snapshots, has_more = await screening.page(after, 2, descending=descending)
        return [snapshot.video.id for snapshot in snapshots], has_more

    assert await page(None, descending=True) == ([ids[3], ids[2]], True)
    assert await page(ids[2], descending=True) == ([ids[0]], False)
    assert await page(None, descending=False) == ([ids[0], ids[2]], True)
    assert await page(ids[2], descending=False) == ([ids[3]], False)
