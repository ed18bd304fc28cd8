"""Repeats a write until it has succeeded, because what it keeps was paid for and stands nowhere else."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

import structlog

from app.core.backoff import Backoff
from app.core.clock import Clock
from app.core.errors import NotNow
from app.jobs.delays import Delays
from app.resources import Resources

__all__ = ["Persistence", "passes", "short_backoff"]

log = structlog.get_logger(__name__)

T = TypeVar("T")

# The longest pause is shorter than the time that a sender has to bring its answer once the database is back.
FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 0.2, 10.0
# Every waiter is woken when the connection that carries notices is back, so few sit out a long pause.
RETURN_TOPIC = "database_is_back"


def passes(fault: Exception) -> bool:
    """Whether the same act may succeed later: database, store or disk do not take it now."""
    return isinstance(fault, OSError | NotNow)


def short_backoff(clock: Clock) -> Backoff:
    """Pauses that end soon enough after the database is back for a sender to bring its answer."""
    return Backoff(clock, first_seconds=FIRST_PAUSE_SECONDS, longest_seconds=LONGEST_PAUSE_SECONDS)


class Persistence:
    """Goes on with pauses that grow to ten seconds."""

    def __init__(self, resources: Resources) -> None:
        self._bell = resources.bell
        self._clock = resources.clock
        self._delays = resources.once(Delays)

    async def repeat(self, name: str, job_id: str, act: Callable[[], Awaitable[T]]) -> T:
        """The result of the act, which may be begun again at any point; the job shows what it waits for."""
        try:
            return await self._repeated(name, job_id, act)
        finally:
            self._delays.end(job_id)

    async def _repeated(self, name: str, job_id: str, act: Callable[[], Awaitable[T]]) -> T:
        backoff = short_backoff(self._clock)
        with self._bell.heard(RETURN_TOPIC) as ring:
            while True:
                try:
                    return await act()
                except Exception as fault:
                    if not passes(fault):
                        raise
                    log.warning("write_postponed", act=name, job_id=job_id, fault=type(fault).__name__)
                    self._delays.begin(job_id, fault.awaited if isinstance(fault, NotNow) else "the disk")
                await self._bell.wait(ring, backoff.seconds())
