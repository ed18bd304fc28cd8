"""A real door: the application behind a socket on loopback, and keys for those who knock."""

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing, contextmanager

import httpx2
import pytest
import uvicorn
from fastapi import FastAPI
from typing_extensions import override


class QuietServer(uvicorn.Server):
    """Leaves the signals of a test run to pytest."""

    @override
    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@asynccontextmanager
async def listening(app: FastAPI) -> AsyncIterator[str]:
    """The address of an application whose lifespan somebody else holds."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.bind(("127.0.0.1", 0))
    config = uvicorn.Config(app, log_config=None, lifespan="off", timeout_graceful_shutdown=1, access_log=False)
    server = QuietServer(config)
    with closing(listener):
        async with asyncio.TaskGroup() as running:
            running.create_task(server.serve(sockets=[listener]))
            async with asyncio.timeout(10):
                while not server.started:
                    await asyncio.sleep(0.01)
            try:
                yield f"http://127.0.0.1:{listener.getsockname()[1]}"
            finally:
                server.should_exit = True


@pytest.fixture
async def address(app: FastAPI) -> AsyncIterator[str]:
    """Where the application of a test is asked over a socket."""
    async with listening(app) as found:
        yield found


async def key_of(person: httpx2.AsyncClient, *scopes: str) -> str:
    """A new API key of a person."""
    wish = {"name": "door", "scopes": list(scopes or ("read", "write"))}
    made = await person.post("/api/v1/api-keys", json=wish)
    assert made.status_code == 201, made.text
    key: str = made.json()["key"]
    return key
