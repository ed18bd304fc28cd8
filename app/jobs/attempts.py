"""Paid-call protocol: intent, sending, bound; every call is written before it is sent and demands a purse."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import Protocol, assert_never
from weakref import WeakValueDictionary

import structlog
from pydantic import JsonValue

from app.core.database import Session
from app.core.fairness import FairLimiter
from app.core.telemetry import Unit
from app.engine.port import RunAbandoned
from app.jobs.failures import JobCancelled, failure_of
from app.jobs.models import ProviderAttempt
from app.jobs.queue import job_topic
from app.jobs.repository import AttemptRepository, JobRepository
from app.jobs.repository.attempts import attempt_view
from app.jobs.states import AttemptState
from app.jobs.values import AttemptView, JobFailure, JobView
from app.providers.errors import Disposition, ProviderError
from app.resources import Resources

__all__ = ["Attempts", "Fence", "FencedOff", "PaidCall", "Purse", "Repeat", "Sent"]

log = structlog.get_logger(__name__)

LANE_PAUSE_SECONDS = 0.5
LANE_MARGIN_SECONDS = 30.0
SEND_PAUSES_SECONDS = (5.0, 15.0, 60.0)
WITHOUT_BILL = frozenset({AttemptState.REFUSED, AttemptState.NOT_RECEIVED})


class Repeat(StrEnum):
    """How an unknown outcome of this operation may be treated."""

    NEVER = "never"
    ONCE = "once"


class FencedOff(RunAbandoned):
    """The process lost its lease: another one goes on with the job."""


class Fence(Protocol):
    """Whether this process may still act for its jobs."""

    name: str

    def fresh(self) -> bool:
        """Whether this process beat recently enough to send a paid call."""


class Purse(Protocol):
    """Where the money of attempts comes from; implemented by usage, called inside the attempt's transaction."""

    async def draw(self, session: Session, job: JobView, attempt: AttemptView) -> None:
        """Takes the estimate from the job's hold, or from the budgets; refuses with BudgetExceeded."""

    async def settle(self, session: Session, job: JobView, attempt: AttemptView, micro_usd: int) -> None:
        """Books what the attempt really cost."""

    async def release(self, session: Session, job: JobView, attempt: AttemptView) -> None:
        """Gives the estimate back: nothing was charged."""

    async def close(self, session: Session, job: JobView) -> None:
        """Gives back what the ended job holds beyond its open attempts."""


@dataclass(frozen=True)
class PaidCall:
    """What is about to be bought; with `adopts` an earlier try's purchase of the same is taken instead."""

    operation: str
    provider: str
    account: str
    request_hash: str
    estimated_micro_usd: int
    exclusive: bool = False
    adopts: bool = True
    repeat: Repeat = Repeat.NEVER
    send_timeout_seconds: float = 60
    reply_grace_seconds: float = 15
    park_after_seconds: float = 900
    visible_after_seconds: float = 120


@dataclass(frozen=True)
class Sent:
    """What the vendor answered: its own id of the work, and what must be kept."""

    remote_id: str | None
    reply: dict[str, JsonValue] = field(default_factory=dict)
    actual_micro_usd: int | None = None
    used: Mapping[Unit, int] = field(default_factory=dict)


async def _nobody_asks() -> None:
    """Where nobody counts the lives of a run."""


