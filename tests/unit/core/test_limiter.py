"""The limiter of one account: never too many, nobody overtaken, nobody waiting for ever."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.fairness import working_for
from app.core.limiter import AccountLimiter, LimiterRules, LimitReached
from tests.doubles.clock import FrozenClock
from tests.doubles.simulated_clock import SimulatedClock

VENDOR_MINUTE = 60.0


async def starts_of(limiter: AccountLimiter, clock: SimulatedClock, callers: int) -> list[tuple[float, int]]:
    """When each caller got in; those sent away come back when they were told."""
    entered: list[tuple[float, int]] = []

    async def call(number: int) -> None:
        while True:
            try:
                await limiter.enter(f"caller-{number}", most_wait_seconds=2)
            except LimitReached as full:
                await clock.sleep(full.retry_after_seconds)
            else:
                entered.append((clock.seconds, number))
                return

    finished = asyncio.Event()
    async with asyncio.TaskGroup() as group:
        runner = group.create_task(clock.run(finished))
        await asyncio.gather(*(call(number) for number in range(callers)))
        finished.set()
        await runner
    return entered


@given(per_minute=st.integers(1, 12), callers=st.integers(1, 30))
def test_no_minute_of_the_vendor_sees_more_starts_than_allowed(per_minute: int, callers: int) -> None:
    clock = SimulatedClock()
    entered = asyncio.run(starts_of(AccountLimiter(clock, LimiterRules(per_minute)), clock, callers))
    moments = sorted(at for at, _ in entered)
    assert len(moments) == callers
    for first, beyond in zip(moments, moments[per_minute:], strict=False):
        assert beyond - first > VENDOR_MINUTE


async def test_callers_get_in_in_the_order_of_their_coming() -> None:
    clock = SimulatedClock()
    entered = await starts_of(AccountLimiter(clock, LimiterRules(4)), clock, 20)
    assert [number for _, number in entered] == list(range(20))


async def test_users_of_one_credential_take_turns_at_its_rate() -> None:
    clock = SimulatedClock()
    limiter = AccountLimiter(clock, LimiterRules(2))
    entered: list[str] = []

    async def call(owner: str, number: int) -> None:
        with working_for(owner):
            await limiter.enter(f"{owner}-{number}", most_wait_seconds=1000)
        entered.append(owner)

    finished = asyncio.Event()
    async with asyncio.TaskGroup() as group:
        runner = group.create_task(clock.run(finished))
        calls = [asyncio.ensure_future(call("many", number)) for number in range(8)]
        await asyncio.sleep(0)
        calls += [asyncio.ensure_future(call("single", number)) for number in range(2)]
        await asyncio.gather(*calls)
        finished.set()
        await runner
    minutes = [sorted(entered[begin : begin + 2]) for begin in range(0, len(entered), 2)]
    both, one = ["many", "single"], ["many", "many"]
    assert minutes == [one, both, both, one, one]


async def test_who_has_less_in_flight_is_let_in_first() -> None:
    limiter = AccountLimiter(FrozenClock(), LimiterRules(100, in_flight=2))
    entered: list[str] = []

    async def call(owner: str, number: int) -> None:
        with working_for(owner):
            await limiter.enter(f"{owner}-{number}", most_wait_seconds=1000, holds_place=True)
        entered.append(f"{owner}-{number}")

    calls = []
    for owner, number in (("many", 1), ("many", 2), ("many", 3), ("many", 4), ("single", 1)):
        calls.append(asyncio.ensure_future(call(owner, number)))
        await asyncio.sleep(0)
    for gone in ("many-1", "many-2", "single-1", "many-3"):
        limiter.leave(gone)
        while len(entered) < len(calls) and gone not in {"single-1", "many-3"} and limiter.in_flight < 2:
            await asyncio.sleep(0)
    await asyncio.gather(*calls)
    assert entered[:3] == ["many-1", "many-2", "single-1"]


async def test_the_allowed_rate_is_used_and_not_only_kept() -> None:
    clock = SimulatedClock()
    entered = await starts_of(AccountLimiter(clock, LimiterRules(5)), clock, 25)
    assert max(at for at, _ in entered) <= 4 * 61 + 5


async def test_one_that_was_sent_away_is_not_overtaken_by_a_newcomer() -> None:
    clock = FrozenClock()
    limiter = AccountLimiter(clock, LimiterRules(1))
    await limiter.enter("first", most_wait_seconds=0)
    with pytest.raises(LimitReached) as full:
        await limiter.enter("second", most_wait_seconds=0)
    clock.move(full.value.retry_after_seconds)
    with pytest.raises(LimitReached):
        await limiter.enter("newcomer", most_wait_seconds=0)
    await limiter.enter("second", most_wait_seconds=0)


async def test_one_that_never_comes_back_holds_nobody_up_for_ever() -> None:
    clock = FrozenClock()
    limiter = AccountLimiter(clock, LimiterRules(1))
    await limiter.enter("first", most_wait_seconds=0)
    with pytest.raises(LimitReached) as full:
        await limiter.enter("lost", most_wait_seconds=0)
    clock.move(full.value.retry_after_seconds + 21)
    await limiter.enter("newcomer", most_wait_seconds=0)


async def test_a_short_wait_is_waited_out() -> None:
    clock = FrozenClock()
    limiter = AccountLimiter(clock, LimiterRules(1))
    await limiter.enter("first", most_wait_seconds=0)
    clock.move(59)
    await limiter.enter("second", most_wait_seconds=5)
    assert sum(clock.slept) == pytest.approx(2)


async def test_work_in_flight_keeps_its_place_until_it_is_over() -> None:
    clock = FrozenClock()
    limiter = AccountLimiter(clock, LimiterRules(100, in_flight=1))
    await limiter.enter("attempt", most_wait_seconds=0, holds_place=True)
    limiter.rename("attempt", "task-7")
    with pytest.raises(LimitReached):
        await limiter.enter("other", most_wait_seconds=0, holds_place=True)
    limiter.leave("task-7")
    await limiter.enter("other", most_wait_seconds=0, holds_place=True)
    assert limiter.in_flight == 1


async def test_work_of_before_the_restart_counts_once_it_is_seen() -> None:
    limiter = AccountLimiter(FrozenClock(), LimiterRules(100, in_flight=1))
    limiter.touch("task-of-yesterday")
    with pytest.raises(LimitReached):
        await limiter.enter("attempt", most_wait_seconds=0, holds_place=True)


async def test_work_that_nobody_asks_about_gives_its_place_back_in_the_end() -> None:
    clock = FrozenClock()
    limiter = AccountLimiter(clock, LimiterRules(100, in_flight=1, place_lives_seconds=60))
    await limiter.enter("lost", most_wait_seconds=0, holds_place=True)
    clock.move(61)
    await limiter.enter("next", most_wait_seconds=0, holds_place=True)


async def test_a_vendor_that_says_too_much_closes_the_door_for_all() -> None:
    clock = FrozenClock()
    limiter = AccountLimiter(clock, LimiterRules(100))
    limiter.close_for(40)
    with pytest.raises(LimitReached) as full:
        await limiter.enter("a", most_wait_seconds=5)
    assert full.value.retry_after_seconds == 40
    clock.move(40)
    await limiter.enter("a", most_wait_seconds=0)


async def test_a_turn_ends_with_its_block_even_when_it_fails() -> None:
    limiter = AccountLimiter(FrozenClock(), LimiterRules(100, in_flight=1))
    with pytest.raises(ValueError, match="inside"):
        async with limiter.turn("a", most_wait_seconds=0):
            raise ValueError("inside")
    assert limiter.in_flight == 0


async def test_a_cancelled_caller_leaves_the_line() -> None:
    clock = SimulatedClock()
    limiter = AccountLimiter(clock, LimiterRules(1))
    await limiter.enter("first", most_wait_seconds=0)
    waiting = asyncio.ensure_future(limiter.enter("second", most_wait_seconds=100))
    await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    clock.seconds = 62
    await limiter.enter("third", most_wait_seconds=0)


async def test_a_place_that_becomes_free_goes_to_who_is_there_and_not_to_who_was_sent_away() -> None:
    clock = FrozenClock()
    limiter = AccountLimiter(clock, LimiterRules(100, in_flight=1))
    await limiter.enter("working", most_wait_seconds=0, holds_place=True)
    with pytest.raises(LimitReached):
        await limiter.enter("sent away", most_wait_seconds=0, holds_place=True)
    limiter.leave("working")
    await limiter.enter("there", most_wait_seconds=0, holds_place=True)
    assert limiter.in_flight == 1
