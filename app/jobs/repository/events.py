"""SQL of the event log: append once per key, read on from an id."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from pydantic import JsonValue
from sqlalchemy import ColumnElement, Select, delete, func, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.clock import Clock
from app.core.database import before_commit
from app.jobs.domain import FINAL, EventView
from app.jobs.models import Job, JobEvent

__all__ = ["EventRepository"]

DRAFTS = "event_drafts"


class EventRepository:
    """The append-only log; a stream of one owner never goes back."""

    def __init__(self, session: AsyncSession, clock: Clock) -> None:
        self._session = session
        self._clock = clock

    def append(self, job_id: str, owner_id: str, name: str, facts: Mapping[str, JsonValue], *, key: str) -> None:
        """Adds a line at the end of the unit of work, unless this job's key is there already."""
        drafts: list[JobEvent] = self._session.info.setdefault(DRAFTS, [])
        drafts.append(
            JobEvent(
                job_id=job_id, owner_id=owner_id, name=name, key=key, facts=dict(facts), created_at=self._clock.now()
            )
        )
        # The owner's lock comes after all row locks, because whoever holds it while it waits for a row may deadlock.
        before_commit(self._session, DRAFTS, self._write_drafts)

    async def of_job(self, job_id: str, *, after: int, limit: int) -> Sequence[EventView]:
        """What happened to a job after an event."""
        return await self._read(JobEvent.job_id == job_id, after, limit)

    async def of_owner(self, owner_id: str, *, after: int, limit: int) -> Sequence[EventView]:
        """What happened to all jobs of an owner after an event."""
        return await self._read(JobEvent.owner_id == owner_id, after, limit)

    async def named(self, job_id: str, names: Collection[str]) -> Sequence[EventView]:
        """Every event of a job with one of these names, oldest first."""
        wanted = (JobEvent.job_id == job_id, JobEvent.name.in_(names))
        return [_event_view(row) for row in await self._session.scalars(_in_order_of_ids(*wanted))]

    async def newest_of(self, owner_id: str) -> int:
        """The id of the owner's last event; 0 when there is none."""
        newest = select(func.max(JobEvent.id)).where(JobEvent.owner_id == owner_id)
        return await self._session.scalar(newest) or 0

    async def newest_of_job(self, job_id: str) -> int:
        """The id of a job's last event; 0 when there is none."""
        return await self._session.scalar(select(func.max(JobEvent.id)).where(JobEvent.job_id == job_id)) or 0

    async def forget(self, ended_before: datetime) -> int:
        """Drops the events of jobs that ended long ago; says how many."""
        old = select(Job.id).where(Job.status.in_(FINAL), Job.finished_at < ended_before)
        gone = await self._session.execute(delete(JobEvent).where(JobEvent.job_id.in_(old)).returning(JobEvent.id))
        return len(gone.all())

    async def forget_project(self, owner_id: str, project_id: str) -> None:
        """Drops the events of all jobs of a project."""
        jobs = select(Job.id).where(Job.owner_id == owner_id, Job.project_id == project_id)
        await self._session.execute(delete(JobEvent).where(JobEvent.job_id.in_(jobs)))

    async def _write_drafts(self) -> None:
        drafts: list[JobEvent] = self._session.info.pop(DRAFTS, [])
        for owner_id in sorted({draft.owner_id for draft in drafts}):
            await self._in_order(owner_id)
        for draft in drafts:
            same = select(JobEvent.id).where(JobEvent.job_id == draft.job_id, JobEvent.key == draft.key)
            if await self._session.scalar(same) is None:
                self._session.add(draft)
                await self._session.flush()

    async def _in_order(self, owner_id: str) -> None:
        # Without this lock a later id may be committed before an earlier one, and a reader would pass over it.
        if self._session.get_bind().dialect.name != "sqlite":
            await self._session.execute(
                text("SELECT pg_advisory_xact_lock(hashtextextended(:owner, 7))"), {"owner": owner_id}
            )

    async def _read(self, wanted: ColumnElement[bool], after: int, limit: int) -> Sequence[EventView]:
        rows = await self._session.scalars(_in_order_of_ids(wanted, JobEvent.id > after).limit(limit))
        return [_event_view(row) for row in rows]


def _in_order_of_ids(*wanted: ColumnElement[bool]) -> Select[JobEvent]:
    return select(JobEvent).where(*wanted).order_by(JobEvent.id)


def _event_view(row: JobEvent) -> EventView:
    return EventView(row.id, row.job_id, row.owner_id, row.name, row.facts, row.created_at)