class Attempts:
    """The only way to a paid call."""

    def __init__(self, resources: Resources, purse: Purse, fence: Fence) -> None:
        self._resources = resources
        self._clock = resources.clock
        self._telemetry = resources.telemetry
        self._purse = purse
        self._fence = fence
        self._lanes: WeakValueDictionary[str, FairLimiter] = WeakValueDictionary()

    async def intend(self, job: JobView, call: PaidCall, number: int) -> AttemptView:
        """Writes the attempt and draws its money, or finds what an earlier run wrote."""
        async with self._resources.database.unit_of_work() as session:
            attempts = AttemptRepository(session, self._clock)
            written = await attempts.numbered(job.id, call.operation, number)
            if written is not None:
                return written
            attempt = attempt_view(await attempts.add(self._row(job, call, number)))
            await self._purse.draw(session, job, attempt)
            return attempt

    async def adopt(self, job: JobView, call: PaidCall) -> AttemptView | None:
        """What the job that this one retries has bought already with exactly this request."""
        earlier = job.retry_of
        async with self._resources.database.reading() as session:
            while earlier is not None:
                bought = await AttemptRepository(session, self._clock).bound_elsewhere(earlier, call.request_hash)
                if bought is not None:
                    return bought
                before = await JobRepository(session, self._clock).view(earlier)
                earlier = None if before is None else before.retry_of
        return None

    async def submit(
        self,
        job: JobView,
        attempt: AttemptView,
        call: PaidCall,
        send: Callable[[AttemptView], Awaitable[Sent]],
        *,
        stop: asyncio.Event,
        alive: Callable[[], Awaitable[None]] = _nobody_asks,
    ) -> None:
        """Sends at most once, unless the vendor surely did not take it; writes what is known of the outcome."""
        pauses = iter(SEND_PAUSES_SECONDS)
        while await self._take_lane(attempt, call, stop, alive):
            # A process that slept since it took the lane may have been replaced by one that has paid already.
            if not self._fence.fresh():
                await self.not_received(job, attempt)
                raise FencedOff
            try:
                with self._telemetry.provider_call(call.provider, call.operation, attempt.id):
                    async with asyncio.timeout(call.send_timeout_seconds):
                        sent = await send(attempt)
            except TimeoutError:
                await self._write(job, attempt, AttemptState.UNKNOWN)
                return
            except ProviderError as error:
                pause = await self._write_error(job, attempt, error, next(pauses, None))
            else:
                await self.bind(job, attempt, sent)
                return
            if pause is None:
                return
            await self._pause(pause, stop)

    async def bind(self, job: JobView, attempt: AttemptView, sent: Sent) -> bool:
        """Keeps the vendor's answer, however late it comes; says whether it was news."""
        now = self._clock.now()
        async with self._resources.database.unit_of_work() as session:
            moved = await AttemptRepository(session, self._clock).move(
                attempt.id, to=AttemptState.BOUND, remote_id=sent.remote_id, reply=sent.reply, ended_at=now
            )
            jobs = JobRepository(session, self._clock)
            is_active = await jobs.note(job.id, question=None) if moved else True
            if not is_active:
                await jobs.settle_question(job.id, attempt.id)
            for topic in (job_topic(job.id), _lane_topic(attempt)):
                await self._resources.bell.announce(session, topic)
        if moved:
            self._telemetry.used(attempt.provider, attempt.operation, sent.used)
        bill = sent.actual_micro_usd
        if moved and bill is None and not is_active:
            # A reply that comes after the job has ended is charged all the same.
            bill = attempt.estimated_micro_usd
        if moved and bill is not None:
            await self.settle(job, attempt, bill)
        return moved

    async def settle(self, job: JobView, attempt: AttemptView, micro_usd: int) -> None:
        """Books the bill of a bound attempt, once."""
        async with self._resources.database.unit_of_work() as session:
            first = await AttemptRepository(session, self._clock).settle(attempt.id, micro_usd, self._clock.now())
            if first:
                await JobRepository(session, self._clock).add_cost(job.id, micro_usd)
                await self._purse.settle(session, job, attempt, micro_usd)
        if first:
            self._telemetry.spent(attempt.provider, micro_usd)

    async def not_received(self, job: JobView, attempt: AttemptView) -> None:
        """The vendor surely has nothing of this attempt: its money is free again and a new one may be sent."""
        await self._write(job, attempt, AttemptState.NOT_RECEIVED)

    async def unknown(self, job: JobView, attempt: AttemptView) -> None:
        """Nobody can tell yet whether the vendor took it."""
        await self._write(job, attempt, AttemptState.UNKNOWN)

    async def _pause(self, seconds: float, stop: asyncio.Event) -> None:
        try:
            async with asyncio.timeout(seconds):
                await stop.wait()
        except TimeoutError:
            return

    async def _take_lane(
        self, attempt: AttemptView, call: PaidCall, stop: asyncio.Event, alive: Callable[[], Awaitable[None]]
    ) -> bool:
        """Owners take turns at the lane, and one caller of this process at a time asks whether it is free."""
        if not call.exclusive:
            return await self._lane_taken(attempt, call, stop, alive)
        turns = self._lanes.setdefault(_lane_topic(attempt), FairLimiter(1))
        while True:
            waiting = asyncio.timeout(LANE_PAUSE_SECONDS)
            try:
                async with waiting, turns.turn():
                    waiting.reschedule(None)
                    return await self._lane_taken(attempt, call, stop, alive)
            except TimeoutError:
                if not waiting.expired():
                    raise
                self._check_wanted(stop)
                await alive()

    def _check_wanted(self, stop: asyncio.Event) -> None:
        if stop.is_set():
            raise JobCancelled
        if not self._fence.fresh():
            raise FencedOff

    async def _lane_taken(
        self, attempt: AttemptView, call: PaidCall, stop: asyncio.Event, alive: Callable[[], Awaitable[None]]
    ) -> bool:
        with self._resources.bell.heard(_lane_topic(attempt)) as ring:
            while True:
                self._check_wanted(stop)
                taken = await self._try_lane(attempt, call)
                if taken is not None:
                    return taken
                await alive()
                await self._resources.bell.wait(ring, LANE_PAUSE_SECONDS)

    async def _try_lane(self, attempt: AttemptView, call: PaidCall) -> bool | None:
        """Looks before it asks for the one writer, because many wait where a vendor takes little at once."""
        now = self._clock.now()
        held_since = now - timedelta(seconds=call.visible_after_seconds + LANE_MARGIN_SECONDS)
        async with self._resources.database.reading() as session:
            if await AttemptRepository(session, self._clock).lane_is_held(attempt, held_since=held_since):
                return None
        until = now + timedelta(seconds=call.send_timeout_seconds + call.reply_grace_seconds)
        async with self._resources.database.unit_of_work() as session:
            return await AttemptRepository(session, self._clock).take_lane(
                attempt, held_since=held_since, fence=self._fence.name, sent_at=now, send_until=until
            )

    async def _write_error(
        self, job: JobView, attempt: AttemptView, error: ProviderError, pause: float | None
    ) -> float | None:
        """Writes a vendor's error; gives the seconds to wait before the same attempt may be sent again."""
        log.info("attempt_error", attempt_id=attempt.id, job_id=job.id, error=error.code, disposition=error.disposition)
        match error.disposition:
            case Disposition.RECONCILE:
                await self._write(job, attempt, AttemptState.UNKNOWN)
                return None
            case Disposition.WAIT:
                await self._write(job, attempt, AttemptState.INTENT)
                asked = error.retry_after_seconds
                return SEND_PAUSES_SECONDS[0] if asked is None else float(asked)
            case Disposition.RESEND if pause is not None:
                await self._write(job, attempt, AttemptState.INTENT)
                return pause
            case Disposition.RESEND | Disposition.FAIL | Disposition.STOP:
                await self._write(job, attempt, AttemptState.REFUSED, failure_of(error))
                return None
            case _:
                assert_never(error.disposition)

    async def _write(
        self, job: JobView, attempt: AttemptView, state: AttemptState, failure: JobFailure | None = None
    ) -> None:
        facts: dict[str, object] = {} if failure is None else {"failure": failure.as_json()}
        if state in WITHOUT_BILL:
            facts["ended_at"] = self._clock.now()
        async with self._resources.database.unit_of_work() as session:
            moved = await AttemptRepository(session, self._clock).move(attempt.id, to=state, **facts)
            if moved and state in WITHOUT_BILL:
                await self._purse.release(session, job, attempt)
            for topic in (job_topic(job.id), _lane_topic(attempt)):
                await self._resources.bell.announce(session, topic)

    def _row(self, job: JobView, call: PaidCall, number: int) -> ProviderAttempt:
        return ProviderAttempt(
            job_id=job.id,
            owner_id=job.owner_id,
            operation=call.operation,
            number=number,
            provider=call.provider,
            account=call.account,
            nonce=self._clock.secret(24),
            request_hash=call.request_hash,
            exclusive=call.exclusive,
            state=AttemptState.INTENT,
            estimated_micro_usd=call.estimated_micro_usd,
        )


def _lane_topic(attempt: AttemptView) -> str:
    """The bell of whoever waits until another submit of this account and operation is over."""
    return f"lane:{attempt.account}:{attempt.operation}"
