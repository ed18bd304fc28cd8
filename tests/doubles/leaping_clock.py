"""The real clock, which a test sets ahead: what waits for minutes is over, and nothing else hurries."""

from datetime import datetime, timedelta

from typing_extensions import override

from app.core.clock import SystemClock


class LeapingClock(SystemClock):
    """Only the time of day leaps; what measures lengths of time does not notice."""

    def __init__(self, ahead_seconds: float = 0.0) -> None:
        self._ahead = timedelta(seconds=ahead_seconds)

    @override
    def now(self) -> datetime:
        return super().now() + self._ahead

    def leap(self, seconds: float) -> None:
        """Sets the clock ahead."""
        self._ahead += timedelta(seconds=seconds)
