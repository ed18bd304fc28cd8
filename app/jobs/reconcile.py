"""Unknown outcomes of paid calls: callback, the vendor's list, one allowed repeat, else park and ask the owner."""

import base64
import hashlib
import hmac
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Self

import structlog

from app.accounts.provider_keys import resources_of
from app.core.database import Session
from app.jobs.attempts import Attempts, PaidCall, Repeat, steady_clock
from app.jobs.domain import UNEXPLAINED, AttemptState, AttemptView, JobView, Question
from app.jobs.errors import CallbackUnknown
from app.jobs.persistence import VendorAnswer
from app.jobs.queue import job_topic
from app.jobs.repository import AttemptRepository, EventRepository, JobRepository
from app.providers.errors import ProviderError
from app.providers.values import Role
from app.providers.video import CallbackChallenge, CallbackHint, CallbackListener, VideoProvider
from app.resources import Resources

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
# How long a sender that was cut off from the database has to bring its answer once the database is back.
RETURN_SECONDS = 15.0
PARKED_LOOK_EVERY = timedelta(minutes=10)
UNANSWERED_FOR = timedelta(days=7)
ENDED_QUESTION = (
    "The connection broke while {provider} was asked for this work, and the job has ended since. "
    "This may have been charged: does it stand in your bill?"
)
PURPOSE = b"vendor-callback:"
# One that was taken for not received may have been all the same.
NAMELESS = UNEXPLAINED | {AttemptState.NOT_RECEIVED}


@dataclass(frozen=True)
class AttemptFound:
    """The vendor has exactly one piece of work that can be this attempt's."""

    remote_id: str


@dataclass(frozen=True)
class AttemptNotReceived:
    """The vendor's complete list shows that nothing of this attempt arrived."""


@dataclass(frozen=True)
class AttemptUnclear:
    """The vendor has no list, or more than one piece of work could be it."""


