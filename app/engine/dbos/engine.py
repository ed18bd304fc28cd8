"""DBOS 3.4.0 behind the engine port: orders become runs of one workflow, held by one executor at a time."""

import asyncio
import contextvars
import threading
from collections.abc import Callable, Collection, Coroutine, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, TypeAlias

import structlog
from dbos import DBOS, DBOSConfig, DBOSPortableJSONSerializer, SetEnqueueOptions, SetWorkflowID
from typing_extensions import override

from app.core.clock import Clock
from app.core.database import DatabaseDown
from app.core.threads import Threads
from app.engine.dbos.context import RunContext
from app.engine.dbos.parking import Parking
from app.engine.dbos.polling import Polling
from app.engine.dbos.quiet import quieten
from app.engine.dbos.store import RECOVERY_QUEUE, EngineStore
from app.engine.port import (
    SCHEMA,
    ExecutorId,
    JobEngine,
    JobId,
    JobOrder,
    JsonObject,
    Priority,
    Queue,
    Recorder,
    RunAbandoned,
    Runner,
    RunParked,
    RunState,
    proven_json,
)

__all__ = ["DbosEngine", "Limits"]

log = structlog.get_logger(__name__)

Workflow: TypeAlias = Callable[[JsonObject], Coroutine[Any, Any, JsonObject]]

APPLICATION = "ai-video-creator"
VERSION = "1"
WORKFLOW = "job.v1"
THREADS = 16
POLL_SECONDS = 1.0
STOP_SECONDS = 5.0
DESTROY_SECONDS = 15.0
OVER = frozenset({RunState.ENDED, RunState.GIVEN_UP})
PRIORITIES = {Priority.NORMAL: 1, Priority.LOW: 10}


@dataclass(frozen=True)
class Limits:
    """How many queued runs may go on at once, and how many lives in a row may bring a run nowhere.

    A parked run goes on elsewhere: it counts for its user and for no worker. Each queue has places of a user, so that
    nobody's burst fills it; of renders a worker takes one ahead for each user, and its runner lets them in by turns.
    """

    remote_per_worker: int = 1000
    remote_per_user: int = 8
    render_per_worker: int = 32
    render_per_user_here: int = 2
    light_per_worker: int = 32
    light_per_user_here: int = 8
    drain_seconds: float = 10.0
    fruitless_lives: int = 30


@dataclass(frozen=True)
class Places:
    """How many runs of a queue a worker may hold, a user in all workers together, and a user in one worker."""

    worker: int
    user: int | None = None
    user_here: int | None = None


@dataclass(eq=False)
class Execution:
    """A run that is being executed here."""

    context: RunContext
    task: asyncio.Task[Any]


