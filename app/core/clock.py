"""Time, sleep, identifiers and chance: the seam that tests replace."""

import asyncio
import secrets
import time
from datetime import UTC, datetime, timedelta
from typing import Protocol

import uuid_utils
from typing_extensions import override


class Clock(Protocol):
    """Where a service gets the time, its waits, its ids and its secrets from."""

    def now(self) -> datetime:
        """The present moment in UTC."""

    def monotonic(self) -> float:
        """Seconds on a clock that never jumps."""

    async def sleep(self, seconds: float) -> None:
        """Waits without blocking the loop."""

    def new_id(self) -> str:
        """A new UUIDv7; later ids of one process sort after earlier ones."""

    def secret(self, size_bytes: int = 32) -> str:
        """A fresh unguessable token, URL-safe."""


class SystemClock(Clock):
    """The real clock of this machine."""

    @override
    def now(self) -> datetime:
        return datetime.now(UTC)

    @override
    def monotonic(self) -> float:
        return time.monotonic()

    @override
    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)

    @override
    def new_id(self) -> str:
        return str(uuid_utils.uuid7())

    @override
    def secret(self, size_bytes: int = 32) -> str:
        return secrets.token_urlsafe(size_bytes)


class SteadyClock:
    """The wall time at its making, carried on by the monotonic clock: setting the wall clock does not move it."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._begun_at = clock.now()
        self._begun = clock.monotonic()

    def now(self) -> datetime:
        """The present moment as this clock tells it."""
        return self._begun_at + timedelta(seconds=self._clock.monotonic() - self._begun)

    def surely_passed(self, since: datetime) -> float:
        """Seconds that have passed at least, also where an earlier process noted the moment by another wall time."""
        here_seconds = self._clock.monotonic() - self._begun
        age_seconds = (self.now() - since).total_seconds()
        return age_seconds if 0 <= age_seconds <= here_seconds else here_seconds
