"""The official client of this wire, and the engines behind it."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import httpx2
import pytest
from openai import AsyncOpenAI

from tests.contract.faces.door import address, key_of
from tests.doubles.engines import ScriptedKit
from tests.doubles.visuals import ScriptedCamera
from tests.scripted_house import app, camera, planner, settings, vendor

__all__ = ["address", "app", "camera", "planner", "settings", "vendor"]


@dataclass
class OfflineKit(ScriptedKit):
    """The offline engines, with a camera that nobody prefers."""

    video: ScriptedCamera = field(default_factory=ScriptedCamera)


@pytest.fixture
def kit() -> ScriptedKit:
    return OfflineKit()


@pytest.fixture
async def studio(address: str, alice: httpx2.AsyncClient) -> AsyncIterator[AsyncOpenAI]:
    """Alice's client, made as the SDK's readme says."""
    async with AsyncOpenAI(base_url=f"{address}/v1", api_key=await key_of(alice)) as client:
        yield client


@pytest.fixture
async def stranger(address: str, bob: httpx2.AsyncClient) -> AsyncIterator[AsyncOpenAI]:
    async with AsyncOpenAI(base_url=f"{address}/v1", api_key=await key_of(bob)) as client:
        yield client
