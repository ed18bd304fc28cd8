"""DBOS 3.4.0 behind the engine port: orders become runs of one workflow, held by one executor at a time."""

import asyncio
import contextvars
import logging
import threading
import time
from collections.abc import Awaitable, Callable, Collection, Coroutine, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, TypeAlias

import structlog
from dbos import DBOS, DBOSConfig, DBOSPortableJSONSerializer, SetEnqueueOptions, SetWorkflowID
from dbos import Queue as DbosQueue
from dbos._queue import queue_worker_thread
from typing_extensions import override

from app.core.clock import Clock
from app.core.database import DatabaseDown
from app.core.threads import Threads
from app.engine.dbos.context import RunContext
from app.engine.dbos.store import RECOVERY_QUEUE, EngineStore
from app.engine.port import (
    SCHEMA,
    EnginePriority,
    EngineQueue,
    EngineRunner,
    ExecutorId,
    JobEngine,
    JobId,
    JobOrder,
    JsonObject,
    ParkedRun,
    Recorder,
    RunAbandoned,
    RunParked,
    RunState,
    proven_json,
)

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
PRIORITIES = {EnginePriority.NORMAL: 1, EnginePriority.LOW: 10}
IDLE_SECONDS = 10.0
BUSY_SECONDS = 3.0
# News often come in bursts, and each look costs a transaction.
LEAST_SECONDS = 0.1
JOIN_SECONDS = 10.0
# DBOS says these when it does what the port asks of it.
EXPECTED = (
    "Asyncio task cancelled for workflow or step",
    "was cancelled during execution",
    "is no longer owned by this execution",
    "outcome was not recorded",
    "Workflow already exists in queue",
    "Duplicate registration of function",
    "DBOSAwaitedWorkflowCancelledError",
)