Find = Callable[[AttemptView, frozenset[str], datetime], Awaitable[AttemptFound | AttemptNotReceived | AttemptUnclear]]


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
        self.attempts = attempts
        self._steady = resources.once(steady_clock)
        self._after = ""

    async def final_state(
        self, job: JobView, attempt_id: str, call: PaidCall, find: Find | None
    ) -> AttemptState | None:
        """The state that ends the wait for this attempt, or None while it must go on."""
        async with self._resources.database.reading() as session:
            attempt = await AttemptRepository(session, self._clock).view(attempt_id)
        if attempt is None:
            return AttemptState.NOT_RECEIVED
        match attempt.state:
            case AttemptState.BOUND | AttemptState.REFUSED | AttemptState.NOT_RECEIVED:
                return attempt.state
            case AttemptState.UNKNOWN:
                await self.resolve(job, attempt, call, find)
            case AttemptState.SENDING | AttemptState.PARKED:
                await self.attempts.take_from_spool(attempt.id)
            case AttemptState.INTENT:
                pass
        return None

    async def sweep(self, limit: int = 100) -> int:
        """Declares sends unknown whose sender is gone; says how many it looked at."""
        now = self._steady.now()
        async with self._resources.database.reading() as session:
            overdue = await AttemptRepository(session, self._clock).overdue_sends(now, limit, after=self._after)
        # Each look goes on where the last one ended, so that those that stay hide no others.
        self._after = overdue[-1].id if len(overdue) == limit else ""
        for attempt in overdue:
            if await self.attempts.take_from_spool(attempt.id):
                continue
            async with self._resources.database.unit_of_work() as session:
                await AttemptRepository(session, self._clock).declare_unknown(attempt.id, now, RETURN_SECONDS)
                await self._resources.notifier.notify(session, job_topic(attempt.job_id))
        return len(overdue)

    async def resolve(self, job: JobView, attempt: AttemptView, call: PaidCall, find: Find | None) -> None:
        """One look at an open outcome; an ended job is never repeated, so its money is not given back unproven."""
        if await self.attempts.take_from_spool(attempt.id):
            return
        age_seconds = await self.attempts.age_seconds(attempt)
        if job.restored_from is not None and attempt.state is AttemptState.UNKNOWN:
            # It may have been sent until the restore, which wrote it last, or until this job meant to send it again.
            age_seconds = min(age_seconds, (self._clock.now() - attempt.updated_at).total_seconds())
        if call.repeat is Repeat.ONCE and attempt.number == 1 and not job.is_final:
            if await self._is_given_up(attempt):
                await self.attempts.not_received(job, attempt)
            return
        # The list of another account shows nothing of this attempt.
        listed = find if attempt.account == call.account else None
        is_visible = age_seconds >= call.visible_after_seconds
        if listed is not None and is_visible and await self._is_explained(job, attempt, listed):
            return
        if age_seconds >= call.park_after_seconds:
            await self._park(job, attempt)

    async def _is_explained(self, job: JobView, attempt: AttemptView, listed: Find) -> bool:
        """Whether the vendor's list says what became of it, which is then written down."""
        since = (attempt.sent_at or attempt.created_at) - timedelta(seconds=5)
        match await self._asked(listed, attempt, since):
            case AttemptFound(remote_id):
                if not await self._surely_its_own(attempt, remote_id, since):
                    return False
                return await self.attempts.bind(job, attempt, VendorAnswer(remote_id))
            case AttemptNotReceived():
                await self.attempts.not_received(job, attempt)
                return True
            case AttemptUnclear():
                return False

    async def _is_given_up(self, attempt: AttemptView) -> bool:
        """Whether nobody brings an answer any more: the sender said so, or had time since the database came back."""
        if attempt.fence is None or self._resources.database.is_sqlite:
            return True
        async with self._resources.database.reading() as session:
            return await AttemptRepository(session, self._clock).is_overdue(attempt.id, self._steady.now())

    async def _asked(
        self, find: Find, attempt: AttemptView, since: datetime
    ) -> AttemptFound | AttemptNotReceived | AttemptUnclear:
        try:
            return await find(attempt, await self._known(attempt), since)
        except ProviderError as error:
            # A list that cannot be read now explains nothing, and ends no job that may have been charged.
            log.info("list_unreadable", attempt_id=attempt.id, job_id=attempt.job_id, error=error.code)
            return AttemptUnclear()

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
        async with self._resources.database.unit_of_work() as session:
            attempts, jobs = AttemptRepository(session, self._clock), JobRepository(session, self._clock)
            await attempts.lock(attempt.id)
            await jobs.lock(job.id)
            standing, job = await attempts.view(attempt.id), await jobs.view(job.id) or job
            if standing is None or standing.state not in {AttemptState.UNKNOWN, AttemptState.PARKED}:
                return
            if standing.state is AttemptState.PARKED and await self._is_settled_unasked(session, job, standing):
                return
            question = _question(job, attempt)
            if job.is_final and not await jobs.ask_after_end(job.id, question.as_json()):
                # One question at a time: this one is put when the other is answered.
                await attempts.look_at(attempt.id)
                return
            if standing.state is AttemptState.UNKNOWN:
                await attempts.move(attempt.id, to=AttemptState.PARKED)
            await attempts.look_at(attempt.id)
            await jobs.note(job.id, question=question.as_json())
            key = f"parked:{attempt.id}:{question.topic}"
            EventRepository(session, self._clock).append(
                job.id, job.owner_id, "job.awaiting_input", question.as_json(), key=key
            )
            await self._resources.notifier.notify(session, job_topic(job.id))
        log.warning("attempt_parked", attempt_id=attempt.id, job_id=job.id, provider=attempt.provider)

    async def _is_settled_unasked(self, session: Session, job: JobView, attempt: AttemptView) -> bool:
        """Books the estimate where nobody has answered for a week: money that may be spent is never shown as free."""
        ended_at = job.finished_at
        if ended_at is None or self._clock.now() - ended_at < UNANSWERED_FOR:
            return False
        await AttemptRepository(session, self._clock).move(
            attempt.id, to=AttemptState.BOUND, ended_at=self._clock.now()
        )
        await JobRepository(session, self._clock).settle_question(job.id, attempt.id)
        await self.attempts.book(session, job, attempt, attempt.estimated_micro_usd)
        log.warning("unanswered_call_charged", attempt_id=attempt.id, job_id=job.id)
        return True


def _question(job: JobView, attempt: AttemptView) -> Question:
    if job.is_final:
        text = ENDED_QUESTION.format(provider=attempt.provider)
        return Question(ENDED_TOPIC, text, (CHARGED, NOT_CHARGED), attempt.id)
    return Question(PARKED_TOPIC, QUESTION.format(provider=attempt.provider), (SEND_AGAIN, GIVE_UP), attempt.id)


def callback_url(resources: Resources, attempt: AttemptView) -> str | None:
    """The attempt's own address; there is none while nobody outside can reach this service."""
    base = resources.settings.server.public_base_url
    if not base:
        return None
    return f"{base}/api/v1/callbacks/{attempt.provider}/{attempt.id}/{_tokens(resources, attempt.id)[0]}"


