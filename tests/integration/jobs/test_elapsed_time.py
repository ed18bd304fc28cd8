"""How long ago a call was sent is told by a clock that nobody sets."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from app.core.clock import SteadyClock
from app.core.settings import Settings
from app.jobs.attempts import PaidCall
from app.jobs.domain import AttemptState
from app.jobs.reconcile import AttemptFound
from app.providers.errors import OutcomeUnknown
from app.resources import Resources, open_resources
from tests import factories
from tests.doubles.clock import FrozenClock, SetForwardClock
from tests.integration.jobs.test_runs import PRICE, Bench

HOUR_SECONDS = 3600.0


@pytest.fixture
def clock() -> SetForwardClock:
    return SetForwardClock()


@pytest.fixture
async def resources(settings: Settings, clock: SetForwardClock) -> AsyncIterator[Resources]:
    async with open_resources(settings, clock=clock) as opened:
        yield opened


@pytest.mark.parametrize("jump_seconds", [HOUR_SECONDS, -HOUR_SECONDS])
@pytest.mark.parametrize("is_visible", [True, False])
async def test_the_list_is_read_when_the_call_is_old_enough_whatever_the_wall_clock_says(
    resources: Resources, clock: SetForwardClock, jump_seconds: float, is_visible: bool
) -> None:
    bench = Bench(resources, await factories.user(resources))
    call = PaidCall("video", "vendor", "vendor:key", "hash", PRICE, visible_after_seconds=0 if is_visible else 600)

    def lost() -> None:
        raise OutcomeUnknown(provider="vendor")

    bench.vendor.script, bench.vendor.listed = [lost], AttemptFound("task-found")
    job = await bench.start()
    attempt = await bench.runtime.attempts.intend(job, call, 1)
    await bench.runtime.attempts.submit(job, attempt, call, bench.vendor.send, stop=asyncio.Event())
    clock.move(jump_seconds)
    await bench.runtime.reconciler.final_state(job, attempt.id, call, bench.vendor.find)
    expected = AttemptState.BOUND if is_visible else AttemptState.UNKNOWN
    assert [found.state for found in await bench.attempts(job)] == [expected]


@pytest.mark.parametrize("jump_seconds", [HOUR_SECONDS, -HOUR_SECONDS])
async def test_a_send_is_overdue_when_its_time_has_passed_whatever_the_wall_clock_says(
    resources: Resources, clock: SetForwardClock, jump_seconds: float
) -> None:
    bench = Bench(resources, await factories.user(resources))
    call = PaidCall("video", "vendor", "vendor:key", "hash", PRICE)

    async def killed(_attempt: object) -> object:
        raise asyncio.CancelledError

    job = await bench.start()
    attempt = await bench.runtime.attempts.intend(job, call, 1)
    with pytest.raises(asyncio.CancelledError):
        await bench.runtime.attempts.submit(job, attempt, call, killed, stop=asyncio.Event())
    clock.move(jump_seconds)
    assert await bench.runtime.reconciler.sweep() == 0


def test_after_a_start_no_more_has_surely_passed_than_since_that_start() -> None:
    clock = FrozenClock()
    sent_at = clock.now()
    clock.move(HOUR_SECONDS)
    started = SteadyClock(clock)
    clock.move(5)
    assert started.surely_passed(sent_at) == 5
    assert started.surely_passed(clock.now()) == 0
    # Sent before the start, by a clock that was an hour ahead.
    assert started.surely_passed(clock.now().replace(year=2027)) == 5
