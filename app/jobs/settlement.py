"""The one door through which a job ends: row, event, handler's ending and purse in one transaction."""

from functools import partial

import structlog
from pydantic import JsonValue

from app.core.database import Session, after_commit
from app.jobs.attempts import NOT_SENT, Purse
from app.jobs.domain import AttemptState, JobFailure, JobStatus, JobView
from app.jobs.handlers import Ending, Handlers
from app.jobs.queue import job_topic, owner_topic, project_topic
from app.jobs.repository import AttemptRepository, EventRepository, JobRepository
from app.resources import Resources

__all__ = ["Settlement"]

log = structlog.get_logger("stages")

EVENT_NAMES = {
    Ending.COMPLETED: "job.succeeded",
    Ending.FAILED: "job.failed",
    Ending.CANCELLED: "job.cancelled",
}


class Settlement:
    """Ends jobs; whoever comes second changes nothing."""

    def __init__(self, resources: Resources, handlers: Handlers, purse: Purse) -> None:
        self._resources = resources
        self._handlers = handlers
        self._purse = purse

    async def complete(self, session: Session, job: JobView, result: dict[str, JsonValue]) -> bool:
        """The work is done and this is its result."""
        return await self._end(session, job, Ending.COMPLETED, result=result, progress=100)

    async def fail(self, session: Session, job: JobView, failure: JobFailure) -> bool:
        """The work cannot be done."""
        return await self._end(session, job, Ending.FAILED, failure=failure.as_json())

    async def cancel(self, session: Session, job: JobView) -> bool:
        """The owner no longer wants it."""
        return await self._end(session, job, Ending.CANCELLED)

    async def cancel_waiting(self, session: Session, job: JobView) -> bool:
        """The owner no longer wants it, and no worker has begun it."""
        clock = self._resources.clock
        await AttemptRepository(session, clock).lock_of_job(job.id)
        moved = await JobRepository(session, clock).cancel_waiting(job.id, finished_at=clock.now(), question=None)
        if moved:
            await self._follow_up(session, job, Ending.CANCELLED, None)
        return moved

    async def _end(self, session: Session, job: JobView, ending: Ending, **facts: object) -> bool:
        clock = self._resources.clock
        jobs = JobRepository(session, clock)
        to = JobStatus(ending.value)
        # Whoever sends locks the attempt before the job.
        await AttemptRepository(session, clock).lock_of_job(job.id)
        if not await jobs.move(job.id, to=to, finished_at=clock.now(), question=None, **facts):
            return False
        failure = facts.get("failure")
        await self._follow_up(session, job, ending, failure if isinstance(failure, dict) else None)
        return True

    async def _follow_up(
        self, session: Session, job: JobView, ending: Ending, failure: dict[str, JsonValue] | None
    ) -> None:
        told: dict[str, JsonValue] = {"status": ending.value, **({"error": failure} if failure else {})}
        events = EventRepository(session, self._resources.clock)
        events.append(job.id, job.owner_id, EVENT_NAMES[ending], told, key="ended")
        handler = self._handlers.kinds().get(job.kind)
        if handler is not None:
            await handler.ended(session, job, ending)
        await self._drop_unsent(session, job)
        await self.book_open_bills(session, job)
        await self._purse.close(session, job)
        for topic in (job_topic(job.id), owner_topic(job.owner_id), project_topic(job.project_id or "")):
            await self._resources.bell.announce(session, topic)
        self._record(session, job, ending)
        success = ending is Ending.COMPLETED
        log.info("stage", job_id=job.id, stage=job.kind, action="ended", success=success, info=told)

    def _record(self, session: Session, job: JobView, ending: Ending) -> None:
        now = self._resources.clock.now()
        started = job.started_at
        waited = None if started is None else (started - job.created_at).total_seconds()
        ran = None if started is None else (now - started).total_seconds()
        ended = self._resources.telemetry.job_ended
        after_commit(session, partial(ended, job.kind, ending.value, waited_seconds=waited, ran_seconds=ran))

    async def _drop_unsent(self, session: Session, job: JobView) -> None:
        """Gives back the money of calls that were meant and never sent; whoever still held one can send it no more."""
        attempts = AttemptRepository(session, self._resources.clock)
        for attempt in await attempts.of_job(job.id):
            if attempt.state is AttemptState.INTENT and await attempts.drop_unsent(attempt.id, NOT_SENT.as_json()):
                await self._purse.release(session, job, attempt)

    async def book_open_bills(self, session: Session, job: JobView) -> None:
        """Books the estimate of what was bought and never settled: the vendor charges for what it accepted."""
        attempts = AttemptRepository(session, self._resources.clock)
        for attempt in await attempts.of_job(job.id):
            if attempt.state is AttemptState.BOUND and attempt.actual_micro_usd is None:
                await attempts.settle(attempt.id, attempt.estimated_micro_usd, self._resources.clock.now())
                await JobRepository(session, self._resources.clock).add_cost(job.id, attempt.estimated_micro_usd)
                await self._purse.settle(session, job, attempt, attempt.estimated_micro_usd)
                spent = self._resources.telemetry.spent
                after_commit(session, partial(spent, attempt.provider, attempt.estimated_micro_usd))
