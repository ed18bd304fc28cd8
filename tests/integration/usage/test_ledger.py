"""Money: a cap holds under any number of starts, and the ledger is what was charged."""

import asyncio

import pytest

from app.jobs.attempts import Attempts, PaidCall
from app.jobs.domain import AttemptView, JobView
from app.jobs.persistence import VendorAnswer
from app.providers.errors import InvalidRequest
from app.resources import Resources
from app.usage.domain import BudgetExceeded, Grouping
from app.usage.ledger import LedgerBudget
from app.usage.service import UsageService
from tests import factories

PRICE = 280_000
CALL = PaidCall("video", "standin", "standin:key", "hash", PRICE)


class AlwaysFresh:
    name = "test"

    def fresh(self) -> bool:
        return True


@pytest.fixture
def attempts(resources: Resources) -> Attempts:
    return Attempts(resources, LedgerBudget(resources), AlwaysFresh())


@pytest.fixture
async def owner(resources: Resources) -> str:
    return await factories.user(resources)


async def set_day_budget(resources: Resources, owner: str, usd: float) -> None:
    async with resources.database.unit_of_work() as session:
        await UsageService.over(session, resources).set_budgets(owner, usd, {})


async def spent_today(resources: Resources, owner: str) -> tuple[int, int]:
    async with resources.database.reading() as session:
        usage = UsageService.over(session, resources)
        lines = await usage.report(owner, usage.period(None, None), Grouping.PROVIDER)
        used = (await usage.budgets(owner)).used_today_micro_usd
    return sum(line.charged_micro_usd for line in lines), used


async def test_money_for_five_of_two_hundred_parallel_starts_makes_exactly_five(
    resources: Resources, owner: str, attempts: Attempts
) -> None:
    await set_day_budget(resources, owner, 5 * PRICE / 1_000_000)
    jobs = [await factories.job(resources, owner, parent_id=None) for _ in range(40)]
    sent: list[str] = []

    async def send(attempt: AttemptView) -> VendorAnswer:
        sent.append(attempt.id)
        return VendorAnswer(f"task-{attempt.id}", actual_micro_usd=PRICE)

    async def start(job: JobView, number: int) -> bool:
        try:
            attempt = await attempts.intend(job, CALL, number)
        except BudgetExceeded:
            return False
        await attempts.submit(job, attempt, CALL, send, stop=asyncio.Event())
        return True

    started = await asyncio.gather(*(start(job, number) for job in jobs for number in range(1, 6)))
    assert len(started) == 200
    assert sum(started) == 5
    assert len(set(sent)) == len(sent) == 5
    assert await spent_today(resources, owner) == (5 * PRICE, 5 * PRICE)


async def test_a_refused_attempt_gives_its_money_back(resources: Resources, owner: str, attempts: Attempts) -> None:
    await set_day_budget(resources, owner, PRICE / 1_000_000)
    job = await factories.job(resources, owner)
    attempt = await attempts.intend(job, CALL, 1)
    assert await spent_today(resources, owner) == (0, PRICE)
    await attempts.submit(job, attempt, CALL, refuse, stop=asyncio.Event())
    again = await attempts.intend(job, CALL, 2)
    assert again.id != attempt.id


async def refuse(attempt: AttemptView) -> VendorAnswer:
    raise InvalidRequest(provider="standin")


async def test_the_refusal_says_by_how_much(resources: Resources, owner: str, attempts: Attempts) -> None:
    await set_day_budget(resources, owner, 0.2)
    job = await factories.job(resources, owner)
    with pytest.raises(BudgetExceeded, match=r"0\.08 USD") as refused:
        await attempts.intend(job, CALL, 1)
    assert refused.value.facts["budget"] == "user_day"
    assert await spent_today(resources, owner) == (0, 0)
