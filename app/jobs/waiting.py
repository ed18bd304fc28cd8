"""Waits of many jobs at once: parked without a run that holds them, and told when their job is to stop."""

import asyncio
import contextvars
from collections import Counter, OrderedDict
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from functools import partial

import structlog

from app.core.clock import Clock
from app.core.errors import NotNow
from app.core.fairness import Turns
from app.core.tasks import Background, beat
from app.engine.port import ParkedRun
from app.jobs.repository import JobRepository
from app.resources import Resources

log = structlog.get_logger(__name__)

CANCEL_TOPIC = "cancels"
CANCEL_TICK_SECONDS = 1.0
TICK_SECONDS = 0.1
IDLE_SECONDS = 30.0
MOST_BUSY = 64
LEAST_RESUMED = 2
# A resumed run that has not begun here by then goes on elsewhere.
UNDERWAY_SECONDS = 5.0


class CancelWatch:
    """One cheap query a second for the whole process, instead of one per run."""

    def __init__(self, resources: Resources) -> None:
        self._resources = resources
        self._calls: dict[str, Callable[[], object]] = {}

    @property
    def watched(self) -> int:
        """How many jobs are told that they must stop."""
        return len(self._calls)

    @contextmanager
    def over(self, job_id: str) -> Iterator[asyncio.Event]:
        """An event that is set when this run must stop."""
        stop = asyncio.Event()
        with self.calling(job_id, stop.set):
            yield stop

    @contextmanager
    def calling(self, job_id: str, call: Callable[[], object]) -> Iterator[None]:
        """Calls when this job must stop, perhaps more than once; the last who asked for it is called."""
        self._calls[job_id] = call
        try:
            yield
        finally:
            if self._calls.get(job_id) is call:
                del self._calls[job_id]

    def call_off(self, job_id: str) -> None:
        """Tells what this process does for the job that it must stop."""
        if job_id in self._calls:
            self._calls[job_id]()

    async def run(self) -> None:
        """Looks on every ring and every second until cancelled."""
        with self._resources.bell.heard(CANCEL_TOPIC) as ring:
            while True:
                try:
                    if self._calls:
                        await self._look()
                except NotNow as away:
                    log.warning("cancels_postponed", cause=away.code)
                beat(CANCEL_TICK_SECONDS)
                await self._resources.bell.wait(ring, CANCEL_TICK_SECONDS)

    async def _look(self) -> None:
        async with self._resources.database.reading() as session:
            stopped = await JobRepository(session, self._resources.clock).must_stop(tuple(self._calls))
        for job_id in stopped:
            self.call_off(job_id)


@dataclass(frozen=True)
class Patience:
    """How many runs of a process may wait by themselves, and how long one that finds no seat does so all the same."""

    seats: int = 500
    seconds: float = 10.0


@dataclass(frozen=True, slots=True)
class Vigil:
    """A wait without its run: for whom, what is looked at, how often and how long."""

    owner: str
    look: Callable[[], Awaitable[object | None]]
    every_seconds: float
    until: datetime


@dataclass(frozen=True, slots=True, eq=False)
class Seat:
    """A run waits by itself since this moment of the monotonic clock."""

    since: float


