"""Owners take turns: at the start of jobs, at renders, at the submit lane, and in everybody's queue."""

import asyncio
from typing import Any, ClassVar

import pytest
from pydantic import BaseModel

from app.engine.port import JobOrder
from app.jobs.domain import JobStatus, JobView, Lane
from app.jobs.errors import QueueFull, TooManyJobs
from app.jobs.handlers import JobHandler, JobRun
from app.jobs.models import ProviderAttempt
from app.jobs.repository import JobRepository
from app.jobs.runner import JobRunner
from app.jobs.service import JobService
from app.jobs.settlement import JobRuntime
from app.resources import Resources, open_resources
from app.usage.ledger import LedgerBudget
from tests import factories
from tests.conftest import MakeSettings
from tests.doubles.context import RememberingContext
from tests.integration.jobs.test_runs import Fresh, NoParams, PaidWork, Vendor

LIMIT_SECONDS = 30


class Render(JobHandler[NoParams]):
    """A render that ends when the test says so."""

    kind: ClassVar[str] = "test.render"
    label: ClassVar[str] = "Render"
    lane: ClassVar[Lane] = Lane.RENDER
    params: type[BaseModel] = NoParams

    def __init__(self) -> None:
        self.begun: list[str] = []
        self.may_end = asyncio.Semaphore(0)

    async def run(self, work: JobRun, params: NoParams) -> dict[str, Any]:
        self.begun.append(work.job.owner_id)
        await work.step("render", self.may_end.acquire)
        return {}


class Ordered(RememberingContext):
    """A run that knows what was ordered."""

    def __init__(self, job: JobView) -> None:
        super().__init__(job.id, {})
        self._order = JobOrder(job_id=job.id, kind=job.kind, partition=job.owner_id)


@pytest.fixture
async def many(resources: Resources) -> str:
    return await factories.user(resources, "many")


@pytest.fixture
async def single(resources: Resources) -> str:
    return await factories.user(resources, "single")


async def to_start(resources: Resources) -> list[str]:
    async with resources.database.reading() as session:
        return [row.id for row in await JobRepository(session, resources.clock).to_start(10)]


async def view(resources: Resources, job: JobView) -> JobView:
    async with resources.database.reading() as session:
        return await JobService.over(session, resources).explained(
            await JobService.over(session, resources).any(job.id)
        )


async def test_jobs_are_started_in_turns_of_their_owners(resources: Resources, many: str, single: str) -> None:
    burst = [await factories.job(resources, many) for _ in range(3)]
    urgent = await factories.job(resources, many, direct=True)
    other = await factories.job(resources, single)
    expected = [urgent, other, *burst]
    assert await to_start(resources) == [job.id for job in expected]


async def test_the_place_in_line_counts_turns_and_not_the_burst_of_others(
    resources: Resources, many: str, single: str
) -> None:
    burst = [await factories.job(resources, many) for _ in range(4)]
    own = [await factories.job(resources, single) for _ in range(2)]
    assert [(await view(resources, job)).queue_position for job in own] == [1, 3]
    assert (await view(resources, burst[3])).queue_position == 3 + 2


async def test_parts_of_one_users_jobs_do_not_fill_everybodys_queue(
    make_settings: MakeSettings, database_url: str
) -> None:
    settings = make_settings(database={"database_url": database_url}, work={"max_queue_size": 2})
    async with open_resources(settings) as resources:
        many, single = [await factories.user(resources, name) for name in ("many", "single")]
        film = await factories.job(resources, many)
        for _ in range(5):
            await factories.job(resources, many, parent_id=film.id)
        await factories.job(resources, single)
        with pytest.raises(QueueFull):
            await factories.job(resources, single)


