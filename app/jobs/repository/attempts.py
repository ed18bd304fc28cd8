"""SQL of paid attempts: every move guarded by the old state, one submit in the lane at a time."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, select, update
from sqlalchemy.exc import IntegrityError

from app.core.repository import Repository
from app.jobs.models import Job, ProviderAttempt
from app.jobs.states import FINAL, OPEN_ATTEMPTS, AttemptState, attempt_sources
from app.jobs.values import AttemptView, JobFailure

__all__ = ["AttemptRepository", "attempt_view"]


class AttemptRepository(Repository[ProviderAttempt]):
    """Attempts by job, by state and by what the vendor calls them."""

    table = ProviderAttempt

    async def view(self, attempt_id: str) -> AttemptView | None:
        """The attempt as it stands in the database now."""
        query = select(ProviderAttempt).where(ProviderAttempt.id == attempt_id)
        found = await self.one(query.execution_options(populate_existing=True))
        return None if found is None else attempt_view(found)

    async def numbered(self, job_id: str, operation: str, number: int) -> AttemptView | None:
        """The attempt a re-run step wrote already."""
        found = await self.one(
            select(ProviderAttempt).where(
                ProviderAttempt.job_id == job_id,
                ProviderAttempt.operation == operation,
                ProviderAttempt.number == number,
            )
        )
        return None if found is None else attempt_view(found)

    async def of_job(self, job_id: str) -> Sequence[AttemptView]:
        """Every attempt of a job, oldest first."""
        rows = await self.all(
            select(ProviderAttempt)
            .where(ProviderAttempt.job_id == job_id)
            .order_by(ProviderAttempt.operation, ProviderAttempt.number)
        )
        return [attempt_view(row) for row in rows]

    async def open_of(self, job_id: str) -> Sequence[AttemptView]:
        """Attempts of a job whose bill is not known yet."""
        return [attempt for attempt in await self.of_job(job_id) if attempt.state in OPEN_ATTEMPTS]

    async def move(self, attempt_id: str, *, to: AttemptState, **facts: Any) -> bool:
        """Moves the state only from where the move is legal; says whether it did."""
        change = (
            update(ProviderAttempt)
            .where(ProviderAttempt.id == attempt_id, ProviderAttempt.state.in_(attempt_sources(to)))
            .values(state=to, updated_at=self._clock.now(), **facts)
            .returning(ProviderAttempt.id)
            .execution_options(synchronize_session=False)
        )
        return await self._session.scalar(change) is not None

    async def drop_unsent(self, attempt_id: str, failure: dict[str, Any]) -> bool:
        """Ends an attempt that was never sent; says whether it did."""
        now = self._clock.now()
        change = (
            update(ProviderAttempt)
            .where(ProviderAttempt.id == attempt_id, ProviderAttempt.state == AttemptState.INTENT)
            .values(state=AttemptState.REFUSED, failure=failure, updated_at=now, ended_at=now)
            .returning(ProviderAttempt.id)
            .execution_options(synchronize_session=False)
        )
        return await self._session.scalar(change) is not None

    async def take_lane(self, attempt: AttemptView, *, held_since: datetime, **facts: Any) -> bool | None:
        """Moves to sending; None while another submit of this account and operation is under way or unexplained.

        An unknown outcome holds the lane until its sender's list can show it, counted from `held_since`.
        """
        if await self.lane_is_held(attempt, held_since=held_since):
            return None
        try:
            async with self._session.begin_nested():
                return await self.move(attempt.id, to=AttemptState.SENDING, **facts)
        except IntegrityError:
            return None

    async def lane_is_held(self, attempt: AttemptView, *, held_since: datetime) -> bool:
        """Whether another submit of this account and operation is under way, or unexplained since then."""
        return attempt.exclusive and await self._any(_others(attempt), ProviderAttempt.sent_at > held_since)

    async def unexplained(self, attempt: AttemptView, since: datetime) -> bool:
        """Whether the vendor may hold another attempt's work from the same time whose name for it is not known."""
        return await self._any(_others(attempt), ProviderAttempt.send_until >= since)

    async def open_in(self, owner_id: str, project_id: str) -> bool:
        """Whether the outcome of some attempt of a project is open."""
        return await self._any(_in_project(owner_id, project_id), ProviderAttempt.state.in_(OPEN_ATTEMPTS))

    async def erase_texts(self, owner_id: str, project_id: str) -> None:
        """Takes the vendors' answers out of the attempts of a project."""
        change = update(ProviderAttempt).where(_in_project(owner_id, project_id)).values(reply=None, failure=None)
        await self._session.execute(change.execution_options(synchronize_session=False))

    async def _any(self, *conditions: ColumnElement[bool]) -> bool:
        return await self._session.scalar(select(ProviderAttempt.id).where(*conditions).limit(1)) is not None

    async def settle(self, attempt_id: str, micro_usd: int, at: datetime) -> bool:
        """Records the bill once; says whether this call did."""
        change = (
            update(ProviderAttempt)
            .where(ProviderAttempt.id == attempt_id, ProviderAttempt.settled_at.is_(None))
            .values(actual_micro_usd=micro_usd, settled_at=at)
            .returning(ProviderAttempt.id)
            .execution_options(synchronize_session=False)
        )
        return await self._session.scalar(change) is not None

    async def overdue_sends(self, now: datetime, limit: int) -> Sequence[AttemptView]:
        """Attempts still sending after their call's deadline: whoever sent them is gone."""
        rows = await self.all(
            select(ProviderAttempt)
            .where(ProviderAttempt.state == AttemptState.SENDING, ProviderAttempt.send_until < now)
            .limit(limit)
        )
        return [attempt_view(row) for row in rows]

    async def unknown_of_ended(self, limit: int) -> Sequence[AttemptView]:
        """Unknown outcomes of jobs that have ended; their runs look after them no more."""
        rows = await self.all(
            select(ProviderAttempt)
            .join(Job, Job.id == ProviderAttempt.job_id)
            .where(ProviderAttempt.state == AttemptState.UNKNOWN, Job.status.in_(FINAL))
            .order_by(ProviderAttempt.updated_at)
            .limit(limit)
        )
        return [attempt_view(row) for row in rows]

    async def known_remote_ids(self, account: str, operation: str) -> frozenset[str]:
        """What the vendor calls the attempts that are bound already."""
        rows = await self._session.scalars(
            select(ProviderAttempt.remote_id).where(
                ProviderAttempt.account == account,
                ProviderAttempt.operation == operation,
                ProviderAttempt.remote_id.is_not(None),
            )
        )
        return frozenset(remote for remote in rows if remote is not None)

    async def bound_elsewhere(self, job_id: str, request_hash: str) -> AttemptView | None:
        """A bound attempt of a job that this one retries, for exactly the same request."""
        found = await self.one(
            select(ProviderAttempt)
            .where(
                ProviderAttempt.job_id == job_id,
                ProviderAttempt.request_hash == request_hash,
                ProviderAttempt.state == AttemptState.BOUND,
            )
            .order_by(ProviderAttempt.number.desc())
            .limit(1)
        )
        return None if found is None else attempt_view(found)


