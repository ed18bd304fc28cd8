"""Runs: a job ends once, a cancel bites, a paid call is never repeated by itself, a retry adopts what was bought."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Any, ClassVar

import pytest
from pydantic import BaseModel

from app.engine.port import RunAbandoned
from app.jobs.attempts import Fence, PaidCall
from app.jobs.domain import AttemptState, AttemptView, JobStatus, JobView, Lane, Phase
from app.jobs.errors import AnswerNotOffered, NothingAsked
from app.jobs.handlers import Ending, JobHandler, JobRun
from app.jobs.persistence import VendorAnswer
from app.jobs.reconcile import GIVE_UP, SEND_AGAIN, AttemptFound, AttemptNotReceived, AttemptUnclear
from app.jobs.repository import AttemptRepository, JobRepository
from app.jobs.runner import JobRunner
from app.jobs.settlement import JobControl, JobRuntime
from app.providers.errors import ContentBlocked, OutcomeUnknown, RateLimited
from app.resources import Resources
from app.usage.ledger import LedgerBudget
from tests import factories
from tests.doubles.context import Crash, RememberingContext

PRICE = 270_000


class Fresh:
    name = "test-process"
    alive = True

    def fresh(self) -> bool:
        return self.alive


class Vendor:
    """Counts what it accepted; answers as a test scripts it."""

    def __init__(self) -> None:
        self.accepted: list[str] = []
        self.script: list[Callable[[], None]] = []
        self.listed: Any = AttemptUnclear()

    async def send(self, attempt: AttemptView) -> VendorAnswer:
        if self.script:
            self.script.pop(0)()
        self.accepted.append(attempt.id)
        return VendorAnswer(f"task-{attempt.id}")

    async def find(self, attempt: AttemptView, known: frozenset[str], since: object) -> Any:
        return self.listed


class NoParams(BaseModel):
    """Nothing to be told."""


class PaidWork(JobHandler[NoParams]):
    kind: ClassVar[str] = "test.paid"
    label: ClassVar[str] = "Buy one thing"
    lane: ClassVar[Lane] = Lane.REMOTE
    startable: ClassVar[bool] = True
    every: ClassVar[timedelta | None] = None
    params = NoParams

    def __init__(self, vendor: Vendor) -> None:
        self.vendor = vendor
        self.endings: list[Ending] = []
        self.gate = asyncio.Event()
        self.gate.set()
        self.call = PaidCall("video", "vendor", "vendor:key", "hash", PRICE, exclusive=True, park_after_seconds=0)

    async def run(self, work: JobRun, params: NoParams) -> dict[str, Any]:
        await work.stage("buying", progress=20, status=JobStatus.GENERATING_VIDEO)
        bought = await work.buy(self.call, self.vendor.send, self.vendor.find)
        await work.step("hold", self._hold)
        await work.settle(bought, PRICE + 1)
        return {"remote_id": bought.remote_id}

    async def _hold(self) -> None:
        await self.gate.wait()

    async def ended(self, session: object, job: JobView, ending: Ending) -> None:
        self.endings.append(ending)


class Bench:
    """One process's worth of jobs."""

    def __init__(self, resources: Resources, owner: str, fence: Fence | None = None) -> None:
        self.resources = resources
        self.owner = owner
        self.vendor = Vendor()
        self.handler = PaidWork(self.vendor)
        self.fence = Fresh()
        self.runtime = JobRuntime(resources, [self.handler], LedgerBudget(resources), fence or self.fence)
        resources.provide(self.runtime)
        self.memory: dict[str, dict[str, Any]] = {}

    async def start(self, **facts: Any) -> JobView:
        return await factories.job(self.resources, self.owner, "test.paid", **facts)

    async def run(self, job: JobView, **crash: str) -> JobView:
        memory = self.memory.setdefault(job.id, {})
        context = RememberingContext(job.id, memory, **crash)
        await JobRunner(self.resources, self.runtime)(job.id, context)
        return await self.read(job)

    async def read(self, job: JobView) -> JobView:
        async with self.resources.database.reading() as session:
            found = await JobRepository(session, self.resources.clock).view(job.id)
        assert found is not None
        return found

    async def attempts(self, job: JobView) -> list[AttemptView]:
        async with self.resources.database.reading() as session:
            return list(await AttemptRepository(session, self.resources.clock).of_job(job.id))

    async def steer(self, act: Callable[[JobControl, JobView], Any], job: JobView) -> JobView:
        async with self.resources.database.unit_of_work() as session:
            done: JobView = await act(JobControl.over(session, self.resources), await self.read(job))
        return done

    async def until(self, job: JobView, reached: Callable[[JobView], bool]) -> JobView:
        async with asyncio.timeout(10):
            while not reached(found := await self.read(job)):
                await asyncio.sleep(0.02)
        return found


@pytest.fixture
async def bench(resources: Resources) -> Bench:
    return Bench(resources, await factories.user(resources))


def lose() -> None:
    raise OutcomeUnknown(provider="vendor")


async def test_a_paid_job_completes_and_books_its_bill(bench: Bench) -> None:
    done = await bench.run(await bench.start())
    assert (done.status, done.progress, done.actual_micro_usd) == (JobStatus.COMPLETED, 100, PRICE + 1)
    assert len(bench.vendor.accepted) == 1
    assert bench.handler.endings == [Ending.COMPLETED]


STEPS = ["stage.buying", "adopt.video", "intend.video.1", "submit.video.1", "bind.video.1", "hold"]


