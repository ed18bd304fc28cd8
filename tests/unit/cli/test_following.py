"""A follower ends when its job does or when it is interrupted, even where its client loses a cancel."""

import asyncio
from collections.abc import AsyncIterator

import httpx
import pytest
from typing_extensions import override

from app.cli.client import Api
from app.cli.following import Follower
from app.cli.sight import Sight
from app.core.clock import SystemClock
from tests.doubles.film_service import JOB, FilmService, film_app

SOON_SECONDS = 10.0


class DeafStream(httpx.AsyncByteStream):
    """Takes the first cancel for its own, as a library does that is about to be connected."""

    def __init__(self) -> None:
        self.cancels = 0

    @override
    async def __aiter__(self) -> AsyncIterator[bytes]:
        while True:
            try:
                await asyncio.sleep(60)
            except asyncio.CancelledError:
                self.cancels += 1
                if self.cancels > 1:
                    raise
            yield b": still here\n\n"


class DeafTransport(httpx.ASGITransport):
    """The service, whose stream of events does not hear everything."""

    def __init__(self, service: FilmService) -> None:
        super().__init__(film_app(service))
        self.stream = DeafStream()

    @override
    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/events"):
            return httpx.Response(200, stream=self.stream)
        return await super().handle_async_request(request)


@pytest.fixture
def service() -> FilmService:
    return FilmService()


@pytest.fixture
def transport(service: FilmService) -> DeafTransport:
    return DeafTransport(service)


async def followed(transport: DeafTransport) -> Sight:
    async with httpx.AsyncClient(transport=transport, base_url="http://testserver") as http:
        return await Follower(Api(http, inside=False), SystemClock(), JOB, lambda _seen: None).to_the_end()


async def test_it_ends_with_the_job(service: FilmService, transport: DeafTransport) -> None:
    service.looks = 2
    async with asyncio.timeout(SOON_SECONDS):
        seen = await followed(transport)
    assert (seen.has_ended, transport.stream.cancels) == (True, 2)


async def test_it_ends_when_it_is_interrupted(service: FilmService, transport: DeafTransport) -> None:
    service.looks = -1000
    following = asyncio.create_task(followed(transport))
    while service.looks < -998:
        await asyncio.sleep(0.01)
    following.cancel()
    async with asyncio.timeout(SOON_SECONDS):
        with pytest.raises(asyncio.CancelledError):
            await following
    assert transport.stream.cancels == 2
