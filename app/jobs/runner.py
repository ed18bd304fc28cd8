"""What the engine calls: queued to processing, run the handler, settle the row; and keep what the run emits."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import partial
from typing import TypeVar, assert_never

import structlog
from pydantic import JsonValue, ValidationError
from typing_extensions import override

from app.accounts.provider_keys import resources_of
from app.core.database import Session
from app.core.errors import AppError, NotNow
from app.core.fairness import working_for
from app.core.sealing import SealBroken
from app.core.tasks import Backoff
from app.engine.port import JobContext, Recorder, RunAbandoned, RunEvent
from app.jobs.domain import JobCancelled, JobFailed, JobFailure, JobView, Lane, failure_of
from app.jobs.handlers import JobRun
from app.jobs.queue import job_topic, owner_topic
from app.jobs.repository import EventRepository, JobRepository
from app.jobs.settlement import JobRuntime
from app.resources import Resources

log = structlog.get_logger(__name__)
T = TypeVar("T")
BROKEN = JobFailure(
    "internal", "Something went wrong on our side. Nothing paid for is lost; try again.", retryable=True
)
OUTDATED_PARAMS = JobFailure("job.params_outdated", "This job was made for another version. Start it again.")


class RunPostponed(RunAbandoned):
    """Something that the run needs is away; it is taken up again from its last recorded step."""


class JobRunner:
    """Runs one job to its end, however often it is called for it."""

    def __init__(self, resources: Resources, runtime: JobRuntime) -> None:
        self._resources = resources
        self._clock = resources.clock
        self._runtime = runtime

    async def __call__(self, job_id: str, engine: JobContext) -> None:
        """Begins or goes on; a job that has ended is left alone."""
        self._runtime.parked_waits.run_started(job_id)
        with working_for(engine.order.partition):
            async with self._turn(engine.order.kind):
                await self._run(job_id, engine)

    @asynccontextmanager
    async def _turn(self, kind: str) -> AsyncIterator[None]:
        """Few renders go on at once, by turns of their owners; until its turn a job is queued and can be cancelled."""
        if self._runtime.handlers.lane_of(kind) is not Lane.RENDER:
            yield
            return
        async with self._resources.renders.turn():
            yield

    async def _run(self, job_id: str, engine: JobContext) -> None:
        job = await self._however_long(job_id, partial(self._begin, job_id))
        if job is None:
            return
        with self._resources.telemetry.job_run(job.kind, job.id, job.parent_id):
            with self._runtime.cancels.over(job_id) as stop:
                if job.cancel_requested:
                    stop.set()
                outcome = await self._done(job, engine, stop)
            # An outcome is kept whatever is away: the run would find it again, but its owner would wait for that.
            await self._however_long(job_id, partial(self._settle, job, outcome))

    async def _however_long(self, job_id: str, work: Callable[[Session], Awaitable[T]]) -> T:
        """One transaction that is repeated until the database takes it; the work must find what it wrote before."""
        backoff = Backoff(self._clock)
        while True:
            try:
                return await self._resources.database.transact(work, self._clock)
            except NotNow as away:
                log.warning("run_waits", job_id=job_id, awaited=away.awaited)
            await backoff.pause()

    async def _begin(self, job_id: str, session: Session) -> JobView | None:
        jobs = JobRepository(session, self._clock)
        if await jobs.begin(job_id):
            job = await jobs.view(job_id)
            if job is not None:
                EventRepository(session, self._clock).append(
                    job.id, job.owner_id, "job.started", {"kind": job.kind}, key="started"
                )
                for topic in (job_topic(job.id), owner_topic(job.owner_id)):
                    await self._resources.notifier.notify(session, topic)
            return job
        job = await jobs.view(job_id)
        return None if job is None or job.is_final else job

    async def _done(
        self, job: JobView, engine: JobContext, stop: asyncio.Event
    ) -> dict[str, JsonValue] | JobFailure | None:
        """The outcome of a run with the engines of the job's owner, which are given back at its end."""
        try:
            async with resources_of(self._resources, job.owner_id) as own:
                work = JobRun(job, engine, own, self._runtime.reconciler, self._runtime.parked_waits, stop)
                return await self._outcome(job, work)
        except SealBroken as broken:
            return failure_of(broken)
        except NotNow as away:
            # Only steps look again by themselves; what is read beside them is read anew when the run is taken up.
            log.warning("run_postponed", job_id=job.id, kind=job.kind, awaited=away.awaited)
            raise RunPostponed from away

    async def _outcome(self, job: JobView, work: JobRun) -> dict[str, JsonValue] | JobFailure | None:
        """The result, the failure, or None when the owner cancelled."""
        try:
            handler = self._runtime.handlers[job.kind]
            return await handler.run(work, handler.params.model_validate(job.params))
        except JobCancelled:
            return None
        except NotNow:
            raise
        except (JobFailed, AppError, ValidationError) as cause:
            return reason_of(cause)
        except RunAbandoned:
            raise
        except Exception:
            log.exception("job_broken", job_id=job.id, kind=job.kind)
            return BROKEN

    async def _settle(self, job: JobView, outcome: dict[str, JsonValue] | JobFailure | None, session: Session) -> None:
        match outcome:
            case None:
                await self._runtime.settlement.cancel(session, job)
            case JobFailure() if await self._must_stop(session, job):
                # What fails while it is being stopped fails because of that.
                await self._runtime.settlement.cancel(session, job)
            case JobFailure():
                await self._runtime.settlement.fail(session, job, outcome)
            case dict():
                await self._runtime.settlement.complete(session, job, outcome)
            case _:
                assert_never(outcome)

    async def _must_stop(self, session: Session, job: JobView) -> bool:
        current = await JobRepository(session, self._clock).view(job.id)
        return current is not None and current.cancel_requested


def reason_of(cause: JobFailed | AppError | ValidationError) -> JobFailure:
    """What the owner is told about a job that cannot go on."""
    if isinstance(cause, JobFailed):
        return cause.failure
    return failure_of(cause) if isinstance(cause, AppError) else OUTDATED_PARAMS


class JobRecorder(Recorder):
    """Writes a run's event once, under the key the engine gives it."""

    def __init__(self, resources: Resources) -> None:
        self._resources = resources

    @override
    async def __call__(self, event: RunEvent, /) -> None:
        async with self._resources.database.unit_of_work() as session:
            job = await JobRepository(session, self._resources.clock).view(event.job_id)
            if job is None:
                return
            EventRepository(session, self._resources.clock).append(
                job.id, job.owner_id, event.name, event.facts, key=f"run:{event.key}"
            )
            for topic in (job_topic(job.id), owner_topic(job.owner_id)):
                await self._resources.notifier.notify(session, topic)
