"""Background tasks: a group that ends by cancelling them, supervised loops, and pauses before another try."""

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from contextvars import ContextVar
from types import TracebackType
from typing import Any, Self

import structlog

from app.core.clock import Clock

log = structlog.get_logger(__name__)
RESTART_SECONDS = 1.0
# A round of a loop may take as long as the database is given for one statement.
STATEMENT_SECONDS = 30.0
PERIODS = 3
_on_beat: ContextVar[Callable[[float], None] | None] = ContextVar("on_beat", default=None)


class Background:
    """Owns tasks for as long as its block lasts; none of them outlives it, and none that breaks ends another."""

    def __init__(self) -> None:
        self._group = asyncio.TaskGroup()
        self._tasks: set[asyncio.Task[Any]] = set()

    def start(self, work: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        """Runs a coroutine beside everything else."""
        task = self._group.create_task(_reported(work))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def __aenter__(self) -> Self:
        await self._group.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for task in tuple(self._tasks):
            task.cancel()
        await self._group.__aexit__(kind, error, trace)


class Supervision:
    """Begins a loop again when it breaks, and knows which loop stands still and whether one has ended."""

    def __init__(self, clock: Clock, tasks: Background, failed: Callable[[], None] = lambda: None) -> None:
        self._clock = clock
        self._tasks = tasks
        self._failed = failed
        self._late_at: dict[str, float] = {}
        self._running: dict[str, asyncio.Task[Any]] = {}
        self.is_broken = False

    def start(self, name: str, loop: Callable[[], Awaitable[None]]) -> None:
        """Keeps a loop going; it calls `beat` in each of its rounds."""
        self._beaten(name, 0.0)
        task = self._tasks.start(self._lasting(name, loop))
        self._running[name] = task
        task.add_done_callback(lambda ended: self._ended(name, ended))

    async def stop(self, *names: str) -> None:
        """Ends these loops."""
        stopped = [self._running.pop(name) for name in names if name in self._running]
        for name in names:
            self._late_at.pop(name, None)
        for task in stopped:
            task.cancel()
        if stopped:
            await asyncio.wait(stopped)

    async def close(self) -> None:
        """Ends every loop."""
        await self.stop(*self._running)

    def late(self) -> Sequence[str]:
        """The loops that have not come round for three of their periods."""
        now = self._clock.monotonic()
        return sorted(name for name, late_at in self._late_at.items() if now > late_at)

    async def _lasting(self, name: str, loop: Callable[[], Awaitable[None]]) -> None:
        _on_beat.set(lambda pause_seconds: self._beaten(name, pause_seconds))
        while True:
            try:
                await loop()
            except Exception:
                log.exception("loop_broken", loop=name)
            await self._clock.sleep(RESTART_SECONDS)

    def _beaten(self, name: str, pause_seconds: float) -> None:
        self._late_at[name] = self._clock.monotonic() + PERIODS * pause_seconds + STATEMENT_SECONDS

    def _ended(self, name: str, ended: asyncio.Task[Any]) -> None:
        if self._running.get(name) is not ended:
            return
        log.error("loop_ended", loop=name, cancelled=ended.cancelled())
        self.is_broken = True
        self._failed()


def beat(pause_seconds: float) -> None:
    """A loop says that it gets on, and how long it rests before it does so again."""
    on_beat = _on_beat.get()
    if on_beat is not None:
        on_beat(pause_seconds)


async def _reported(work: Coroutine[Any, Any, Any]) -> Any:
    try:
        return await work
    except Exception:
        log.exception("background_task_broken", task=str(work))


STEPS = 1000


class Backoff:
    """The pauses of one wait; a new wait begins with short ones again."""

    def __init__(self, clock: Clock, *, first_seconds: float = 0.5, longest_seconds: float = 60.0) -> None:
        self._clock = clock
        self._next_seconds = first_seconds
        self._longest_seconds = longest_seconds

    async def pause(self) -> None:
        """Waits for the next pause."""
        await self._clock.sleep(self.seconds())

    def seconds(self) -> float:
        """The next pause: between half of it and all of it, so that many who wait do not come back at once."""
        seconds, self._next_seconds = self._next_seconds, min(self._next_seconds * 2, self._longest_seconds)
        return seconds * (0.5 + secrets.randbelow(STEPS) / STEPS / 2)
