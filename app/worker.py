"""Runs engine, dispatcher, reaper and webhook delivery in one TaskGroup; lists every job handler once."""

import asyncio
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from datetime import datetime
from typing import Any

import structlog

from app.accounts.service import AccountClosing
from app.assembly.jobs import AssembleFilm, EditMedia, PrepareSound, SweepCuts
from app.core.database import Session
from app.core.errors import NotNow
from app.core.settings import Settings
from app.core.startup import database_answers
from app.core.tasks import Background, Supervision, beat
from app.core.telemetry import open_telemetry
from app.engine.leases import Lease, Reaper, new_executor_id
from app.engine.port import EngineRunner, JobEngine
from app.frames.jobs import MakeFrames, SweepCandidates
from app.generation.jobs import SweepTakes, TakeSegment
from app.jobs.attempts import CallBudget
from app.jobs.dispatcher import Dispatcher, Schedule
from app.jobs.handlers import JobHandler
from app.jobs.jobs import SweepJobs
from app.jobs.persistence import Spool
from app.jobs.queue import QueueMetrics
from app.jobs.runner import JobRecorder, JobRunner
from app.jobs.settlement import JobControl, JobRuntime
from app.jobs.waiting import ParkingLimits
from app.library.jobs import SweepLibrary
from app.narration.jobs import CloneVoice, DesignVoice, NarrateSegment, PreviewVoice, WatchVoices
from app.notifications.delivery import WebhookPoster, WebhookSender
from app.notifications.jobs import ResealSecrets, SendMail, SendNotice
from app.notifications.mails import owner_notices
from app.notifications.service import WebhookService
from app.notifications.stream import EventHub
from app.pieces.jobs import ComposeMusic, DrawPicture
from app.planning.jobs import CreatePlan
from app.production.jobs import EraseProjects, ProduceFilm, ProduceSegment, ProduceSegments
from app.production.movies.jobs import ProduceMovie
from app.resources import Resources, job_engine, open_resources
from app.shows.jobs import SweepShows, show_handlers
from app.usage.ledger import LedgerBudget

log = structlog.get_logger(__name__)
Prune = Callable[[datetime], Awaitable[int]]
HandlerMaker = Callable[[Resources, Prune], Sequence[JobHandler[Any]]]
REAP_SECONDS = 2.0
WATCH_SECONDS = 15.0
SWEEP_SECONDS = 5.0
# A round asks vendors for their lists.
ROUND_SECONDS = 120.0


def job_handlers(resources: Resources, prune: Prune) -> Sequence[JobHandler[Any]]:
    """Every kind of job of this service."""
    return (
        SweepJobs(prune, LedgerBudget(resources).forget_past_days),
        SendMail(),
        SendNotice(),
        ResealSecrets(),
        SweepLibrary(resources),
        SweepCuts(resources),
        CreatePlan(resources),
        NarrateSegment(),
        CloneVoice(resources),
        DesignVoice(),
        PreviewVoice(),
        WatchVoices(resources),
        MakeFrames(),
        SweepCandidates(resources),
        TakeSegment(resources),
        PrepareSound(),
        AssembleFilm(resources),
        DrawPicture(),
        ComposeMusic(),
        EditMedia(),
        ProduceFilm(resources),
        ProduceSegments(resources),
        ProduceSegment(resources),
        ProduceMovie(),
        SweepTakes(resources),
        EraseProjects(resources),
        *show_handlers(resources),
        SweepShows(resources),
    )


class WorkerParts:
    """What a worker is made of; tests of faults hand in parts of their own that die at a named point."""

    reap_seconds = REAP_SECONDS
    sweep_seconds = SWEEP_SECONDS
    parking_limits = ParkingLimits()

    def failed(self) -> None:
        """Called when a loop has ended for good: a process that stands half dead must end."""
        signal.raise_signal(signal.SIGTERM)

    def lease(self, resources: Resources) -> Lease:
        """The lease of this boot."""
        return Lease(resources.database, resources.clock, new_executor_id(resources.clock))

    def engine(self, resources: Resources, lease: Lease) -> JobEngine:
        """The engine that holds runs under this lease."""
        return job_engine(resources, lease.name)

    def budget(self, resources: Resources) -> CallBudget:
        """Where the money of paid calls comes from."""
        return LedgerBudget(resources)

    def spool(self, resources: Resources) -> Spool:
        """Where paid answers lie until the database has them."""
        return Spool(resources.settings.storage.storage_path, resources.threads)

    def runner(self, resources: Resources, runtime: JobRuntime) -> EngineRunner:
        """What the engine calls for a job."""
        return JobRunner(resources, runtime)


STANDARD_PARTS = WorkerParts()