@pytest.mark.parametrize("when", ["crash_before", "crash_after"])
@pytest.mark.parametrize("step", STEPS)
async def test_a_crash_at_any_step_loses_nothing_and_pays_once(bench: Bench, step: str, when: str) -> None:
    job = await bench.start()
    with pytest.raises(Crash):
        await bench.run(job, **{when: step})
    done = await bench.run(job)
    assert done.status is JobStatus.COMPLETED
    assert len(bench.vendor.accepted) == 1
    assert (await bench.read(job)).actual_micro_usd == PRICE + 1


async def test_a_crash_while_sending_is_never_sent_again_but_asked(bench: Bench) -> None:
    def die() -> None:
        raise Crash

    bench.vendor.script = [die]
    job = await bench.start()
    with pytest.raises(Crash):
        await bench.run(job)
    [attempt] = await bench.attempts(job)
    assert attempt.state is AttemptState.SENDING
    running = asyncio.ensure_future(bench.run(job))
    await bench.runtime.attempts.unknown(job, attempt)
    asked = await bench.until(job, lambda found: found.question is not None)
    assert asked.phase is Phase.AWAITING_INPUT
    assert "may have been charged" in (asked.question.text if asked.question else "")
    assert bench.vendor.accepted == []
    await bench.steer(lambda control, found: control.answer(found, SEND_AGAIN), job)
    done = await running
    assert done.status is JobStatus.COMPLETED
    assert [attempt.state for attempt in await bench.attempts(job)] == [AttemptState.NOT_RECEIVED, AttemptState.BOUND]
    assert len(bench.vendor.accepted) == 1


async def test_giving_up_a_parked_call_fails_the_job_and_sends_nothing(bench: Bench) -> None:
    bench.vendor.script = [lose]
    job = await bench.start()
    running = asyncio.ensure_future(bench.run(job))
    await bench.until(job, lambda found: found.question is not None)
    with pytest.raises(AnswerNotOffered):
        await bench.steer(lambda control, found: control.answer(found, "maybe"), job)
    ended = await bench.steer(lambda control, found: control.answer(found, GIVE_UP), job)
    assert ended.status is JobStatus.FAILED
    with pytest.raises(NothingAsked):
        await bench.steer(lambda control, found: control.answer(found, GIVE_UP), job)
    running.cancel()
    assert bench.vendor.accepted == []


async def test_the_vendors_list_settles_an_unknown_outcome(bench: Bench) -> None:
    bench.handler.call = PaidCall("video", "vendor", "vendor:key", "hash", PRICE, visible_after_seconds=0)
    bench.vendor.script, bench.vendor.listed = [lose], AttemptFound("task-found")
    done = await bench.run(await bench.start())
    assert done.result == {"remote_id": "task-found"}
    bench.vendor.script, bench.vendor.listed = [lose], AttemptNotReceived()
    again = await bench.run(await bench.start())
    assert again.status is JobStatus.COMPLETED
    assert len(bench.vendor.accepted) == 1


async def test_a_refusal_fails_the_job_with_its_reason_and_gives_the_money_back(bench: Bench) -> None:
    def block() -> None:
        raise ContentBlocked(provider="vendor", provider_code="1026")

    bench.vendor.script = [block]
    failed = await bench.run(await bench.start())
    assert failed.status is JobStatus.FAILED
    assert failed.failure is not None
    assert (failed.failure.code, failed.failure.provider_code) == ("provider.content_blocked", "1026")
    assert failed.actual_micro_usd == 0


async def test_a_busy_vendor_is_asked_again_with_the_same_attempt(bench: Bench) -> None:
    def busy() -> None:
        raise RateLimited(provider="vendor", retry_after_seconds=0)

    bench.vendor.script = [busy] * 3
    job = await bench.start()
    done = await asyncio.wait_for(bench.run(job), 60)
    assert done.status is JobStatus.COMPLETED
    assert len(await bench.attempts(job)) == 1


async def test_a_cancel_stops_a_running_step_and_keeps_the_bill(bench: Bench) -> None:
    bench.handler.gate.clear()
    job = await bench.start()
    watch = asyncio.ensure_future(bench.runtime.cancels.run())
    running = asyncio.ensure_future(bench.run(job))
    await bench.until(job, lambda found: bool(bench.vendor.accepted))
    await bench.steer(lambda control, found: control.cancel(found), job)
    done = await asyncio.wait_for(running, 2)
    watch.cancel()
    assert done.status is JobStatus.CANCELLED
    assert done.actual_micro_usd == PRICE
    assert bench.handler.endings == [Ending.CANCELLED]


async def test_a_waiting_job_is_cancelled_at_once_and_never_runs(bench: Bench) -> None:
    job = await bench.start()
    cancelled = await bench.steer(lambda control, found: control.cancel(found), job)
    assert cancelled.status is JobStatus.CANCELLED
    await bench.run(job)
    assert bench.vendor.accepted == []


async def test_a_retry_uses_what_the_failed_job_had_bought(bench: Bench) -> None:
    bench.handler.gate.clear()
    job = await bench.start()
    watch = asyncio.ensure_future(bench.runtime.cancels.run())
    running = asyncio.ensure_future(bench.run(job))
    await bench.until(job, lambda found: bool(bench.vendor.accepted))
    await bench.steer(lambda control, found: control.cancel(found), job)
    await running
    watch.cancel()
    bench.handler.gate.set()
    renewed = await bench.steer(lambda control, found: control.retry(found), job)
    done = await bench.run(renewed)
    assert (done.status, done.retry_of) == (JobStatus.COMPLETED, job.id)
    assert len(bench.vendor.accepted) == 1


async def test_a_process_that_lost_its_lease_does_not_pay(bench: Bench) -> None:
    bench.fence.alive = False
    job = await bench.start()
    with pytest.raises(RunAbandoned):
        await bench.run(job)
    assert bench.vendor.accepted == []
    bench.fence.alive = True
    assert (await bench.run(job)).status is JobStatus.COMPLETED
