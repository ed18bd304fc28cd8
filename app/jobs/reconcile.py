"""The ladder for an unknown outcome: callback, the vendor's list, one allowed repeat, else park and ask the owner."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Self

import structlog

from app.jobs.attempts import Attempts, PaidCall, Repeat, Sent
from app.jobs.queue import job_topic
from app.jobs.repository import AttemptRepository, EventRepository, JobRepository
from app.jobs.states import AttemptState
from app.jobs.values import AttemptView, JobView, Question
from app.providers.errors import ProviderError
from app.resources import Resources

__all__ = ["CHARGED", "ENDED_TOPIC", "GIVE_UP", "NOT_CHARGED", "PARKED_TOPIC", "SEND_AGAIN", "CannotTell", "Find"]
__all__ += ["Found", "Inquiry", "NotReceived", "Reconciler"]

log = structlog.get_logger(__name__)

PARKED_TOPIC = "parked_attempt"
SEND_AGAIN = "send_again"
GIVE_UP = "give_up"
ENDED_TOPIC = "ended_attempt"
CHARGED = "charged"
NOT_CHARGED = "not_charged"
QUESTION = (
    "The connection broke while {provider} was asked for this work, so nobody can tell whether it was accepted. "
    "This may have been charged: send it again?"
)
ENDED_QUESTION = (
    "The connection broke while {provider} was asked for this work, and the job has ended since. "
    "This may have been charged: does it stand in your bill?"
)


@dataclass(frozen=True)
class Found:
    """The vendor has exactly one piece of work that can be this attempt's."""

    remote_id: str


@dataclass(frozen=True)
class NotReceived:
    """The vendor's complete list shows that nothing of this attempt arrived."""


@dataclass(frozen=True)
class CannotTell:
    """The vendor has no list, or more than one piece of work could be it."""


Find = Callable[[AttemptView, frozenset[str], datetime], Awaitable[Found | NotReceived | CannotTell]]


@dataclass(frozen=True)
class Inquiry:
    """How a paid call is asked after once its job has ended: the call as it was meant, and the vendor's list."""

    call: PaidCall
    find: Find | None

    @classmethod
    def about(cls, attempt: AttemptView, find: Find | None = None) -> Self:
        """The call as its attempt has it on record."""
        call = PaidCall(
            attempt.operation,
            attempt.provider,
            attempt.account,
            attempt.request_hash,
            attempt.estimated_micro_usd,
            exclusive=attempt.exclusive,
        )
        return cls(call, find)


class Reconciler:
    """Finds out what became of an attempt; looks, never sends."""

    def __init__(self, resources: Resources, attempts: Attempts) -> None:
        self._resources = resources
        self._clock = resources.clock
        self._attempts = attempts

    async def fate(self, job: JobView, attempt_id: str, call: PaidCall, find: Find | None) -> AttemptState | None:
        """The state that ends the wait for this attempt, or None while it must go on."""
        async with self._resources.database.reading() as session:
            attempt = await AttemptRepository(session, self._clock).view(attempt_id)
        if attempt is None:
            return AttemptState.NOT_RECEIVED
        match attempt.state:
            case AttemptState.BOUND | AttemptState.REFUSED | AttemptState.NOT_RECEIVED:
                return attempt.state
            case AttemptState.UNKNOWN:
                await self.climb(job, attempt, call, find)
            case AttemptState.INTENT | AttemptState.SENDING | AttemptState.PARKED:
                pass
        return None

    async def sweep(self, limit: int = 100) -> int:
        """Declares sends unknown whose sender is gone; says how many."""
        async with self._resources.database.reading() as session:
            overdue = await AttemptRepository(session, self._clock).overdue_sends(self._clock.now(), limit)
        for attempt in overdue:
            async with self._resources.database.unit_of_work() as session:
                await AttemptRepository(session, self._clock).move(attempt.id, to=AttemptState.UNKNOWN)
                await self._resources.bell.announce(session, job_topic(attempt.job_id))
        return len(overdue)

    async def climb(self, job: JobView, attempt: AttemptView, call: PaidCall, find: Find | None) -> None:
        """One look at an unknown outcome; an ended job is never repeated, so its money is not given back unproven."""
        sent_at = attempt.sent_at or attempt.created_at
        age_seconds = (self._clock.now() - sent_at).total_seconds()
        if call.repeat is Repeat.ONCE and attempt.number == 1 and not job.is_final:
            await self._attempts.not_received(job, attempt)
            return
        # The list of another account shows nothing of this attempt.
        listed = find if attempt.account == call.account else None
        if listed is not None and age_seconds >= call.visible_after_seconds:
            since = sent_at - timedelta(seconds=5)
            match await self._asked(listed, attempt, since):
                case Found(remote_id):
                    if await self._surely_its_own(attempt, remote_id, since):
                        await self._attempts.bind(job, attempt, Sent(remote_id))
                        return
                case NotReceived():
                    await self._attempts.not_received(job, attempt)
                    return
                case CannotTell():
                    pass
        if age_seconds >= call.park_after_seconds:
            await self._park(job, attempt)

    async def _asked(self, find: Find, attempt: AttemptView, since: datetime) -> Found | NotReceived | CannotTell:
        try:
            return await find(attempt, await self._known(attempt), since)
        except ProviderError as error:
            # A list that cannot be read now explains nothing, and ends no job that may have been charged.
            log.info("list_unreadable", attempt_id=attempt.id, job_id=attempt.job_id, error=error.code)
            return CannotTell()

    async def _surely_its_own(self, attempt: AttemptView, remote_id: str, since: datetime) -> bool:
        """Whether nobody else can have bought what the list shows; others may have been bound since it was read."""
        async with self._resources.database.reading() as session:
            attempts = AttemptRepository(session, self._clock)
            if await attempts.unexplained(attempt, since):
                return False
            return remote_id not in await attempts.known_remote_ids(attempt.account, attempt.operation)

    async def _known(self, attempt: AttemptView) -> frozenset[str]:
        async with self._resources.database.reading() as session:
            return await AttemptRepository(session, self._clock).known_remote_ids(attempt.account, attempt.operation)

    async def _park(self, job: JobView, attempt: AttemptView) -> None:
        question = _question(job, attempt)
        async with self._resources.database.unit_of_work() as session:
            jobs = JobRepository(session, self._clock)
            if job.is_final and not await jobs.ask_after_end(job.id, question.as_json()):
                # One question at a time: this one is put when the other is answered.
                return
            if not await AttemptRepository(session, self._clock).move(attempt.id, to=AttemptState.PARKED):
                return
            await jobs.note(job.id, question=question.as_json())
            EventRepository(session, self._clock).append(
                job.id, job.owner_id, "job.awaiting_input", question.as_json(), key=f"parked:{attempt.id}"
            )
            await self._resources.bell.announce(session, job_topic(job.id))


def _question(job: JobView, attempt: AttemptView) -> Question:
    if job.is_final:
        text = ENDED_QUESTION.format(provider=attempt.provider)
        return Question(ENDED_TOPIC, text, (CHARGED, NOT_CHARGED), attempt.id)
    return Question(PARKED_TOPIC, QUESTION.format(provider=attempt.provider), (SEND_AGAIN, GIVE_UP), attempt.id)