@asynccontextmanager
async def background(
    resources: Resources,
    *,
    with_worker: bool,
    handlers: HandlerMaker = job_handlers,
    parts: WorkerParts = STANDARD_PARTS,
) -> AsyncIterator[None]:
    """What goes on beside requests: streams always, the worker where it is wanted; all of it ends with the block."""
    async with AsyncExitStack() as opened:
        tasks = await opened.enter_async_context(Background())
        supervision = Supervision(resources.clock, tasks, parts.failed)
        resources.provide(supervision)
        opened.push_async_callback(supervision.close)
        opened.enter_context(resources.telemetry.queue.over(QueueMetrics(resources).read))
        hub = EventHub(resources, tasks)
        resources.provide(hub)
        resources.provide(_account_closing(resources))
        resources.provide(owner_notices(resources))
        opened.callback(let_go, resources)
        if not resources.database.is_sqlite:
            supervision.start("notifier", resources.notifier.listen)
        if with_worker:
            await opened.enter_async_context(_worker(resources, supervision, handlers, parts))
        else:
            resources.provide(JobRuntime(resources, handlers(resources, _prune_nothing), LedgerBudget(resources)))
        yield


def _account_closing(resources: Resources) -> AccountClosing:
    """What ends together with an account."""

    async def end_jobs(session: Session, user_id: str) -> None:
        await JobControl.over(session, resources).cancel_all(user_id)

    async def remove_webhooks(session: Session, user_id: str) -> None:
        await WebhookService.over(session, resources).remove_all(user_id)

    return AccountClosing(end_jobs, remove_webhooks)


def let_go(resources: Resources) -> None:
    """Ends what waits for events, so that a process that is asked to stop need not wait for its callers."""
    resources.notifier.close()
    resources.provided(EventHub).close()


async def work_until_stopped(settings: Settings, stop: asyncio.Event) -> bool:
    """A process that only works; says whether it ended because it was told to, and not because a loop stood still."""
    recorded = open_telemetry(settings)
    async with AsyncExitStack() as opened:
        resources = await opened.enter_async_context(open_resources(settings, telemetry=recorded))
        await database_answers(resources.database, resources.clock, stop)
        await opened.enter_async_context(background(resources, with_worker=True))
        log.info("worker_started")
        supervision = resources.provided(Supervision)
        while not (stop.is_set() or supervision.is_broken or supervision.late()):
            with suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), WATCH_SECONDS)
        late = supervision.late()
        if late:
            log.error("loops_stand_still", loops=late)
        is_well = not (late or supervision.is_broken)
    log.info("worker_stopped")
    return is_well


@asynccontextmanager
async def _worker(
    resources: Resources, supervision: Supervision, handlers: HandlerMaker, parts: WorkerParts
) -> AsyncIterator[None]:
    lease = parts.lease(resources)
    engine = parts.engine(resources, lease)
    runtime = JobRuntime(
        resources,
        handlers(resources, engine.prune),
        parts.budget(resources),
        lease,
        parts.parking_limits,
        spool=parts.spool(resources),
    )
    resources.provide(runtime)
    poster = WebhookPoster()
    await lease.take()
    await engine.open(run=parts.runner(resources, runtime), record=JobRecorder(resources))
    reaper = Reaper(lease, engine, resources.clock, tick_seconds=parts.reap_seconds)
    sweep = Sweep(resources, runtime, parts.sweep_seconds)
    loops = _loops(resources, runtime, engine, poster) | {"reaper": reaper.run, "sweep": sweep.run}
    for name, loop in loops.items():
        supervision.start(name, loop)
    try:
        yield
    finally:
        await supervision.stop(*loops)
        await engine.close()
        await runtime.attempts.close()
        await _given_up(lease)
        await poster.close()


async def _given_up(lease: Lease) -> None:
    try:
        await lease.give_up()
    except NotNow as away:
        # It runs out by itself.
        log.warning("lease_not_given_up", executor=lease.name, cause=away.code)


def _loops(
    resources: Resources, runtime: JobRuntime, engine: JobEngine, poster: WebhookPoster
) -> dict[str, Callable[[], Awaitable[None]]]:
    return {
        "dispatcher": Dispatcher(resources, engine, runtime.settlement).run,
        "cancels": runtime.cancels.run,
        "waiting room": runtime.parked_waits.run,
        "schedule": Schedule(resources, runtime.handlers).run,
        "webhooks": WebhookSender(resources, poster).run,
    }


class Sweep:
    """Brings spooled answers in, declares unknown what nobody sends any more, explains the calls of ended jobs."""

    def __init__(self, resources: Resources, runtime: JobRuntime, pause_seconds: float) -> None:
        self._clock = resources.clock
        self._attempts = runtime.attempts
        self._reconciler = runtime.reconciler
        self._ended_reconciler = runtime.ended_reconciler
        self._pause_seconds = pause_seconds

    async def run(self) -> None:
        """Sweeps until cancelled."""
        while True:
            try:
                await self._attempts.read_spool()
                beat(ROUND_SECONDS)
                await self._reconciler.sweep()
                beat(ROUND_SECONDS)
                await self._ended_reconciler.sweep()
            except NotNow as away:
                log.warning("sweep_postponed", cause=away.code)
            beat(ROUND_SECONDS)
            await self._clock.sleep(self._pause_seconds)


async def _prune_nothing(_ended_before: datetime) -> int:
    return 0
