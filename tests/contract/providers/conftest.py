"""Fixtures: a strict MiniMax over real HTTP, the adapters pointed at it, and requests that it takes."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass

import pytest
from pydantic import SecretStr

from app.providers.minimax.account import MiniMaxAccount
from app.providers.minimax.bundle import MiniMaxBundle
from tests.contract.providers.samples import CAMERA_MODEL
from tests.doubles.clock import FrozenClock
from tests.standins.minimax.app import minimax_app
from tests.standins.minimax.mischief import App, Receive, Scope, Send
from tests.standins.minimax.world import GOOD_KEY, World
from tests.standins.running import served


@pytest.fixture
def clock() -> FrozenClock:
    """One clock for the adapters and for the vendor."""
    return FrozenClock()


@dataclass
class Stage:
    """Where the stand-in of the running test is served."""

    app: App | None = None
    address: str = ""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        assert self.app is not None
        await self.app(scope, receive, send)


@pytest.fixture(scope="session")
def stage() -> Iterator[Stage]:
    """One server for the whole run; each test brings its own vendor onto it."""
    made = Stage()
    with served(made) as address:
        made.address = address
        yield made


@pytest.fixture
def world(clock: FrozenClock, stage: Stage) -> World:
    """The vendor's side of the truth, served over real HTTP."""
    vendor = World(clock.monotonic)
    vendor.rules.task_seconds = 80
    vendor.base_url = stage.address
    stage.app = minimax_app(vendor)
    return vendor


@pytest.fixture
def account(world: World) -> MiniMaxAccount:
    """A good key with room for everything but what a test is about."""
    return MiniMaxAccount(
        SecretStr(GOOD_KEY),
        base_url=world.base_url,
        video_model=CAMERA_MODEL,
        rpm_video=1000,
        rpm_image=1000,
        rpm_speech=1000,
        max_in_flight=1000,
    )


@pytest.fixture
async def kit(account: MiniMaxAccount, clock: FrozenClock) -> AsyncIterator[MiniMaxBundle]:
    """The adapters under test."""
    made = MiniMaxBundle.over(account, clock)
    yield made
    await made.close()
