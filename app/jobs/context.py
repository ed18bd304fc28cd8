"""What a handler works with: named steps that a cancel stops, waits, stages, questions and paid calls."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, TypeVar, TypeVarTuple

from pydantic import JsonValue

from app.core.database import Session
from app.core.errors import AppError, NotNow
from app.engine.port import JobContext, RunParked, WaitTimedOut
from app.jobs.attempts import Attempts, PaidCall, Sent
from app.jobs.delays import LookAgain
from app.jobs.domain import (
    OPEN_ATTEMPTS,
    AttemptState,
    AttemptView,
    JobCancelled,
    JobFailed,
    JobFailure,
    JobStatus,
    JobView,
    Step,
    failure_of,
)
from app.jobs.reconcile import Find, Reconciler
from app.jobs.repository import AttemptRepository
from app.jobs.telling import Telling
from app.jobs.waiting import Seat, Vigil, WaitingRoom
from app.resources import Resources

__all__ = ["Bought", "Tools", "Work"]

T = TypeVar("T")
Ts = TypeVarTuple("Ts")
FATE_SECONDS = 1.0
MOST_ATTEMPTS = 5
WAITING_STAGE = "waiting_for_earlier_purchase"
NOT_TAKEN = JobFailure("job.attempts_exhausted", "The engine did not take the work. Try again later.", retryable=True)
TOO_LONG = JobFailure("job.deadline", "The work took longer than allowed.", retryable=True)
RECORD_LOST = JobFailure("job.attempt_lost", "The record of a paid call is gone. Ask the operator.")


@dataclass(frozen=True)
class Bought:
    """A paid call whose answer is kept; an adopted one was paid by an earlier try of the same work."""

    attempt_id: str
    remote_id: str | None
    reply: Mapping[str, JsonValue]
    is_adopted: bool = False


@dataclass(frozen=True)
class Tools:
    """What every run of this process shares."""

    resources: Resources
    attempts: Attempts
    reconciler: Reconciler
    room: WaitingRoom


class Work:
    """One run of one job; a crash begins it again, and steps that ended are not repeated."""

    def __init__(self, job: JobView, engine: JobContext, tools: Tools, stop: asyncio.Event) -> None:
        self.job = job
        self.resources = tools.resources
        self.telling = Telling(tools.resources, job)
        self._again = LookAgain(tools.resources, job, self.telling)
        self._engine = engine
        self._tools = tools
        self._stop = stop
        self._clock = tools.resources.clock

    async def step(self, name: str, call: Callable[[*Ts], Awaitable[T]], *args: *Ts) -> T:
        """Runs once and is remembered; a cancel stops it at once. Its result must be plain JSON.

        While something beside us is away the call is made again, as after a crash.
        """

        async def outcome() -> dict[str, Any]:
            return await told(self._until_stopped(self._again.answered(call, *args)))

        result: T = self._opened(await self._engine.step(name, outcome))
        return result

    async def wait(
        self, name: str, look: Callable[[*Ts], Awaitable[T | None]], *args: *Ts, every_seconds: float, until: datetime
    ) -> T:
        """Looks again and again until there is an answer; writes nothing while waiting.

        Where many jobs wait, a long wait ends this run with RunParked, and a new one passes here when there is news:
        what the handler holds open is closed meanwhile, and an answer must still be there for a second look.
        """
        room = self._tools.room

        async def seen() -> dict[str, Any] | None:
            outcome = await told(self._again.answered(look, *args, until=until))
            return None if outcome == {"result": None} else outcome

        async def looking(seat: Seat) -> dict[str, Any] | None:
            outcome = await seen()
            if outcome is None and room.sends_out(seat, until):
                raise RunParked(partial(room.keep, Vigil(self.job.owner_id, seen, every_seconds, until)))
            return outcome

        try:
            with room.seat() as seat:
                waiting = self._engine.wait(name, partial(looking, seat), every_seconds=every_seconds, until=until)
                outcome = await self._until_stopped(waiting)
        except WaitTimedOut as late:
            raise JobFailed(TOO_LONG) from late
        answer: T = self._opened(outcome)
        return answer

    async def stage(
        self, name: str, *, progress: int, status: JobStatus | None = None, step: Step | None = None
    ) -> None:
        """Says where the job is; a re-run says it once."""
        self._again.stage = name
        await self._engine.step(f"stage.{name}", self._again.answered, self.telling.stage, name, progress, status, step)

    async def report(self, progress: int) -> None:
        """Says how far a long wait has come; it never goes back, and the same number is said once."""
        await self._again.answered(self.telling.progress, progress)

    async def buy(
        self, call: PaidCall, send: Callable[[AttemptView], Awaitable[Sent]], find: Find | None = None
    ) -> Bought:
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
            fate = await self.wait(
                f"bind.{operation}.{number}",
                self._fate,
                attempt_id,
                call,
                find,
                every_seconds=FATE_SECONDS,
                until=self._deadline(),
            )
            if fate == AttemptState.BOUND.value:
                return await self._bought(attempt_id)
            if fate == AttemptState.REFUSED.value:
                raise JobFailed((await self._attempt(attempt_id)).failure or NOT_TAKEN)
        raise JobFailed(NOT_TAKEN)

    async def accepted(self, operation: str) -> list[Bought]:
        """What vendors have accepted of this job so far."""
        async with self.resources.database.reading() as session:
            attempts = await AttemptRepository(session, self._clock).of_job(self.job.id)
        return [
            Bought(attempt.id, attempt.remote_id, attempt.reply or {})
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
                every_seconds=FATE_SECONDS,
                until=self._deadline(),
            )
            turn += 1
            intended = await self.step(f"{name}.{turn}", self._intend, call, number)
        return str(intended["attempt_id"]), bool(intended["is_own"])

    async def settle(self, bought: Bought, micro_usd: int) -> None:
        """Books what a bought answer really cost."""
        attempt = await self._attempt(bought.attempt_id)
        await self._again.answered(self._tools.attempts.settle, self.job, attempt, micro_usd)

    async def reply_of(self, bought: Bought) -> Mapping[str, JsonValue]:
        """The bought answer as it stands now, with what was noted on it."""
        return (await self._attempt(bought.attempt_id)).reply or {}

    async def add_to_reply(self, session: Session, bought: Bought, name: str, value: str) -> bool:
        """Notes on a bought answer what became of it; False where it is noted already."""
        return await self._tools.attempts.add_to_reply(session, bought.attempt_id, name, value)

    async def _submit(
        self, name: str, attempt_id: str, call: PaidCall, send: Callable[[AttemptView], Awaitable[Sent]]
    ) -> None:
        async def submitting() -> dict[str, Any]:
            attempt = await self._attempt(attempt_id)
            if attempt.account != call.account and attempt.state is AttemptState.INTENT:
                # The owner has changed keys before anything was sent: a new attempt is written for the new one.
                return await told(self._tools.attempts.not_received(self.job, attempt))
            # A call on its way is not stopped by a cancel, because its answer must be kept.
            alive = self._engine.alive
            return await told(self._tools.attempts.submit(self.job, attempt, call, send, stop=self._stop, alive=alive))

        self._opened(await self._engine.step(name, self._again.answered, submitting))

    async def _adopt(self, call: PaidCall) -> str | None:
        adopted = await self._tools.attempts.adopt(self.job, call)
        return None if adopted is None else adopted.id

    async def _intend(self, call: PaidCall, number: int) -> dict[str, Any]:
        attempt = await self._tools.attempts.intend(self.job, call, number)
        is_bought = attempt.state is AttemptState.BOUND
        return {"attempt_id": attempt.id, "is_own": attempt.job_id == self.job.id, "is_bought": is_bought}

    async def _explained(self, attempt_id: str) -> str | None:
        state = (await self._attempt(attempt_id)).state
        return None if state in OPEN_ATTEMPTS else state.value

    async def _fate(self, attempt_id: str, call: PaidCall, find: Find | None) -> str | None:
        fate = await self._tools.reconciler.fate(self.job, attempt_id, call, find)
        return None if fate is None else fate.value

    async def _bought(self, attempt_id: str) -> Bought:
        attempt = await self._attempt(attempt_id)
        return Bought(attempt.id, attempt.remote_id, attempt.reply or {}, attempt.job_id != self.job.id)

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

    def _opened(self, outcome: Mapping[str, Any]) -> Any:
        if "failure" in outcome:
            raise JobFailed(JobFailure(**outcome["failure"]))
        if outcome.get("cancelled"):
            raise JobCancelled
        return outcome["result"]

    def _deadline(self) -> datetime:
        return self.job.deadline_at or self._clock.now()


async def told(call: Awaitable[Any]) -> dict[str, Any]:
    """The outcome of a call as plain JSON, because errors must not cross the engine as exceptions."""
    try:
        return {"result": await call}
    except JobCancelled:
        return {"cancelled": True}
    except JobFailed as failed:
        return {"failure": failed.failure.as_json()}
    except NotNow:
        raise
    except AppError as error:
        return {"failure": failure_of(error).as_json()}
