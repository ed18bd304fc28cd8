"""Paid calls whose jobs ended before their outcome was known: looked up, booked, or asked about; never left open."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from pydantic import BaseModel
from sqlalchemy import func, select, update

from app.jobs.attempts import PaidCall, Repeat
from app.jobs.domain import AttemptState, AttemptView, JobFailure, JobStatus, JobView
from app.jobs.models import Job, ProviderAttempt
from app.jobs.persistence import VendorAnswer
from app.jobs.reconcile import CHARGED, GIVE_UP, NOT_CHARGED, AttemptFound, AttemptNotReceived, AttemptUnclear, Inquiry
from app.jobs.settlement import JobControl, JobRuntime
from app.providers.errors import OutcomeUnknown, Unreachable
from app.resources import Resources
from app.usage.ledger import LedgerBudget
from app.usage.models import Balance, LedgerEntry
from tests import factories
from tests.integration.jobs.test_runs import PRICE, Bench, PaidWork

WRONG = JobFailure("test.wrong", "Something else went wrong.")
VISIBLE = PaidCall("video", "vendor", "vendor:key", "hash", PRICE, exclusive=True, visible_after_seconds=-60)


class ListedWork(PaidWork):
    """Paid work at a vendor that has a list."""

    def inquiry(self, params: BaseModel, attempt: AttemptView) -> Inquiry:
        return Inquiry(self.call, self.vendor.find)


@pytest.fixture
async def bench(resources: Resources) -> Bench:
    made = Bench(resources, await factories.user(resources))
    made.handler = ListedWork(made.vendor)
    made.handler.call = VISIBLE
    made.runtime = JobRuntime(resources, [made.handler], LedgerBudget(resources), made.fence)
    resources.provide(made.runtime)
    return made


async def cancel(bench: Bench, job: JobView) -> None:
    async with bench.resources.database.unit_of_work() as session:
        assert await bench.runtime.settlement.cancel(session, job)


async def fail(bench: Bench, job: JobView) -> None:
    async with bench.resources.database.unit_of_work() as session:
        assert await bench.runtime.settlement.fail(session, job, WRONG)


async def begun(bench: Bench, state: AttemptState, call: PaidCall = VISIBLE) -> tuple[JobView, AttemptView]:
    """A job whose one paid call has come this far."""
    job, attempts = await bench.start(), bench.runtime.attempts
    attempt = await attempts.intend(job, call, 1)

    async def answered(_attempt: AttemptView) -> VendorAnswer:
        return VendorAnswer("task-answered")

    async def lost(_attempt: AttemptView) -> VendorAnswer:
        raise OutcomeUnknown(provider="vendor")

    async def killed(_attempt: AttemptView) -> VendorAnswer:
        raise asyncio.CancelledError

    sends = {AttemptState.BOUND: answered, AttemptState.UNKNOWN: lost, AttemptState.SENDING: killed}
    if state is AttemptState.SENDING:
        with pytest.raises(asyncio.CancelledError):
            await attempts.submit(job, attempt, call, killed, stop=asyncio.Event())
    elif state in sends:
        await attempts.submit(job, attempt, call, sends[state], stop=asyncio.Event())
    assert [found.state for found in await bench.attempts(job)] == [state]
    return job, attempt


async def money(bench: Bench) -> tuple[int, int]:
    """What is booked, and the most that any balance still holds."""
    async with bench.resources.database.reading() as session:
        booked = await session.scalar(select(func.sum(LedgerEntry.charged_micro_usd)))
        held = await session.scalar(select(func.max(Balance.held_micro_usd)))
    return int(booked or 0), int(held or 0)


async def answer(bench: Bench, job: JobView, choice: str) -> JobView:
    async with bench.resources.database.unit_of_work() as session:
        return await JobControl.over(session, bench.resources).answer(await bench.read(job), choice)


@pytest.mark.parametrize("end", [cancel, fail])
@pytest.mark.parametrize("taken", [True, False])
@pytest.mark.parametrize("state", [AttemptState.INTENT, AttemptState.SENDING, AttemptState.UNKNOWN, AttemptState.BOUND])
async def test_the_ledger_sums_to_the_charges_wherever_the_job_ends(
    bench: Bench, end: Callable[[Bench, JobView], Any], state: AttemptState, taken: bool
) -> None:
    job, attempt = await begun(bench, state)
    await end(bench, job)
    if state is AttemptState.SENDING:
        # What the sweep says once the deadline of a send has passed.
        await bench.runtime.attempts.unknown(job, attempt)
    bench.vendor.listed = AttemptFound("task-lost") if taken else AttemptNotReceived()
    await bench.runtime.ended_reconciler.sweep()
    is_charged = state is AttemptState.BOUND or (taken and state is not AttemptState.INTENT)
    assert await money(bench) == (PRICE if is_charged else 0, 0)
    assert (await bench.read(job)).actual_micro_usd == (PRICE if is_charged else 0)
    assert await bench.runtime.ended_reconciler.sweep() == 0


@pytest.mark.parametrize(
    ("choice", "booked", "state"),
    [(CHARGED, PRICE, AttemptState.BOUND), (NOT_CHARGED, 0, AttemptState.NOT_RECEIVED)],
)
async def test_the_owner_of_an_ended_job_is_asked_what_nobody_else_can_tell(
    bench: Bench, choice: str, booked: int, state: AttemptState
) -> None:
    bench.handler.call = PaidCall("video", "vendor", "vendor:key", "hash", PRICE, park_after_seconds=0)
    bench.vendor.listed = AttemptUnclear()
    job, _ = await begun(bench, AttemptState.UNKNOWN)
    await cancel(bench, job)
    await bench.runtime.ended_reconciler.sweep()
    asked = await bench.read(job)
    assert asked.status is JobStatus.CANCELLED
    assert asked.question is not None
    assert "may have been charged" in asked.question.text
    assert await money(bench) == (0, PRICE)
    done = await answer(bench, job, choice)
    assert (done.status, done.question) == (JobStatus.CANCELLED, None)
    assert await money(bench) == (booked, 0)
    assert [attempt.state for attempt in await bench.attempts(job)] == [state]


async def test_a_late_word_of_the_vendor_answers_the_question(bench: Bench) -> None:
    bench.handler.call = PaidCall("video", "vendor", "vendor:key", "hash", PRICE, park_after_seconds=0)
    job, attempt = await begun(bench, AttemptState.UNKNOWN)
    await cancel(bench, job)
    await bench.runtime.ended_reconciler.sweep()
    assert (await bench.read(job)).question is not None
    assert await bench.runtime.attempts.bind(await bench.read(job), attempt, VendorAnswer("task-late"))
    assert (await bench.read(job)).question is None
    assert await money(bench) == (PRICE, 0)


async def test_a_vendor_without_a_list_is_asked_about_and_its_money_not_given_back(bench: Bench) -> None:
    once = PaidCall("plan", "vendor", "vendor:key", "hash", PRICE, repeat=Repeat.ONCE)
    job, _ = await begun(bench, AttemptState.UNKNOWN, once)
    bench.handler.call, bench.vendor.listed = once, AttemptUnclear()
    await fail(bench, job)
    assert await bench.runtime.ended_reconciler.sweep() == 1
    assert await money(bench) == (0, PRICE)
    assert [attempt.state for attempt in await bench.attempts(job)] == [AttemptState.UNKNOWN]


async def test_a_list_that_cannot_be_read_ends_no_job(bench: Bench) -> None:
    async def unreadable(_attempt: AttemptView, _known: frozenset[str], _since: object) -> AttemptFound:
        raise Unreachable(provider="vendor")

    job, attempt = await begun(bench, AttemptState.UNKNOWN)
    assert await bench.runtime.reconciler.final_state(job, attempt.id, VISIBLE, unreadable) is None
    assert await bench.runtime.reconciler.final_state(job, attempt.id, VISIBLE, bench.vendor.find) is None
    bench.vendor.listed = AttemptFound("task-found")
    await bench.runtime.reconciler.final_state(job, attempt.id, VISIBLE, bench.vendor.find)
    assert [found.remote_id for found in await bench.attempts(job)] == ["task-found"]


ASKED = PaidCall("video", "vendor", "vendor:key", "hash", PRICE, park_after_seconds=0, visible_after_seconds=-60)


async def given_up(bench: Bench) -> tuple[JobView, AttemptView]:
    """A job whose owner was asked about a call, gave up, and left the call parked."""
    bench.handler.call, bench.vendor.listed = ASKED, AttemptUnclear()
    job, attempt = await begun(bench, AttemptState.UNKNOWN, ASKED)
    await bench.runtime.reconciler.final_state(job, attempt.id, ASKED, bench.vendor.find)
    await answer(bench, job, GIVE_UP)
    assert [found.state for found in await bench.attempts(job)] == [AttemptState.PARKED]
    assert await money(bench) == (0, PRICE)
    return job, attempt


async def sweep_later(bench: Bench, passed: timedelta, limit: int = 100) -> int:
    """A sweep that finds the rows of ended jobs untouched for so long."""
    async with bench.resources.database.unit_of_work() as session:
        for table, column in ((ProviderAttempt, ProviderAttempt.updated_at), (Job, Job.finished_at)):
            rows = (await session.execute(select(table.id, column))).all()
            for row_id, moment in rows:
                if moment is not None:
                    change = update(table).where(table.id == row_id).values({column: moment - passed})
                    await session.execute(change)
    return await bench.runtime.ended_reconciler.sweep(limit)


@pytest.mark.parametrize("taken", [True, False])
async def test_a_parked_call_of_an_ended_job_is_looked_up_again(bench: Bench, taken: bool) -> None:
    job, _ = await given_up(bench)
    assert await bench.runtime.ended_reconciler.sweep() == 0
    bench.vendor.listed = AttemptFound("task-late") if taken else AttemptNotReceived()
    assert await sweep_later(bench, timedelta(hours=1)) == 1
    assert await money(bench) == (PRICE if taken else 0, 0)
    assert (await bench.read(job)).question is None


async def test_the_owner_of_a_parked_call_is_asked_and_charged_if_a_week_brings_no_answer(bench: Bench) -> None:
    job, _ = await given_up(bench)
    await sweep_later(bench, timedelta(hours=1))
    question = (await bench.read(job)).question
    assert question is not None
    assert question.choices == (CHARGED, NOT_CHARGED)
    await sweep_later(bench, timedelta(hours=1))
    assert await money(bench) == (0, PRICE)
    await sweep_later(bench, timedelta(days=7))
    assert await money(bench) == (PRICE, 0)
    assert (await bench.read(job)).question is None
    assert [found.state for found in await bench.attempts(job)] == [AttemptState.BOUND]


async def test_a_charge_that_only_a_person_confirmed_is_not_taken_for_an_answer(bench: Bench) -> None:
    job, _ = await given_up(bench)
    await sweep_later(bench, timedelta(hours=1))
    await answer(bench, job, CHARGED)
    renewed = await bench.steer(lambda control, found: control.retry(found), job)
    done = await asyncio.wait_for(bench.run(renewed), 20)
    assert (done.status, len(bench.vendor.accepted)) == (JobStatus.COMPLETED, 1)


async def test_calls_that_stay_unexplained_hide_no_others(bench: Bench) -> None:
    jobs = [await begun(bench, AttemptState.UNKNOWN) for _ in range(5)]
    for job, _ in jobs:
        await fail(bench, job)
    explained = jobs[-1][1].id

    async def listed(attempt: AttemptView, _known: frozenset[str], _since: object) -> object:
        return AttemptNotReceived() if attempt.id == explained else AttemptUnclear()

    bench.vendor.find = listed
    for _ in range(3):
        await bench.runtime.ended_reconciler.sweep(2)
    assert [found.state for found in await bench.attempts(jobs[-1][0])] == [AttemptState.NOT_RECEIVED]
    assert [found.state for found in await bench.attempts(jobs[0][0])] == [AttemptState.UNKNOWN]
