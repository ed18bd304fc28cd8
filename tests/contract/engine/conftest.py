"""A host with an open engine of each kind, and runners made of small pieces."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import datetime, timedelta

import pytest
from sqlalchemy import Engine, create_engine, make_url

from app.core.clock import SystemClock
from app.core.threads import Threads
from app.engine.dbos import DbosEngine, RunLimits
from app.engine.port import (
    EnginePriority,
    EngineQueue,
    JobContext,
    JobEngine,
    JobId,
    JobOrder,
    JsonObject,
    RunEvent,
    RunState,
)
from tests.doubles.engine import MemoryEngine

Handler = Callable[[JobContext], Awaitable[JsonObject | None]]


class Host:
    """An open engine whose runner does what a test says."""

    def __init__(self, engine: JobEngine) -> None:
        self.engine = engine
        self.clock = SystemClock()
        self.handlers: dict[str, Handler] = {}
        self.events: list[RunEvent] = []
        self.begun: list[JobId] = []

    async def open(self) -> None:
        await self.engine.open(run=self._run, record=self._record)

    async def start(
        self,
        handler: Handler,
        *,
        queue: EngineQueue | None = None,
        partition: str = "user",
        priority: EnginePriority = EnginePriority.NORMAL,
    ) -> JobId:
        job_id = self.clock.new_id()
        self.handlers[job_id] = handler
        await self.engine.start(self.order(job_id, queue=queue, partition=partition, priority=priority))
        return job_id

    def order(
        self, job_id: JobId, *, queue: EngineQueue | None = None, partition: str = "user", priority: EnginePriority
    ) -> JobOrder:
        return JobOrder(
            job_id=job_id, kind="test", queue=queue, partition=partition, priority=priority, payload={"for": job_id}
        )

    async def state(self, job_id: JobId) -> RunState | None:
        return (await self.engine.known([job_id])).get(job_id)

    async def ended(self, *job_ids: JobId, seconds: float = 10.0) -> None:
        async with asyncio.timeout(seconds):
            for job_id in job_ids:
                while await self.state(job_id) is not RunState.ENDED:
                    await asyncio.sleep(0.01)

    async def until(self, true: Callable[[], bool], seconds: float = 10.0) -> None:
        async with asyncio.timeout(seconds):
            while not true():
                await asyncio.sleep(0.005)

    def soon(self, seconds: float = 60.0) -> datetime:
        return self.clock.now() + timedelta(seconds=seconds)

    async def _run(self, job_id: JobId, context: JobContext) -> JsonObject | None:
        self.begun.append(job_id)
        assert context.order.payload == {"for": job_id}
        return await self.handlers[job_id](context)

    async def _record(self, event: RunEvent) -> None:
        if (event.job_id, event.key) not in {(said.job_id, said.key) for said in self.events}:
            self.events.append(event)


@pytest.fixture
async def engine_threads() -> AsyncIterator[Threads]:
    threads = Threads(4, name="engine-test")
    yield threads
    threads.close()


@pytest.fixture(params=["memory", "sqlite", "postgres"])
def engine_url(request: pytest.FixtureRequest) -> str:
    """A migrated database of either kind, or nothing for the engine in memory."""
    fixtures = {"memory": "", "sqlite": "sqlite_url", "postgres": "postgres_database_url"}
    name = fixtures[request.param]
    url: str = request.getfixturevalue(name) if name else ""
    return url


@pytest.fixture
async def host(engine_url: str, engine_threads: Threads) -> AsyncIterator[Host]:
    """A host on each kind of engine."""
    opened = durable_host(engine_url, engine_threads) if engine_url else Host(MemoryEngine())
    await opened.open()
    yield opened
    await opened.engine.close()


@pytest.fixture
async def durable(database_url: str, engine_threads: Threads) -> AsyncIterator[Host]:
    """A host on each kind of database."""
    opened = durable_host(database_url, engine_threads)
    await opened.open()
    yield opened
    await opened.engine.close()


@pytest.fixture
def store(database_url: str) -> Engine:
    """The engine's own store, seen from outside."""
    url = make_url(database_url)
    if url.get_backend_name() == "sqlite":
        return create_engine(f"sqlite:///{str(url.database).replace('.db', '.engine.db')}")
    return create_engine(url.set(drivername="postgresql+psycopg"))


def durable_host(url: str, threads: Threads, *, remote_per_worker: int = 1000) -> Host:
    clock = SystemClock()
    limits = RunLimits(remote_per_worker=remote_per_worker, remote_per_user=2, render_per_worker=1, drain_seconds=2)
    return Host(DbosEngine(url, f"test-{clock.new_id()}", clock=clock, threads=threads, limits=limits))
