"""Level-triggered start of queued rows, the audit of rows against the engine, and kinds that come round."""

from collections.abc import Sequence
from datetime import timedelta

import structlog

from app.accounts.domain import SYSTEM_ACCOUNT
from app.core.errors import NotNow
from app.core.pagination import Cursor, Window
from app.core.tasks import beat
from app.engine.port import EnginePriority, EngineQueue, JobEngine, JobOrder, RunState
from app.jobs.domain import JobFailure, JobView
from app.jobs.errors import QueueFull, TooManyJobs
from app.jobs.handlers import Handlers
from app.jobs.queue import DISPATCH_TOPIC, JobQueue, Order
from app.jobs.repository import JobRepository, PendingStart
from app.jobs.settlement import Settlement
from app.resources import Resources

log = structlog.get_logger(__name__)
BUSY_TICK_SECONDS = 1.0
IDLE_TICK_SECONDS = 10.0
BATCH = 200
# Few at once, so that whoever comes while a burst is started is among the next.
STARTED_TOGETHER = 20
AUDIT_EVERY = timedelta(seconds=60)
AUDIT_AGE = timedelta(seconds=60)
TOO_LATE = JobFailure(
    "job.start_timeout", "No worker was free before the start deadline. Nothing was charged.", retryable=True
)
ENGINE_LOST = JobFailure("internal.engine", "The work stopped without a result. It can be retried.", retryable=True)
KEPT_DYING = JobFailure(
    "job.kept_dying",
    "Every worker that took this work up died of it, many times in a row, so it is not tried again by itself.",
    hint="Give the job's id to the operator; what was paid for is kept, and a retry would use it.",
)
LOST = {RunState.ENDED: ENGINE_LOST, RunState.GIVEN_UP: KEPT_DYING}
SCHEDULE_TICK_SECONDS = 30.0


class Dispatcher:
    """Every worker runs one; starting a job twice has no effect, so they need not agree."""

    def __init__(self, resources: Resources, engine: JobEngine, settlement: Settlement) -> None:
        self._resources = resources
        self._clock = resources.clock
        self._engine = engine
        self._settlement = settlement
        self._audit_due = self._clock.now()
        self._audited_up_to: Cursor | None = None

    async def run(self) -> None:
        """Ticks on every ring, at every deadline and now and then until cancelled."""
        with self._resources.notifier.subscribe(DISPATCH_TOPIC) as ring:
            while True:
                pause_seconds = BUSY_TICK_SECONDS
                try:
                    await self.tick()
                    pause_seconds = await self._pause_seconds()
                except NotNow as away:
                    log.warning("dispatch_postponed", cause=away.code)
                beat(pause_seconds)
                await self._resources.notifier.wait(ring, pause_seconds)

    async def tick(self) -> int:
        """Starts what waits, fails what is too late, audits now and then; says how many it started."""
        await self._fail_overdue()
        started = 0
        while batch := await self._pending():
            for pending in batch:
                await self._start(pending)
                beat(BUSY_TICK_SECONDS)
            started += len(batch)
        if self._clock.now() >= self._audit_due:
            await self.audit()
            if self._audited_up_to is None:
                self._audit_due = self._clock.now() + AUDIT_EVERY
        return started

    async def audit(self) -> None:
        """Compares the next page of unfinished rows with what the engine knows of them; after the last comes the first.

        A tick audits one page, so that a long round holds up no start.
        """
        window = Window(limit=BATCH, after=self._audited_up_to)
        async with self._resources.database.reading() as session:
            page = await JobRepository(session, self._clock).dispatched_before(self._clock.now() - AUDIT_AGE, window)
        await self._compare(page.items)
        self._audited_up_to = page.next

    async def _compare(self, rows: Sequence[JobView]) -> None:
        known = await self._engine.known([job.id for job in rows])
        missing = [job.id for job in rows if job.id not in known]
        if missing:
            log.warning("runs_missing", count=len(missing))
            async with self._resources.database.unit_of_work() as session:
                await JobRepository(session, self._clock).forget_dispatch(missing)
                await self._resources.notifier.notify(session, DISPATCH_TOPIC)
        for job in rows:
            failure = LOST.get(known.get(job.id, RunState.RUNNING))
            if failure is not None:
                await self._settle_lost(job, failure)

    async def _pause_seconds(self) -> float:
        """How long nothing is due, as far as is known here."""
        async with self._resources.database.reading() as session:
            deadline = await JobRepository(session, self._clock).next_deadline()
        due = self._audit_due if deadline is None else min(deadline, self._audit_due)
        left = (due - self._clock.now()).total_seconds()
        return min(max(left, BUSY_TICK_SECONDS), IDLE_TICK_SECONDS)

    async def _settle_lost(self, job: JobView, failure: JobFailure) -> None:
        async with self._resources.database.unit_of_work() as session:
            if job.cancel_requested:
                await self._settlement.cancel(session, job)
            else:
                await self._settlement.fail(session, job, failure)

    async def _pending(self) -> list[PendingStart]:
        async with self._resources.database.reading() as session:
            return list(await JobRepository(session, self._clock).to_start(STARTED_TOGETHER))

    async def _start(self, pending: PendingStart) -> None:
        await self._engine.start(
            JobOrder(
                job_id=pending.id,
                kind=pending.kind,
                queue=None if pending.direct else EngineQueue(pending.lane.value),
                partition=pending.owner_id,
                priority=EnginePriority(pending.priority.value),
            )
        )
        async with self._resources.database.unit_of_work() as session:
            await JobRepository(session, self._clock).mark_dispatched(pending.id, self._clock.now())

    async def _fail_overdue(self) -> None:
        async with self._resources.database.reading() as session:
            overdue = await JobRepository(session, self._clock).overdue(self._clock.now(), BATCH)
        for job in overdue:
            async with self._resources.database.unit_of_work() as session:
                await self._settlement.fail(session, job, TOO_LATE)


class Schedule:
    """Level-triggered: a kind is due when its last job is older than its period."""

    def __init__(self, resources: Resources, handlers: Handlers) -> None:
        self._resources = resources
        self._clock = resources.clock
        self._due = {
            kind: (handler.lane, handler.every)
            for kind, handler in handlers.kinds().items()
            if handler.every is not None
        }

    async def run(self) -> None:
        """Ticks until cancelled."""
        while True:
            try:
                await self.tick()
            except (NotNow, QueueFull, TooManyJobs) as later:
                log.warning("schedule_postponed", cause=later.code)
            beat(SCHEDULE_TICK_SECONDS)
            await self._clock.sleep(SCHEDULE_TICK_SECONDS)

    async def tick(self) -> int:
        """Starts what is due; says how many."""
        started = 0
        for kind, (lane, every) in self._due.items():
            async with self._resources.database.unit_of_work() as session:
                last = await JobRepository(session, self._clock).newest_start(kind)
                if last is not None and self._clock.now() - last < (every or timedelta.max):
                    continue
                order = Order(owner_id=SYSTEM_ACCOUNT, kind=kind, lane=lane, params={}, same_work=kind)
                _, new = await JobQueue(session, self._resources).enqueue(order)
                started += new
        return started
