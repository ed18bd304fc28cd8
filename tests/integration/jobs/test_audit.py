"""The audit: what the engine no longer runs is settled with the reason that it gave."""

from datetime import timedelta

import pytest

from app.engine.port import JobOrder, RunState
from app.jobs.dispatcher import BATCH, Dispatcher
from app.jobs.domain import JobStatus
from app.jobs.repository import JobRepository
from app.resources import Resources
from tests import factories
from tests.doubles.engine import MemoryEngine
from tests.doubles.run import Run
from tests.integration.jobs.test_runs import Bench


@pytest.mark.parametrize(
    ("state", "code", "retryable"),
    [(RunState.GIVEN_UP, "job.kept_dying", False), (RunState.ENDED, "internal.engine", True)],
)
async def test_a_run_that_is_over_ends_its_job_with_the_reason(
    resources: Resources, state: RunState, code: str, *, retryable: bool
) -> None:
    bench = Bench(resources, await factories.user(resources))
    engine = MemoryEngine()
    job, running = await bench.start(), await bench.start()
    for each, found in ((job, state), (running, RunState.RUNNING)):
        order = JobOrder(job_id=each.id, kind=each.kind)
        engine.runs[each.id] = Run(order, engine.executor, state=found)
        async with resources.database.unit_of_work() as session:
            started = resources.clock.now() - timedelta(minutes=5)
            await JobRepository(session, resources.clock).mark_dispatched(each.id, started)
    await Dispatcher(resources, engine, bench.runtime.settlement).audit()
    ended = await bench.read(job)
    assert ended.status is JobStatus.FAILED
    assert ended.failure is not None
    assert (ended.failure.code, ended.failure.retryable) == (code, retryable)
    assert (await bench.read(running)).status is JobStatus.QUEUED


async def test_runs_that_wait_hide_no_lost_one(resources: Resources) -> None:
    bench = Bench(resources, await factories.user(resources))
    engine = MemoryEngine()
    parent = await bench.start()
    waiting = await factories.children(resources, parent, BATCH)
    (lost,) = await factories.children(resources, parent, 1)
    started = resources.clock.now() - timedelta(minutes=5)
    async with resources.database.unit_of_work() as session:
        jobs = JobRepository(session, resources.clock)
        for job_id in waiting:
            engine.runs[job_id] = Run(JobOrder(job_id=job_id, kind="test.work"), engine.executor)
            await jobs.mark_dispatched(job_id, started)
        await jobs.mark_dispatched(lost, started + timedelta(seconds=1))
    dispatcher = Dispatcher(resources, engine, bench.runtime.settlement)
    for _ in range(2):
        await dispatcher.audit()
    async with resources.database.reading() as session:
        unknown = await JobRepository(session, resources.clock).to_start(BATCH)
    assert {parent.id, lost} == {job.id for job in unknown}
