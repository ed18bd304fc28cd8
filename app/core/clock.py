"""Time, sleep, identifiers and chance: the seam that tests replace."""

import asyncio
import secrets
import time
from datetime import UTC, datetime
from typing import Protocol

import uuid_utils
from typing_extensions import override

__all__ = ["Clock", "SystemClock"]


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
