"""The adapter of outside services: which answer is which error, whose links are followed, how long is waited."""

from collections.abc import AsyncIterator, Iterator

import pytest

from app.core.clock import SystemClock
from app.core.sinks import MemorySink
from app.providers.errors import AccountProblem, InvalidRequest, ProviderError, RateLimited, TaskLost, Unreachable
from app.providers.outside.service import HttpStage
from app.providers.stages import OutsideFailed, OutsideLate, OutsideStage
from app.providers.values import AttemptKey
from tests.standins.outside.app import SCRIPT, OutsideWorld, outside_app
from tests.standins.running import served

KEY = AttemptKey("attempt")


@pytest.fixture
def world() -> OutsideWorld:
    return OutsideWorld()


@pytest.fixture
def address(world: OutsideWorld) -> Iterator[str]:
    with served(outside_app(world)) as base:
        yield base


@pytest.fixture
async def service(address: str) -> AsyncIterator[HttpStage]:
    opened = HttpStage(OutsideStage.SCRIPT, address, SystemClock())
    yield opened
    await opened.close()


async def test_every_answer_is_a_text_a_link_or_a_named_error(service: HttpStage, world: OutsideWorld) -> None:
    assert await service.write({"title": "Fox"}, key=KEY) == SCRIPT
    answers: list[tuple[int, type[ProviderError]]] = [
        (400, InvalidRequest),
        (401, AccountProblem),
        (422, InvalidRequest),
        (429, RateLimited),
        (500, OutsideFailed),
        (503, Unreachable),
        (302, OutsideFailed),
    ]
    for status, error in answers:
        world.faults = [status]
        with pytest.raises(error):
            await service.write({}, key=KEY)
    assert len(world.asked) == 1 + len(answers)


async def test_a_service_that_does_not_answer_in_time_is_late_and_asked_once(address: str, world: OutsideWorld) -> None:
    world.delay_seconds = 2.0
    service = HttpStage(OutsideStage.VIDEO, address, SystemClock(), deadline_seconds=0.3)
    with pytest.raises(OutsideLate):
        await service.render({}, key=KEY)
    assert len(world.asked) == 1
    await service.close()


async def test_a_service_that_is_not_there_was_surely_not_asked() -> None:
    service = HttpStage(OutsideStage.VIDEO, "http://127.0.0.1:1", SystemClock())
    with pytest.raises(Unreachable):
        await service.render({}, key=KEY)
    await service.close()


async def test_its_own_files_are_fetched_and_inner_machines_are_not(service: HttpStage) -> None:
    sink = MemorySink(10_000_000)
    got = await service.fetch("/files/picture.png", sink, max_bytes=10_000_000)
    assert (got.size_bytes, got.media_type) == (len(sink.content), "image/png")
    for link in ("http://localhost:1/x", "https://10.0.0.1/x", "file:///etc/passwd", "/files/none", "https://[bad"):
        with pytest.raises(TaskLost):
            await service.fetch(link, MemorySink(100), max_bytes=100)