def _others(attempt: AttemptView) -> ColumnElement[bool]:
    return and_(
        ProviderAttempt.account == attempt.account,
        ProviderAttempt.operation == attempt.operation,
        ProviderAttempt.id != attempt.id,
        ProviderAttempt.exclusive,
        ProviderAttempt.state.in_((AttemptState.SENDING, AttemptState.UNKNOWN)),
    )


def attempt_view(row: ProviderAttempt) -> AttemptView:
    """The frozen view of a row."""
    return AttemptView(
        id=row.id,
        job_id=row.job_id,
        operation=row.operation,
        number=row.number,
        provider=row.provider,
        account=row.account,
        state=row.state,
        nonce=row.nonce,
        request_hash=row.request_hash,
        exclusive=row.exclusive,
        estimated_micro_usd=row.estimated_micro_usd,
        actual_micro_usd=row.actual_micro_usd,
        remote_id=row.remote_id,
        reply=row.reply,
        failure=None if row.failure is None else JobFailure(**row.failure),
        created_at=row.created_at,
        sent_at=row.sent_at,
        ended_at=row.ended_at,
    )


def _in_project(owner_id: str, project_id: str) -> ColumnElement[bool]:
    jobs = select(Job.id).where(Job.owner_id == owner_id, Job.project_id == project_id)
    return ProviderAttempt.job_id.in_(jobs)