class DbosEngine(JobEngine):
    """One per process, because DBOS is one per process; whoever opens it closes it."""

    def __init__(
        self, database_url: str, executor: ExecutorId, *, clock: Clock, threads: Threads, limits: Limits | None = None
    ) -> None:
        self._store = EngineStore(database_url, threads)
        self._executor = executor
        self._clock = clock
        self._threads = threads
        self._limits = limits or Limits()
        self._here: dict[JobId, Execution] = {}
        self._parking = Parking(self._store, executor)
        self._polling: Polling | None = None
        self._unattended: frozenset[JobId] = frozenset()
        self._closing = False

    @override
    async def open(self, *, run: Runner, record: Recorder) -> None:
        async def job(stored: JsonObject) -> JsonObject:
            return await self._execute(JobOrder.model_validate(stored), run, record)

        quieten()
        dbos = DBOS(config=self._config())
        if DBOS.executor_id != self._executor:
            message = "this process has an open engine already"
            raise RuntimeError(message)
        try:
            await self._launch(dbos, job)
        except BaseException:
            await self._destroyed()
            self._store.close()
            raise

    @override
    async def start(self, order: JobOrder) -> None:
        await self._store.ping()
        # An empty context, because a run started by another run would become its child.
        await contextvars.Context().run(asyncio.ensure_future, self._start(order))
        if order.queue is not None:
            self._look_at(order.queue.value)

    @override
    async def cancel(self, job_id: JobId) -> None:
        await self._store.ping()
        await self._threads.run(contextvars.Context().run, DBOS.cancel_workflow, job_id)
        self._parking.forget([job_id])

    @override
    async def known(self, job_ids: Sequence[JobId]) -> Mapping[JobId, RunState]:
        return await self._store.states(job_ids)

    @override
    async def owners(self) -> frozenset[ExecutorId]:
        return await self._store.owners()

    @override
    async def recover(self, dead: Collection[ExecutorId]) -> int:
        others = sorted(set(dead) - {self._executor})
        recovered = await self._store.put_back(others, self._clock.now()) if others else 0
        if recovered:
            log.warning("runs_recovered", count=recovered, executors=others)
        if await self._store.anything_waits(self._clock.now()):
            self._look()
        return recovered

    @override
    async def reconcile(self) -> int:
        here = dict(self._here)
        parked = self._parking.job_ids()
        held = await self._store.held(self._executor)
        gone = [job_id for job_id in here if job_id not in held]
        moved = [job_id for job_id, state in (await self._store.states(gone)).items() if state not in OVER]
        for job_id in moved:
            here[job_id].task.cancel()
        self._parking.forget(parked - held)
        unattended = frozenset(job_id for job_id in held - parked if job_id not in self._here)
        # Twice in a row, because a run that has just been taken is not here for a moment.
        strays = sorted(unattended & self._unattended)
        self._unattended = unattended
        put_back = await self._store.put_back([self._executor], self._clock.now(), strays) if strays else 0
        if moved or put_back:
            log.warning("runs_reconciled", lost=len(moved), put_back=put_back)
            self._look()
        return len(moved) + put_back

    @override
    async def prune(self, ended_before: datetime) -> int:
        return await self._store.prune(ended_before)

    @override
    async def close(self) -> None:
        self._closing = True
        for execution in self._here.values():
            execution.context.closing = True
            if not execution.context.in_step:
                execution.task.cancel()
        await self._ended_within(self._limits.drain_seconds)
        for execution in self._here.values():
            execution.task.cancel()
        await self._ended_within(STOP_SECONDS)
        self._store.let_go()
        if await self._destroyed():
            await self._hand_back()
        # DBOS made its own pool the loop's and has shut it down; whoever goes on in this loop needs one.
        asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(thread_name_prefix="avc-loop"))
        self._store.close()

    async def _launch(self, dbos: DBOS, job: Workflow) -> None:
        # DBOS gives a run up at the claim after its first and these further lives.
        further = self._limits.fruitless_lives - 1
        self._workflow: Workflow = DBOS.workflow(name=WORKFLOW, max_recovery_attempts=further)(job)
        # DBOS runs its workflows on the loop in which it is launched.
        DBOS.launch()
        registered = [
            await DBOS.register_queue_async(
                queue.value,
                worker_concurrency=places.worker,
                partition_concurrency=places.user,
                partition_worker_concurrency=places.user_here,
                polling_interval_sec=POLL_SECONDS,
                on_conflict="always_update",
            )
            for queue, places in self._places().items()
        ]
        self._polling = Polling(dbos)
        self._polling.take_over(registered)
        self._store.wait_for_connections()

    async def _hand_back(self) -> None:
        try:
            await self._store.hand_back(self._executor)
        except DatabaseDown as down:
            # Others take these runs up when the lease of this executor has run out.
            log.warning("runs_not_handed_back", executor=self._executor, cause=down.code)

    async def _start(self, order: JobOrder) -> None:
        stored = proven_json(order.model_dump(mode="json"), of="order")
        if order.queue is None:
            with SetWorkflowID(order.job_id):
                await DBOS.start_workflow_async(self._workflow, stored)
            return
        partition = order.partition or "nobody"
        wishes = SetEnqueueOptions(priority=PRIORITIES[order.priority], queue_partition_key=partition)
        with SetWorkflowID(order.job_id), wishes:
            await DBOS.enqueue_workflow_async(order.queue.value, self._workflow, stored)

    async def _execute(self, order: JobOrder, run: Runner, record: Recorder) -> JsonObject:
        task = asyncio.current_task()
        if self._closing or task is None:
            raise asyncio.CancelledError
        earlier = self._here.get(order.job_id)
        if earlier is not None:
            # This executor lost the run and has been given it again.
            earlier.task.cancel()
        queue = RECOVERY_QUEUE if order.queue is None else order.queue.value
        # Its place is free when DBOS has written how it ended.
        task.add_done_callback(lambda _: self._look_at(queue))
        execution = Execution(RunContext(order, record, self._clock, self._outlived), task)
        self._here[order.job_id] = execution
        try:
            return {"outcome": proven_json(await run(order.job_id, execution.context), of="outcome")}
        except RunParked as parked:
            if not self._closing:
                self._parking.park(order.job_id, parked.then, partial(self._look_at, queue))
            raise asyncio.CancelledError from None
        except RunAbandoned as gone:
            log.warning("run_abandoned", job_id=order.job_id, kind=order.kind)
            raise asyncio.CancelledError from gone
        except Exception as broken:
            log.exception("run_broken", job_id=order.job_id, kind=order.kind)
            return {"failure": {"code": "internal", "text": type(broken).__name__, "retryable": False}}
        finally:
            if self._here.get(order.job_id) is execution:
                del self._here[order.job_id]

    def _look_at(self, queue: str) -> None:
        if self._polling is not None:
            self._polling.look_at(queue)

    def _look(self) -> None:
        if self._polling is not None:
            self._polling.look()

    async def _outlived(self, job_id: JobId) -> None:
        if await self._store.forgive(job_id, self._executor):
            log.info("run_outlived_its_deaths", job_id=job_id)

    async def _ended_within(self, seconds: float) -> None:
        tasks = [execution.task for execution in self._here.values()]
        if tasks:
            await asyncio.wait(tasks, timeout=seconds)

    async def _destroyed(self) -> bool:
        """Stops the threads of DBOS, in a thread of its own, because that blocks; says whether it came to its end."""
        over = threading.Event()

        def destroy() -> None:
            if self._polling is not None:
                self._polling.stop()
            DBOS.destroy(destroy_registry=True)
            over.set()

        worker = threading.Thread(target=destroy, name="engine-close", daemon=True)
        worker.start()
        await self._threads.run(worker.join, DESTROY_SECONDS)
        if not over.is_set():
            log.error("engine_close_timed_out", seconds=DESTROY_SECONDS)
        return over.is_set()

    def _places(self) -> Mapping[Queue, Places]:
        limits = self._limits
        renders_here = min(limits.render_per_worker, limits.render_per_user_here)
        return {
            Queue.REMOTE: Places(limits.remote_per_worker, user=limits.remote_per_user),
            Queue.RENDER: Places(limits.render_per_worker, user_here=renders_here),
            Queue.LIGHT: Places(limits.light_per_worker, user_here=limits.light_per_user_here),
        }

    def _config(self) -> DBOSConfig:
        return DBOSConfig(
            name=APPLICATION,
            application_version=VERSION,
            executor_id=self._executor,
            system_database_engine=self._store.engine,
            dbos_system_schema=SCHEMA,
            serializer=DBOSPortableJSONSerializer(),
            max_executor_threads=THREADS,
            use_listen_notify=False,
            enable_otlp=False,
            log_level="WARNING",
            scheduler_polling_interval_sec=3600.0,
            # It reads nothing without listeners, and closing waits for its sleep to end.
            notification_listener_polling_interval_sec=0.2,
        )
