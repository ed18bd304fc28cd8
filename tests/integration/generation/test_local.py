"""The offline engines draw key frames and film between them, without keys and without a network."""

from collections.abc import AsyncIterator

import pytest
from fastapi import FastAPI

from app.core.settings import Settings
from app.main import create_app
from tests.conftest import MakeSettings
from tests.studio import Studio


@pytest.fixture
def settings(make_settings: MakeSettings, sqlite_url: str) -> Settings:
    return make_settings(database={"database_url": sqlite_url})


@pytest.fixture
async def app(settings: Settings) -> AsyncIterator[FastAPI]:
    application = create_app(settings)
    async with application.router.lifespan_context(application):
        yield application


async def test_a_clip_made_offline_runs_between_its_key_frames(studio: Studio) -> None:
    project = await studio.planned()
    drawn = await studio.run(await studio.post(f"/generation/frames/{project['id']}"))
    assert drawn["phase"] == "succeeded", drawn
    segment = (await studio.segments(project))[0]
    done = await studio.make_take(segment)
    (take,) = (await studio.get(f"/segments/{segment['id']}/takes"))["takes"]
    assert (take["provider"], take["cost"], done["cost"]["actual"]) == ("local", 0.0, 0.0)
    assert take["warnings"] == []
    assert min(take["look"]["first_seam"], take["look"]["last_seam"]) > 0.8
    assert take["look"]["frozen_share"] < 0.2


async def test_a_chain_made_offline_begins_each_clip_where_the_one_before_ended(studio: Studio) -> None:
    project = await studio.planned(visuals="chained")
    await studio.run(await studio.post(f"/generation/frames/{project['id']}"))
    segments = await studio.segments(project)
    for segment in segments:
        await studio.make_take(segment)
    (take,) = (await studio.get(f"/segments/{segments[1]['id']}/takes"))["takes"]
    assert take["look"]["first_seam"] > 0.95
