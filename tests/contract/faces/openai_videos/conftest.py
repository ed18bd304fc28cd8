"""The official client of this wire, and the engines behind it."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import httpx2
import pytest
from fastapi import FastAPI
from openai import AsyncOpenAI

from app.core.settings import Settings
from app.main import create_app
from app.resources import Outside
from tests.conftest import MakeSettings
from tests.contract.faces.door import key_of, listening
from tests.doubles.engines import ScriptedKit, ScriptedPlanner
from tests.doubles.visuals import VENDOR, ScriptedCamera
from tests.integration.production.conftest import Vendor


@pytest.fixture
def vendor() -> Vendor:
    return Vendor()


@dataclass
class OfflineKit(ScriptedKit):
    """The offline engines, with a camera that nobody prefers."""

    video: ScriptedCamera = field(default_factory=ScriptedCamera)


@pytest.fixture
def kit() -> ScriptedKit:
    return OfflineKit()


@pytest.fixture
def planner(kit: ScriptedKit) -> ScriptedPlanner:
    return kit.planner


@pytest.fixture
def camera(vendor: Vendor) -> ScriptedCamera:
    return vendor.video


@pytest.fixture
def settings(make_settings: MakeSettings, database_url: str) -> Settings:
    return make_settings(database={"database_url": database_url}, work={"embedded_worker": True})


@pytest.fixture
async def app(settings: Settings, vendor: Vendor, kit: ScriptedKit) -> AsyncIterator[FastAPI]:
    application = create_app(settings, outside=Outside(kits={"local": kit, VENDOR: vendor}))
    async with application.router.lifespan_context(application):
        yield application


@pytest.fixture
async def address(app: FastAPI) -> AsyncIterator[str]:
    async with listening(app) as found:
        yield found


@pytest.fixture
async def studio(address: str, alice: httpx2.AsyncClient) -> AsyncIterator[AsyncOpenAI]:
    """Alice's client, made as the SDK's readme says."""
    async with AsyncOpenAI(base_url=f"{address}/v1", api_key=await key_of(alice)) as client:
        yield client


@pytest.fixture
async def stranger(address: str, bob: httpx2.AsyncClient) -> AsyncIterator[AsyncOpenAI]:
    async with AsyncOpenAI(base_url=f"{address}/v1", api_key=await key_of(bob)) as client:
        yield client