@dataclass(frozen=True)
class RunLimits:
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
        self,
        database_url: str,
        executor: ExecutorId,
        *,
        clock: Clock,
        threads: Threads,
        limits: RunLimits | None = None,
    ) -> None:
        self._store = EngineStore(database_url, threads)
        self._executor = executor
        self._clock = clock
        self._threads = threads
        self._limits = limits or RunLimits()
        self._here: dict[JobId, Execution] = {}
        # Parked runs, so that nobody takes them for lost.
        self._parked: dict[JobId, Parked] = {}
        self._polling: Polling | None = None
        self._unattended: frozenset[JobId] = frozenset()
        self._closing = False

    @override
    async def open(self, *, run: EngineRunner, record: Recorder) -> None:
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
        self._parked.pop(job_id, None)

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
        parked = frozenset(self._parked)
        held = await self._store.held(self._executor)
        gone = [job_id for job_id in here if job_id not in held]
        moved = [job_id for job_id, state in (await self._store.states(gone)).items() if state not in OVER]
        for job_id in moved:
            here[job_id].task.cancel()
        for job_id in parked - held:
            self._parked.pop(job_id, None)
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

    async def _execute(self, order: JobOrder, run: EngineRunner, record: Recorder) -> JsonObject:
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
                self._park(order.job_id, queue, parked.then)
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

    def _park(self, job_id: JobId, queue: str, then: Callable[[ParkedRun], None]) -> None:
        release = partial(self._store.resume, self._executor, job_id)
        self._parked[job_id] = parked = Parked(job_id, self._parked, release, partial(self._look_at, queue))
        then(parked)

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

    def _places(self) -> Mapping[EngineQueue, Places]:
        limits = self._limits
        renders_here = min(limits.render_per_worker, limits.render_per_user_here)
        return {
            EngineQueue.REMOTE: Places(limits.remote_per_worker, user=limits.remote_per_user),
            EngineQueue.RENDER: Places(limits.render_per_worker, user_here=renders_here),
            EngineQueue.LIGHT: Places(limits.light_per_worker, user_here=limits.light_per_user_here),
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


class Parked(ParkedRun):
    """One stay of a run that is not executed for a while; in the store it looks like any other run of its executor."""

    __slots__ = ("_here", "_job_id", "_release", "_resumed")

    def __init__(
        self,
        job_id: JobId,
        here: dict[JobId, "Parked"],
        release: Callable[[], Awaitable[object]],
        resumed: Callable[[], None],
    ) -> None:
        self._job_id = job_id
        self._here = here
        self._release = release
        self._resumed = resumed

    @property
    @override
    def job_id(self) -> JobId:
        return self._job_id

    @property
    @override
    def held(self) -> bool:
        return self._here.get(self._job_id) is self

    @override
    async def resume(self) -> None:
        if not self.held:
            return
        del self._here[self._job_id]
        try:
            await self._release()
        except BaseException:
            # It stays parked when the store cannot be reached.
            self._here.setdefault(self._job_id, self)
            raise
        self._resumed()


class Pause(threading.Event):
    """The stop event of one queue's thread, whose timeout ends early on news and late without any."""

    def __init__(self, *, idle_seconds: float = IDLE_SECONDS, busy_seconds: float = BUSY_SECONDS) -> None:
        super().__init__()
        self._idle_seconds = idle_seconds
        self._busy_seconds = busy_seconds
        self._changed = threading.Condition()
        self._has_news = True
        self._busy_until = time.monotonic() + busy_seconds

    def shorten(self) -> None:
        """Ends the pause that goes on, and keeps the next ones short."""
        with self._changed:
            self._has_news = True
            self._busy_until = time.monotonic() + self._busy_seconds
            self._changed.notify_all()

    @override
    def set(self) -> None:
        super().set()
        with self._changed:
            self._changed.notify_all()

    @override
    def wait(self, timeout: float | None = None) -> bool:
        """Whether the thread must stop, asked after its pause."""
        begun = time.monotonic()
        with self._changed:
            while not self.is_set():
                now = time.monotonic()
                left = begun + self._pause_seconds(timeout or self._idle_seconds, now) - now
                if left <= 0:
                    break
                self._changed.wait(left)
            self._has_news = False
        return self.is_set()

    def _pause_seconds(self, short_seconds: float, now: float) -> float:
        if self._has_news:
            return LEAST_SECONDS
        return short_seconds if now < self._busy_until else max(self._idle_seconds, short_seconds)


class Polling:
    """When the threads of DBOS look for work: at once after news, every second for a while, then seldom.

    No public name of DBOS 3.4.0 lets a queue be looked at before its pause has passed. Its threads are run as they are,
    with an event of ours where they expect the one that stops them; a contract test holds what is used here.
    """

    def __init__(self, dbos: DBOS) -> None:
        self._dbos = dbos
        self._pauses: dict[str, Pause] = {}
        self._threads: list[threading.Thread] = []

    def take_over(self, queues: Iterable[DbosQueue]) -> None:
        """Ends the threads of DBOS that ask the database every second, and begins ours."""
        # These end the queues' threads with their manager, and what moves delayed runs and times runs out.
        for stop in (*self._dbos.background_thread_stop_events, self._dbos._background_jobs_stop_event):
            stop.set()
        for queue in (*queues, self._dbos._registry.get_internal_queue()):
            pause = self._pauses[queue.name] = Pause()
            name = f"queue-{queue.name}"
            thread = threading.Thread(
                target=queue_worker_thread, args=(pause, self._dbos, queue), name=name, daemon=True
            )
            self._threads.append(thread)
            thread.start()

    def look_at(self, queue: str) -> None:
        """There is news in a queue, or a place for what waits in it."""
        if queue in self._pauses:
            self._pauses[queue].shorten()

    def look(self) -> None:
        """There are news in some queue."""
        for pause in self._pauses.values():
            pause.shorten()

    def stop(self) -> None:
        """Ends the threads; blocks until they have, or for long enough."""
        for pause in self._pauses.values():
            pause.set()
        deadline = time.monotonic() + JOIN_SECONDS
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))


class EngineLogFilter(logging.Filter):
    """Drops what is expected; of the rest it names the fault instead of showing a stack of DBOS."""

    @override
    def filter(self, record: logging.LogRecord) -> bool:
        said = record.getMessage()
        if record.exc_info and record.exc_info[0] is not None:
            said = f"{said} {record.exc_info[0].__name__}"
        record.msg, record.args = said, ()
        record.exc_info = record.exc_text = None
        return not any(words in said for words in EXPECTED)


def quieten() -> None:
    """Sends the lines of DBOS through the log of this service; may be called again."""
    logger = logging.getLogger("dbos")
    logger.propagate = True
    # With a handler of ours in place DBOS does not add one that writes past the redaction.
    if not logger.handlers:
        logger.addHandler(logging.NullHandler())
    if not any(isinstance(known, EngineLogFilter) for known in logger.filters):
        logger.addFilter(EngineLogFilter())
