"""Paid-call protocol: intent, sending, bound; every call is written before it is sent and demands a budget."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import partial
from typing import Any, Protocol, TypeVar, assert_never
from weakref import WeakValueDictionary

import structlog

from app.accounts.service import AccountService
from app.core.clock import SteadyClock
from app.core.database import DatabaseDown, Session, after_commit
from app.core.errors import AppError
from app.core.fairness import FairLimiter
from app.engine.port import RunAbandoned
from app.jobs.domain import AttemptState, AttemptView, JobCancelled, JobFailure, JobView, failure_of
from app.jobs.models import ProviderAttempt
from app.jobs.persistence import (
    PaidAnswer,
    Persistence,
    Spool,
    SpooledAnswer,
    VendorAnswer,
    passes,
    short_backoff,
)
from app.jobs.queue import job_topic
from app.jobs.repository import AttemptRepository, JobRepository, RemoteIdTaken
from app.jobs.repository.attempts import attempt_view
from app.providers.errors import AttemptDisposition, ProviderError
from app.resources import Resources

log = structlog.get_logger(__name__)
T = TypeVar("T")
LANE_PAUSE_SECONDS = 0.5
LANE_MARGIN_SECONDS = 30.0
SEND_PAUSES_SECONDS = (5.0, 15.0, 60.0)
WITHOUT_BILL = frozenset({AttemptState.REFUSED, AttemptState.NOT_RECEIVED})
NOT_SENT = JobFailure("job.ended_before_sending", "The job ended before this call was sent. Nothing was charged.")


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


class CallBudget(Protocol):
    """Where the money of attempts comes from; implemented by usage, called inside the attempt's transaction."""

    async def draw(self, session: Session, job: JobView, attempt: AttemptView) -> None:
        """Takes the estimate from the job's hold, or from the budgets; refuses with BudgetExceeded."""

    async def settle(self, session: Session, job: JobView, attempt: AttemptView, micro_usd: int) -> None:
        """Books what the attempt really cost."""

    async def charge(self, session: Session, job: JobView, attempt: AttemptView, micro_usd: int) -> None:
        """Books a bill for which nothing is held any more, whatever the budgets say."""

    async def release(self, session: Session, job: JobView, attempt: AttemptView) -> None:
        """Gives the estimate back: nothing was charged."""

    async def close(self, session: Session, job: JobView) -> None:
        """Gives back what the ended job holds beyond its open attempts."""


@dataclass(frozen=True)
class PaidCall:
    """What is about to be bought; what another retry has bought of the same, after `gone`, is taken instead."""

    operation: str
    provider: str
    account: str
    request_hash: str
    estimated_micro_usd: int
    exclusive: bool = False
    gone: str = ""
    repeat: Repeat = Repeat.NEVER
    send_timeout_seconds: float = 60
    reply_grace_seconds: float = 15
    park_after_seconds: float = 900
    visible_after_seconds: float = 120


def steady_clock(resources: Resources) -> SteadyClock:
    """The clock of this boot that ages of sent calls are counted by where the database has none of its own."""
    return SteadyClock(resources.clock)


async def _nobody_asks() -> None:
    """Where nobody counts the lives of a run."""


