"""Keeps what a run says through the engine."""

from typing_extensions import override

from app.engine.port import Recorder, RunEvent
from app.jobs.queue import job_topic, owner_topic
from app.jobs.repository import EventRepository, JobRepository
from app.resources import Resources

__all__ = ["JobRecorder"]


class JobRecorder(Recorder):
    """Writes a run's event once, under the key the engine gives it."""

    def __init__(self, resources: Resources) -> None:
        self._resources = resources

    @override
    async def __call__(self, event: RunEvent, /) -> None:
        async with self._resources.database.unit_of_work() as session:
            job = await JobRepository(session, self._resources.clock).view(event.job_id)
            if job is None:
                return
            EventRepository(session, self._resources.clock).append(
                job.id, job.owner_id, event.name, event.facts, key=f"run:{event.key}"
            )
            for topic in (job_topic(job.id), owner_topic(job.owner_id)):
                await self._resources.bell.announce(session, topic)