async def test_parts_of_a_users_job_are_none_of_the_jobs_that_a_user_may_have(
    make_settings: MakeSettings, database_url: str
) -> None:
    settings = make_settings(database={"database_url": database_url}, work={"max_jobs_per_user": 2})
    async with open_resources(settings) as resources:
        many = await factories.user(resources, "many")
        film = await factories.job(resources, many)
        for _ in range(5):
            await factories.job(resources, many, parent_id=film.id)
        await factories.job(resources, many)
        with pytest.raises(TooManyJobs):
            await factories.job(resources, many)


async def test_a_direct_render_waits_for_its_turn_and_another_owner_begins_at_once(
    resources: Resources, many: str, single: str
) -> None:
    handler = Render()
    runtime = JobRuntime(resources, [handler], LedgerBudget(resources), Fresh())
    resources.provide(runtime)
    runner = JobRunner(resources, runtime)
    jobs = [await factories.job(resources, owner, Render.kind, direct=True) for owner in (many, many, many, single)]
    runs = []
    for job in jobs:
        runs.append(asyncio.ensure_future(runner(job.id, Ordered(job))))
        await asyncio.sleep(0)
    async with asyncio.timeout(LIMIT_SECONDS):
        while len(handler.begun) < 2:
            await asyncio.sleep(0.01)
        assert (resources.renders.held, resources.renders.waiting) == (2, 2)
        assert [(await view(resources, job)).status for job in jobs[1:3]] == [JobStatus.QUEUED] * 2
        for _ in jobs:
            handler.may_end.release()
        await asyncio.gather(*runs)
    assert handler.begun == [many, single, many, many]
    assert [(await view(resources, job)).status for job in jobs] == [JobStatus.COMPLETED] * 4


async def test_a_render_that_is_cancelled_in_line_never_begins(resources: Resources, many: str) -> None:
    handler = Render()
    runtime = JobRuntime(resources, [handler], LedgerBudget(resources), Fresh())
    resources.provide(runtime)
    job = await factories.job(resources, many, Render.kind, direct=True)
    async with resources.renders.turn(many):
        run = asyncio.ensure_future(JobRunner(resources, runtime)(job.id, Ordered(job)))
        while not resources.renders.waiting:
            await asyncio.sleep(0)
        async with resources.database.unit_of_work() as session:
            assert await runtime.settlement.cancel_waiting(session, job)
    await asyncio.wait_for(run, LIMIT_SECONDS)
    assert handler.begun == []


class SlowVendor(Vendor):
    """Remembers for whom it was called; each call takes until the test lets it go on."""

    def __init__(self, owners: dict[str, str]) -> None:
        super().__init__()
        self.owners = owners
        self.called: list[str] = []
        self.may_answer = asyncio.Semaphore(0)

    async def send(self, attempt: Any) -> Any:
        self.called.append(self.owners[attempt.job_id])
        await self.may_answer.acquire()
        return await super().send(attempt)


async def test_owners_take_turns_at_the_submit_lane(resources: Resources, many: str, single: str) -> None:
    owners: dict[str, str] = {}
    vendor = SlowVendor(owners)
    runtime = JobRuntime(resources, [PaidWork(vendor)], LedgerBudget(resources), Fresh())
    resources.provide(runtime)
    runner = JobRunner(resources, runtime)
    jobs = [await factories.job(resources, owner, PaidWork.kind) for owner in (many, many, many, many, single)]
    owners |= {job.id: job.owner_id for job in jobs}
    runs = [asyncio.ensure_future(runner(job.id, Ordered(job))) for job in jobs]
    async with asyncio.timeout(LIMIT_SECONDS):
        while await factories.rows(resources.database, ProviderAttempt) < len(jobs):
            await asyncio.sleep(0.01)
        # From its row an attempt goes on to the lane at once.
        await asyncio.sleep(1)
        for count in range(1, len(jobs) + 1):
            while len(vendor.called) < count:
                await asyncio.sleep(0.01)
            vendor.may_answer.release()
        await asyncio.gather(*runs)
    assert vendor.called.index(single) <= 2, vendor.called
