"""Fixtures of the failure matrix: the vendors, an application that works, and what its settings are."""

from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx2
import pytest
from fastapi import FastAPI

from app.core.settings import Settings
from app.main import create_app
from app.resources import Outside
from tests.conftest import MakeSettings
from tests.doubles.broken_tools import BrokenTools
from tests.doubles.leaping_clock import LeapingClock
from tests.faults.films.owner import Owner
from tests.faults.films.vendors import Vendors, vendors


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    return sqlite_url


@pytest.fixture
def both() -> Iterator[Vendors]:
    with vendors() as served:
        yield served


@pytest.fixture
def clock() -> LeapingClock:
    return LeapingClock()


@pytest.fixture
def tools() -> BrokenTools:
    return BrokenTools.found()


@pytest.fixture
def settings(make_settings: MakeSettings, database_url: str, both: Vendors) -> Settings:
    own: dict[str, dict[str, Any]] = {"database": {"database_url": database_url}, "work": {"embedded_worker": True}}
    return make_settings(**own, **both.settings)


@pytest.fixture
async def app(settings: Settings, clock: LeapingClock, tools: BrokenTools) -> AsyncIterator[FastAPI]:
    application = create_app(settings, clock=clock, outside=Outside(tools=tools))
    async with application.router.lifespan_context(application):
        yield application


@pytest.fixture
async def owner(client: httpx2.AsyncClient) -> Owner:
    return await Owner(client).signed_in()
