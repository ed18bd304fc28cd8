"""Vendor callbacks: challenges are echoed at an attempt's own address; hints bind what the vendor itself confirms."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx2
import pytest

from app.core.clock import SystemClock
from app.jobs.attempts import PaidCall
from app.jobs.domain import AttemptState, AttemptView, JobView
from app.jobs.persistence import VendorAnswer
from app.jobs.reconcile import callback_url
from app.jobs.repository import AttemptRepository
from app.jobs.settlement import JobRuntime
from app.main import create_app
from app.providers.errors import OutcomeUnknown
from app.providers.values import AttemptKey
from app.resources import Resources
from app.usage.ledger import LedgerBudget
from tests import factories
from tests.conftest import MakeSettings
from tests.contract.providers.samples import request
from tests.integration.jobs.test_runs import Fresh
from tests.standins.minimax.app import minimax_app
from tests.standins.minimax.world import GOOD_KEY, World
from tests.standins.running import served

PUBLIC = "https://films.example.com"


@pytest.fixture
def world() -> Iterator[World]:
    vendor = World(SystemClock().monotonic)
    with served(minimax_app(vendor)) as address:
        vendor.base_url = address
        yield vendor


class House:
    """The running service with an attempt whose reply was lost."""

    def __init__(self, resources: Resources, client: httpx2.AsyncClient, owner: str) -> None:
        self.resources = resources
        self.client = client
        self.owner = owner
        self.attempts = JobRuntime(resources, [], LedgerBudget(resources), Fresh()).attempts

    async def lost(self) -> tuple[JobView, AttemptView]:
        engine = self.resources.engines.video("minimax")
        call = PaidCall("video", engine.name, engine.account, "hash", 280_000)
        job = await factories.job(self.resources, self.owner)
        attempt = await self.attempts.intend(job, call, 1)
        await self.attempts.submit(job, attempt, call, lose, stop=asyncio.Event())
        return job, attempt

    async def bought(self) -> str:
        """The vendor's name of a clip that was really ordered."""
        return (await self.resources.engines.video("minimax").submit(request(), key=AttemptKey("a"))).id

    async def tell(self, attempt: AttemptView, notice: Any, *, spoil: str = "") -> httpx2.Response:
        address = callback_url(self.resources, attempt)
        assert address is not None
        return await self.client.post(address.removeprefix(PUBLIC) + spoil, json=notice)

    async def now(self, attempt: AttemptView) -> tuple[AttemptState, str | None]:
        async with self.resources.database.reading() as session:
            found = await AttemptRepository(session, self.resources.clock).view(attempt.id)
        assert found is not None
        return found.state, found.remote_id


async def lose(_attempt: AttemptView) -> VendorAnswer:
    raise OutcomeUnknown(provider="minimax")


@pytest.fixture
async def house(make_settings: MakeSettings, database_url: str, world: World) -> AsyncIterator[House]:
    settings = make_settings(
        database={"database_url": database_url},
        server={"public_base_url": PUBLIC},
        minimax={"api_key": GOOD_KEY, "api_base": world.base_url, "rpm_video": 100},
    )
    app = create_app(settings)
    async with app.router.lifespan_context(app):
        transport = httpx2.ASGITransport(app=app, raise_app_exceptions=False)
        async with httpx2.AsyncClient(transport=transport, base_url=PUBLIC) as client:
            resources: Resources = app.state.resources
            yield House(resources, client, await factories.user(resources))


async def test_the_challenge_is_echoed(house: House) -> None:
    _, attempt = await house.lost()
    answer = await house.tell(attempt, {"challenge": "c-1"})
    assert (answer.status_code, answer.json()) == (200, {"challenge": "c-1"})


async def test_a_hint_that_the_vendor_confirms_binds_the_lost_attempt(house: House) -> None:
    _, attempt = await house.lost()
    task_id = await house.bought()
    answer = await house.tell(attempt, {"task_id": task_id, "status": "processing"})
    assert (answer.status_code, answer.json()) == (200, {})
    assert await house.now(attempt) == (AttemptState.BOUND, task_id)


async def test_an_invented_task_changes_nothing(house: House) -> None:
    _, attempt = await house.lost()
    answer = await house.tell(attempt, {"task_id": "176843862716480", "status": "success"})
    assert answer.status_code == 200
    assert await house.now(attempt) == (AttemptState.UNKNOWN, None)


async def test_the_task_of_another_attempt_is_not_taken(house: House) -> None:
    job, other = await house.lost()
    task_id = await house.bought()
    assert await house.attempts.bind(job, other, VendorAnswer(task_id))
    _, attempt = await house.lost()
    await house.tell(attempt, {"task_id": task_id, "status": "success"})
    assert await house.now(attempt) == (AttemptState.UNKNOWN, None)


async def test_nobody_listens_at_a_wrong_address(house: House) -> None:
    _, attempt = await house.lost()
    answer = await house.tell(attempt, {"challenge": "c-1"}, spoil="x")
    assert (answer.status_code, answer.json()["code"]) == (404, "job.callback_unknown")


async def test_an_attempt_has_no_address_while_the_service_has_none(resources: Resources) -> None:
    job = await factories.job(resources, await factories.user(resources))
    attempts = JobRuntime(resources, [], LedgerBudget(resources), Fresh()).attempts
    attempt = await attempts.intend(job, PaidCall("video", "minimax", "minimax:key", "hash", 0), 1)
    assert callback_url(resources, attempt) is None
