"""Waiting jobs without seats: they are looked after as before, and their runs come back when there is news."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import ClassVar

import pytest
from pydantic import BaseModel, JsonValue

from app.jobs.domain import JobCancelled, JobStatus, JobView, Lane
from app.jobs.handlers import Ending, JobHandler, JobRun
from app.jobs.repository import JobRepository
from app.jobs.settlement import JobControl, JobRuntime
from app.jobs.waiting import ParkedWaits, ParkingLimits
from app.resources import Resources
from app.worker import WorkerParts, background
from tests import factories


class NoParams(BaseModel):
    """Nothing to be told."""


class Waits(JobHandler[NoParams]):
    """Prepares once, then looks until a test has an answer."""

    kind: ClassVar[str] = "test.waits"
    label: ClassVar[str] = "Wait"
    lane: ClassVar[Lane] = Lane.REMOTE
    startable: ClassVar[bool] = True
    every: ClassVar[timedelta | None] = None
    params = NoParams

    def __init__(self) -> None:
        self.runs: list[str] = []
        self.prepared: list[str] = []
        self.looks: list[str] = []
        self.called_off: list[str] = []
        self.answers: dict[str, str] = {}
        self.fault: Exception | None = None
        self.gate = asyncio.Event()
        self.gate.set()
        self.wait_seconds = 60.0

    async def run(self, work: JobRun, params: NoParams) -> dict[str, JsonValue]:
        self.runs.append(work.job.id)
        await work.stage("waiting", progress=40, status=JobStatus.GENERATING_VIDEO)
        await work.step("prepare", self._prepare, work.job.id)
        until = work.job.created_at + timedelta(seconds=self.wait_seconds)
        try:
            answer = await work.wait("answer", self._look, work.job.id, every_seconds=0.05, until=until)
        except JobCancelled:
            self.called_off.append(work.job.id)
            raise
        return {"answer": answer}

    async def ended(self, session: object, job: JobView, ending: Ending) -> None:
        return

    async def _prepare(self, job_id: str) -> None:
        self.prepared.append(job_id)

    async def _look(self, job_id: str) -> str | None:
        self.looks.append(job_id)
        await self.gate.wait()
        if self.fault is not None:
            raise self.fault
        return self.answers.get(job_id)


class House:
    """A worker that offers few seats."""

    def __init__(self, resources: Resources, owner: str) -> None:
        self.resources = resources
        self.owner = owner
        self.handler = Waits()

    @asynccontextmanager
    async def open(self, parking_limits: ParkingLimits) -> AsyncIterator[ParkedWaits]:
        parts = WorkerParts()
        parts.parking_limits = parking_limits
        async with background(
            self.resources, with_worker=True, handlers=lambda _resources, _prune: (self.handler,), parts=parts
        ):
            yield self.resources.provided(JobRuntime).parked_waits

    async def start(self) -> JobView:
        return await factories.job(self.resources, self.owner, Waits.kind, direct=True)

    async def read(self, job: JobView) -> JobView:
        async with self.resources.database.reading() as session:
            found = await JobRepository(session, self.resources.clock).view(job.id)
        assert found is not None
        return found

    async def ended(self, job: JobView, seconds: float = 60.0) -> JobView:
        async with asyncio.timeout(seconds):
            while not (found := await self.read(job)).is_final:
                await asyncio.sleep(0.02)
        return found

    async def cancel(self, job: JobView) -> None:
        async with self.resources.database.unit_of_work() as session:
            await JobControl.over(session, self.resources).cancel(await self.read(job))


@pytest.fixture
async def house(resources: Resources) -> House:
    return House(resources, await factories.user(resources))


async def until(true: Callable[[], bool], seconds: float = 60.0) -> None:
    async with asyncio.timeout(seconds):
        while not true():
            await asyncio.sleep(0.01)


NO_SEATS = ParkingLimits(inline_waits=0, seconds=0.0)


async def test_a_parked_wait_looks_on_at_its_pace_and_its_run_comes_back_with_the_news(house: House) -> None:
    async with house.open(NO_SEATS) as parked_waits:
        job = await house.start()
        await until(lambda: parked_waits.parked_count == 1)
        looks = len(house.handler.looks)
        await asyncio.sleep(1.0)
        assert 10 <= len(house.handler.looks) - looks <= 21
        assert (house.handler.runs, parked_waits.parked_count) == ([job.id], 1)
        waiting = await house.read(job)
        assert (waiting.status, waiting.progress) == (JobStatus.GENERATING_VIDEO, 40)
        house.handler.answers[job.id] = "there"
        done = await house.ended(job)
        assert (done.status, done.result) == (JobStatus.COMPLETED, {"answer": "there"})
        assert (house.handler.prepared, house.handler.runs) == ([job.id], [job.id, job.id])
        await until(lambda: parked_waits.parked_count == 0)


async def test_a_cancel_reaches_a_parked_job_within_two_seconds_and_its_handler_hears_of_it(house: House) -> None:
    async with house.open(NO_SEATS) as parked_waits:
        job = await house.start()
        await until(lambda: parked_waits.parked_count == 1)
        await house.cancel(job)
        assert (await house.ended(job, seconds=2.0)).status is JobStatus.CANCELLED
        assert house.handler.called_off == [job.id]


async def test_a_parked_wait_ends_at_its_stored_end(house: House) -> None:
    house.handler.wait_seconds = 1.5
    async with house.open(NO_SEATS) as parked_waits:
        job = await house.start()
        await until(lambda: parked_waits.parked_count == 1)
        failed = await house.ended(job)
        assert failed.failure is not None
        assert failed.failure.code == "job.deadline"


async def test_a_look_that_breaks_outside_breaks_its_run_and_no_other(house: House) -> None:
    async with house.open(NO_SEATS) as parked_waits:
        job = await house.start()
        await until(lambda: parked_waits.parked_count == 1)
        house.handler.fault = ZeroDivisionError()
        failed = await house.ended(job)
        assert failed.failure is not None
        assert failed.failure.code == "internal"
        house.handler.fault = None
        other = await house.start()
        await until(lambda: parked_waits.parked_count == 1)
        house.handler.answers[other.id] = "there"
        assert (await house.ended(other)).status is JobStatus.COMPLETED


async def test_parked_jobs_go_on_in_the_next_worker(house: House) -> None:
    async with house.open(NO_SEATS) as parked_waits:
        job = await house.start()
        await until(lambda: parked_waits.parked_count == 1)
    assert not (await house.read(job)).is_final
    house.handler.answers[job.id] = "there"
    async with house.open(ParkingLimits()):
        assert (await house.ended(job)).status is JobStatus.COMPLETED
    assert house.handler.prepared == [job.id]


async def test_only_those_without_a_seat_are_parked(house: House) -> None:
    house.handler.gate.clear()
    async with house.open(ParkingLimits(inline_waits=2, seconds=0.0)) as parked_waits:
        jobs = [await house.start() for _ in range(5)]
        await until(lambda: len(house.handler.looks) == 5)
        house.handler.gate.set()
        await until(lambda: parked_waits.parked_count >= 3)
        await asyncio.sleep(0.3)
        assert parked_waits.parked_count == 3
        house.handler.answers = {job.id: "there" for job in jobs}
        assert {(await house.ended(job)).status for job in jobs} == {JobStatus.COMPLETED}


async def test_a_short_wait_keeps_its_run(house: House) -> None:
    async with house.open(ParkingLimits(inline_waits=0, seconds=5.0)) as parked_waits:
        job = await house.start()
        await until(lambda: len(house.handler.looks) > 3)
        assert parked_waits.parked_count == 0
        house.handler.answers[job.id] = "there"
        await house.ended(job)
        assert house.handler.runs == [job.id]


async def test_a_wait_that_ends_soon_keeps_its_run(house: House) -> None:
    house.handler.wait_seconds = 1.0
    async with house.open(ParkingLimits(inline_waits=0, seconds=0.6)):
        job = await house.start()
        await house.ended(job)
        assert house.handler.runs == [job.id]
