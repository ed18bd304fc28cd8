"""A registered person, sign-in with a counting hasher, and clients at other addresses."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from typing import Any

import httpx2
import pytest
from fastapi import FastAPI

from app.core.settings import Settings
from app.resources import Resources
from tests.conftest import MakeSettings

PASSWORD = "three small green apples"
ADA = {"email": "ada@example.com", "username": "ada", "name": "Ada", "password": PASSWORD}
At = Callable[..., Awaitable[httpx2.AsyncClient]]


@pytest.fixture
def settings(make_settings: MakeSettings, database_url: str) -> Settings:
    return make_settings(database={"database_url": database_url}, work={"embedded_worker": False})


@pytest.fixture
def app_resources(app: FastAPI) -> Resources:
    found: Resources = app.state.resources
    return found


@pytest.fixture
async def ada(client: httpx2.AsyncClient) -> dict[str, Any]:
    """A registered account with a real password."""
    reply = await client.post("/api/v1/auth/register", json=ADA)
    assert reply.status_code == 201, reply.text
    account: dict[str, Any] = reply.json()
    return account


@pytest.fixture
async def at(app: FastAPI) -> AsyncIterator[At]:
    """A client without credentials at an address of its own."""
    async with AsyncExitStack() as opened:

        async def make(address: str = "192.0.2.1", *, base_url: str = "http://testserver") -> httpx2.AsyncClient:
            transport = httpx2.ASGITransport(app=app, raise_app_exceptions=False, client=(address, 1))
            return await opened.enter_async_context(httpx2.AsyncClient(transport=transport, base_url=base_url))

        yield make
