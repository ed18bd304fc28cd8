"""The studio whose clips come from the MiniMax stand-in over real HTTP; its own books are counted."""

from collections.abc import AsyncIterator, Iterator

import pytest
from fastapi import FastAPI

from app.core.settings import Settings
from app.main import create_app
from app.resources import Outside
from tests.conftest import MakeSettings
from tests.doubles.engines import ScriptedKit
from tests.doubles.hurried_clock import HurriedClock
from tests.standins.minimax.app import minimax_app
from tests.standins.minimax.world import GOOD_KEY, World
from tests.standins.running import served

PUBLIC = "https://testserver"


@pytest.fixture
def hurried() -> HurriedClock:
    """One clock for the studio and the vendor, whose list of orders is read by time."""
    return HurriedClock(40.0)


@pytest.fixture
def world(hurried: HurriedClock) -> Iterator[World]:
    vendor = World(lambda: hurried.now().timestamp())
    vendor.rules.task_seconds = 8.0
    vendor.rules.callbacks = "never"
    with served(minimax_app(vendor)) as address:
        vendor.base_url = address
        yield vendor


@pytest.fixture
def video_model() -> str:
    return "MiniMax-Hailuo-02"


@pytest.fixture
def settings(make_settings: MakeSettings, database_url: str, world: World, video_model: str) -> Settings:
    fast = {"rpm_video": 100, "poll_seconds": 0.01, "video_model": video_model}
    return make_settings(
        database={"database_url": database_url},
        server={"public_base_url": PUBLIC},
        minimax={"api_key": GOOD_KEY, "api_base": world.base_url, **fast},
        # A clock that hurries ends no session.
        security={"access_token_expire_minutes": 10_000},
    )


@pytest.fixture
async def app(settings: Settings, people_kit: ScriptedKit, hurried: HurriedClock) -> AsyncIterator[FastAPI]:
    application = create_app(settings, clock=hurried, outside=Outside(bundles={"local": people_kit}))
    async with application.router.lifespan_context(application):
        yield application
