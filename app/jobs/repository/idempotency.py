"""SQL of idempotency records: inserted first, replayed for a day."""

from datetime import datetime

from sqlalchemy import delete, or_, select, update
from sqlalchemy.exc import IntegrityError

from app.core.repository import Repository
from app.jobs.models import IdempotencyRecord, Job

__all__ = ["ANY_ROUTE", "IdempotencyRepository"]

# A key is its owner's, whatever path it is sent to; what was asked for is part of the hash.
ANY_ROUTE = "any"


class IdempotencyRepository(Repository[IdempotencyRecord]):
    """Records by owner and key."""

    table = IdempotencyRecord

    async def begin(self, record: IdempotencyRecord) -> bool:
        """Inserts the record; False when the key is there already."""
        try:
            async with self._session.begin_nested():
                await self.add(record)
        except IntegrityError:
            return False
        return True

    async def known(self, owner_id: str, key: str) -> IdempotencyRecord | None:
        """The record of a key."""
        return await self.one(
            select(IdempotencyRecord).where(
                IdempotencyRecord.owner_id == owner_id,
                IdempotencyRecord.route == ANY_ROUTE,
                IdempotencyRecord.key == key,
            )
        )

    async def finish(self, record_id: str, *, status: int, headers: dict[str, str], body: str) -> None:
        """Keeps the answer for replays."""
        await self._session.execute(
            update(IdempotencyRecord)
            .where(IdempotencyRecord.id == record_id)
            .values(status=status, headers=headers, body=body, updated_at=self._clock.now())
        )

    async def link(self, record_id: str, job_id: str) -> None:
        """Ties the key to the first job it started, in the transaction that starts it."""
        unlinked = (IdempotencyRecord.id == record_id) & IdempotencyRecord.job_id.is_(None)
        await self._session.execute(update(IdempotencyRecord).where(unlinked).values(job_id=job_id))

    async def renew(self, record_id: str) -> None:
        """Takes over the record of a request whose process died before it started anything."""
        await self._session.execute(
            update(IdempotencyRecord).where(IdempotencyRecord.id == record_id).values(updated_at=self._clock.now())
        )

    async def drop(self, record_id: str) -> None:
        """Forgets a key whose request started nothing."""
        nothing_started = (IdempotencyRecord.id == record_id) & IdempotencyRecord.job_id.is_(None)
        await self._session.execute(delete(IdempotencyRecord).where(nothing_started))

    async def forget_answers(self, owner_id: str, named: str) -> None:
        """Drops an owner's records whose answer names this id, or whose job belongs to it."""
        jobs = select(Job.id).where(Job.owner_id == owner_id, Job.project_id == named)
        about = or_(IdempotencyRecord.body.contains(named, autoescape=True), IdempotencyRecord.job_id.in_(jobs))
        await self._session.execute(delete(IdempotencyRecord).where(IdempotencyRecord.owner_id == owner_id, about))

    async def forget_expired(self, now: datetime) -> int:
        """Drops records past their day; says how many."""
        gone = await self._session.execute(
            delete(IdempotencyRecord).where(IdempotencyRecord.expires_at < now).returning(IdempotencyRecord.id)
        )
        return len(gone.all())
