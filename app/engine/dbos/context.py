"""What a runner works with: steps, waits and events of one run, recorded by DBOS as plain JSON."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any, TypeVar, TypeVarTuple

import structlog
from dbos import DBOS
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from typing_extensions import override

from app.core.clock import Clock
from app.core.database import DatabaseDown
from app.core.errors import AppError, ErrorKind
from app.engine.dbos.store import StoreClosed
from app.engine.port import (
    NEVER,
    JobContext,
    JobId,
    JobOrder,
    JsonObject,
    Recorder,
    Retries,
    RunAbandoned,
    RunEvent,
    StepFailed,
    StepOutcome,
    WaitTimedOut,
    proven_json,
)

log = structlog.get_logger(__name__)
T = TypeVar("T")
Ts = TypeVarTuple("Ts")
PASSING = frozenset({ErrorKind.UNAVAILABLE, ErrorKind.EXHAUSTED})


class RunContext(JobContext):
    """One execution of one run; another execution passes the same steps under the same numbers."""

    def __init__(
        self, order: JobOrder, record: Recorder, clock: Clock, outlived: Callable[[JobId], Awaitable[None]]
    ) -> None:
        self._order = order
        self._record = record
        self._clock = clock
        self._outlived = outlived
        self._alive = False
        self._steps = 0
        self._place = "0"
        self._said = 0
        self.in_step = False
        self.closing = False

    @property
    @override
    def order(self) -> JobOrder:
        return self._order

    @override
    async def step(self, name: str, call: Callable[[*Ts], Awaitable[T]], *args: *Ts, retries: Retries = NEVER) -> T:
        async def calling() -> T:
            return await self._repeated(call, args, retries)

        result: T = await self._recorded(name, calling, preemptible=False)
        return result

    @override
    async def wait(
        self,
        name: str,
        look: Callable[[*Ts], Awaitable[T | None]],
        *args: *Ts,
        every_seconds: float,
        until: datetime,
    ) -> T:
        async def looking() -> T:
            while True:
                answer = await look(*args)
                if answer is not None:
                    return answer
                await self.alive()
                left = (until - self._clock.now()).total_seconds()
                if left <= 0:
                    raise WaitTimedOut(name, "wait.timed_out", "No answer came in time.", retryable=True)
                await self._clock.sleep(min(every_seconds, left))

        result: T = await self._recorded(name, looking, preemptible=True)
        return result

    @override
    async def alive(self) -> None:
        if self._alive:
            return
        try:
            await self._outlived(self._order.job_id)
        except DatabaseDown as down:
            log.warning("life_not_counted", job_id=self._order.job_id, cause=down.code)
        else:
            self._alive = True

    @override
    async def emit(self, event: str, facts: JsonObject) -> None:
        self._said += 1
        key = f"{self._place}.{self._said}"
        await self._record(RunEvent(job_id=self._order.job_id, key=key, name=event, facts=proven_json(facts, of=event)))

    async def _recorded(self, name: str, body: Callable[[], Awaitable[Any]], *, preemptible: bool) -> Any:
        if self.closing:
            raise asyncio.CancelledError
        self._steps += 1
        self._moved(f"{self._steps}.{name}")
        self.in_step = not preemptible
        call = StepCall(self._order, name, body)
        try:
            recorded = await DBOS.run_step_async({"name": name, "preemptible": preemptible}, call.outcome)
        except (DBAPIError, PoolTimeout, StoreClosed) as fault:
            # The store cannot say what happened here, so this run ends without a record and is taken up again later.
            cause = type(fault).__name__
            log.warning("step_not_recorded", job_id=self._order.job_id, kind=self._order.kind, step=name, cause=cause)
            raise asyncio.CancelledError from fault
        except asyncio.CancelledError as cancelled:
            raise call.abandoned() or cancelled from None
        finally:
            self.in_step = False
        if call.is_begun:
            await self.alive()
        self._moved(f"{self._steps}.after")
        return StepOutcome.of_json(name, recorded).opened(call.cause)

    async def _repeated(self, call: Callable[[*Ts], Awaitable[T]], args: tuple[*Ts], retries: Retries) -> T:
        attempt = 1
        while True:
            try:
                return await call(*args)
            except RunAbandoned:
                raise
            except Exception:
                pause_seconds = retries.pause_after(attempt)
                if pause_seconds is None:
                    raise
            attempt += 1
            await self._clock.sleep(pause_seconds)

    def _moved(self, place: str) -> None:
        self._place = place
        self._said = 0


class StepCall:
    """One call of a step: its outcome is recorded, the exception behind it is not."""

    def __init__(self, order: JobOrder, name: str, body: Callable[[], Awaitable[Any]]) -> None:
        self._order = order
        self._name = name
        self._body = body
        self._abandoned: RunAbandoned | None = None
        self.is_begun = False
        self.cause: Exception | None = None

    async def outcome(self) -> JsonObject:
        """The result or the failure as data; never asked for where DBOS has it on record."""
        self.is_begun = True
        try:
            return StepOutcome(proven_json(await self._body(), of=self._name)).as_json()
        except RunAbandoned as gone:
            # A cancelled task is the one way to leave a step of DBOS without a record.
            self._abandoned = gone
            raise asyncio.CancelledError from gone
        except Exception as cause:
            if not isinstance(cause, AppError | StepFailed):
                log.exception("step_broken", job_id=self._order.job_id, kind=self._order.kind, step=self._name)
            self.cause = cause
            return StepOutcome(failure=_failure_of(cause, self._name)).as_json()

    def abandoned(self) -> RunAbandoned | None:
        """Why the run is let go, if it is; told once, because its trace would keep alive what it leads through."""
        gone, self._abandoned = self._abandoned, None
        return gone


def _failure_of(cause: Exception, step: str) -> StepFailed:
    """A failure that can be recorded; foreign text stays in the log."""
    if isinstance(cause, StepFailed):
        return cause
    if isinstance(cause, AppError):
        return StepFailed(step, cause.code, cause.text, retryable=cause.kind in PASSING)
    return StepFailed(step, "internal", f"The step broke with {type(cause).__name__}.", retryable=False)
