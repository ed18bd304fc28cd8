"""The waiting room by itself: whom it sends back, in which order, how many at once, and what a fault costs."""

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import timedelta

import pytest
from typing_extensions import override

from app.core.database import DatabaseDown
from app.core.tasks import Background
from app.engine.port import JobId, ParkedRun
from app.jobs.waiting import LEAST_RESUMED, MOST_BUSY, CancelWatch, ParkedWaits, ParkingLimits, PollSpec
from app.resources import Resources

MANY = 3 * MOST_BUSY


class Stay(ParkedRun):
    """A parked run that says in which order it was resumed."""

    def __init__(self, job_id: JobId, resumed: list[JobId], faults: int = 0) -> None:
        self._job_id = job_id
        self._resumed = resumed
        self._faults = faults
        self.here = True

    @property
    @override
    def job_id(self) -> JobId:
        return self._job_id

    @property
    @override
    def held(self) -> bool:
        return self.here

    @override
    async def resume(self) -> None:
        if self._faults:
            self._faults -= 1
            raise DatabaseDown(retry_after_seconds=1)
        self.here = False
        self._resumed.append(self._job_id)


class Outside:
    """An open waiting room and what happened in it."""

    def __init__(self, resources: Resources) -> None:
        self.resources = resources
        self.cancels = CancelWatch(resources)
        self.parked_waits = ParkedWaits(resources.clock, self.cancels, ParkingLimits(inline_waits=0, seconds=0))
        self.resumed: list[JobId] = []
        self.looks: list[JobId] = []
        self.news: set[JobId] = set()

    def park(self, job_id: JobId, *, owner: str = "many", faults: int = 0, every_seconds: float = 0.02) -> Stay:
        async def look() -> bool | None:
            self.looks.append(job_id)
            return True if job_id in self.news else None

        stay = Stay(job_id, self.resumed, faults)
        until = self.resources.clock.now() + timedelta(seconds=60)
        self.parked_waits.park(PollSpec(owner, look, every_seconds, until), stay)
        return stay


@pytest.fixture
async def outside(resources: Resources) -> AsyncIterator[Outside]:
    made = Outside(resources)
    async with Background() as tasks:
        tasks.start(made.parked_waits.run())
        tasks.start(made.cancels.run())
        await asyncio.sleep(0)
        yield made


async def until(true: Callable[[], bool], seconds: float = 10.0) -> None:
    async with asyncio.timeout(seconds):
        while not true():
            await asyncio.sleep(0.005)


async def test_a_run_comes_back_when_its_look_has_news_and_is_not_looked_for_any_more(outside: Outside) -> None:
    outside.park("a")
    outside.park("b")
    outside.news.add("b")
    await until(lambda: outside.resumed == ["b"])
    await until(lambda: outside.parked_waits.parked_count == 1)
    seen = outside.looks.count("b")
    await asyncio.sleep(0.1)
    assert outside.looks.count("b") == seen
    assert outside.looks.count("a") > 1


async def test_a_run_that_went_elsewhere_is_not_looked_for(outside: Outside) -> None:
    stay = outside.park("a")
    await until(lambda: len(outside.looks) > 1)
    stay.here = False
    await until(lambda: outside.parked_waits.parked_count == 0)
    seen = len(outside.looks)
    await asyncio.sleep(0.1)
    assert len(outside.looks) == seen


async def test_news_for_many_runs_bring_back_a_few_at_a_time(outside: Outside) -> None:
    names = [f"job-{number:03}" for number in range(MANY)]
    outside.news |= set(names)
    for name in names:
        outside.park(name)
    await until(lambda: len(outside.resumed) >= MOST_BUSY)
    await asyncio.sleep(0.6)
    assert len(outside.resumed) <= MOST_BUSY + 8 * LEAST_RESUMED
    for name in names:
        outside.parked_waits.run_started(name)
    before = len(outside.resumed)
    await until(lambda: len(outside.resumed) >= before + MOST_BUSY // 2, seconds=1.0)


async def test_a_cancelled_job_goes_before_all_that_have_news(outside: Outside) -> None:
    names = [f"job-{number:03}" for number in range(MANY)]
    outside.news |= set(names)
    for name in names:
        outside.park(name)
    outside.park("cancelled", every_seconds=60)
    await until(lambda: len(outside.resumed) >= MOST_BUSY)
    assert "cancelled" not in outside.resumed
    outside.cancels.tell_to_stop("cancelled")
    await until(lambda: "cancelled" in outside.resumed, seconds=1.0)
    assert len(outside.resumed) < MANY


async def test_owners_take_turns_when_runs_come_back(outside: Outside) -> None:
    burst = [f"job-{number:03}" for number in range(MANY)]
    outside.news |= {*burst, "other-1", "other-2"}
    for name in burst:
        outside.park(name)
    await until(lambda: len(outside.resumed) >= MOST_BUSY)
    for name in ("other-1", "other-2"):
        outside.park(name, owner="single")
    await until(lambda: "other-2" in outside.resumed)
    assert len(outside.resumed) < MANY


async def test_a_run_whose_store_is_away_is_tried_again(outside: Outside) -> None:
    outside.park("a", faults=2)
    outside.news.add("a")
    await until(lambda: outside.resumed == ["a"])
    assert outside.parked_waits.parked_count == 0


async def test_runs_that_were_parked_when_the_room_broke_come_back_when_it_opens_again(resources: Resources) -> None:
    made = Outside(resources)
    made.park("early")
    async with Background() as tasks:
        opened = tasks.start(made.parked_waits.run())
        await until(lambda: made.resumed == ["early"])
        made.park("late")
        await until(lambda: made.looks.count("late") > 1)
        opened.cancel()
        await asyncio.wait([opened])
        with made.parked_waits.wait_inline() as inline_wait:
            assert made.parked_waits.should_park(inline_wait, resources.clock.now() + timedelta(seconds=60)) is False
        tasks.start(made.parked_waits.run())
        await until(lambda: made.resumed == ["early", "late"])


async def test_nobody_is_parked_while_there_are_seats_or_no_room(outside: Outside) -> None:
    late = outside.resources.clock.now() + timedelta(seconds=60)
    with outside.parked_waits.wait_inline() as inline_wait:
        assert outside.parked_waits.should_park(inline_wait, late) is True
        closed = ParkedWaits(outside.resources.clock, outside.cancels, ParkingLimits(inline_waits=0, seconds=0))
        with closed.wait_inline() as taken:
            assert closed.should_park(taken, late) is False
