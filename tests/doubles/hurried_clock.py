"""The real clock, several times as fast: what waits for minutes is seen in seconds."""

from datetime import datetime, timedelta

from typing_extensions import override

from app.core.clock import SystemClock


class HurriedClock(SystemClock):
    """Time that passes quickly for everything that asks this clock."""

    def __init__(self, times: float = 20.0) -> None:
        self._times = times
        self._began_at = super().now()
        self._began_seconds = super().monotonic()

    @override
    def now(self) -> datetime:
        return self._began_at + timedelta(seconds=self.monotonic() - self._began_seconds)

    @override
    def monotonic(self) -> float:
        return self._began_seconds + (super().monotonic() - self._began_seconds) * self._times

    @override
    async def sleep(self, seconds: float) -> None:
        await super().sleep(seconds / self._times)


class UnpausedClock(SystemClock):
    """The real clock without its short rests: what pauses for politeness answers at once."""

    @override
    async def sleep(self, seconds: float) -> None:
        await super().sleep(seconds if seconds >= 1 else 0)
