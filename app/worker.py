"""Runs engine, dispatcher, reaper and webhook delivery in one TaskGroup; lists every job handler once."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import datetime
from typing import Any

import structlog

from app.core.settings import Settings
from app.core.tasks import Background
from app.core.telemetry import open_telemetry
from app.engine.leases import Lease, new_executor_id
from app.engine.port import JobEngine
from app.engine.reaper import Reaper
from app.jobs.dispatcher import Dispatcher
from app.jobs.gauges import QueueWatch
from app.jobs.handlers import JobHandler
from app.jobs.jobs import SweepJobs
from app.jobs.recorder import JobRecorder
from app.jobs.runner import Runner
from app.jobs.schedule import Schedule
from app.jobs.workshop import Workshop
from app.library.jobs import SweepLibrary
from app.notifications.delivery import Delivery
from app.notifications.posting import WebhookPoster
from app.notifications.stream import EventHub
from app.resources import Resources, job_engine, open_resources
from app.usage.purse import LedgerPurse

__all__ = ["HandlerMaker", "background", "job_handlers", "let_go", "work_until_stopped"]

log = structlog.get_logger(__name__)

Prune = Callable[[datetime], Awaitable[int]]
HandlerMaker = Callable[[Resources, Prune], Sequence[JobHandler[Any]]]
RESTART_SECONDS = 1.0
SWEEP_SECONDS = 5.0


def job_handlers(resources: Resources, prune: Prune) -> Sequence[JobHandler[Any]]:
    """Every kind of job of this service."""
    return (SweepJobs(prune), SweepLibrary(resources))


@asynccontextmanager
async def background(
    resources: Resources, *, with_worker: bool, handlers: HandlerMaker = job_handlers
) -> AsyncIterator[None]:
    """What goes on beside requests: streams always, the worker where it is wanted; all of it ends with the block."""
    async with AsyncExitStack() as opened:
        tasks = await opened.enter_async_context(Background())
        opened.enter_context(resources.telemetry.queue.over(QueueWatch(resources).read))
        hub = EventHub(resources, tasks)
        resources.provide(hub)
        opened.callback(let_go, resources)
        tasks.start(_lasting("bell", resources, resources.bell.listen))
        if with_worker:
            await opened.enter_async_context(_worker(resources, tasks, handlers))
        else:
            resources.provide(Workshop(resources, handlers(resources, _prune_nothing), LedgerPurse(resources)))
        yield


def let_go(resources: Resources) -> None:
    """Ends what waits for events, so that a process that is asked to stop need not wait for its callers."""
    resources.bell.close()
    resources.provided(EventHub).close()


async def work_until_stopped(settings: Settings, stop: asyncio.Event) -> None:
    """A process that only works."""
    recorded = open_telemetry(settings)
    async with (
        open_resources(settings, telemetry=recorded) as resources,
        background(resources, with_worker=True),
    ):
        log.info("worker_started")
        await stop.wait()
    log.info("worker_stopped")


@asynccontextmanager
async def _worker(resources: Resources, tasks: Background, handlers: HandlerMaker) -> AsyncIterator[None]:
    lease = Lease(resources.database, resources.clock, new_executor_id(resources.clock))
    engine = job_engine(resources, lease.name)
    workshop = Workshop(resources, handlers(resources, engine.prune), LedgerPurse(resources), lease)
    resources.provide(workshop)
    poster = WebhookPoster()
    await lease.take()
    await engine.open(run=Runner(resources, workshop), record=JobRecorder(resources))
    loops = _loops(resources, workshop, engine, lease, poster)
    running = [tasks.start(_lasting(name, resources, loop)) for name, loop in loops.items()]
    try:
        yield
    finally:
        for task in running:
            task.cancel()
        await asyncio.wait(running)
        await engine.close()
        await lease.give_up()
        await poster.close()


def _loops(
    resources: Resources, workshop: Workshop, engine: JobEngine, lease: Lease, poster: WebhookPoster
) -> dict[str, Callable[[], Awaitable[None]]]:
    async def sweep() -> None:
        while True:
            await workshop.reconciler.sweep()
            await resources.clock.sleep(SWEEP_SECONDS)

    return {
        "dispatcher": Dispatcher(resources, engine, workshop.settlement).run,
        "reaper": Reaper(lease, engine, resources.clock).run,
        "cancels": workshop.cancels.run,
        "schedule": Schedule(resources, workshop.handlers).run,
        "webhooks": Delivery(resources, poster).run,
        "sweep": sweep,
    }


async def _lasting(name: str, resources: Resources, loop: Callable[[], Awaitable[None]]) -> None:
    """Begins a loop again when it breaks, because work that stands still without a word is the worst fault."""
    while True:
        try:
            await loop()
        except Exception:
            log.exception("loop_broken", loop=name)
        await resources.clock.sleep(RESTART_SECONDS)


async def _prune_nothing(_ended_before: datetime) -> int:
    return 0
