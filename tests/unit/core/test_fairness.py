"""Turns that are shared between owners: no owner waits behind the burst of another."""

import asyncio
from contextlib import AsyncExitStack

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.fairness import FairLimiter, current_owner, working_for


async def settled() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


class Callers:
    """Callers whose turns end when the test says so."""

    def __init__(self, limiter: FairLimiter) -> None:
        self.limiter = limiter
        self.begun: list[str] = []
        self._ends: list[asyncio.Event] = []
        self.tasks: list[asyncio.Task[None]] = []

    async def come(self, *owners: str) -> None:
        for owner in owners:
            end = asyncio.Event()
            self.tasks.append(asyncio.ensure_future(self._use(owner, end)))
            await settled()

    async def end_one(self, number: int = 0) -> None:
        self._ends.pop(number).set()
        await settled()

    async def end_all(self) -> None:
        while self._ends:
            await self.end_one()

    async def _use(self, owner: str, end: asyncio.Event) -> None:
        async with self.limiter.turn(owner):
            self.begun.append(owner)
            self._ends.append(end)
            await end.wait()


async def test_a_burst_of_one_owner_lets_others_in_between() -> None:
    callers = Callers(FairLimiter(1))
    await callers.come("many", "many", "many", "many", "single", "third", "single")
    await callers.end_all()
    assert callers.begun == ["many", "single", "third", "many", "single", "many", "many"]


async def test_who_holds_less_goes_first_even_if_served_last() -> None:
    callers = Callers(FairLimiter(2))
    await callers.come("many", "single", "many", "many", "single")
    await callers.end_one(1)
    assert callers.begun == ["many", "single", "single"], "the other one holds a turn already"
    await callers.end_all()
    assert callers.limiter.held == callers.limiter.waiting == 0


async def test_an_owner_uses_every_turn_that_nobody_else_wants() -> None:
    callers = Callers(FairLimiter(3))
    await callers.come("many", "many", "many", "many")
    assert callers.limiter.held == 3
    assert callers.limiter.waiting == 1
    await callers.end_all()


async def test_a_caller_who_gives_up_takes_no_turn_and_keeps_nobody_waiting() -> None:
    callers = Callers(FairLimiter(1))
    await callers.come("many", "single", "third")
    callers.tasks[1].cancel()
    await settled()
    await callers.end_one()
    assert callers.begun == ["many", "third"]
    await callers.end_all()
    assert callers.limiter.held == 0


@pytest.mark.parametrize("is_granted_first", [True, False])
async def test_a_turn_that_ends_while_somebody_leaves_goes_on_to_the_next(*, is_granted_first: bool) -> None:
    limiter = FairLimiter(1)
    begun: list[str] = []

    async def use(owner: str) -> None:
        async with limiter.turn(owner):
            begun.append(owner)

    async with AsyncExitStack() as held:
        await held.enter_async_context(limiter.turn("many"))
        leaving, staying = (asyncio.ensure_future(use(owner)) for owner in ("single", "third"))
        await settled()
        # The turn is granted when the block ends; who leaves is cancelled after or before that, and wakes later.
        if is_granted_first:
            asyncio.get_running_loop().call_soon(leaving.cancel)
        else:
            leaving.cancel()
    with pytest.raises(asyncio.CancelledError):
        await leaving
    async with asyncio.timeout(10):
        await staying
    assert (begun, limiter.held, limiter.waiting) == (["third"], 0, 0)


@given(size=st.integers(1, 4), owners=st.lists(st.sampled_from("abc"), min_size=1, max_size=25))
def test_never_more_than_allowed_and_everybody_is_served(size: int, owners: list[str]) -> None:
    async def scenario() -> tuple[int, list[str]]:
        limiter, most, served = FairLimiter(size), 0, []

        async def use(owner: str) -> None:
            nonlocal most
            async with limiter.turn(owner):
                most = max(most, limiter.held)
                await asyncio.sleep(0)
                served.append(owner)

        await asyncio.gather(*(use(owner) for owner in owners))
        return most, served

    most, served = asyncio.run(scenario())
    assert most <= size
    assert sorted(served) == sorted(owners)


async def test_whom_a_task_works_for_is_known_to_what_it_starts() -> None:
    async def told() -> str:
        return current_owner()

    assert current_owner() == ""
    with working_for("single"):
        inside = asyncio.ensure_future(told())
        assert await asyncio.to_thread(current_owner) == "single"
    assert await inside == "single"
    assert current_owner() == ""
