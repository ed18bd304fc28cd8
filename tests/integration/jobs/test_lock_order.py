"""Who changes an attempt and its job locks the attempt first: nobody who waits for an attempt holds its job."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from sqlalchemy import select, text

from app.core.database import Database
from app.core.settings import Settings
from app.jobs.domain import AttemptState, AttemptView, JobFailure, JobStatus, JobView
from app.jobs.models import Job, ProviderAttempt
from app.jobs.persistence import VendorAnswer
from app.jobs.reconcile import AttemptUnclear, Inquiry
from app.jobs.settlement import JobControl
from app.resources import Resources
from tests import factories
from tests.conftest import MakeSettings
from tests.integration.jobs.test_runs import Bench, lose

LIMIT_SECONDS = 20
BLOCKED = text("SELECT count(*) FROM pg_locks WHERE NOT granted")


@pytest.fixture
def settings(make_settings: MakeSettings, postgres_database_url: str) -> Settings:
    return make_settings(database={"database_url": postgres_database_url})


@pytest.fixture
async def bench(resources: Resources) -> Bench:
    return Bench(resources, await factories.user(resources))


async def settled(bench: Bench, job: JobView, end: str, **facts: Any) -> None:
    async with bench.resources.database.unit_of_work() as session:
        await getattr(bench.runtime.settlement, end)(session, job, *facts.values())


async def steered(bench: Bench, job: JobView, act: Callable[[JobControl, JobView], Awaitable[Any]]) -> None:
    async with bench.resources.database.unit_of_work() as session:
        await act(JobControl.over(session, bench.resources), await bench.read(job))


async def parked(bench: Bench, job: JobView, attempt: AttemptView) -> None:
    asked = Inquiry(bench.handler.call, None)
    await bench.runtime.reconciler.resolve(job, attempt, asked.call, asked.find)


Act = Callable[[Bench, JobView, AttemptView], Awaitable[Any]]
ACTS: dict[str, Act] = {
    "complete": lambda bench, job, _: settled(bench, job, "complete", result={}),
    "fail": lambda bench, job, _: settled(bench, job, "fail", failure=JobFailure("test.wrong", "Wrong.")),
    "cancel": lambda bench, job, _: settled(bench, job, "cancel"),
    "cancel_waiting": lambda bench, job, _: settled(bench, job, "cancel_waiting"),
    "move": lambda bench, job, _: steered(bench, job, lambda control, it: control.move(it, JobStatus.CANCELLED)),
    "park": parked,
    "bind": lambda bench, job, attempt: bench.runtime.attempts.bind(
        job, attempt, VendorAnswer("task", actual_micro_usd=1)
    ),
    "settle": lambda bench, job, attempt: bench.runtime.attempts.settle(job, attempt, 1),
    "not_received": lambda bench, job, attempt: bench.runtime.attempts.not_received(job, attempt),
}


async def begun(bench: Bench) -> tuple[JobView, AttemptView]:
    bench.vendor.script, bench.vendor.listed = [lose], AttemptUnclear()
    job = await bench.start()
    attempt = await bench.runtime.attempts.intend(job, bench.handler.call, 1)
    await bench.runtime.attempts.submit(job, attempt, bench.handler.call, bench.vendor.send, stop=asyncio.Event())
    [attempt] = await bench.attempts(job)
    assert attempt.state is AttemptState.UNKNOWN
    return job, attempt


async def until_blocked(database: Database, act: asyncio.Future[Any]) -> None:
    async with asyncio.timeout(LIMIT_SECONDS):
        while not act.done():
            async with database.reading() as session:
                if await session.scalar(BLOCKED):
                    return
            await asyncio.sleep(0.02)
    pytest.fail("it did not wait for the attempt")


async def assert_it_waits_without_the_job(
    bench: Bench, job: JobView, attempt: AttemptView, act: Awaitable[Any]
) -> None:
    database = bench.resources.database
    async with database.unit_of_work() as holder:
        await holder.execute(select(ProviderAttempt.id).where(ProviderAttempt.id == attempt.id).with_for_update())
        acting = asyncio.ensure_future(act)
        await until_blocked(database, acting)
        # The row of the job is free: NOWAIT would refuse at once were it locked.
        await holder.execute(select(Job.id).where(Job.id == job.id).with_for_update(nowait=True))
    await asyncio.wait_for(acting, LIMIT_SECONDS)


@pytest.mark.parametrize("name", ACTS)
async def test_whoever_waits_for_an_attempt_does_not_hold_its_job(bench: Bench, name: str) -> None:
    job, attempt = await begun(bench)
    await assert_it_waits_without_the_job(bench, job, attempt, ACTS[name](bench, job, attempt))


async def test_an_answer_waits_for_the_attempt_without_holding_the_job(bench: Bench) -> None:
    job, attempt = await begun(bench)
    await parked(bench, job, attempt)
    answered = steered(bench, job, lambda control, it: control.answer(it, "send_again"))
    await assert_it_waits_without_the_job(bench, job, attempt, answered)
    assert [found.state for found in await bench.attempts(job)] == [AttemptState.NOT_RECEIVED]
