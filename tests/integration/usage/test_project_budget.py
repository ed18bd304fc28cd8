"""The budget that is set with a project is a hard cap of its own, beside the owner's and the service's."""

import asyncio
from decimal import Decimal

import pytest

from app.jobs.attempts import Attempts, PaidCall
from app.jobs.domain import AttemptView, JobView
from app.jobs.persistence import VendorAnswer
from app.projects.domain import ProjectView
from app.projects.options import Language
from app.projects.schemas import ProjectCreate, ProjectEdit
from app.projects.service import ProjectService
from app.resources import Resources
from app.usage.domain import BudgetExceeded
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


async def film(resources: Resources, owner: str, budget: str | None) -> ProjectView:
    wish = ProjectCreate(name="Film", language=Language.EN, budget=None if budget is None else Decimal(budget))
    async with resources.database.unit_of_work() as session:
        return await ProjectService.over(session, resources).create(owner, wish)


async def set_budget(resources: Resources, project: ProjectView, budget: str | None) -> None:
    wish = ProjectEdit(budget=None if budget is None else Decimal(budget))
    async with resources.database.unit_of_work() as session:
        await ProjectService.over(session, resources).edit(project.id, wish)


async def buy(resources: Resources, attempts: Attempts, project: ProjectView) -> bool:
    job = await factories.job(resources, project.owner_id, project_id=project.id)
    return await bought(attempts, job)


async def bought(attempts: Attempts, job: JobView) -> bool:
    async def send(attempt: AttemptView) -> VendorAnswer:
        return VendorAnswer(f"task-{attempt.id}", actual_micro_usd=PRICE)

    try:
        attempt = await attempts.intend(job, CALL, 1)
    except BudgetExceeded:
        return False
    await attempts.submit(job, attempt, CALL, send, stop=asyncio.Event())
    return True


async def test_a_projects_own_budget_stops_what_would_pass_it(
    resources: Resources, owner: str, attempts: Attempts
) -> None:
    project = await film(resources, owner, "0.60")
    assert [await buy(resources, attempts, project) for _ in range(4)] == [True, True, False, False]
    other = await film(resources, owner, None)
    assert await buy(resources, attempts, other)


async def test_the_estimate_of_a_job_is_put_aside_before_it_begins(resources: Resources, owner: str) -> None:
    project = await film(resources, owner, "0.60")
    job = await factories.job(resources, owner, project_id=project.id)
    rival = await factories.job(resources, owner, project_id=project.id, kind="test.rival")
    async with resources.database.unit_of_work() as session:
        await LedgerBudget(resources).hold(session, job, 500_000)
    with pytest.raises(BudgetExceeded, match=r"this project's budget by 0\.18 USD"):
        async with resources.database.unit_of_work() as session:
            await LedgerBudget(resources).hold(session, rival, PRICE)
    async with resources.database.unit_of_work() as session:
        await LedgerBudget(resources).close(session, job)
    async with resources.database.unit_of_work() as session:
        await LedgerBudget(resources).hold(session, rival, PRICE)


async def test_a_bill_below_the_estimate_leaves_the_rest_to_spend(
    resources: Resources, owner: str, attempts: Attempts
) -> None:
    project = await film(resources, owner, "0.30")
    job = await factories.job(resources, owner, project_id=project.id)

    async def cheap(attempt: AttemptView) -> VendorAnswer:
        return VendorAnswer(f"task-{attempt.id}", actual_micro_usd=10_000)

    attempt = await attempts.intend(job, CALL, 1)
    await attempts.submit(job, attempt, CALL, cheap, stop=asyncio.Event())
    assert await buy(resources, attempts, project)
    assert not await buy(resources, attempts, project)


async def test_a_budget_can_be_raised_lowered_and_taken_away(
    resources: Resources, owner: str, attempts: Attempts
) -> None:
    project = await film(resources, owner, "0.10")
    assert not await buy(resources, attempts, project)
    await set_budget(resources, project, "0.30")
    assert await buy(resources, attempts, project)
    assert not await buy(resources, attempts, project)
    await set_budget(resources, project, None)
    assert await buy(resources, attempts, project)


async def test_the_tighter_of_two_caps_of_a_project_holds_and_replacing_budgets_leaves_its_own(
    resources: Resources, owner: str, attempts: Attempts
) -> None:
    project = await film(resources, owner, "0.30")
    async with resources.database.unit_of_work() as session:
        await UsageService.over(session, resources).set_budgets(owner, None, {project.id: 0.1})
    assert not await buy(resources, attempts, project)
    async with resources.database.unit_of_work() as session:
        await UsageService.over(session, resources).set_budgets(owner, None, {})
    assert await buy(resources, attempts, project)
    assert not await buy(resources, attempts, project)


async def test_a_copy_brings_its_budget_along_but_not_what_was_spent(
    resources: Resources, owner: str, attempts: Attempts
) -> None:
    project = await film(resources, owner, "0.30")
    assert await buy(resources, attempts, project)
    async with resources.database.unit_of_work() as session:
        copy = await ProjectService.over(session, resources).duplicate(project)
    assert [await buy(resources, attempts, copy) for _ in range(2)] == [True, False]
