"""The real clock, which a test sets ahead: what waits for minutes is over, and nothing else hurries."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from typing_extensions import override

from app.core.clock import SystemClock
from app.jobs.handlers import JobHandler
from app.library.jobs import SweepLibrary
from app.resources import Resources
from app.worker import Prune, job_handlers


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


def handlers_beside_leaps(resources: Resources, prune: Prune) -> Sequence[JobHandler[Any]]:
    """All but the sweep of files: a disk dates these by the true time, so that after leaps new ones look old."""
    return [handler for handler in job_handlers(resources, prune) if not isinstance(handler, SweepLibrary)]
