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
from app.engine.port import ParkedRun, StepFailed
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

    def tell_to_stop(self, job_id: str) -> None:
        """Tells what this process does for the job that it must stop."""
        if job_id in self._calls:
            self._calls[job_id]()

    async def run(self) -> None:
        """Looks on every notification and every second until cancelled."""
        with self._resources.notifier.subscribe(CANCEL_TOPIC) as news:
            while True:
                try:
                    if self._calls:
                        await self._look()
                except NotNow as away:
                    log.warning("cancels_postponed", cause=away.code)
                beat(CANCEL_TICK_SECONDS)
                await self._resources.notifier.wait(news, CANCEL_TICK_SECONDS)

    async def _look(self) -> None:
        async with self._resources.database.reading() as session:
            stopped = await JobRepository(session, self._resources.clock).must_stop(tuple(self._calls))
        for job_id in stopped:
            self.tell_to_stop(job_id)


@dataclass(frozen=True)
class ParkingLimits:
    """How many runs of a process may wait by themselves, and how long one beyond that does so all the same."""

    inline_waits: int = 500
    seconds: float = 10.0


@dataclass(frozen=True, slots=True)
class PollSpec:
    """A wait that goes on without its run: for whom, what is polled, how often and how long."""

    owner: str
    look: Callable[[], Awaitable[object | None]]
    every_seconds: float
    until: datetime


@dataclass(frozen=True, slots=True, eq=False)
class InlineWait:
    """A run waits by itself since this moment of the monotonic clock."""

    since: float


class ParkedWaits:
    """Polls for runs that are parked, and resumes each when there is news.

    So many runs wait by themselves; beyond that a run that has waited for a while is parked. The resumed run looks for
    itself, so what is seen here is never kept: nothing depends on this process living.
    """

    def __init__(self, clock: Clock, cancels: CancelWatch, parking_limits: ParkingLimits) -> None:
        self._clock = clock
        self._cancels = cancels
        self._limits = parking_limits
        self._inline: set[InlineWait] = set()
        self._polled = 0
        self._tasks: Background | None = None
        self._parked: dict[str, ParkedRun] = {}
        self._owners: dict[str, str] = {}
        self._cancelled: set[str] = set()
        self._turns = Turns()
        self._resuming: OrderedDict[str, ParkedRun] = OrderedDict()
        self._underway: dict[str, float] = {}
        self._news = asyncio.Event()

    @property
    def parked_count(self) -> int:
        """How many runs are parked."""
        return len(self._parked)

    def run_started(self, job_id: str) -> None:
        """A run is executed here."""
        self._underway.pop(job_id, None)

    @contextmanager
    def wait_inline(self) -> Iterator[InlineWait]:
        """For as long as a run itself waits."""
        inline_wait = InlineWait(self._clock.monotonic())
        self._inline.add(inline_wait)
        try:
            yield inline_wait
        finally:
            self._inline.discard(inline_wait)

    def should_park(self, inline_wait: InlineWait, until: datetime) -> bool:
        """Whether this run should be parked, never for a short rest; if so, another may wait by itself at once."""
        if self._tasks is None or len(self._inline) <= self._limits.inline_waits:
            return False
        rest_seconds = (until - self._clock.now()).total_seconds()
        waited_seconds = self._clock.monotonic() - inline_wait.since
        if min(waited_seconds, rest_seconds) < self._limits.seconds:
            return False
        self._inline.discard(inline_wait)
        return True

    def park(self, spec: PollSpec, parked: ParkedRun) -> None:
        """Polls in the place of the run."""
        self._parked[parked.job_id] = parked
        self._owners[parked.job_id] = spec.owner
        if self._tasks is None:
            self._return(parked)
            return
        # An empty context, because the one of the run would keep alive what parking is to free.
        contextvars.Context().run(self._tasks.start, self._looking(spec, parked))

    async def run(self) -> None:
        """Sends runs back to work until cancelled; a few at a time, because a run costs far more than a look."""
        async with Background() as tasks:
            for parked in tuple(self._parked.values()):
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

    async def _looking(self, spec: PollSpec, parked: ParkedRun) -> None:
        task = asyncio.current_task()
        if task is None:
            raise asyncio.CancelledError
        self._polled += 1
        try:
            with self._cancels.calling(parked.job_id, partial(self._call_off, parked, task)):
                while parked.held and await self._no_news(spec, parked.job_id):
                    pass
        finally:
            self._polled -= 1
            self._return(parked)

    async def _no_news(self, spec: PollSpec, job_id: str) -> bool:
        left_seconds = (spec.until - self._clock.now()).total_seconds()
        if left_seconds <= 0:
            return False
        await self._clock.sleep(min(spec.every_seconds, left_seconds))
        try:
            return await spec.look() is None
        except NotNow as away:
            # What is away is no news; the run itself would only wait for it too.
            log.info("look_postponed", job_id=job_id, cause=away.code)
            return True
        except StepFailed:
            # What ends the job is news too, which the run meets when it looks for itself.
            return False
        except Exception:
            # The run meets the same fault when it looks for itself, and ends with it.
            log.exception("look_broken", job_id=job_id)
            return False

    def _call_off(self, parked: ParkedRun, looking: asyncio.Task[None]) -> None:
        self._cancelled.add(parked.job_id)
        self._return(parked)
        looking.cancel()

    def _return(self, parked: ParkedRun) -> None:
        self._resuming[parked.job_id] = parked
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
        if not self._resuming:
            self._news.clear()

    def _in_turns(self) -> list[ParkedRun]:
        """Cancelled jobs first, because their owners wait; then one of each owner, the second of each, and so on."""
        before: Counter[str] = Counter()
        order: list[tuple[bool, int, int, int]] = []
        returning = list(self._resuming.values())
        for arrival, parked in enumerate(returning):
            owner = self._owners.get(parked.job_id, "")
            is_cancelled = parked.job_id in self._cancelled
            order.append((not is_cancelled, before[owner], self._turns.last(owner), arrival))
            before[owner] += not is_cancelled
        return [returning[arrival] for *_, arrival in sorted(order)]

    def _forget(self, parked: ParkedRun) -> None:
        if self._resuming.get(parked.job_id) is parked:
            del self._resuming[parked.job_id]
        if self._parked.get(parked.job_id) is parked:
            del self._parked[parked.job_id]
            self._owners.pop(parked.job_id, None)
            self._cancelled.discard(parked.job_id)

    def _places(self) -> int:
        now = self._clock.monotonic()
        self._underway = {job_id: until for job_id, until in self._underway.items() if until > now}
        executed = self._cancels.watched - self._polled - len(self._inline)
        return max(LEAST_RESUMED, MOST_BUSY - executed - len(self._underway))
