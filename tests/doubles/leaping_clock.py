"""The real clock, with time that a test lets pass at once: what waits for minutes is over."""

from datetime import datetime, timedelta

from typing_extensions import override

from app.core.clock import SystemClock


class LeapingClock(SystemClock):
    """The time of day leaps together with what measures lengths of time."""

    def __init__(self) -> None:
        self._passed_seconds = 0.0

    @override
    def now(self) -> datetime:
        return super().now() + timedelta(seconds=self._passed_seconds)

    @override
    def monotonic(self) -> float:
        return super().monotonic() + self._passed_seconds

    def leap(self, seconds: float) -> None:
        """Lets so many seconds pass."""
        self._passed_seconds += seconds
