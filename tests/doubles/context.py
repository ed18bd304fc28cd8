"""A run without an engine: remembers what its steps gave, as the engine would, and crashes where a test says."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

from app.engine.port import NEVER, JobContext, JobOrder, Retries, StepFailed, StepOutcome, WaitTimedOut, proven_json


class Crash(BaseException):
    """The process died here; nothing after it was written."""


class RememberingContext(JobContext):
    """Steps that ended are not repeated when the same memory is run again."""

    def __init__(self, job_id: str, memory: dict[str, Any], *, crash_after: str = "", crash_before: str = "") -> None:
        self._order = JobOrder(job_id=job_id, kind="test")
        self.memory = memory
        self.names: list[str] = []
        self._crash_after = crash_after
        self._crash_before = crash_before

    @property
    def order(self) -> JobOrder:
        return self._order

    async def step(self, name: str, call: Callable[..., Awaitable[Any]], *args: Any, retries: Retries = NEVER) -> Any:
        self.names.append(name)
        if name not in self.memory:
            if name == self._crash_before:
                raise Crash
            try:
                outcome = StepOutcome(proven_json(await call(*args), of=name))
            except StepFailed as failed:
                outcome = StepOutcome(failure=failed)
            if name == self._crash_after:
                raise Crash
            self.memory[name] = outcome.as_json()
        await asyncio.sleep(0)
        return StepOutcome.of_json(name, self.memory[name]).opened(None)

    async def wait(
        self, name: str, look: Callable[..., Awaitable[Any]], *args: Any, every_seconds: float, until: datetime
    ) -> Any:
        async def looking() -> Any:
            while (answer := await look(*args)) is None:
                if datetime.now(UTC) >= until:
                    raise WaitTimedOut(name, "wait.timed_out", "No answer came in time.", retryable=True)
                await asyncio.sleep(min(every_seconds, 0.02))
            return answer

        return await self.step(name, looking)

    async def alive(self) -> None:
        """Nobody counts the lives of this run."""

    async def emit(self, event: str, facts: Any) -> None:
        message = f"nobody expects {event} here"
        raise AssertionError(message)
