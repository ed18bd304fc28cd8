"""Tells the runs of this process that their owner cancelled them, within a second."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

from app.jobs.repository import JobRepository
from app.resources import Resources

__all__ = ["CANCEL_TOPIC", "CancelWatch"]

CANCEL_TOPIC = "cancels"
TICK_SECONDS = 1.0


class CancelWatch:
    """One cheap query a second for the whole process, instead of one per run."""

    def __init__(self, resources: Resources) -> None:
        self._resources = resources
        self._runs: dict[str, asyncio.Event] = {}

    @contextmanager
    def over(self, job_id: str) -> Iterator[asyncio.Event]:
        """An event that is set when this run must stop."""
        stop = self._runs.setdefault(job_id, asyncio.Event())
        try:
            yield stop
        finally:
            self._runs.pop(job_id, None)

    async def run(self) -> None:
        """Looks on every ring and every second until cancelled."""
        with self._resources.bell.heard(CANCEL_TOPIC) as ring:
            while True:
                if self._runs:
                    await self._look()
                await self._resources.bell.wait(ring, TICK_SECONDS)

    async def _look(self) -> None:
        async with self._resources.database.reading() as session:
            cancelled = await JobRepository(session, self._resources.clock).cancel_requests()
        for job_id in cancelled:
            if job_id in self._runs:
                self._runs[job_id].set()
