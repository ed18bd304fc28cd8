"""One run of the engine in memory: what it keeps of its steps, and how these are passed."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar, TypeVarTuple

import structlog
from typing_extensions import override

from app.core.clock import Clock
from app.core.errors import AppError, ErrorKind
from app.engine.port import (
    NEVER,
    ExecutorId,
    JobContext,
    JobOrder,
    JsonObject,
    ParkedRun,
    Recorder,
    Retries,
    RunAbandoned,
    RunEvent,
    RunState,
    StepFailed,
    StepOutcome,
    WaitTimedOut,
    proven_json,
)

T = TypeVar("T")
Ts = TypeVarTuple("Ts")

log = structlog.get_logger(__name__)

PASSING = {ErrorKind.UNAVAILABLE, ErrorKind.EXHAUSTED}


@dataclass
class Run:
    """What a durable store would keep of one run."""

    order: JobOrder
    owner: ExecutorId
    steps: list[tuple[str, JsonObject]] = field(default_factory=list)
    state: RunState = RunState.WAITING
    cancelled: bool = False
    outcome: JsonObject | None = None
    ended_at: datetime | None = None
    task: asyncio.Task[None] | None = None
    parked: ParkedRun | None = None

    @property
    def attended(self) -> bool:
        """Whether somebody sees to it that it goes on."""
        return self.parked is not None or (self.task is not None and not self.task.done())


class MemoryContext(JobContext):
    """Replays recorded steps, then records new ones."""

    def __init__(self, run: Run, record: Recorder, clock: Clock) -> None:
        self._run = run
        self._record = record
        self._clock = clock
        self._passed = 0
        self._place = "0"
        self._said = 0
        self.in_step = False

    @property
    @override
    def order(self) -> JobOrder:
        return self._run.order

    @override
    async def step(self, name: str, call: Callable[[*Ts], Awaitable[T]], *args: *Ts, retries: Retries = NEVER) -> T:
        async def calling() -> T:
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

        result: T = await self._recorded(name, calling, in_step=True)
        return result

    @override
    async def wait(
        self, name: str, look: Callable[[*Ts], Awaitable[T | None]], *args: *Ts, every_seconds: float, until: datetime
    ) -> T:
        async def looking() -> T:
            while (answer := await look(*args)) is None:
                left = (until - self._clock.now()).total_seconds()
                if left <= 0:
                    raise WaitTimedOut(name, "wait.timed_out", "No answer came in time.", retryable=True)
                await self._clock.sleep(min(every_seconds, left))
            return answer

        result: T = await self._recorded(name, looking, in_step=False)
        return result

    @override
    async def alive(self) -> None:
        """Nobody counts the lives of a run in memory."""

    @override
    async def emit(self, event: str, facts: JsonObject) -> None:
        self._said += 1
        key = f"{self._place}.{self._said}"
        await self._record(RunEvent(job_id=self.order.job_id, key=key, name=event, facts=proven_json(facts, of=event)))

    async def _recorded(self, name: str, body: Callable[[], Awaitable[Any]], *, in_step: bool) -> Any:
        self._passed += 1
        self._place, self._said = f"{self._passed}.{name}", 0
        cause: Exception | None = None
        if self._passed <= len(self._run.steps):
            recorded_name, outcome = self._run.steps[self._passed - 1]
            assert recorded_name == name, f"the run passed {recorded_name} before and passes {name} now"
        else:
            self.in_step = in_step
            try:
                outcome = StepOutcome(proven_json(await body(), of=name)).as_json()
            except RunAbandoned:
                raise
            except Exception as broken:
                log.exception("step_broken", step=name)
                cause = broken
                outcome = StepOutcome(failure=failure_of(broken, name)).as_json()
            finally:
                self.in_step = False
            if self._run.cancelled:
                raise asyncio.CancelledError
            self._run.steps.append((name, outcome))
        self._place, self._said = f"{self._passed}.after", 0
        return StepOutcome.of_json(name, outcome).opened(cause)


def failure_of(cause: Exception, step: str) -> StepFailed:
    if isinstance(cause, StepFailed):
        return cause
    if isinstance(cause, AppError):
        return StepFailed(step, cause.code, cause.text, retryable=cause.kind in PASSING)
    return StepFailed(step, "internal", type(cause).__name__, retryable=False)
