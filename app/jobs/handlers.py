"""What a kind of job is, and what its run works with: named steps, waits, stages, questions and paid calls."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from functools import partial
from typing import Any, ClassVar, Generic, Protocol, TypeVar, TypeVarTuple, runtime_checkable

import structlog
from pydantic import BaseModel, JsonValue, ValidationError

from app.core.clock import Clock
from app.core.database import DatabaseDown, Session
from app.core.errors import AppError, NotNow
from app.core.tasks import Backoff
from app.engine.port import JobContext, RunParked, StepFailed, WaitTimedOut
from app.jobs.attempts import PaidCall
from app.jobs.domain import (
    OPEN_ATTEMPTS,
    AttemptState,
    AttemptView,
    EventView,
    JobCancelled,
    JobFailed,
    JobFailure,
    JobStatus,
    JobView,
    Lane,
    Question,
    Step,
    failure_of,
)
from app.jobs.errors import KindUnknown, ParamsUnusable
from app.jobs.persistence import Delays, VendorAnswer, stage_of
from app.jobs.queue import job_topic, owner_topic
from app.jobs.reconcile import Find, Inquiry, Reconciler
from app.jobs.repository import AttemptRepository, EventRepository, JobRepository
from app.jobs.waiting import InlineWait, ParkedWaits, PollSpec
from app.providers.errors import AttemptDisposition, ProviderError
from app.resources import Resources
from app.storage.disk import fault_of_disk

log = structlog.get_logger(__name__)
stage_log = structlog.get_logger("stages")
ParamsT = TypeVar("ParamsT", bound=BaseModel)
T = TypeVar("T")
Ts = TypeVarTuple("Ts")
OUTCOME_POLL_SECONDS = 1.0
MOST_ATTEMPTS = 5
WAITING_STAGE = "waiting_for_earlier_purchase"
NOT_TAKEN = JobFailure("job.attempts_exhausted", "The engine did not take the work. Try again later.", retryable=True)
TOO_LONG = JobFailure("job.deadline", "The work took longer than allowed.", retryable=True)
RECORD_LOST = JobFailure("job.attempt_lost", "The record of a paid call is gone. Ask the operator.")
STAGE_EVENT = "job.stage"
REFUSED_EVENT = "job.part_refused"
ASKED, ANSWERED, TAKEN_UP = "job.awaiting_input", "job.answered", "job.answer_taken_up"
# Surely nothing was accepted, or nothing was asked for that costs: the vendor may be asked again.
ASKED_AGAIN = frozenset({AttemptDisposition.WAIT, AttemptDisposition.RESEND})


class Ending(StrEnum):
    """How a job ended."""

    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"


class NoParams(BaseModel):
    """A job that needs to be told nothing but what its row says."""


class JobHandler(Protocol, Generic[ParamsT]):
    """One kind of job; a handler keeps no state of a run, because a run may go on in another process."""

    kind: ClassVar[str]
    label: ClassVar[str]
    lane: ClassVar[Lane]
    startable: ClassVar[bool] = False
    every: ClassVar[timedelta | None] = None
    params: type[ParamsT]

    async def run(self, work: "JobRun", params: ParamsT) -> dict[str, JsonValue]:
        """Does the work in named steps and gives the result; every step may run again after a crash."""

    async def ended(self, session: Session, job: JobView, ending: Ending) -> None:
        """What must change together with the job's last move, in the same transaction; usually nothing does."""
        del session, job, ending


@runtime_checkable
class Inquirer(Protocol):
    """A handler whose vendor has a list: an unknown outcome is looked up there even when the job has ended."""

    def inquiry(self, params: Any, attempt: AttemptView) -> Inquiry:
        """The call as the run meant it, and how to look it up; the params are those of the handler's kind."""


