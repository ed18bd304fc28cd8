"""The state of the queue for metrics: one bounded query, shared by the gauges of a collection."""

from collections.abc import Sequence

from app.core.telemetry import QueueGroup
from app.jobs.domain import WAITING
from app.jobs.repository import JobRepository
from app.resources import Resources

__all__ = ["QueueWatch"]

MOST_GROUPS = 500
FRESH_SECONDS = 1.0


class QueueWatch:
    """Reads at most once a second, however many gauges and collectors ask."""

    def __init__(self, resources: Resources) -> None:
        self._database = resources.database
        self._clock = resources.clock
        self._groups: Sequence[QueueGroup] = ()
        self._read_at: float | None = None

    async def read(self) -> Sequence[QueueGroup]:
        """Unfinished jobs by kind, status and stage; the largest groups when there are too many."""
        began = self._clock.monotonic()
        if self._read_at is None or began - self._read_at >= FRESH_SECONDS:
            now = self._clock.now()
            async with self._database.reading() as session:
                rows = await JobRepository(session, self._clock).gauges(MOST_GROUPS)
            self._groups = [
                QueueGroup(kind, status, stage, jobs, (now - oldest).total_seconds(), status in WAITING)
                for kind, status, stage, jobs, oldest in rows
            ]
            self._read_at = began
        return self._groups