class Attempts:
    """The only way to a paid call."""

    def __init__(self, resources: Resources, budget: CallBudget, fence: Fence, spool: Spool | None = None) -> None:
        self._resources = resources
        self._clock = resources.clock
        self._steady = resources.once(steady_clock)
        self._telemetry = resources.telemetry
        self._budget = budget
        self._fence = fence
        self._spool = spool or Spool(resources.settings.storage.storage_path, resources.threads)
        self._persistence = Persistence(resources)
        self._sending: set[asyncio.Future[None]] = set()
        self._lanes: WeakValueDictionary[str, FairLimiter] = WeakValueDictionary()

    async def intend(self, job: JobView, call: PaidCall, number: int) -> AttemptView:
        """Writes the attempt and draws its money, or finds what an earlier run wrote.

        Where another retry of the same work has bought exactly this or is about to, its attempt is given instead.
        """
        async with self._resources.database.unit_of_work() as session:
            attempts = AttemptRepository(session, self._clock)
            written = await attempts.numbered(job.id, call.operation, number)
            if written is None and job.retry_of is not None:
                written = await self._of_rival(attempts, job, call)
            if written is not None:
                return written
            if not await self._may_go_on(session, job):
                raise JobCancelled
            attempt = attempt_view(await attempts.add(self._row(job, call, number)))
            await self._budget.draw(session, job, attempt)
            return attempt

    async def _of_rival(self, attempts: AttemptRepository, job: JobView, call: PaidCall) -> AttemptView | None:
        await attempts.claim_request(job.id, call.request_hash)
        bought = await attempts.bound_elsewhere(job.id, call.request_hash, newer_than=call.gone)
        return bought or await attempts.open_elsewhere(job.id, call.request_hash)

    async def adopt(self, job: JobView, call: PaidCall) -> AttemptView | None:
        """What another try of the same work has bought already with exactly this request."""
        if job.retry_of is None:
            return None
        async with self._resources.database.reading() as session:
            attempts = AttemptRepository(session, self._clock)
            return await attempts.bound_elsewhere(job.id, call.request_hash, newer_than=call.gone)

    async def submit(
        self,
        job: JobView,
        attempt: AttemptView,
        call: PaidCall,
        send: Callable[[AttemptView], Awaitable[VendorAnswer]],
        *,
        stop: asyncio.Event,
        alive: Callable[[], Awaitable[None]] = _nobody_asks,
    ) -> None:
        """Sends at most once, unless the vendor surely did not take it; writes what is known of the outcome."""
        pauses, local_pauses = iter(SEND_PAUSES_SECONDS), short_backoff(self._clock)
        pause: float | None = 0.0
        while pause is not None and await self._take_lane(job, attempt, call, stop, alive):
            # A process that slept since it took the lane may have been replaced by one that has paid already.
            if not self._fence.fresh():
                await self.not_received(job, attempt)
                raise FencedOff
            try:
                await self._detached(self._send_and_keep(job, attempt, call, send))
            except ProviderError as error:
                pause = await self._write_error(job, attempt, error, next(pauses, None))
            except (AppError, OSError) as fault:
                pause = await self._write_fault(job, attempt, fault, local_pauses.seconds())
            else:
                return
            await self._pause(pause or 0.0, stop)

    async def bind(self, job: JobView, attempt: AttemptView, sent: VendorAnswer) -> bool:
        """Keeps the vendor's answer and books its bill, however late it comes; says whether it was news."""
        try:
            return await self._bind(job, attempt, sent)
        except RemoteIdTaken:
            # The vendor's work belongs to another attempt, so it explains nothing here.
            log.warning("remote_id_taken", attempt_id=attempt.id, job_id=job.id)
            return False

    async def _bind(self, job: JobView, attempt: AttemptView, sent: VendorAnswer) -> bool:
        async with self._resources.database.unit_of_work() as session:
            attempts, jobs = AttemptRepository(session, self._clock), JobRepository(session, self._clock)
            await attempts.lock(attempt.id)
            before = await attempts.view(attempt.id)
            is_held = before is None or before.state is not AttemptState.NOT_RECEIVED
            moved = await attempts.bind(attempt.id, sent.remote_id, sent.reply, self._clock.now())
            await jobs.lock(job.id)
            standing = await jobs.view(job.id)
            await jobs.settle_question(job.id, attempt.id)
            bill = sent.actual_micro_usd
            if bill is None and (standing is None or standing.is_final or not is_held):
                # A reply is charged all the same after the job has ended or its money was given back.
                bill = attempt.estimated_micro_usd
            if moved and bill is not None:
                await self.book(session, job, attempt, bill, is_held=is_held)
            for topic in (job_topic(job.id), _lane_topic(attempt)):
                await self._resources.notifier.notify(session, topic)
        if moved:
            self._telemetry.used(attempt.provider, attempt.operation, sent.used)
        return moved

    async def settle(self, job: JobView, attempt: AttemptView, micro_usd: int) -> None:
        """Books the bill of a bound attempt, once; goes on until the database has it."""

        async def settled() -> None:
            async with self._resources.database.unit_of_work() as session:
                await self.book(session, job, attempt, micro_usd)

        await self._persistence.repeat("settle", job.id, settled)

    async def add_to_reply(self, session: Session, attempt_id: str, name: str, value: str) -> bool:
        """Notes on a kept answer what became of it; False where it is noted already."""
        attempts = AttemptRepository(session, self._clock)
        await attempts.lock(attempt_id)
        attempt = await attempts.view(attempt_id)
        if attempt is None or name in (attempt.reply or {}):
            return False
        await attempts.note_reply(attempt_id, {**(attempt.reply or {}), name: value})
        return True

    async def take_from_spool(self, attempt_id: str) -> bool:
        """Binds an answer of this attempt that lies on this machine; says whether one did, in whosever hand."""
        if not await self._spool.has(attempt_id):
            return False
        await self._try_spooled(attempt_id)
        return True

    async def read_spool(self) -> int:
        """Binds the answers on this machine that no process has in hand; says how many it bound."""
        bound = 0
        for attempt_id in await self._spool.waiting():
            bound += await self._try_spooled(attempt_id)
        return bound

    async def close(self) -> None:
        """Lets go of calls on their way and of answers that no database took; the disk keeps the answers."""
        sending = tuple(self._sending)
        for task in sending:
            task.cancel()
        if sending:
            await asyncio.wait(sending)

    async def not_received(self, job: JobView, attempt: AttemptView) -> None:
        """The vendor surely has nothing of this attempt: its money is free again and a new one may be sent."""
        await self._write(job, attempt, AttemptState.NOT_RECEIVED)

    async def unknown(self, job: JobView, attempt: AttemptView) -> None:
        """Its sender cannot tell whether the vendor took it, and has nothing more to say."""
        await self._write(job, attempt, AttemptState.UNKNOWN)

    async def age_seconds(self, attempt: AttemptView) -> float:
        """Seconds that have surely passed since the call was sent, whatever was done to this machine's clock."""
        if self._resources.database.is_sqlite:
            return self._steady.surely_passed(attempt.sent_at or attempt.created_at)
        async with self._resources.database.reading() as session:
            return await AttemptRepository(session, self._clock).age_seconds(attempt)

    async def _detached(self, work: Awaitable[None]) -> None:
        """Work that goes on when the run that waits for it is cancelled: it is paid for, or about to be."""
        task = asyncio.ensure_future(work)
        self._sending.add(task)
        task.add_done_callback(self._finished)
        await asyncio.shield(task)

    def _finished(self, task: asyncio.Future[None]) -> None:
        self._sending.discard(task)
        # The run that would have been told may be gone; the sweep explains what is left open.
        if not task.cancelled() and (fault := task.exception()) is not None:
            log.info("call_ended", fault=type(fault).__name__)

    async def _send_and_keep(
        self, job: JobView, attempt: AttemptView, call: PaidCall, send: Callable[[AttemptView], Awaitable[VendorAnswer]]
    ) -> None:
        with self._telemetry.provider_call(call.provider, call.operation, attempt.id):
            async with asyncio.timeout(call.send_timeout_seconds):
                sent = await send(attempt)
        await self._keep(job, attempt, sent)

    async def _keep(self, job: JobView, attempt: AttemptView, sent: VendorAnswer) -> None:
        """Puts a paid answer on the local disk and then where it belongs; goes on until it is there.

        While the local disk takes nothing, the answer lives as long as this process does.
        """
        answer = PaidAnswer(attempt.id, job.id, sent)
        spooled: list[SpooledAnswer] = []

        async def kept() -> None:
            if not spooled:
                spooled.extend(await self._saved(answer))
            await self._deliver(job, attempt, sent)

        try:
            await self._persistence.repeat("keep_answer", job.id, kept)
        except BaseException:
            for each in spooled:
                each.lock.release()
            raise
        for each in spooled:
            await self._spool.drop(each)

    async def _saved(self, answer: PaidAnswer) -> tuple[SpooledAnswer, ...]:
        try:
            return (await self._spool.save(answer),)
        except (OSError, AppError) as fault:
            log.warning("answer_not_spooled", attempt_id=answer.attempt_id, fault=str(fault))
            return ()

    async def _deliver(self, job: JobView, attempt: AttemptView, sent: VendorAnswer) -> None:
        """Puts bytes into the store, then the answer into the database; of a closed account only the bill is kept."""
        async with self._resources.database.reading() as session:
            is_erased = await AccountService.over(session, self._resources).is_closed(job.owner_id)
        if is_erased:
            sent = replace(sent, reply={}, payload=None)
        if sent.payload is not None:
            await self._resources.store.put(sent.payload.store_key, _once(sent.payload.content))
        if not await self.bind(job, attempt, sent):
            # Known already, or another attempt's: then the ladder explains this one.
            await self.unknown(job, attempt)

    async def _try_spooled(self, attempt_id: str) -> bool:
        """Binds one answer; what stays on the disk for now keeps no other from the database."""
        try:
            return await self._bind_spooled(attempt_id)
        except DatabaseDown:
            raise
        except Exception as fault:
            if not passes(fault):
                log.exception("spooled_answer_not_bound", attempt_id=attempt_id)
            return False

    async def _bind_spooled(self, attempt_id: str) -> bool:
        spooled = await self._spool.claim(attempt_id)
        if spooled is None:
            return False
        try:
            async with self._resources.database.reading() as session:
                attempt = await AttemptRepository(session, self._clock).view(attempt_id)
                job = await JobRepository(session, self._clock).view(spooled.answer.job_id)
            if attempt is not None and job is not None:
                await self._deliver(job, attempt, spooled.answer.sent)
                log.info("spooled_answer_bound", attempt_id=attempt_id, job_id=job.id)
            else:
                log.error("spooled_answer_of_nobody", attempt_id=attempt_id)
        except BaseException:
            spooled.lock.release()
            raise
        await self._spool.drop(spooled)
        return True

    async def book(
        self, session: Session, job: JobView, attempt: AttemptView, micro_usd: int, *, is_held: bool = True
    ) -> None:
        """Books the bill of a bound attempt once, in the caller's transaction."""
        if await AttemptRepository(session, self._clock).settle(attempt.id, micro_usd, self._clock.now()):
            await JobRepository(session, self._clock).add_cost(job.id, micro_usd)
            book = self._budget.settle if is_held else self._budget.charge
            await book(session, job, attempt, micro_usd)
            after_commit(session, partial(self._telemetry.spent, attempt.provider, micro_usd))

    async def _pause(self, seconds: float, stop: asyncio.Event) -> None:
        if not seconds:
            return
        try:
            async with asyncio.timeout(seconds):
                await stop.wait()
        except TimeoutError:
            return

    async def _take_lane(
        self,
        job: JobView,
        attempt: AttemptView,
        call: PaidCall,
        stop: asyncio.Event,
        alive: Callable[[], Awaitable[None]],
    ) -> bool:
        """Owners take turns at the lane, and one caller of this process at a time asks whether it is free."""
        if not call.exclusive:
            return await self._lane_taken(job, attempt, call, stop, alive)
        turns = self._lanes.setdefault(_lane_topic(attempt), FairLimiter(1))
        while True:
            waiting = asyncio.timeout(LANE_PAUSE_SECONDS)
            try:
                async with waiting, turns.turn():
                    waiting.reschedule(None)
                    return await self._lane_taken(job, attempt, call, stop, alive)
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
        self,
        job: JobView,
        attempt: AttemptView,
        call: PaidCall,
        stop: asyncio.Event,
        alive: Callable[[], Awaitable[None]],
    ) -> bool:
        with self._resources.notifier.subscribe(_lane_topic(attempt)) as ring:
            while True:
                self._check_wanted(stop)
                taken = await self._try_lane(job, attempt, call)
                if taken is not None:
                    return taken
                await alive()
                await self._resources.notifier.wait(ring, LANE_PAUSE_SECONDS)

    async def _try_lane(self, job: JobView, attempt: AttemptView, call: PaidCall) -> bool | None:
        """Looks before it asks for the one writer, because many wait where a vendor takes little at once."""
        now, held_seconds = self._steady.now(), call.visible_after_seconds + LANE_MARGIN_SECONDS
        async with self._resources.database.reading() as session:
            attempts = AttemptRepository(session, self._clock)
            if await attempts.lane_is_held(attempt, now=now, held_seconds=held_seconds):
                return None
        async with self._resources.database.unit_of_work() as session:
            taken = await AttemptRepository(session, self._clock).take_lane(
                attempt,
                now=now,
                held_seconds=held_seconds,
                send_seconds=call.send_timeout_seconds + call.reply_grace_seconds,
                fence=self._fence.name,
            )
            if taken and not await self._may_go_on(session, job):
                raise JobCancelled
            return taken

    async def _write_error(
        self, job: JobView, attempt: AttemptView, error: ProviderError, pause: float | None
    ) -> float | None:
        """Writes a vendor's error; gives the seconds to wait before the same attempt may be sent again."""
        log.info("attempt_error", attempt_id=attempt.id, job_id=job.id, error=error.code, disposition=error.disposition)
        match error.disposition:
            case AttemptDisposition.RECONCILE:
                await self._write(job, attempt, AttemptState.UNKNOWN)
                return None
            case AttemptDisposition.WAIT:
                await self._write(job, attempt, AttemptState.INTENT)
                asked = error.retry_after_seconds
                return SEND_PAUSES_SECONDS[0] if asked is None else float(asked)
            case AttemptDisposition.RESEND if pause is not None:
                await self._write(job, attempt, AttemptState.INTENT)
                return pause
            case AttemptDisposition.RESEND | AttemptDisposition.FAIL | AttemptDisposition.STOP:
                await self._write(job, attempt, AttemptState.REFUSED, failure_of(error))
                return None
            case _:
                assert_never(error.disposition)

    async def _write_fault(
        self, job: JobView, attempt: AttemptView, fault: AppError | OSError, pause: float
    ) -> float | None:
        """Writes a fault of our own; gives the seconds to wait where the call was surely not sent."""
        if isinstance(fault, TimeoutError):
            await self.unknown(job, attempt)
            return None
        # What was to be sent could not be read here: nothing local follows the vendor's answer within a send.
        if not passes(fault):
            raise fault
        await self._write(job, attempt, AttemptState.INTENT)
        return pause

    async def _write(
        self, job: JobView, attempt: AttemptView, state: AttemptState, failure: JobFailure | None = None
    ) -> None:
        """Writes what is known of a call, and goes on until the database has it: nobody else can tell."""
        facts: dict[str, Any] = {} if failure is None else {"failure": failure.as_json()}
        if state in WITHOUT_BILL:
            facts["ended_at"] = self._clock.now()
        if state is AttemptState.UNKNOWN:
            facts["fence"] = None

        async def written() -> None:
            async with self._resources.database.unit_of_work() as session:
                attempts = AttemptRepository(session, self._clock)
                moved, to = await attempts.move(attempt.id, to=state, **facts), state
                if moved and to is AttemptState.INTENT and not await self._may_go_on(session, job):
                    moved, to = await attempts.drop_unsent(attempt.id, NOT_SENT.as_json()), AttemptState.REFUSED
                if moved and to in WITHOUT_BILL:
                    await self._budget.release(session, job, attempt)
                for topic in (job_topic(job.id), _lane_topic(attempt)):
                    await self._resources.notifier.notify(session, topic)

        await self._persistence.repeat(f"write_{state.value}", job.id, written)

    async def _may_go_on(self, session: Session, job: JobView) -> bool:
        return await JobRepository(session, self._clock).may_go_on(job.id)

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
            estimated_micro_usd=call.estimated_micro_usd,
            **({"state": AttemptState.INTENT} | self._doubt(job, call, number)),
        )

    def _doubt(self, job: JobView, call: PaidCall, number: int) -> dict[str, Any]:
        """The first call of a restored job may have been sent and paid after the backup, so its vendor is asked first.

        A call that is free, or that may be repeated anyway, is simply made.
        """
        since = job.restored_from
        if since is None or number > 1 or call.repeat is Repeat.ONCE or not call.estimated_micro_usd:
            return {}
        return {"state": AttemptState.UNKNOWN, "sent_at": since, "send_until": self._clock.now()}


def _lane_topic(attempt: AttemptView) -> str:
    """The topic of whoever waits until another submit of this account and operation is over."""
    return f"lane:{attempt.account}:{attempt.operation}"


async def _once(content: bytes) -> AsyncIterator[bytes]:
    yield content
