"""Clocks of tests: one that stands still and whose sleeps are over at once, one that runs and can be set forward."""

import asyncio
import secrets
from datetime import UTC, datetime, timedelta

import uuid_utils

from app.core.clock import Clock, SystemClock


class FrozenClock(Clock):
    """Time as a test sets it."""

    def __init__(self, at: datetime = datetime(2026, 11, 21, 12, tzinfo=UTC)) -> None:
        self.moment = at
        self.slept: list[float] = []

    def now(self) -> datetime:
        return self.moment

    def monotonic(self) -> float:
        return self.moment.timestamp()

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.move(seconds)
        await asyncio.sleep(0)

    def new_id(self) -> str:
        return str(uuid_utils.uuid7())

    def secret(self, size_bytes: int = 32) -> str:
        return secrets.token_urlsafe(size_bytes)

    def move(self, seconds: float) -> None:
        """Lets time pass."""
        self.moment += timedelta(seconds=seconds)


class SetForwardClock(SystemClock):
    """The true time of a running application, put forward by what a test adds."""

    def __init__(self) -> None:
        self._ahead = timedelta()

    def now(self) -> datetime:
        return super().now() + self._ahead

    def move(self, seconds: float) -> None:
        """Sets the clock forward."""
        self._ahead += timedelta(seconds=seconds)
