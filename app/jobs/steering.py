"""Start, move, cancel, retry and answer jobs."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Self

from app.core.database import Session
from app.jobs.cancels import CANCEL_TOPIC
from app.jobs.domain import ENDED_PHASES, WAITING, AttemptState, JobFailure, JobStatus, JobView, Wish, targets
from app.jobs.errors import (
    AnswerNotOffered,
    IllegalJobMove,
    JobNotFound,
    JobNotRetryable,
    NothingAsked,
)
from app.jobs.queue import Order, Queue, job_topic, owner_topic, project_topic
from app.jobs.reconcile import CHARGED, ENDED_TOPIC, PARKED_TOPIC, SEND_AGAIN
from app.jobs.repository import AttemptRepository, EventRepository, JobRepository
from app.jobs.workshop import Workshop
from app.resources import Resources

__all__ = ["JobSteering"]

NOT_SENT_AGAIN = JobFailure(
    "job.given_up", "You chose not to send the call again. If it was charged, the charge stands in the manifest."
)
SET_BY_HAND = JobFailure("job.set_by_hand", "A worker or an admin marked the job as failed.")


class JobSteering:
    """Changes jobs inside the caller's transaction."""

    def __init__(self, session: Session, resources: Resources) -> None:
        self._session = session
        self._resources = resources
        self._clock = resources.clock
        self._workshop = resources.provided(Workshop)
        self._jobs = JobRepository(session, resources.clock)
        self._events = EventRepository(session, resources.clock)
        self._attempts = AttemptRepository(session, resources.clock)
        self._queue = Queue(session, resources)

    @classmethod
    def over(cls, session: Session, resources: Resources) -> Self:
        """The service on this session."""
        return cls(session, resources)

    async def start(self, owner_id: str, wish: Wish, *, direct: bool) -> JobView:
        """A new job of a kind that requests may start."""
        handler = self._workshop.handlers.offered(wish.kind)
        params = self._workshop.handlers.checked(wish.kind, wish.params)
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
        handler = self._workshop.handlers[job.kind]
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
            await self._resources.bell.announce(self._session, topic)
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
            await self._resources.bell.announce(self._session, topic)
        return await self._again(job)

    async def _stop(self, jobs: Sequence[JobView]) -> None:
        """Ends those that no worker has begun, and tells the runs of the others."""
        for job in jobs:
            if job.is_waiting and await self._workshop.settlement.cancel_waiting(self._session, job):
                continue
            self._events.append(job.id, job.owner_id, "job.cancelling", {}, key="cancelling")
            for topic in (CANCEL_TOPIC, job_topic(job.id), owner_topic(job.owner_id)):
                await self._resources.bell.announce(self._session, topic)

    async def _end_by_hand(self, job: JobView, to: JobStatus, said: str | None) -> bool:
        settlement = self._workshop.settlement
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
        await self._workshop.settlement.fail(self._session, job, NOT_SENT_AGAIN)

    async def _answer_ended(self, job: JobView, attempt_id: str, choice: str) -> None:
        if choice == CHARGED:
            await self._attempts.move(attempt_id, to=AttemptState.BOUND, ended_at=self._clock.now())
            await self._workshop.settlement.book_open_bills(self._session, job)
        else:
            await self._not_received(job, attempt_id)
        await self._jobs.settle_question(job.id, attempt_id)

    async def _not_received(self, job: JobView, attempt_id: str) -> None:
        attempt = await self._attempts.view(attempt_id)
        moved = await self._attempts.move(attempt_id, to=AttemptState.NOT_RECEIVED, ended_at=self._clock.now())
        if moved and attempt is not None:
            await self._workshop.purse.release(self._session, job, attempt)

    async def _again(self, job: JobView) -> JobView:
        found = await self._jobs.view(job.id)
        if found is None:
            raise JobNotFound
        return found
