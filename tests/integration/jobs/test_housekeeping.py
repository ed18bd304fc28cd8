"""What the service does for itself leaves nothing behind that grows for ever."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

import pytest

from app.accounts.domain import SYSTEM_ACCOUNT
from app.jobs.domain import JobStatus, JobView
from app.jobs.jobs import HOUSEKEEPING_KEPT, SweepJobs
from app.jobs.repository import EventRepository, JobRepository
from app.jobs.runner import JobRunner
from app.jobs.settlement import JobRuntime
from app.resources import Resources
from app.usage.domain import Cap, LimitKind
from app.usage.ledger import LedgerBudget
from app.usage.models import Balance
from app.usage.repository import BalanceRepository
from app.worker import job_handlers
from tests import factories
from tests.doubles.context import RememberingContext


async def ended(resources: Resources, owner_id: str, age: timedelta) -> JobView:
    """A job that ended so long ago."""
    job = await factories.job(resources, owner_id)
    async with resources.database.unit_of_work() as session:
        moment = resources.clock.now() - age
        moved = await JobRepository(session, resources.clock).move(job.id, to=JobStatus.CANCELLED, finished_at=moment)
    assert moved
    return job


async def swept(resources: Resources) -> Mapping[str, Any]:
    """What the hourly job of the service says that it has done, as the worker runs it."""
    runtime = JobRuntime(resources, job_handlers(resources, nothing_pruned), LedgerBudget(resources))
    job = await factories.job(resources, SYSTEM_ACCOUNT, SweepJobs.kind)
    await JobRunner(resources, runtime)(job.id, RememberingContext(job.id, {}))
    async with resources.database.reading() as session:
        done = await JobRepository(session, resources.clock).view(job.id)
    assert done is not None
    assert done.result is not None
    return done.result


async def present(resources: Resources, *jobs: JobView) -> list[bool]:
    async with resources.database.reading() as session:
        return [await JobRepository(session, resources.clock).view(job.id) is not None for job in jobs]


async def test_old_jobs_of_the_service_itself_go_with_their_events(resources: Resources) -> None:
    owner = await factories.user(resources)
    old, over = HOUSEKEEPING_KEPT + timedelta(minutes=1), HOUSEKEEPING_KEPT - timedelta(hours=1)
    gone, fresh = await ended(resources, SYSTEM_ACCOUNT, old), await ended(resources, SYSTEM_ACCOUNT, over)
    running = await factories.job(resources, SYSTEM_ACCOUNT)
    users = await ended(resources, owner, old)
    assert (await swept(resources))["housekeeping"] == 1
    assert await present(resources, gone, fresh, running, users) == [False, True, True, True]
    async with resources.database.reading() as session:
        assert await EventRepository(session, resources.clock).of_job(gone.id, after=0, limit=10) == []
    assert (await swept(resources))["housekeeping"] == 0


async def test_housekeeping_comes_round_before_its_last_job_is_forgotten(resources: Resources) -> None:
    periods = [handler.every for handler in job_handlers(resources, nothing_pruned) if handler.every is not None]
    assert max(periods) < HOUSEKEEPING_KEPT


async def nothing_pruned(_ended_before: object) -> int:
    return 0


@pytest.mark.parametrize("account", ["day:{day}", "user:somebody:{day}"])
async def test_balances_of_days_that_nothing_can_touch_any_more_go(resources: Resources, account: str) -> None:
    today = resources.clock.now().date()

    def of(day: date) -> str:
        return account.format(day=day.isoformat())

    settled, open_, recent = of(today - timedelta(days=40)), of(today - timedelta(days=41)), of(today)
    async with resources.database.unit_of_work() as session:
        balances = BalanceRepository(session)
        for name in (settled, open_, recent, "project:one"):
            assert await balances.hold(Cap(LimitKind.DAY, name, None), 500)
        for name in (settled, recent, "project:one"):
            await balances.free(name, 500, spent_micro_usd=400)
    assert (await swept(resources))["balances"] == 1
    async with resources.database.reading() as session:
        used = [await BalanceRepository(session).used(name) for name in (settled, open_, recent, "project:one")]
    assert used == [0, 500, 400, 400]
    assert await factories.rows(resources.database, Balance) == 3
