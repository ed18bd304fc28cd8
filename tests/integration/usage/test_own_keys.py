"""Money of people who work on keys of their own counts against their caps, and never against the service's day."""

import asyncio
from dataclasses import dataclass

import pytest

from app.core.settings import Settings
from app.jobs.attempts import Attempts, PaidCall
from app.jobs.domain import AttemptView
from app.jobs.persistence import VendorAnswer
from app.resources import Resources
from app.usage.domain import BudgetExceeded, LimitKind, caps_of
from app.usage.ledger import LedgerBudget
from app.usage.repository import BalanceRepository
from tests import factories
from tests.conftest import MakeSettings
from tests.integration.usage.test_ledger import AlwaysFresh, set_day_budget

PRICE = 280_000
DAY_USD = 0.3


@dataclass
class Engine:
    name: str
    account: str


OWN = Engine("openai", "openai:a-users-own")
SERVICE = Engine("standin", "standin:key")


@pytest.fixture
def settings(make_settings: MakeSettings, database_url: str) -> Settings:
    return make_settings(database={"database_url": database_url}, work={"budget_day": DAY_USD})


async def used(resources: Resources, owner_id: str) -> tuple[int, int]:
    """What counts against the user's day and against the service's."""
    caps = {cap.kind: cap for cap in caps_of(owner_id, None, resources.clock.now().date(), {}, {})}
    async with resources.database.reading() as session:
        balances = BalanceRepository(session)
        user_day = await balances.used(caps[LimitKind.USER_DAY].account)
        return user_day, await balances.used(caps[LimitKind.DAY].account)


async def hold(resources: Resources, owner_id: str, engine: Engine) -> str:
    """A job whose money is put aside."""
    job = await factories.job(resources, owner_id)
    async with resources.database.unit_of_work() as session:
        await LedgerBudget(resources).hold(session, job, PRICE, engine)
    return job.id


def call(engine: Engine) -> PaidCall:
    return PaidCall("video", engine.name, engine.account, "hash", PRICE)


async def buy(resources: Resources, owner_id: str, engine: Engine, *, held_for: Engine) -> None:
    """One paid call, from what was put aside to the end of its job."""
    budget = LedgerBudget(resources)
    job = await factories.job(resources, owner_id)
    async with resources.database.unit_of_work() as session:
        await budget.hold(session, job, PRICE, held_for)
    attempts = Attempts(resources, budget, AlwaysFresh())
    attempt = await attempts.intend(job, call(engine), 1)

    async def send(sent: AttemptView) -> VendorAnswer:
        return VendorAnswer(f"task-{sent.id}", actual_micro_usd=PRICE)

    await attempts.submit(job, attempt, call(engine), send, stop=asyncio.Event())
    async with resources.database.unit_of_work() as session:
        await budget.close(session, job)


async def test_what_is_held_for_ones_own_key_leaves_the_services_day_alone(resources: Resources) -> None:
    owner = await factories.user(resources)
    for _ in range(3):
        await hold(resources, owner, OWN)
    assert await used(resources, owner) == (3 * PRICE, 0)
    await hold(resources, owner, SERVICE)
    assert await used(resources, owner) == (4 * PRICE, PRICE)
    with pytest.raises(BudgetExceeded) as refused:
        await hold(resources, owner, SERVICE)
    assert refused.value.facts["budget"] == "day"
    await hold(resources, owner, OWN)


async def test_what_is_held_for_ones_own_key_counts_against_ones_own_day(resources: Resources) -> None:
    owner = await factories.user(resources)
    await set_day_budget(resources, owner, PRICE / 1_000_000)
    await hold(resources, owner, OWN)
    with pytest.raises(BudgetExceeded) as refused:
        await hold(resources, owner, OWN)
    assert refused.value.facts["budget"] == "user_day"


@pytest.mark.parametrize(
    ("engine", "held_for", "of_the_service"),
    [(OWN, OWN, 0), (OWN, SERVICE, 0), (SERVICE, OWN, PRICE), (SERVICE, SERVICE, PRICE)],
)
async def test_who_is_billed_is_what_counts_whoever_was_expected(
    resources: Resources, engine: Engine, held_for: Engine, of_the_service: int
) -> None:
    owner = await factories.user(resources)
    await buy(resources, owner, engine, held_for=held_for)
    assert await used(resources, owner) == (PRICE, of_the_service)


async def test_a_call_that_was_never_made_gives_everything_back(resources: Resources) -> None:
    owner = await factories.user(resources)
    budget = LedgerBudget(resources)
    job = await factories.job(resources, owner)
    attempts = Attempts(resources, budget, AlwaysFresh())
    attempt = await attempts.intend(job, call(OWN), 1)
    assert await used(resources, owner) == (PRICE, 0)
    await attempts.not_received(job, attempt)
    async with resources.database.unit_of_work() as session:
        await budget.close(session, job)
    assert await used(resources, owner) == (0, 0)
