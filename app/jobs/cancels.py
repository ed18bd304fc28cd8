"""Tells the runs of this process that their jobs have ended or are to stop, within a second."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import structlog

from app.core.errors import NotNow
from app.core.tasks import beat
from app.jobs.repository import JobRepository
from app.resources import Resources

__all__ = ["CANCEL_TOPIC", "CancelWatch"]

log = structlog.get_logger(__name__)

CANCEL_TOPIC = "cancels"
TICK_SECONDS = 1.0


class CancelWatch:
    """One cheap query a second for the whole process, instead of one per run."""

    def __init__(self, resources: Resources) -> None:
        self._resources = resources
        self._calls: dict[str, Callable[[], object]] = {}

    @property
    def watched(self) -> int:
        """How many jobs are told that they must stop."""
        return len(self._calls)

    @contextmanager
    def over(self, job_id: str) -> Iterator[asyncio.Event]:
        """An event that is set when this run must stop."""
        stop = asyncio.Event()
        with self.calling(job_id, stop.set):
            yield stop

    @contextmanager
    def calling(self, job_id: str, call: Callable[[], object]) -> Iterator[None]:
        """Calls when this job must stop, perhaps more than once; the last who asked for it is called."""
        self._calls[job_id] = call
        try:
            yield
        finally:
            if self._calls.get(job_id) is call:
                del self._calls[job_id]

    def call_off(self, job_id: str) -> None:
        """Tells what this process does for the job that it must stop."""
        if job_id in self._calls:
            self._calls[job_id]()

    async def run(self) -> None:
        """Looks on every ring and every second until cancelled."""
        with self._resources.bell.heard(CANCEL_TOPIC) as ring:
            while True:
                try:
                    if self._calls:
                        await self._look()
                except NotNow as away:
                    log.warning("cancels_postponed", cause=away.code)
                beat(TICK_SECONDS)
                await self._resources.bell.wait(ring, TICK_SECONDS)

    async def _look(self) -> None:
        async with self._resources.database.reading() as session:
            stopped = await JobRepository(session, self._resources.clock).must_stop(tuple(self._calls))
        for job_id in stopped:
            self.call_off(job_id)
