"""Background tasks: none that breaks ends another, a loop that breaks begins again, one that stands still is named."""

import asyncio

from app.core.tasks import PERIODS, STATEMENT_SECONDS, Background, Supervision, beat
from tests.doubles.clock import FrozenClock

PAUSE_SECONDS = 2.0


class Loop:
    """Beats once a round and breaks as often as a test says."""

    def __init__(self, breaks: int = 0) -> None:
        self.breaks = breaks
        self.rounds = 0
        self.step = asyncio.Event()

    async def run(self) -> None:
        while True:
            await self.step.wait()
            self.step.clear()
            self.rounds += 1
            if self.rounds <= self.breaks:
                raise ConnectionError
            beat(PAUSE_SECONDS)

    async def round(self) -> None:
        before = self.rounds
        self.step.set()
        while self.rounds == before:
            await asyncio.sleep(0)
        await asyncio.sleep(0)


async def test_a_task_that_breaks_ends_no_other() -> None:
    async with Background() as tasks:
        loop = Loop()
        other = tasks.start(loop.run())
        await tasks.start(asyncio.sleep(0, ConnectionError()))
        broken = tasks.start(_broken())
        await asyncio.wait([broken])
        await loop.round()
        assert not other.done()


async def test_a_loop_that_breaks_begins_again() -> None:
    async with Background() as tasks:
        loop, supervision = Loop(breaks=2), Supervision(FrozenClock(), tasks)
        supervision.start("dispatcher", loop.run)
        for _ in range(3):
            await loop.round()
        assert (loop.rounds, supervision.is_broken) == (3, False)
        await supervision.close()


async def test_a_loop_is_late_after_three_of_its_periods_and_no_more_once_it_comes_round() -> None:
    clock = FrozenClock()
    async with Background() as tasks:
        loop, supervision = Loop(), Supervision(clock, tasks)
        supervision.start("dispatcher", loop.run)
        await loop.round()
        clock.move(PERIODS * (PAUSE_SECONDS + STATEMENT_SECONDS))
        assert supervision.late() == []
        clock.move(1)
        assert supervision.late() == ["dispatcher"]
        await loop.round()
        assert supervision.late() == []
        await supervision.close()
        clock.move(1000)
        assert supervision.late() == []


async def test_a_loop_that_ends_for_good_is_told_once_and_an_orderly_end_is_not() -> None:
    told: list[str] = []
    async with Background() as tasks:
        supervision = Supervision(FrozenClock(), tasks, lambda: told.append("failed"))
        supervision.start("dispatcher", Loop().run)
        supervision.start("sweep", _ended_by_others)
        while not told:
            await asyncio.sleep(0)
        await supervision.close()
    assert (told, supervision.is_broken) == (["failed"], True)


async def _broken() -> None:
    raise ConnectionError


async def _ended_by_others() -> None:
    raise asyncio.CancelledError
