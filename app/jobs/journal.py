"""The event log as other slices read it."""

from collections.abc import Sequence
from typing import Self

from app.core.database import Session
from app.jobs.domain import EventView, JobView
from app.jobs.repository import EventRepository, JobRepository
from app.resources import Resources

__all__ = ["Journal"]


class Journal:
    """Reads the append-only log; an id once passed is never followed by an earlier one of the same owner."""

    def __init__(self, session: Session, resources: Resources) -> None:
        self._events = EventRepository(session, resources.clock)
        self._jobs = JobRepository(session, resources.clock)

    @classmethod
    def over(cls, session: Session, resources: Resources) -> Self:
        """The journal on this session."""
        return cls(session, resources)

    async def of_owner(self, owner_id: str, *, after: int, limit: int) -> Sequence[EventView]:
        """What happened to all jobs of an owner after an event."""
        return await self._events.of_owner(owner_id, after=after, limit=limit)

    async def of_job(self, job_id: str, *, after: int, limit: int) -> Sequence[EventView]:
        """What happened to one job after an event."""
        return await self._events.of_job(job_id, after=after, limit=limit)

    async def newest_of(self, owner_id: str) -> int:
        """Where the owner's log ends now."""
        return await self._events.newest_of(owner_id)

    async def newest_of_job(self, job_id: str) -> int:
        """The id of a job's last event; 0 when there is none."""
        return await self._events.newest_of_job(job_id)

    async def job(self, job_id: str) -> JobView | None:
        """The job as it stands."""
        return await self._jobs.view(job_id)