class WaitingRoom:
    """Runs that wait have seats; beyond these a run that has waited for a while is parked until its look has news.

    The resumed run looks for itself, so what is seen here is never kept: nothing depends on this process living.
    """

    def __init__(self, clock: Clock, cancels: CancelWatch, patience: Patience) -> None:
        self._clock = clock
        self._cancels = cancels
        self._patience = patience
        self._seated: set[Seat] = set()
        self._looked_for = 0
        self._tasks: Background | None = None
        self._outside: dict[str, ParkedRun] = {}
        self._owners: dict[str, str] = {}
        self._called_off: set[str] = set()
        self._turns = Turns()
        self._returning: OrderedDict[str, ParkedRun] = OrderedDict()
        self._underway: dict[str, float] = {}
        self._news = asyncio.Event()

    @property
    def outside(self) -> int:
        """How many runs are parked."""
        return len(self._outside)

    def begun(self, job_id: str) -> None:
        """A run is executed here."""
        self._underway.pop(job_id, None)

    @contextmanager
    def seat(self) -> Iterator[Seat]:
        """For as long as a run itself waits."""
        seat = Seat(self._clock.monotonic())
        self._seated.add(seat)
        try:
            yield seat
        finally:
            self._seated.discard(seat)

    def sends_out(self, seat: Seat, until: datetime) -> bool:
        """Whether the run on this seat should be parked, never for a short rest; if so, its seat is free at once."""
        if self._tasks is None or len(self._seated) <= self._patience.seats:
            return False
        rest_seconds = (until - self._clock.now()).total_seconds()
        waited_seconds = self._clock.monotonic() - seat.since
        if min(waited_seconds, rest_seconds) < self._patience.seconds:
            return False
        self._seated.discard(seat)
        return True

    def keep(self, vigil: Vigil, parked: ParkedRun) -> None:
        """Looks in the place of the run."""
        self._outside[parked.job_id] = parked
        self._owners[parked.job_id] = vigil.owner
        if self._tasks is None:
            self._return(parked)
            return
        # An empty context, because the one of the run would keep alive what parking is to free.
        contextvars.Context().run(self._tasks.start, self._looking(vigil, parked))

    async def run(self) -> None:
        """Sends runs back to work until cancelled; a few at a time, because a run costs far more than a look."""
        async with Background() as tasks:
            for parked in tuple(self._outside.values()):
                self._return(parked)
            self._tasks = tasks
            try:
                while True:
                    with suppress(TimeoutError):
                        await asyncio.wait_for(self._news.wait(), IDLE_SECONDS)
                    await self._resume_some()
                    beat(IDLE_SECONDS)
                    await self._clock.sleep(TICK_SECONDS)
            finally:
                self._tasks = None

    async def _looking(self, vigil: Vigil, parked: ParkedRun) -> None:
        task = asyncio.current_task()
        if task is None:
            raise asyncio.CancelledError
        self._looked_for += 1
        try:
            with self._cancels.calling(parked.job_id, partial(self._call_off, parked, task)):
                while parked.held and await self._no_news(vigil, parked.job_id):
                    pass
        finally:
            self._looked_for -= 1
            self._return(parked)

    async def _no_news(self, vigil: Vigil, job_id: str) -> bool:
        left_seconds = (vigil.until - self._clock.now()).total_seconds()
        if left_seconds <= 0:
            return False
        await self._clock.sleep(min(vigil.every_seconds, left_seconds))
        try:
            return await vigil.look() is None
        except NotNow as away:
            # What is away is no news; the run itself would only wait for it too.
            log.info("look_postponed", job_id=job_id, cause=away.code)
            return True
        except Exception:
            # The run meets the same fault when it looks for itself, and ends with it.
            log.exception("look_broken", job_id=job_id)
            return False

    def _call_off(self, parked: ParkedRun, looking: asyncio.Task[None]) -> None:
        self._called_off.add(parked.job_id)
        self._return(parked)
        looking.cancel()

    def _return(self, parked: ParkedRun) -> None:
        self._returning[parked.job_id] = parked
        self._news.set()

    async def _resume_some(self) -> None:
        for parked in self._in_turns()[: self._places()]:
            self._underway[parked.job_id] = self._clock.monotonic() + UNDERWAY_SECONDS
            try:
                await parked.resume()
            except NotNow as down:
                log.warning("resume_postponed", cause=down.code)
                return
            self._turns.serve(self._owners.get(parked.job_id, ""))
            self._forget(parked)
        self._turns.keep(set(self._owners.values()))
        if not self._returning:
            self._news.clear()

    def _in_turns(self) -> list[ParkedRun]:
        """Cancelled jobs first, because their owners wait; then one of each owner, the second of each, and so on."""
        before: Counter[str] = Counter()
        order: list[tuple[bool, int, int, int]] = []
        returning = list(self._returning.values())
        for arrival, parked in enumerate(returning):
            owner = self._owners.get(parked.job_id, "")
            is_called_off = parked.job_id in self._called_off
            order.append((not is_called_off, before[owner], self._turns.last(owner), arrival))
            before[owner] += not is_called_off
        return [returning[arrival] for *_, arrival in sorted(order)]

    def _forget(self, parked: ParkedRun) -> None:
        if self._returning.get(parked.job_id) is parked:
            del self._returning[parked.job_id]
        if self._outside.get(parked.job_id) is parked:
            del self._outside[parked.job_id]
            self._owners.pop(parked.job_id, None)
            self._called_off.discard(parked.job_id)

    def _places(self) -> int:
        now = self._clock.monotonic()
        self._underway = {job_id: until for job_id, until in self._underway.items() if until > now}
        executed = self._cancels.watched - self._looked_for - len(self._seated)
        return max(LEAST_RESUMED, MOST_BUSY - executed - len(self._underway))
