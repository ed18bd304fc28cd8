"""Repeats a write until it has succeeded, because what it keeps was paid for and stands nowhere else."""

import secrets
from collections.abc import Awaitable, Callable, Iterator
from typing import TypeVar

import structlog

from app.core.errors import AppError, Kind
from app.resources import Resources

__all__ = ["Persistence", "growing_pauses", "passes"]

log = structlog.get_logger(__name__)

T = TypeVar("T")

# The longest pause is shorter than the time that a sender has to bring its answer once the database is back.
FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 0.2, 10.0
# Every waiter is woken when the connection that carries notices is back, so few sit out a long pause.
RETURN_TOPIC = "database_is_back"
PASSING = frozenset({Kind.UNAVAILABLE, Kind.STORAGE_FULL})


def passes(fault: Exception) -> bool:
    """Whether the same act may succeed later: database, store or disk do not take it now."""
    return isinstance(fault, OSError) or (isinstance(fault, AppError) and fault.kind in PASSING)


def growing_pauses() -> Iterator[float]:
    """Seconds between tries, doubled each time and shortened by chance so that processes do not come together."""
    seconds = FIRST_PAUSE_SECONDS
    while True:
        yield seconds * (50 + secrets.randbelow(51)) / 100
        seconds = min(LONGEST_PAUSE_SECONDS, 2 * seconds)


class Persistence:
    """Goes on with pauses that grow to ten seconds."""

    def __init__(self, resources: Resources) -> None:
        self._bell = resources.bell

    async def repeat(self, name: str, act: Callable[[], Awaitable[T]]) -> T:
        """The result of the act, which may be begun again at any point."""
        pauses = growing_pauses()
        with self._bell.heard(RETURN_TOPIC) as ring:
            while True:
                try:
                    return await act()
                except Exception as fault:
                    if not passes(fault):
                        raise
                    log.warning("write_postponed", act=name, fault=type(fault).__name__)
                await self._bell.wait(ring, next(pauses))
