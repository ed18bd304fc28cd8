"""The submit lane: the unexplained hold it, only what surely is its own is bound, a sleeper pays nothing."""

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

import pytest

from app.engine.port import RunAbandoned
from app.jobs.attempts import PaidCall
from app.jobs.domain import AttemptState, AttemptView, JobStatus, JobView
from app.jobs.persistence import VendorAnswer
from app.jobs.reconcile import AttemptFound, AttemptUnclear
from app.providers.errors import OutcomeUnknown
from app.resources import Resources
from tests import factories
from tests.integration.jobs.test_runs import PRICE, Bench, lose

LIMIT_SECONDS = 20


def call(visible_after_seconds: float) -> PaidCall:
    return PaidCall(
        "video", "vendor", "vendor:key", "hash", PRICE, exclusive=True, visible_after_seconds=visible_after_seconds
    )


@pytest.fixture
async def bench(resources: Resources) -> Bench:
    return Bench(resources, await factories.user(resources))


class Sleeper:
    """A process that is frozen between its lane and the call."""

    name = "sleeper"

    def __init__(self) -> None:
        self.answers: Iterator[bool] = iter((True, False))

    def fresh(self) -> bool:
        return next(self.answers, True)


async def states_of(bench: Bench, job: JobView) -> list[AttemptState]:
    return [attempt.state for attempt in await bench.attempts(job)]


async def until_unknown(bench: Bench, job: JobView) -> AttemptView:
    async with asyncio.timeout(LIMIT_SECONDS):
        while await states_of(bench, job) != [AttemptState.UNKNOWN]:
            await asyncio.sleep(0.02)
    return (await bench.attempts(job))[0]


async def test_a_process_that_slept_after_it_took_the_lane_does_not_pay(resources: Resources) -> None:
    owner = await factories.user(resources)
    slept, bench = Bench(resources, owner, Sleeper()), Bench(resources, owner)
    job = await bench.start()
    with pytest.raises(RunAbandoned):
        await slept.run(job)
    assert slept.vendor.accepted == []
    assert await states_of(bench, job) == [AttemptState.NOT_RECEIVED]
    done = await bench.run(job)
    assert (done.status, len(bench.vendor.accepted)) == (JobStatus.COMPLETED, 1)


async def test_nobody_sends_while_an_outcome_is_unexplained(bench: Bench) -> None:
    bench.handler.call = call(visible_after_seconds=1)
    bench.vendor.script = [lose]
    lost, waiting = await bench.start(), await bench.start()
    first = asyncio.ensure_future(bench.run(lost))
    await until_unknown(bench, lost)
    second = asyncio.ensure_future(bench.run(waiting))
    async with asyncio.timeout(LIMIT_SECONDS):
        while not await states_of(bench, waiting):
            await asyncio.sleep(0.02)
    await asyncio.sleep(0.2)
    assert (bench.vendor.accepted, await states_of(bench, waiting)) == ([], [AttemptState.INTENT])
    bench.vendor.listed = AttemptFound("task-of-the-lost-reply")
    done = await asyncio.wait_for(first, LIMIT_SECONDS)
    assert done.result == {"remote_id": "task-of-the-lost-reply"}
    assert (await asyncio.wait_for(second, LIMIT_SECONDS)).status is JobStatus.COMPLETED
    assert len(bench.vendor.accepted) == 1


async def test_work_that_another_call_was_bound_to_meanwhile_is_not_taken(bench: Bench) -> None:
    attempts, bought = bench.runtime.attempts, call(visible_after_seconds=-60)
    lost, other = await bench.start(), await bench.start()
    own, rival = await attempts.intend(lost, bought, 1), await attempts.intend(other, bought, 1)

    async def lost_reply(_attempt: AttemptView) -> VendorAnswer:
        raise OutcomeUnknown(provider="vendor")

    async def sent(_attempt: AttemptView) -> VendorAnswer:
        return VendorAnswer("task-of-the-other")

    async def listed(_attempt: AttemptView, _known: frozenset[str], _since: datetime) -> AttemptFound:
        await attempts.submit(other, rival, bought, sent, stop=asyncio.Event())
        return AttemptFound("task-of-the-other")

    await attempts.submit(lost, own, bought, lost_reply, stop=asyncio.Event())
    assert await bench.runtime.reconciler.final_state(lost, own.id, bought, listed) is None
    assert await states_of(bench, lost) == [AttemptState.UNKNOWN]
    assert [found.remote_id for found in await bench.attempts(other)] == ["task-of-the-other"]


async def test_nothing_is_taken_while_two_outcomes_are_unexplained(bench: Bench) -> None:
    attempts, bought = bench.runtime.attempts, call(visible_after_seconds=-60)
    jobs = [await bench.start(), await bench.start()]
    unknown = [await attempts.intend(job, bought, 1) for job in jobs]

    async def lost_reply(_attempt: AttemptView) -> VendorAnswer:
        raise OutcomeUnknown(provider="vendor")

    async def listed(_attempt: AttemptView, _known: frozenset[str], _since: datetime) -> AttemptFound:
        return AttemptFound("task-of-one-of-them")

    for job, attempt in zip(jobs, unknown, strict=True):
        await attempts.submit(job, attempt, bought, lost_reply, stop=asyncio.Event())
    for job, attempt in zip(jobs, unknown, strict=True):
        assert await bench.runtime.reconciler.final_state(job, attempt.id, bought, listed) is None
        assert await states_of(bench, job) == [AttemptState.UNKNOWN]


async def test_nothing_is_taken_while_another_outcome_waits_for_a_person(bench: Bench) -> None:
    attempts, bought = bench.runtime.attempts, replace(call(visible_after_seconds=-60), park_after_seconds=-60)
    older, newer = await bench.start(), await bench.start()
    swallowed, parked = [await attempts.intend(job, bought, 1) for job in (older, newer)]

    async def lost_reply(_attempt: AttemptView) -> VendorAnswer:
        raise OutcomeUnknown(provider="vendor")

    async def unreadable(_attempt: AttemptView, _known: frozenset[str], _since: datetime) -> AttemptUnclear:
        return AttemptUnclear()

    async def listed(_attempt: AttemptView, _known: frozenset[str], _since: datetime) -> AttemptFound:
        return AttemptFound("task-of-the-newer")

    for job, attempt in ((older, swallowed), (newer, parked)):
        await attempts.submit(job, attempt, bought, lost_reply, stop=asyncio.Event())
    await bench.runtime.reconciler.final_state(newer, parked.id, bought, unreadable)
    assert await states_of(bench, newer) == [AttemptState.PARKED]
    await bench.runtime.reconciler.final_state(older, swallowed.id, bought, listed)
    assert await states_of(bench, older) == [AttemptState.PARKED]
