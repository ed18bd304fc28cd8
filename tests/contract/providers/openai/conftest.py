"""Fixtures: a strict OpenAI over real HTTP and the adapters pointed at it, over both text interfaces."""

from collections.abc import AsyncIterator, Iterator

import pytest
from pydantic import SecretStr

from app.core.threads import Threads
from app.providers.openai.account import Api, OpenAIAccount, OpenAILimits
from app.providers.openai.bundle import OpenAIBundle
from tests.contract.providers.conftest import Stage
from tests.doubles.clock import FrozenClock
from tests.standins.openai.app import openai_app
from tests.standins.openai.world import GOOD_KEY, World

ROOMY = OpenAILimits(1000, 1000, 1000, 1000, 1000)


@pytest.fixture
def world(stage: Stage) -> World:
    """The vendor's side of the truth."""
    vendor = World()
    stage.app = openai_app(vendor)
    return vendor


@pytest.fixture
def account(world: World, stage: Stage) -> OpenAIAccount:
    """A good key with room for everything but what a test is about."""
    return OpenAIAccount(SecretStr(GOOD_KEY), base_url=f"{stage.address}/v1", limits=ROOMY)


@pytest.fixture
def threads() -> Iterator[Threads]:
    made = Threads(2)
    yield made
    made.close()


@pytest.fixture
async def kit(account: OpenAIAccount, clock: FrozenClock, threads: Threads) -> AsyncIterator[OpenAIBundle]:
    """The adapters under test."""
    made = OpenAIBundle.over(account, clock, threads)
    yield made
    await made.close()


@pytest.fixture(params=list(Api))
def api(request: pytest.FixtureRequest) -> Api:
    """Each of the two text interfaces."""
    return Api(request.param)
