"""A paid answer is kept whatever is down, and no retry pays while money is unexplained."""

import asyncio
from dataclasses import replace

import pytest

from app.core.errors import Conflict
from app.jobs.states import AttemptState, JobStatus
from app.jobs.values import AttemptView, JobView
from app.resources import Resources
from tests import factories
from tests.doubles.outages import FailingDatabase
from tests.integration.jobs.test_runs import Bench, lose

LIMIT_SECONDS = 20


@pytest.fixture
def database(resources: Resources) -> FailingDatabase:
    return FailingDatabase(resources.database)


@pytest.fixture
async def bench(resources: Resources, database: FailingDatabase) -> Bench:
    return Bench(replace(resources, database=database), await factories.user(resources))


async def cancelled(bench: Bench, job: JobView) -> JobView:
    async with bench.resources.database.unit_of_work() as session:
        await bench.workshop.settlement.cancel(session, job)
    return await bench.read(job)


async def unexplained(bench: Bench) -> JobView:
    """A cancelled job that has a call of which nobody knows whether the vendor took it."""
    bench.vendor.script = [lose]
    job = await bench.start()
    running = asyncio.ensure_future(bench.run(job))
    async with asyncio.timeout(LIMIT_SECONDS):
        while [a.state for a in await bench.attempts(job)] not in ([AttemptState.UNKNOWN], [AttemptState.PARKED]):
            await asyncio.sleep(0.02)
    running.cancel()
    await asyncio.wait({running})
    return await cancelled(bench, job)


async def test_an_answer_that_comes_while_the_database_is_away_is_kept(bench: Bench, database: FailingDatabase) -> None:
    async def returns() -> None:
        await asyncio.sleep(0.5)
        database.is_down = False

    def goes() -> None:
        database.is_down = True
        bench.returning = asyncio.ensure_future(returns())  # type: ignore[attr-defined]

    bench.vendor.script = [goes]
    job = await bench.start()
    done = await asyncio.wait_for(bench.run(job), LIMIT_SECONDS)
    assert done.status is JobStatus.COMPLETED
    [attempt] = await bench.attempts(job)
    assert (attempt.state, attempt.remote_id) == (AttemptState.BOUND, f"task-{attempt.id}")
    assert bench.vendor.accepted == [attempt.id]


async def test_no_retry_pays_while_an_earlier_call_is_unexplained(bench: Bench) -> None:
    job = await unexplained(bench)
    [attempt] = await bench.attempts(job)
    with pytest.raises(Conflict) as refused:
        await bench.steer(lambda steering, found: steering.retry(found, record_id=None), job)
    assert refused.value.code == "job.money_unexplained"
    [told] = refused.value.facts["attempts"]  # type: ignore[misc]
    assert isinstance(told, dict)
    assert (told["id"], told["job_id"], told["provider"]) == (attempt.id, job.id, "vendor")
    assert bench.vendor.accepted == []


async def test_two_retries_at_once_buy_the_same_thing_once(bench: Bench) -> None:
    first = await cancelled(bench, await bench.start())
    one = await bench.steer(lambda steering, found: steering.retry(found, record_id=None), first)
    one = await cancelled(bench, one)
    retries = [
        await bench.steer(lambda steering, found: steering.retry(found, record_id=None), job) for job in (first, one)
    ]
    paying, asked = asyncio.Event(), bench.vendor.send

    async def slow(attempt: AttemptView) -> object:
        paying.set()
        await asyncio.sleep(0.3)
        return await asked(attempt)

    bench.vendor.send = slow  # type: ignore[method-assign,assignment]
    async with asyncio.timeout(LIMIT_SECONDS):
        done = await asyncio.gather(*[bench.run(job) for job in retries])
    assert [job.status for job in done] == [JobStatus.COMPLETED] * 2
    assert len({str(job.result) for job in done}) == 1
    assert len(bench.vendor.accepted) == 1