class VendorCallbacks:
    """Hears vendors out. Nothing they say is proof: what they name is asked for at the vendor's own door."""

    def __init__(self, resources: Resources, attempts: Attempts) -> None:
        self._resources = resources
        self._attempts = attempts
        self._clock = resources.clock

    async def hear(self, attempt_id: str, token: str, body: bytes) -> Mapping[str, str]:
        """What to answer the caller."""
        known = _tokens(self._resources, attempt_id)
        if not any(hmac.compare_digest(token.encode(), each.encode()) for each in known):
            raise CallbackUnknown
        job, attempt = await self._known(attempt_id)
        # The work may stand in an account of its owner's own.
        async with resources_of(self._resources, job.owner_id) as own:
            return await self._answered(job, attempt, own.engines.video(attempt.provider), body)

    async def _answered(
        self, job: JobView, attempt: AttemptView, engine: VideoProvider, body: bytes
    ) -> Mapping[str, str]:
        if not isinstance(engine, CallbackListener):
            raise CallbackUnknown
        match engine.hear(body):
            case CallbackChallenge(answer):
                return answer
            case CallbackHint(task_id) if attempt.state in NAMELESS:
                await self._follow(job, attempt, engine, task_id)
            case CallbackHint() | None:
                pass
        return {}

    async def _known(self, attempt_id: str) -> tuple[JobView, AttemptView]:
        async with self._resources.database.reading() as session:
            attempt = await AttemptRepository(session, self._clock).view(attempt_id)
            job = None if attempt is None else await JobRepository(session, self._clock).view(attempt.job_id)
        if attempt is None or job is None or attempt.provider not in self._vendors():
            raise CallbackUnknown
        return job, attempt

    def _vendors(self) -> frozenset[str]:
        return frozenset(card.vendor.name for card in self._resources.engines.cards() if card.role is Role.VIDEO)

    async def _follow(self, job: JobView, attempt: AttemptView, engine: CallbackListener, task_id: str) -> None:
        """Binds the attempt to the task it was told of, if the vendor has it and nobody else does."""
        async with self._resources.database.reading() as session:
            taken = await AttemptRepository(session, self._clock).known_remote_ids(attempt.account, attempt.operation)
        if task_id in taken or not await self._exists(engine, task_id):
            log.info("callback_unfounded", attempt_id=attempt.id, job_id=job.id)
            return
        bound = await self._attempts.bind(job, attempt, VendorAnswer(task_id))
        log.info("callback_followed", attempt_id=attempt.id, job_id=job.id, success=bound)

    async def _exists(self, engine: CallbackListener, task_id: str) -> bool:
        try:
            return await engine.knows(task_id)
        except ProviderError:
            return False


def _tokens(resources: Resources, attempt_id: str) -> tuple[str, ...]:
    """The proof in an attempt's address; behind it the one of the SECRET_KEY before, for calls that are under way."""
    return tuple(_token(secret, attempt_id) for secret in resources.settings.security.secret_keys())


def _token(secret: str, attempt_id: str) -> str:
    proof = hmac.new(secret.encode(), PURPOSE + attempt_id.encode(), hashlib.sha256).digest()
    return base64.urlsafe_b64encode(proof).decode().rstrip("=")


class EndedJobReconciler:
    """Climbs the ladder for unknown outcomes that no run waits for any more."""

    def __init__(
        self, resources: Resources, reconciler: Reconciler, inquiry: Callable[[JobView, AttemptView], Inquiry]
    ) -> None:
        self._resources = resources
        self._inquiry = inquiry
        self._reconciler = reconciler
        self._after = ""

    async def sweep(self, limit: int = 100) -> int:
        """Looks once for each; says how many it looked at. What stays open hides nothing that comes after it."""
        clock = self._resources.clock
        async with self._resources.database.reading() as session:
            open_ones = await AttemptRepository(session, clock).unexplained_of_ended(
                limit, parked_before=clock.now() - PARKED_LOOK_EVERY, after=self._after
            )
            jobs = {a.job_id: await JobRepository(session, clock).view(a.job_id) for a in open_ones}
        self._after = open_ones[-1].id if len(open_ones) == limit else ""
        for attempt in open_ones:
            job = jobs[attempt.job_id]
            if job is not None:
                inquiry = self._inquiry(job, attempt)
                await self._reconciler.resolve(job, attempt, inquiry.call, inquiry.find)
        return len(open_ones)
