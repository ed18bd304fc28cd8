"""SQL of paid attempts: every move guarded by the old state, one submit in the lane at a time."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Interval, and_, func, literal, or_, select, text, update
from sqlalchemy.exc import IntegrityError

from app.core.pagination import Page, Window
from app.core.repository import Repository
from app.core.tables import UtcDateTime
from app.jobs.domain import (
    FINAL,
    OPEN_ATTEMPTS,
    UNEXPLAINED,
    AttemptState,
    AttemptView,
    JobFailure,
    OpenAttempt,
    attempt_sources,
)
from app.jobs.models import Job, ProviderAttempt
from app.jobs.repository.jobs import family, question_of, retries


class RemoteIdTaken(Exception):
    """Another attempt is bound to this piece of the vendor's work."""


class AttemptRepository(Repository[ProviderAttempt]):
    """Attempts by job, by state and by what the vendor calls them.

    Who changes an attempt and its job locks the attempt first. Moments in the life of a send are told by the database
    on Postgres and by the caller's steady clock on SQLite, never by a wall clock that may be set meanwhile.
    """

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

    async def bind(self, attempt_id: str, remote_id: str | None, reply: dict[str, Any], at: datetime) -> bool:
        """Keeps the vendor's answer once; says whether this call did, RemoteIdTaken where the work is another's."""
        try:
            async with self._session.begin_nested():
                return await self.move(attempt_id, to=AttemptState.BOUND, remote_id=remote_id, reply=reply, ended_at=at)
        except IntegrityError as taken:
            raise RemoteIdTaken from taken

    async def note_reply(self, attempt_id: str, reply: dict[str, Any]) -> None:
        """Writes what became of a kept answer."""
        await self._session.execute(
            update(ProviderAttempt)
            .where(ProviderAttempt.id == attempt_id)
            .values(reply=reply, updated_at=self._clock.now())
            .execution_options(synchronize_session=False)
        )

    async def look_at(self, attempt_id: str) -> None:
        """Notes that somebody has looked for what became of it."""
        await self._session.execute(
            update(ProviderAttempt)
            .where(ProviderAttempt.id == attempt_id)
            .values(updated_at=self._clock.now())
            .execution_options(synchronize_session=False)
        )

    async def lock(self, attempt_id: str) -> None:
        """Holds the row until the transaction ends."""
        await self._lock(ProviderAttempt.id == attempt_id)

    async def lock_of_job(self, job_id: str) -> None:
        """Holds the attempts of a job until the transaction ends, before its own row is touched."""
        await self._lock(ProviderAttempt.job_id == job_id)

    async def _lock(self, wanted: ColumnElement[bool]) -> None:
        if not self._is_sqlite:
            query = select(ProviderAttempt.id).where(wanted).order_by(ProviderAttempt.id)
            await self._session.execute(query.with_for_update(key_share=True))

    async def take_lane(
        self,
        attempt: AttemptView,
        *,
        now: datetime,
        held_seconds: float,
        send_seconds: float,
        fence: str,
    ) -> bool | None:
        """Moves to sending; None while another submit of this account and operation is under way or unexplained.

        An unknown outcome holds the lane for these seconds after its call, until its sender's list can show it.
        """
        if await self.lane_is_held(attempt, now=now, held_seconds=held_seconds):
            return None
        facts = {"sent_at": self._moment(now), "send_until": self._moment(now, send_seconds), "fence": fence}
        try:
            async with self._session.begin_nested():
                return await self.move(attempt.id, to=AttemptState.SENDING, **facts)
        except IntegrityError:
            return None

    async def lane_is_held(self, attempt: AttemptView, *, now: datetime, held_seconds: float) -> bool:
        """Whether another submit of this account and operation is under way, or unexplained for so long."""
        since = self._moment(now, -held_seconds)
        others = _others(attempt, AttemptState.SENDING, AttemptState.UNKNOWN)
        return attempt.exclusive and await self._any(others, ProviderAttempt.sent_at > since)

    async def age_seconds(self, attempt: AttemptView) -> float:
        """Seconds since the call was sent, by the clock of Postgres."""
        sent_at = func.coalesce(ProviderAttempt.sent_at, ProviderAttempt.created_at)
        age = func.extract("epoch", self._moment() - sent_at)
        return float(await self._session.scalar(select(age).where(ProviderAttempt.id == attempt.id)) or 0.0)

    def _moment(self, now: datetime | None = None, seconds: float = 0.0) -> Any:
        """So many seconds from now."""
        if self._is_sqlite and now is not None:
            return now + timedelta(seconds=seconds)
        clock = func.clock_timestamp(type_=UtcDateTime())
        return clock + literal(timedelta(seconds=seconds), Interval()) if seconds else clock

    @property
    def _is_sqlite(self) -> bool:
        return self._session.get_bind().dialect.name == "sqlite"

    async def unexplained(self, attempt: AttemptView, since: datetime) -> bool:
        """Whether the vendor may hold another attempt's work from the same time whose name for it is not known."""
        return await self._any(_others(attempt, *UNEXPLAINED), ProviderAttempt.send_until >= since)

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

    async def overdue_sends(self, now: datetime, limit: int, *, after: str = "") -> Sequence[AttemptView]:
        """Attempts still sending after their call's deadline, in the order of their ids: whoever sent them is gone."""
        rows = await self.all(
            select(ProviderAttempt)
            .where(
                ProviderAttempt.state == AttemptState.SENDING,
                ProviderAttempt.send_until < self._moment(now),
                ProviderAttempt.id > after,
            )
            .order_by(ProviderAttempt.id)
            .limit(limit)
        )
        return [attempt_view(row) for row in rows]

    async def declare_unknown(self, attempt_id: str, now: datetime, return_seconds: float) -> None:
        """Nobody knows what became of a send; whoever sent it may still bring the answer for so long."""
        await self.move(attempt_id, to=AttemptState.UNKNOWN, send_until=self._moment(now, return_seconds))

    async def is_overdue(self, attempt_id: str, now: datetime) -> bool:
        """Whether the time of whoever sent it is over."""
        return await self._any(ProviderAttempt.id == attempt_id, ProviderAttempt.send_until < self._moment(now))

    async def unexplained_of_ended(
        self, limit: int, *, parked_before: datetime, after: str = ""
    ) -> Sequence[AttemptView]:
        """Open outcomes of jobs that have ended, in the order of their ids; parked ones not looked at since then."""
        is_due = or_(
            ProviderAttempt.state == AttemptState.UNKNOWN,
            and_(ProviderAttempt.state == AttemptState.PARKED, ProviderAttempt.updated_at < parked_before),
        )
        rows = await self.all(
            select(ProviderAttempt)
            .join(Job, Job.id == ProviderAttempt.job_id)
            .where(is_due, Job.status.in_(FINAL), ProviderAttempt.id > after)
            .order_by(ProviderAttempt.id)
            .limit(limit)
        )
        return [attempt_view(row) for row in rows]

    async def listed(self, states: Collection[AttemptState], window: Window) -> tuple[Page[OpenAttempt], int]:
        """One page of attempts in these states, of any owner, newest first, and how many there are."""
        query = select(ProviderAttempt).where(ProviderAttempt.state.in_(states))
        page = await self.page(query, window, ProviderAttempt.created_at)
        asking = select(Job.id, Job.question).where(Job.id.in_([row.job_id for row in page.items]))
        questions = {job_id: question_of(asked) for job_id, asked in await self._session.execute(asking)}
        items = (OpenAttempt(attempt_view(row), row.owner_id, questions.get(row.job_id)) for row in page.items)
        return Page(tuple(items), page.next), await self.count(query)

    async def unexplained_in_family(self, job_id: str) -> Sequence[AttemptView]:
        """Calls of nobody knows yet what, of this job, of all retries before and after it, and of their children."""
        rows = await self.all(
            select(ProviderAttempt)
            .where(ProviderAttempt.job_id.in_(family(job_id)), ProviderAttempt.state.in_(UNEXPLAINED))
            .order_by(ProviderAttempt.id)
        )
        return [attempt_view(row) for row in rows]

    async def claim_request(self, job_id: str, request_hash: str) -> None:
        """Lets one of the retries of a job at a time decide who buys this."""
        if not self._is_sqlite:
            oldest = await self._session.scalar(select(func.min(Job.id)).where(Job.id.in_(retries(job_id))))
            await self._session.execute(
                text("SELECT pg_advisory_xact_lock(hashtextextended(:claimed, 11))"),
                {"claimed": f"{oldest}:{request_hash}"},
            )

    async def open_elsewhere(self, job_id: str, request_hash: str) -> AttemptView | None:
        """Another retry's attempt at exactly this request that has not come to its end."""
        found = await self.one(
            self._elsewhere(job_id, request_hash).where(ProviderAttempt.state.in_(OPEN_ATTEMPTS)).limit(1)
        )
        return None if found is None else attempt_view(found)

    async def bound_elsewhere(self, job_id: str, request_hash: str, *, newer_than: str = "") -> AttemptView | None:
        """The newest answer that another retry has paid for, to exactly this request."""
        found = await self.one(
            self._elsewhere(job_id, request_hash)
            .where(
                ProviderAttempt.state == AttemptState.BOUND,
                # A charge that was only confirmed by a person has no answer that could be used.
                or_(ProviderAttempt.reply.is_not(None), ProviderAttempt.remote_id.is_not(None)),
                ProviderAttempt.id > newer_than,
            )
            .order_by(ProviderAttempt.id.desc())
            .limit(1)
        )
        return None if found is None else attempt_view(found)

    def _elsewhere(self, job_id: str, request_hash: str) -> Any:
        return select(ProviderAttempt).where(
            ProviderAttempt.job_id.in_(retries(job_id)),
            ProviderAttempt.job_id != job_id,
            ProviderAttempt.request_hash == request_hash,
        )

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


def _others(attempt: AttemptView, *states: AttemptState) -> ColumnElement[bool]:
    return and_(
        ProviderAttempt.account == attempt.account,
        ProviderAttempt.operation == attempt.operation,
        ProviderAttempt.id != attempt.id,
        ProviderAttempt.exclusive,
        ProviderAttempt.state.in_(states),
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
        fence=row.fence,
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
        updated_at=row.updated_at,
    )


def _in_project(owner_id: str, project_id: str) -> ColumnElement[bool]:
    jobs = select(Job.id).where(Job.owner_id == owner_id, Job.project_id == project_id)
    return ProviderAttempt.job_id.in_(jobs)
