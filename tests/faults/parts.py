"""Parts of a worker that announce where they are: database, engine, steps and budget, each around the real one."""

from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from contextvars import ContextVar
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from app.core.clock import SystemClock
from app.core.database import Database
from app.engine.leases import Lease, new_executor_id
from app.engine.port import (
    NEVER,
    EngineRunner,
    ExecutorId,
    JobContext,
    JobEngine,
    JobId,
    JobOrder,
    JsonObject,
    Recorder,
    Retries,
    RunState,
    StepFailed,
)
from app.jobs.attempts import CallBudget
from app.jobs.domain import AttemptView, JobView
from app.jobs.persistence import PaidAnswer, Spool, SpooledAnswer
from app.jobs.settlement import JobRuntime
from app.resources import Resources
from app.worker import WorkerParts
from tests.faults.points import Points, place

_units: ContextVar[dict[str, int]] = ContextVar("units")


class WatchedDatabase(Database):
    """The same engines and the same lock; says when a unit of work is about to commit and when it has."""

    def __init__(self, inner: Database, points: Points) -> None:
        self.url = inner.url
        self.writer, self.reader = inner.writer, inner.reader
        self._points = points

    @asynccontextmanager
    async def unit_of_work(self) -> AsyncIterator[AsyncSession]:
        counted = _units.get({})
        counted[place.get()] = counted.get(place.get(), 0) + 1
        name = f"{place.get()}.unit{counted[place.get()]}"
        async with super().unit_of_work() as session:
            yield session
            self._points.reach(f"{name}.before_commit")
        self._points.reach(f"{name}.after_commit")


class WatchedContext(JobContext):
    """Says before a step, after its call but before its record, and after its record."""

    def __init__(self, inner: JobContext, points: Points) -> None:
        self._inner = inner
        self._points = points

    @property
    def order(self) -> JobOrder:
        return self._inner.order

    async def step(self, name: str, call: Callable[..., Awaitable[Any]], *args: Any, retries: Retries = NEVER) -> Any:
        told = self._told(name, call, lambda _result: True)
        return await self._within(name, lambda: self._inner.step(name, told, *args, retries=retries))

    async def wait(
        self, name: str, look: Callable[..., Awaitable[Any]], *args: Any, every_seconds: float, until: datetime
    ) -> Any:
        told = self._told(name, look, lambda found: found is not None)
        return await self._within(
            name, lambda: self._inner.wait(name, told, *args, every_seconds=every_seconds, until=until)
        )

    async def alive(self) -> None:
        await self._inner.alive()

    async def emit(self, event: str, facts: JsonObject) -> None:
        await self._inner.emit(event, facts)

    async def _within(self, name: str, act: Callable[[], Awaitable[Any]]) -> Any:
        before = place.set(name)
        self._points.reach(f"{name}.before")
        try:
            result = await act()
        except StepFailed:
            self._points.reach(f"{name}.after")
            raise
        finally:
            place.reset(before)
        self._points.reach(f"{name}.after")
        return result

    def _told(
        self, name: str, call: Callable[..., Awaitable[Any]], is_last: Callable[[Any], bool]
    ) -> Callable[..., Awaitable[Any]]:
        async def calling(*args: Any) -> Any:
            place.set(name)
            try:
                result = await call(*args)
            except StepFailed:
                self._points.reach(f"{name}.unrecorded")
                raise
            if is_last(result):
                self._points.reach(f"{name}.unrecorded")
            return result

        return calling


class WatchedEngine(JobEngine):
    """Says when runs are started and recovered."""

    def __init__(self, inner: JobEngine, points: Points) -> None:
        self._inner = inner
        self._points = points

    async def open(self, *, run: EngineRunner, record: Recorder) -> None:
        await self._inner.open(run=run, record=record)
        self._points.reach("engine.opened")

    async def start(self, order: JobOrder) -> None:
        self._points.reach("start.before")
        await self._inner.start(order)
        self._points.reach("start.after")

    async def cancel(self, job_id: JobId) -> None:
        await self._inner.cancel(job_id)

    async def known(self, job_ids: Sequence[JobId]) -> Mapping[JobId, RunState]:
        return await self._inner.known(job_ids)

    async def owners(self) -> frozenset[ExecutorId]:
        return await self._inner.owners()

    async def recover(self, dead: Collection[ExecutorId]) -> int:
        if not dead:
            return await self._inner.recover(dead)
        self._points.reach("recover.before")
        recovered = await self._inner.recover(dead)
        self._points.reach("recover.after")
        return recovered

    async def reconcile(self) -> int:
        return await self._inner.reconcile()

    async def prune(self, ended_before: datetime) -> int:
        return await self._inner.prune(ended_before)

    async def close(self) -> None:
        await self._inner.close()


class WatchedBudget(CallBudget):
    """Says when money is about to be booked and when it is, within the transaction."""

    def __init__(self, inner: CallBudget, points: Points) -> None:
        self._inner = inner
        self._points = points

    async def draw(self, session: AsyncSession, job: JobView, attempt: AttemptView) -> None:
        self._points.reach("budget.draw.before")
        await self._inner.draw(session, job, attempt)
        self._points.reach("budget.draw.after")

    async def settle(self, session: AsyncSession, job: JobView, attempt: AttemptView, micro_usd: int) -> None:
        self._points.reach("budget.settle.before")
        await self._inner.settle(session, job, attempt, micro_usd)
        self._points.reach("budget.settle.after")

    async def charge(self, session: AsyncSession, job: JobView, attempt: AttemptView, micro_usd: int) -> None:
        await self._inner.charge(session, job, attempt, micro_usd)

    async def release(self, session: AsyncSession, job: JobView, attempt: AttemptView) -> None:
        await self._inner.release(session, job, attempt)

    async def close(self, session: AsyncSession, job: JobView) -> None:
        self._points.reach("budget.close.before")
        await self._inner.close(session, job)
        self._points.reach("budget.close.after")


class WatchedSpool(Spool):
    """Says when a paid answer lies on the disk and nowhere else."""

    def __init__(self, resources: Resources, points: Points) -> None:
        super().__init__(resources.settings.storage.storage_path, resources.threads)
        self._points = points

    async def save(self, answer: PaidAnswer) -> SpooledAnswer:
        spooled = await super().save(answer)
        self._points.reach("answer.spooled")
        return spooled


class WatchedParts(WorkerParts):
    """The real worker with every part announced, a short lease and short pauses."""

    reap_seconds = 0.2
    sweep_seconds = 0.2

    def __init__(self, points: Points, ttl_seconds: float) -> None:
        self._points = points
        self._ttl_seconds = ttl_seconds
        self.executor = new_executor_id(SystemClock())

    def lease(self, resources: Resources) -> Lease:
        return Lease(resources.database, SystemClock(), self.executor, ttl_seconds=self._ttl_seconds)

    def engine(self, resources: Resources, lease: Lease) -> JobEngine:
        return WatchedEngine(super().engine(resources, lease), self._points)

    def budget(self, resources: Resources) -> CallBudget:
        return WatchedBudget(super().budget(resources), self._points)

    def spool(self, resources: Resources) -> Spool:
        return WatchedSpool(resources, self._points)

    def runner(self, resources: Resources, runtime: JobRuntime) -> EngineRunner:
        self._points.reach("lease.taken")
        inner = super().runner(resources, runtime)

        async def run(job_id: JobId, context: JobContext, /) -> JsonObject | None:
            place.set("run")
            _units.set({})
            self._points.reach("run.before")
            result = await inner(job_id, WatchedContext(context, self._points))
            self._points.reach("run.after")
            return result

        return run
