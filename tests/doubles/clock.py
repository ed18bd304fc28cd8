"""A clock that stands still until a test moves it; its sleeps are over at once."""

import asyncio
import secrets
from datetime import UTC, datetime, timedelta

import uuid_utils

from app.core.clock import Clock


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
