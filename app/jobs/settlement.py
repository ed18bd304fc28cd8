"""How jobs end and what changes them from outside: settle, cancel, move, retry, answer."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, Self

import structlog
from pydantic import JsonValue
from typing_extensions import override

from app.core.database import Session, after_commit
from app.jobs.attempts import NOT_SENT, Attempts, CallBudget, Fence
from app.jobs.domain import ENDED_PHASES, WAITING, AttemptState, JobFailure, JobRequest, JobStatus, JobView, targets
from app.jobs.errors import AnswerNotOffered, IllegalJobMove, JobNotFound, JobNotRetryable, NothingAsked
from app.jobs.handlers import Ending, Handlers, JobHandler
from app.jobs.persistence import Spool
from app.jobs.queue import JobQueue, Order, job_topic, owner_topic, project_topic
from app.jobs.reconcile import CHARGED, ENDED_TOPIC, PARKED_TOPIC, SEND_AGAIN, EndedJobReconciler, Reconciler
from app.jobs.repository import AttemptRepository, EventRepository, JobRepository
from app.jobs.waiting import CANCEL_TOPIC, CancelWatch, ParkedWaits, ParkingLimits
from app.resources import Resources

stage_log = structlog.get_logger("stages")

EVENT_NAMES = {
    Ending.COMPLETED: "job.succeeded",
    Ending.FAILED: "job.failed",
    Ending.CANCELLED: "job.cancelled",
}
NOT_SENT_AGAIN = JobFailure(
    "job.given_up", "You chose not to send the call again. If it was charged, the charge stands in the manifest."
)
SET_BY_HAND = JobFailure("job.set_by_hand", "A worker or an admin marked the job as failed.")


class Settlement:
    """Ends jobs; whoever comes second changes nothing."""

    def __init__(self, resources: Resources, handlers: Handlers, budget: CallBudget) -> None:
        self._resources = resources
        self._handlers = handlers
        self._budget = budget

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
        await self._budget.close(session, job)
        for topic in (job_topic(job.id), owner_topic(job.owner_id), project_topic(job.project_id or "")):
            await self._resources.notifier.notify(session, topic)
        self._record(session, job, ending)
        success = ending is Ending.COMPLETED
        stage_log.info("stage", job_id=job.id, stage=job.kind, action="ended", success=success, info=told)

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
                await self._budget.release(session, job, attempt)

    async def book_open_bills(self, session: Session, job: JobView) -> None:
        """Books the estimate of what was bought and never settled: the vendor charges for what it accepted."""
        attempts = AttemptRepository(session, self._resources.clock)
        for attempt in await attempts.of_job(job.id):
            if attempt.state is AttemptState.BOUND and attempt.actual_micro_usd is None:
                await attempts.settle(attempt.id, attempt.estimated_micro_usd, self._resources.clock.now())
                await JobRepository(session, self._resources.clock).add_cost(job.id, attempt.estimated_micro_usd)
                await self._budget.settle(session, job, attempt, attempt.estimated_micro_usd)
                spent = self._resources.telemetry.spent
                after_commit(session, partial(spent, attempt.provider, attempt.estimated_micro_usd))


class NoFence(Fence):
    """The fence of a process that runs no jobs: it never sends a paid call."""

    name = "none"

    @override
    def fresh(self) -> bool:
        """Never."""
        return False


class JobRuntime:
    """Handlers, settlement, attempts, reconciliation and waits, shared by routes, runner and dispatcher."""

    def __init__(
        self,
        resources: Resources,
        handlers: Iterable[JobHandler[Any]],
        budget: CallBudget,
        fence: Fence | None = None,
        parking_limits: ParkingLimits | None = None,
        *,
        spool: Spool | None = None,
    ) -> None:
        self.handlers = Handlers(handlers)
        self.budget = budget
        self.attempts = Attempts(resources, budget, fence or NoFence(), spool)
        self.reconciler = Reconciler(resources, self.attempts)
        self.ended_reconciler = EndedJobReconciler(resources, self.reconciler, self.handlers.inquiry)
        self.settlement = Settlement(resources, self.handlers, budget)
        self.cancels = CancelWatch(resources)
        self.parked_waits = ParkedWaits(resources.clock, self.cancels, parking_limits or ParkingLimits())


class JobControl:
    """Changes jobs inside the caller's transaction."""

    def __init__(self, session: Session, resources: Resources) -> None:
        self._session = session
        self._resources = resources
        self._clock = resources.clock
        self._runtime = resources.provided(JobRuntime)
        self._jobs = JobRepository(session, resources.clock)
        self._events = EventRepository(session, resources.clock)
        self._attempts = AttemptRepository(session, resources.clock)
        self._queue = JobQueue(session, resources)

    @classmethod
    def over(cls, session: Session, resources: Resources) -> Self:
        """The service on this session."""
        return cls(session, resources)

    async def start(self, owner_id: str, wish: JobRequest, *, direct: bool) -> JobView:
        """A new job of a kind that requests may start."""
        handler = self._runtime.handlers.offered(wish.kind)
        params = self._runtime.handlers.checked(wish.kind, wish.params)
        job, _ = await self._queue.enqueue(
            Order(
                owner_id=owner_id,
                kind=wish.kind,
                lane=handler.lane,
                params=params,
                project_id=wish.project_id,
                segment_id=wish.segment_id,
                priority=wish.priority,
                start_timeout_seconds=wish.start_timeout_seconds,
                direct=direct,
            )
        )
        return job

    async def retry(self, job: JobView) -> JobView:
        """A new job for the same work; what the old one bought is adopted, and refused while a call is unexplained."""
        if job.status not in {JobStatus.FAILED, JobStatus.CANCELLED}:
            raise JobNotRetryable
        handler = self._runtime.handlers[job.kind]
        renewed, _ = await self._queue.enqueue(
            Order(
                owner_id=job.owner_id,
                kind=job.kind,
                lane=handler.lane,
                params=job.params,
                project_id=job.project_id,
                segment_id=job.segment_id,
                parent_id=job.parent_id,
                retry_of=job.id,
                same_work=f"retry:{job.id}",
                priority=job.priority,
                estimated_micro_usd=job.estimated_micro_usd,
            )
        )
        return renewed

    async def cancel(self, job: JobView) -> JobView:
        """Stops a job and all that it has started: what no worker has begun at once, the rest within two seconds."""
        if job.is_final:
            return job
        await self._stop(await self._jobs.stop_family(job.id))
        return await self._again(job)

    async def cancel_project(self, owner_id: str, project_id: str) -> None:
        """Stops every job of a project, and all that these have started."""
        await self._stop(await self._jobs.stop_project(owner_id, project_id))

    async def cancel_all(self, owner_id: str) -> None:
        """Stops every job of a user."""
        await self._stop(await self._jobs.stop_owner(owner_id))

    async def answer(self, job: JobView, choice: str) -> JobView:
        """The owner's word on what the job asks now; of several words at once the first counts."""
        # All attempts first: the question that stands when the job is locked may name any of them.
        await self._attempts.lock_of_job(job.id)
        await self._jobs.lock(job.id)
        job = await self._again(job)
        question = job.question
        if question is None:
            raise NothingAsked
        if choice not in question.choices:
            raise AnswerNotOffered(facts={"choices": list(question.choices)})
        if question.topic == PARKED_TOPIC and question.attempt_id is not None:
            await self._answer_parked(job, question.attempt_id, choice)
        elif question.topic == ENDED_TOPIC and question.attempt_id is not None:
            await self._answer_ended(job, question.attempt_id, choice)
        await self._jobs.note(job.id, question=None)
        self._events.append(
            job.id,
            job.owner_id,
            "job.answered",
            {"topic": question.topic, "choice": choice},
            key=f"answered:{question.topic}:{question.attempt_id or ''}:{self._clock.new_id()}",
        )
        for topic in (job_topic(job.id), owner_topic(job.owner_id), project_topic(job.project_id or "")):
            await self._resources.notifier.notify(self._session, topic)
        return await self._again(job)

    async def move(self, job: JobView, to: JobStatus, said: str | None = None) -> JobView:
        """A move by hand, for outside workers and admins; only legal ones. A failure is told in the words given.

        A move to the end stops all that the job has started.
        """
        if to in ENDED_PHASES:
            await self._attempts.lock_of_job(job.id)
            await self._jobs.lock(job.id)
            await self._stop(await self._jobs.stop_children(job.id))
            moved = await self._end_by_hand(job, to, said)
        else:
            begun = {"started_at": self._clock.now()} if job.started_at is None and to not in WAITING else {}
            moved = await self._jobs.move(job.id, to=to, **begun)
        if not moved:
            raise IllegalJobMove(facts={"current": job.status.value, "allowed": [t.value for t in targets(job.status)]})
        for topic in (CANCEL_TOPIC, job_topic(job.id), owner_topic(job.owner_id)):
            await self._resources.notifier.notify(self._session, topic)
        return await self._again(job)

    async def _stop(self, jobs: Sequence[JobView]) -> None:
        """Ends those that no worker has begun, and tells the runs of the others."""
        for job in jobs:
            if job.is_waiting and await self._runtime.settlement.cancel_waiting(self._session, job):
                continue
            self._events.append(job.id, job.owner_id, "job.cancelling", {}, key="cancelling")
            for topic in (CANCEL_TOPIC, job_topic(job.id), owner_topic(job.owner_id)):
                await self._resources.notifier.notify(self._session, topic)

    async def _end_by_hand(self, job: JobView, to: JobStatus, said: str | None) -> bool:
        settlement = self._runtime.settlement
        match to:
            case JobStatus.COMPLETED:
                return await settlement.complete(self._session, job, job.result or {})
            case JobStatus.FAILED:
                failure = replace(SET_BY_HAND, message=said) if said else SET_BY_HAND
                return await settlement.fail(self._session, job, failure)
            case _:
                return await settlement.cancel(self._session, job)

    async def _answer_parked(self, job: JobView, attempt_id: str, choice: str) -> None:
        if choice == SEND_AGAIN:
            await self._not_received(job, attempt_id)
            return
        await self._runtime.settlement.fail(self._session, job, NOT_SENT_AGAIN)

    async def _answer_ended(self, job: JobView, attempt_id: str, choice: str) -> None:
        if choice == CHARGED:
            await self._attempts.move(attempt_id, to=AttemptState.BOUND, ended_at=self._clock.now())
            await self._runtime.settlement.book_open_bills(self._session, job)
        else:
            await self._not_received(job, attempt_id)
        await self._jobs.settle_question(job.id, attempt_id)

    async def _not_received(self, job: JobView, attempt_id: str) -> None:
        attempt = await self._attempts.view(attempt_id)
        moved = await self._attempts.move(attempt_id, to=AttemptState.NOT_RECEIVED, ended_at=self._clock.now())
        if moved and attempt is not None:
            await self._runtime.budget.release(self._session, job, attempt)

    async def _again(self, job: JobView) -> JobView:
        found = await self._jobs.view(job.id)
        if found is None:
            raise JobNotFound
        return found
