"""The whole way over real HTTP: the MiniMax stand-in takes the order, works, delivers; its own books are counted."""

from collections.abc import AsyncIterator, Iterator

import httpx2
import pytest
from fastapi import FastAPI

from app.core.clock import SystemClock
from app.core.settings import Settings
from app.main import create_app
from tests.conftest import MakeSettings
from tests.doubles.context import Crash
from tests.doubles.engines import ScriptedKit
from tests.doubles.hurried_clock import HurriedClock
from tests.standins.minimax.app import minimax_app
from tests.standins.minimax.world import GOOD_KEY, World
from tests.standins.running import served
from tests.studio import Json, Studio

PUBLIC = "https://testserver"


@pytest.fixture
def world() -> Iterator[World]:
    vendor = World(SystemClock().monotonic)
    vendor.rules.task_seconds = 0.2
    vendor.rules.callbacks = "never"
    with served(minimax_app(vendor)) as address:
        vendor.base_url = address
        yield vendor


@pytest.fixture
def settings(make_settings: MakeSettings, database_url: str, world: World) -> Settings:
    fast = {"rpm_video": 100, "poll_seconds": 0.01}
    return make_settings(
        database={"database_url": database_url},
        server={"public_base_url": PUBLIC},
        minimax={"api_key": GOOD_KEY, "api_base": world.base_url, **fast},
    )


@pytest.fixture
async def app(settings: Settings, people_kit: ScriptedKit) -> AsyncIterator[FastAPI]:
    application = create_app(settings, clock=HurriedClock(), kits={"local": people_kit})
    async with application.router.lifespan_context(application):
        yield application


async def first(studio: Studio, film: Json) -> Json:
    return (await studio.segments(film))[0]


async def test_a_clip_is_made_and_paid_once(studio: Studio, film: Json, world: World) -> None:
    segment = await first(studio, film)
    done = await studio.make_take(segment)
    assert [paid.micro_usd for paid in world.paid] == [280_000]
    assert done["cost"]["actual"] == 0.28
    (task,) = world.tasks.values()
    assert task.first is not None
    assert task.last is not None
    assert (task.callback_url or "").startswith(f"{PUBLIC}/api/v1/callbacks/minimax/")
    assert (await first(studio, film))["status"] == "generated"


@pytest.mark.parametrize("step", ["submit.clip.1", "poll", "fetch"])
async def test_a_kill_between_the_steps_pays_once(studio: Studio, film: Json, world: World, step: str) -> None:
    job = await studio.begin_take(await first(studio, film))
    with pytest.raises(Crash):
        await studio.run(job, crash_after=step)
    assert (await studio.run(job))["phase"] == "succeeded"
    assert len(world.paid) == 1


async def test_the_owner_reads_the_clip(studio: Studio, film: Json, alice: httpx2.AsyncClient) -> None:
    await studio.make_take(await first(studio, film))
    address = (await first(studio, film))["video_url"]
    clip = await alice.get(address.removeprefix(PUBLIC))
    assert clip.headers["content-type"] == "video/mp4"