class Handlers:
    """The kind-to-handler table of this process."""

    def __init__(self, handlers: Iterable[JobHandler[Any]]) -> None:
        self._by_kind = {handler.kind: handler for handler in handlers}

    def __getitem__(self, kind: str) -> JobHandler[Any]:
        if kind not in self._by_kind:
            raise KindUnknown(facts={"kinds": list(self.startable())})
        return self._by_kind[kind]

    def lane_of(self, kind: str) -> Lane | None:
        """Where work of a kind goes on; None where there is no such kind."""
        handler = self._by_kind.get(kind)
        return None if handler is None else handler.lane

    def offered(self, kind: str) -> JobHandler[Any]:
        """The handler of a kind that requests may start."""
        if kind not in self.startable():
            raise KindUnknown(facts={"kinds": list(self.startable())})
        return self[kind]

    def inquiry(self, job: JobView, attempt: AttemptView) -> Inquiry:
        """How a paid call of an ended job is asked after."""
        handler = self._by_kind.get(job.kind)
        if isinstance(handler, Inquirer):
            try:
                return handler.inquiry(handler.params.model_validate(job.params), attempt)
            except ValidationError:
                # The params are of an earlier version; the owner is asked in the end.
                log.warning("inquiry_impossible", job_id=job.id, kind=job.kind)
        return Inquiry.about(attempt)

    def kinds(self) -> Mapping[str, JobHandler[Any]]:
        """Every kind with its handler."""
        return self._by_kind

    def startable(self) -> Sequence[str]:
        """The kinds a request may start."""
        return sorted(kind for kind, handler in self._by_kind.items() if handler.startable)

    def checked(self, kind: str, params: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
        """The params as the kind keeps them, or why they do not fit."""
        try:
            fitting: BaseModel = self[kind].params.model_validate(params)
        except ValidationError as faults:
            told = [f"{'.'.join(map(str, f['loc']))}: {f['msg']}" for f in faults.errors(include_input=False)]
            raise ParamsUnusable(facts={"faults": list(told)}) from None
        kept: dict[str, JsonValue] = fitting.model_dump(mode="json")
        return kept


@dataclass(frozen=True)
class PaidResult:
    """A paid call whose answer is kept; an adopted one was paid by an earlier try of the same work."""

    attempt_id: str
    remote_id: str | None
    reply: Mapping[str, JsonValue]
    is_adopted: bool = False


class JobRun:
    """One run of one job; a crash begins it again, and steps that ended are not repeated."""

    def __init__(
        self,
        job: JobView,
        engine: JobContext,
        resources: Resources,
        reconciler: Reconciler,
        parked_waits: ParkedWaits,
        stop: asyncio.Event,
    ) -> None:
        self.job = job
        self.resources = resources
        self.reporter = JobReporter(resources, job)
        self._again = OutageRetry(resources, job, self.reporter)
        self._engine = engine
        self._attempts = reconciler.attempts
        self._reconciler = reconciler
        self._parked_waits = parked_waits
        self._stop = stop
        self._clock = resources.clock

    async def step(self, name: str, call: Callable[[*Ts], Awaitable[T]], *args: *Ts) -> T:
        """Runs once and is remembered; a cancel stops it at once. Its result must be plain JSON.

        While something beside us is away the call is made again, as after a crash.
        """

        async def calling() -> T:
            return await _recordable(name, self._until_stopped(self._again.answered(call, *args)))

        return await _opened(self._engine.step(name, calling))

    async def wait(
        self, name: str, look: Callable[[*Ts], Awaitable[T | None]], *args: *Ts, every_seconds: float, until: datetime
    ) -> T:
        """Looks again and again until there is an answer; writes nothing while waiting.

        Where many jobs wait, a long wait ends this run with RunParked, and a new one passes here when there is news:
        what the handler holds open is closed meanwhile, and an answer must still be there for a second look.
        """
        parked_waits = self._parked_waits

        async def poll() -> T | None:
            return await _recordable(name, self._again.answered(look, *args, until=until))

        async def polling(inline_wait: InlineWait) -> T | None:
            answer = await poll()
            if answer is None and parked_waits.should_park(inline_wait, until):
                raise RunParked(partial(parked_waits.park, PollSpec(self.job.owner_id, poll, every_seconds, until)))
            return answer

        try:
            with parked_waits.wait_inline() as inline_wait:
                waiting = self._engine.wait(
                    name, partial(polling, inline_wait), every_seconds=every_seconds, until=until
                )
                return await _opened(self._until_stopped(waiting))
        except WaitTimedOut as late:
            raise JobFailed(TOO_LONG) from late

    async def stage(
        self, name: str, *, progress: int, status: JobStatus | None = None, step: Step | None = None
    ) -> None:
        """Says where the job is; a re-run says it once."""
        self._again.stage = name
        await self._engine.step(
            f"stage.{name}", self._again.answered, self.reporter.stage, name, progress, status, step
        )

    async def report(self, progress: int) -> None:
        """Says how far a long wait has come; it never goes back, and the same number is said once."""
        await self._again.answered(self.reporter.progress, progress)

    async def buy(
        self, call: PaidCall, send: Callable[[AttemptView], Awaitable[VendorAnswer]], find: Find | None = None
    ) -> PaidResult:
        """One paid call; when its outcome is unknown it is found out or the owner is asked, never sent again."""
        operation = call.operation
        again = ".again" if call.gone else ""
        adopted = await self.step(f"adopt.{operation}{again}", self._adopt, call)
        if adopted is not None:
            return await self._bought(adopted)
        for number in range(1, MOST_ATTEMPTS + 1):
            attempt_id, is_own = await self._intended(call, number)
            if not is_own:
                return await self._bought(attempt_id)
            await self._submit(f"submit.{operation}.{number}", attempt_id, call, send)
            final_state = await self.wait(
                f"bind.{operation}.{number}",
                self._final_state,
                attempt_id,
                call,
                find,
                every_seconds=OUTCOME_POLL_SECONDS,
                until=self._deadline(),
            )
            if final_state == AttemptState.BOUND.value:
                return await self._bought(attempt_id)
            if final_state == AttemptState.REFUSED.value:
                raise JobFailed((await self._attempt(attempt_id)).failure or NOT_TAKEN)
        raise JobFailed(NOT_TAKEN)

    async def accepted(self, operation: str) -> list[PaidResult]:
        """What vendors have accepted of this job so far."""
        async with self.resources.database.reading() as session:
            attempts = await AttemptRepository(session, self._clock).of_job(self.job.id)
        return [
            PaidResult(attempt.id, attempt.remote_id, attempt.reply or {})
            for attempt in attempts
            if attempt.operation == operation and attempt.state is AttemptState.BOUND
        ]

    async def _intended(self, call: PaidCall, number: int) -> tuple[str, bool]:
        """The attempt that buys, and whether it is this job's own; what another retry has begun is waited for."""
        name, turn = f"intend.{call.operation}.{number}", 1
        intended = await self.step(name, self._intend, call, number)
        while not (intended["is_own"] or intended["is_bought"]):
            await self.stage(WAITING_STAGE, progress=self.job.progress)
            await self.wait(
                f"rival.{call.operation}.{number}.{turn}",
                self._explained,
                str(intended["attempt_id"]),
                every_seconds=OUTCOME_POLL_SECONDS,
                until=self._deadline(),
            )
            turn += 1
            intended = await self.step(f"{name}.{turn}", self._intend, call, number)
        return str(intended["attempt_id"]), bool(intended["is_own"])

    async def settle(self, bought: PaidResult, micro_usd: int) -> None:
        """Books what a bought answer really cost."""
        attempt = await self._attempt(bought.attempt_id)
        await self._again.answered(self._attempts.settle, self.job, attempt, micro_usd)

    async def reply_of(self, bought: PaidResult) -> Mapping[str, JsonValue]:
        """The bought answer as it stands now, with what was noted on it."""
        return (await self._attempt(bought.attempt_id)).reply or {}

    async def add_to_reply(self, session: Session, bought: PaidResult, name: str, value: str) -> bool:
        """Notes on a bought answer what became of it; False where it is noted already."""
        return await self._attempts.add_to_reply(session, bought.attempt_id, name, value)

    async def _submit(
        self, name: str, attempt_id: str, call: PaidCall, send: Callable[[AttemptView], Awaitable[VendorAnswer]]
    ) -> None:
        async def submitting() -> None:
            attempt = await self._attempt(attempt_id)
            if attempt.account != call.account and attempt.state is AttemptState.INTENT:
                # The owner has changed keys before anything was sent: a new attempt is written for the new one.
                return await _recordable(name, self._attempts.not_received(self.job, attempt))
            # A call on its way is not stopped by a cancel, because its answer must be kept.
            submit = self._attempts.submit(self.job, attempt, call, send, stop=self._stop, alive=self._engine.alive)
            return await _recordable(name, submit)

        await _opened(self._engine.step(name, self._again.answered, submitting))

    async def _adopt(self, call: PaidCall) -> str | None:
        adopted = await self._attempts.adopt(self.job, call)
        return None if adopted is None else adopted.id

    async def _intend(self, call: PaidCall, number: int) -> dict[str, Any]:
        attempt = await self._attempts.intend(self.job, call, number)
        is_bought = attempt.state is AttemptState.BOUND
        return {"attempt_id": attempt.id, "is_own": attempt.job_id == self.job.id, "is_bought": is_bought}

    async def _explained(self, attempt_id: str) -> str | None:
        state = (await self._attempt(attempt_id)).state
        return None if state in OPEN_ATTEMPTS else state.value

    async def _final_state(self, attempt_id: str, call: PaidCall, find: Find | None) -> str | None:
        final_state = await self._reconciler.final_state(self.job, attempt_id, call, find)
        return None if final_state is None else final_state.value

    async def _bought(self, attempt_id: str) -> PaidResult:
        attempt = await self._attempt(attempt_id)
        return PaidResult(attempt.id, attempt.remote_id, attempt.reply or {}, attempt.job_id != self.job.id)

    async def _attempt(self, attempt_id: str) -> AttemptView:
        attempt = await self._again.answered(self._read_attempt, attempt_id)
        if attempt is None:
            raise JobFailed(RECORD_LOST)
        return attempt

    async def _read_attempt(self, attempt_id: str) -> AttemptView | None:
        async with self.resources.database.reading() as session:
            return await AttemptRepository(session, self._clock).view(attempt_id)

    async def _until_stopped(self, call: Awaitable[T]) -> T:
        if self._stop.is_set():
            if asyncio.iscoroutine(call):
                call.close()
            raise JobCancelled
        work = asyncio.ensure_future(call)
        stopped = asyncio.ensure_future(self._stop.wait())
        try:
            await asyncio.wait({work, stopped}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            stopped.cancel()
            if not work.done():
                work.cancel()
                await asyncio.wait({work})
        if work.cancelled():
            # Without the owner's word it is the engine that let go of the run, which goes on elsewhere.
            raise JobCancelled if self._stop.is_set() else asyncio.CancelledError
        return work.result()

    def _deadline(self) -> datetime:
        return self.job.deadline_at or self._clock.now()


async def _recordable(step: str, call: Awaitable[T]) -> T:
    """The result of a call; what ends the job becomes the one error that an engine records with all that it says."""
    try:
        return await call
    except JobCancelled as cancelled:
        raise StepFailed(step, "job.cancelled", "", retryable=False, facts={"cancelled": True}) from cancelled
    except NotNow:
        raise
    except (JobFailed, AppError) as cause:
        failure = cause.failure if isinstance(cause, JobFailed) else failure_of(cause)
        facts: dict[str, JsonValue] = {"failure": failure.as_json()}
        raise StepFailed(step, failure.code, failure.message, retryable=failure.retryable, facts=facts) from cause


async def _opened(recorded: Awaitable[T]) -> T:
    """The result of a step, or what ends the job as it was before it was recorded."""
    try:
        return await recorded
    except StepFailed as failed:
        if failed.facts.get("cancelled"):
            raise JobCancelled from failed
        failure: Any = failed.facts.get("failure")
        if failure is None:
            raise
        raise JobFailed(JobFailure(**failure)) from failed


class JobReporter:
    """Writes what one job says; saying the same again has no effect."""

    def __init__(self, resources: Resources, job: JobView) -> None:
        self._resources = resources
        self._clock = resources.clock
        self._job = job

    async def stage(self, name: str, progress: int, status: JobStatus | None = None, step: Step | None = None) -> None:
        """Where the job is; the event of a stage is written once."""
        shown: dict[str, JsonValue] = {}
        if step is not None:
            shown = {"step_index": step.index, "step_total": step.total, "step_label": step.label}
        facts: dict[str, JsonValue] = {"stage": name, "progress": progress, **shown}
        async with self._resources.database.unit_of_work() as session:
            jobs = JobRepository(session, self._clock)
            if status is not None:
                await jobs.move(self._job.id, to=status)
            await jobs.advance(self._job.id, progress=progress, stage=name, **shown)
            await self._append(session, STAGE_EVENT, facts, key=f"stage:{name}")
        stage_log.info("stage", job_id=self._job.id, stage=name, action="begun", success=True, info=facts)

    async def waiting(self, stage: str) -> None:
        """Something is away that the job needs; the stage says what."""
        await self._moved_to(stage, {})

    async def resumed(self, stage: str, awaited: str, waited_seconds: int) -> None:
        """What was away is back, and the job is again where it was."""
        await self._moved_to(stage, {"waited_for": awaited, "waited_seconds": waited_seconds})

    async def progress(self, percent: int) -> None:
        """How far a long wait has come; it never goes back, and the same number is said once."""
        async with self._resources.database.unit_of_work() as session:
            if await JobRepository(session, self._clock).advance(self._job.id, progress=percent):
                await self._append(session, "job.progress", {"progress": percent}, key=f"progress:{percent}")

    async def answer(self, topic: str) -> str | None:
        """The owner's word after the last question on a topic, unless it has been taken up."""
        async with self._resources.database.reading() as session:
            told = await self._told(session, topic)
        return str(told[-1].facts.get("choice")) if told and told[-1].name == ANSWERED else None

    async def ask_again(self, question: Question) -> None:
        """Asks what may be asked more than once in the life of a job, unless a question stands or was just answered.

        It reads before it writes, because whoever waits comes here with each look.
        """
        async with self._resources.database.reading() as session:
            job = await JobRepository(session, self._clock).view(self._job.id)
        if job is not None and job.question is not None:
            return
        async with self._resources.database.unit_of_work() as session:
            standing = await self._standing(session)
            told = await self._told(session, question.topic)
            # An answer that nobody has taken up yet may have come since the asker last looked.
            if standing is not None or (told and told[-1].name == ANSWERED):
                return
            await JobRepository(session, self._clock).note(self._job.id, question=question.as_json())
            key = f"ask:{question.topic}.{_times_asked(told) + 1}"
            await self._append(session, ASKED, question.as_json(), key=key)

    async def consume_answer(self, topic: str) -> None:
        """The question is settled: an answer counts once, and what was asked is asked no more."""
        async with self._resources.database.unit_of_work() as session:
            standing = await self._standing(session)
            times = _times_asked(await self._told(session, topic))
            if not times:
                return
            if standing is not None and standing.topic == topic:
                await JobRepository(session, self._clock).note(self._job.id, question=None)
            await self._append(session, TAKEN_UP, {"topic": topic}, key=f"taken_up:{topic}.{times}")

    async def refused(self, part: str, facts: dict[str, JsonValue]) -> None:
        """A part of the work that could not be started, and why."""
        async with self._resources.database.unit_of_work() as session:
            about = f"{facts.get('segment_id')}:{facts.get('positions')}"
            await self._append(session, REFUSED_EVENT, {"part": part, **facts}, key=f"refused:{part}:{about}"[:120])

    async def _moved_to(self, stage: str, facts: dict[str, JsonValue]) -> None:
        async with self._resources.database.unit_of_work() as session:
            jobs = JobRepository(session, self._clock)
            if not await jobs.advance(self._job.id, progress=0, stage=stage):
                return
            job = await jobs.view(self._job.id)
            shown: dict[str, JsonValue] = {"stage": stage, "progress": 0 if job is None else job.progress}
            await self._append(session, "job.stage", {**shown, **facts}, key=f"stage:{self._clock.new_id()}")

    async def _standing(self, session: Session) -> Question | None:
        """What the job asks now; nobody answers it before this unit of work has ended."""
        jobs = JobRepository(session, self._clock)
        await jobs.lock(self._job.id)
        job = await jobs.view(self._job.id)
        return None if job is None else job.question

    async def _told(self, session: Session, topic: str) -> list[EventView]:
        events = await EventRepository(session, self._clock).named(self._job.id, {ASKED, ANSWERED, TAKEN_UP})
        return [event for event in events if event.facts.get("topic") == topic]

    async def _append(self, session: Session, name: str, facts: dict[str, JsonValue], *, key: str) -> None:
        EventRepository(session, self._clock).append(self._job.id, self._job.owner_id, name, facts, key=key)
        for topic in (job_topic(self._job.id), owner_topic(self._job.owner_id)):
            await self._resources.notifier.notify(session, topic)


def _times_asked(told: Sequence[EventView]) -> int:
    return sum(event.name == ASKED for event in told)


class OutageRetry:
    """The looks of one job."""

    def __init__(self, resources: Resources, job: JobView, reporter: JobReporter) -> None:
        self._clock: Clock = resources.clock
        self._delays = resources.once(Delays)
        self._job = job
        self._reporter = reporter
        self.stage = job.stage

    async def answered(self, call: Callable[[*Ts], Awaitable[T]], *args: *Ts, until: datetime | None = None) -> T:
        """What a call gives in the end; it must be one that may be repeated, as after a crash.

        What is away beside us is waited for without end, because only a vendor or the domain decides a job. A vendor
        that cannot be reached is asked again until the given time, or the job's own.
        """
        try:
            return await call(*args)
        except (NotNow, ProviderError, OSError) as fault:
            awaited = self._awaited(fault, until)
            if awaited is None:
                raise
            await self._say(awaited, fault)
        since = self._clock.monotonic()
        try:
            result = await self._polled(call, args, until)
        finally:
            self._delays.end(self._job.id)
        await self._told(self._reporter.resumed, self.stage, awaited, round(self._clock.monotonic() - since))
        return result

    async def _polled(self, call: Callable[[*Ts], Awaitable[T]], args: tuple[*Ts], until: datetime | None) -> T:
        backoff = Backoff(self._clock)
        while True:
            await backoff.pause()
            try:
                return await call(*args)
            except (NotNow, ProviderError, OSError) as fault:
                if self._awaited(fault, until) is None:
                    raise

    async def _say(self, awaited: str, fault: Exception) -> None:
        log.warning("job_waits", job_id=self._job.id, kind=self._job.kind, awaited=awaited, fault=type(fault).__name__)
        self._delays.begin(self._job.id, awaited)
        if not isinstance(fault, DatabaseDown):
            await self._told(self._reporter.waiting, stage_of(awaited))

    async def _told(self, tell: Callable[[*Ts], Awaitable[None]], *args: *Ts) -> None:
        try:
            await tell(*args)
        except DatabaseDown as down:
            # The work itself does not wait for what is only shown; its next step meets the same database.
            log.info("delay_not_shown", job_id=self._job.id, cause=down.code)

    def _awaited(self, fault: NotNow | ProviderError | OSError, until: datetime | None) -> str | None:
        if isinstance(fault, ProviderError):
            ends = until or self._job.deadline_at
            is_over = ends is not None and self._clock.now() >= ends
            return None if is_over or fault.disposition not in ASKED_AGAIN else fault.provider
        if isinstance(fault, NotNow):
            return fault.awaited
        named = fault_of_disk(fault)
        return None if named is None else named.awaited
