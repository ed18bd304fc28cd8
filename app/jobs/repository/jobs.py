"""SQL of jobs, their event log and idempotency keys: every move is an UPDATE with the old state in WHERE."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from pydantic import JsonValue
from sqlalchemy import ColumnElement, Select, and_, delete, exists, func, or_, select, text, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.clock import Clock
from app.core.database import before_commit
from app.core.pagination import Page, Window
from app.core.repository import Repository
from app.jobs.domain import (
    ACTIVE,
    FINAL,
    WAITING,
    EventView,
    JobFailure,
    JobFilter,
    JobStatus,
    JobView,
    Lane,
    Phase,
    Priority,
    Question,
    Step,
    sources,
    statuses_in,
)
from app.jobs.models import IdempotencyRecord, Job, JobEvent, ProviderAttempt

HISTORY = 20
BATCH = 500
ERASED = "The project was deleted, and its words with it."
UNSYNCED = {"synchronize_session": False}
BROKEN = frozenset({JobStatus.FAILED, JobStatus.CANCELLED})
DRAFTS = "event_drafts"
# A key is its owner's, whatever path it is sent to; what was asked for is part of the hash.
ANY_ROUTE = "any"


@dataclass(frozen=True)
class PendingStart:
    """What the dispatcher needs to start a job."""

    id: str
    owner_id: str
    kind: str
    lane: Lane
    direct: bool
    priority: Priority
    start_by: datetime | None


class JobRepository(Repository[Job]):
    """Jobs by owner, guarded moves, and the dispatcher's questions."""

    table = Job

    async def view(self, job_id: str) -> JobView | None:
        """The job as it stands in the database now."""
        found = await self.one(select(Job).where(Job.id == job_id).execution_options(populate_existing=True))
        return None if found is None else job_view(found)

    async def insert(self, row: Job) -> bool:
        """Stores a job unless an active one does the same work; says whether it was stored."""
        try:
            async with self._session.begin_nested():
                await self.add(row)
        except IntegrityError:
            if row.same_work is None:
                raise
            return False
        return True

    async def restored_from(self, job_id: str | None) -> datetime | None:
        """The moment of the backup that a job was restored from, if it was."""
        if job_id is None:
            return None
        return await self._session.scalar(select(Job.restored_from).where(Job.id == job_id))

    async def same_work(self, owner_id: str, same_work: str) -> JobView | None:
        """The active job that does this work already."""
        found = await self.one(
            select(Job).where(Job.owner_id == owner_id, Job.same_work == same_work, Job.status.in_(ACTIVE))
        )
        return None if found is None else job_view(found)

    async def move(self, job_id: str, *, to: JobStatus, **facts: Any) -> bool:
        """Moves the status only from where the move is legal; says whether it did."""
        return await self._guarded(job_id, sources(to), status=to, **facts)

    async def begin(self, job_id: str) -> bool:
        """Moves a waiting job to processing; False when it runs already or has ended."""
        now = self._clock.now()
        return await self._guarded(job_id, WAITING, status=JobStatus.PROCESSING, started_at=now)

    async def cancel_waiting(self, job_id: str, **facts: Any) -> bool:
        """Cancels a job that no worker has begun; says whether it did."""
        return await self._guarded(job_id, WAITING, status=JobStatus.CANCELLED, **facts)

    async def note(self, job_id: str, **facts: Any) -> bool:
        """Writes facts of a job that has not ended; says whether it did."""
        return await self._guarded(job_id, ACTIVE, **facts)

    async def ask_after_end(self, job_id: str, question: dict[str, Any]) -> bool:
        """Asks the owner of an ended job; False while another question stands."""
        return await self._guarded(job_id, FINAL, Job.question.is_(None), question=question)

    async def settle_question(self, job_id: str, attempt_id: str) -> None:
        """Takes back what a job asks about this attempt."""
        asked = await self._session.scalar(select(Job.question).where(Job.id == job_id))
        if asked is not None and asked["attempt_id"] == attempt_id:
            await self._guarded(job_id, frozenset(JobStatus), question=None)

    async def advance(self, job_id: str, *, progress: int, **facts: Any) -> bool:
        """Writes progress that never goes back and is complete only at the end."""
        bounded = max(0, min(progress, 99))
        raised = func.max(Job.progress, bounded) if self._is_sqlite else func.greatest(Job.progress, bounded)
        return await self._guarded(job_id, ACTIVE, progress=raised, **facts)

    async def add_cost(self, job_id: str, micro_usd: int) -> None:
        """Adds what one attempt really cost; also after the job has ended."""
        await self._session.execute(
            update(Job).where(Job.id == job_id).values(actual_micro_usd=Job.actual_micro_usd + micro_usd)
        )

    async def listed(self, owner_id: str, wanted: JobFilter, window: Window) -> tuple[Page[JobView], int]:
        """One page of an owner's jobs, newest first, and how many there are."""
        return await self.found(replace(wanted, owner_id=owner_id), window)

    async def found(self, wanted: JobFilter, window: Window) -> tuple[Page[JobView], int]:
        """One page of jobs of any owner, newest first, and how many there are."""
        query = _filtered(select(Job), wanted)
        page = await self.page(query, window, Job.created_at)
        return Page(tuple(job_view(row) for row in page.items), page.next), await self.count(query)

    async def spent_on(self, owner_id: str, project_id: str) -> int:
        """What all jobs of a project have really cost so far."""
        spent = select(func.sum(Job.actual_micro_usd)).where(Job.owner_id == owner_id, Job.project_id == project_id)
        return int(await self._session.scalar(spent) or 0)

    async def unfinished_in(self, owner_id: str, project_id: str | None = None) -> Sequence[JobView]:
        """Every unfinished job of an owner, or only of one project, oldest first."""
        query = select(Job).where(Job.owner_id == owner_id, Job.status.in_(ACTIVE))
        if project_id is not None:
            query = query.where(Job.project_id == project_id)
        return [job_view(row) for row in await self.all(query.order_by(Job.created_at, Job.id))]

    async def children(self, parent_id: str) -> Sequence[JobView]:
        """The jobs this one started, oldest first."""
        rows = await self.all(select(Job).where(Job.parent_id == parent_id).order_by(Job.created_at, Job.id))
        return [job_view(row) for row in rows]

    async def newest_if_broken(
        self, owner_id: str, kind: str, project_id: str | None, segment_id: str | None
    ) -> JobView | None:
        """The newest job of this work when it failed or was cancelled."""
        same = (Job.owner_id == owner_id, Job.kind == kind, Job.project_id == project_id, Job.segment_id == segment_id)
        newest = await self.one(select(Job).where(*same).order_by(Job.created_at.desc(), Job.id.desc()).limit(1))
        return job_view(newest) if newest is not None and newest.status in BROKEN else None

    async def active_of(self, project_id: str, kind: str) -> Sequence[JobView]:
        """The unfinished jobs of one kind in a project."""
        rows = await self.all(select(Job).where(Job.project_id == project_id, Job.kind == kind, Job.status.in_(ACTIVE)))
        return [job_view(row) for row in rows]

    async def waiting(self) -> int:
        """How many jobs no worker has begun; parts of a larger one count only against its owner."""
        return await self.count(select(Job).where(Job.status.in_(WAITING), Job.parent_id.is_(None)))

    async def unfinished_of(self, owner_id: str) -> int:
        """How many unfinished jobs a user has asked for; what these start is part of them."""
        asked_for = (Job.owner_id == owner_id, Job.parent_id.is_(None), Job.status.in_(ACTIVE))
        return await self.count(select(Job).where(*asked_for))

    async def ahead_of(self, job: JobView) -> int:
        """How many waiting jobs come before this one: its owner's earlier ones, and as many of each other's."""
        earlier = or_(Job.created_at < job.created_at, and_(Job.created_at == job.created_at, Job.id < job.id))
        waiting = Job.status.in_(WAITING)
        own = await self.count(select(Job).where(waiting, Job.owner_id == job.owner_id, earlier))
        of_others = select(func.count()).where(waiting, Job.owner_id != job.owner_id).group_by(Job.owner_id)
        return own + sum(min(count, own + 1) for count in (await self._session.scalars(of_others)).all())

    async def usual_seconds(self, kind: str) -> float | None:
        """The mean duration of the last jobs of a kind that completed."""
        rows = await self._session.execute(
            select(Job.started_at, Job.finished_at)
            .where(Job.kind == kind, Job.status == JobStatus.COMPLETED)
            .order_by(Job.finished_at.desc())
            .limit(HISTORY)
        )
        lengths = [(end - begin).total_seconds() for begin, end in rows if begin is not None and end is not None]
        return sum(lengths) / len(lengths) if lengths else None

    async def newest_start(self, kind: str) -> datetime | None:
        """When the last job of a kind was put in line."""
        return await self._session.scalar(select(func.max(Job.created_at)).where(Job.kind == kind))

    async def to_start(self, limit: int) -> Sequence[PendingStart]:
        """Rows that no engine knows yet: one of each owner, then the second of each; of an owner's the most urgent."""
        urgency = (Job.direct.desc(), Job.priority.desc(), Job.created_at, Job.id)
        place = func.row_number().over(partition_by=Job.owner_id, order_by=urgency).label("place")
        waiting = select(Job.id, place).where(Job.dispatched_at.is_(None), Job.status.in_(ACTIVE)).subquery()
        rows = await self.all(
            select(Job).join(waiting, waiting.c.id == Job.id).order_by(waiting.c.place, *urgency).limit(limit)
        )
        return [_pending_start(row) for row in rows]

    async def dispatched_before(self, moment: datetime, window: Window) -> Page[JobView]:
        """One page of the unfinished rows that an engine should know, the oldest start first."""
        query = select(Job).where(Job.status.in_(ACTIVE), Job.dispatched_at < moment)
        page = await self.page(query, replace(window, descending=False), Job.dispatched_at)
        return Page(tuple(job_view(row) for row in page.items), page.next)

    async def params_in(self, owner_id: str, project_id: str) -> Sequence[dict[str, Any]]:
        """What the jobs of a project were told."""
        wanted = select(Job.params).where(Job.owner_id == owner_id, Job.project_id == project_id)
        return (await self._session.scalars(wanted)).all()

    async def erase_texts(self, owner_id: str, project_id: str) -> None:
        """Takes the words out of the jobs of a project; a failure keeps its code."""
        rows = await self.all(select(Job).where(Job.owner_id == owner_id, Job.project_id == project_id))
        for row in rows:
            row.params, row.result, row.question = {}, None, None
            row.stage, row.step_label = "", None
            if row.failure is not None:
                row.failure = JobFailure(row.failure["code"], ERASED).as_json()
        await self._session.flush()

    async def forget(self, owner_id: str, ended_before: datetime) -> int:
        """Drops an owner's jobs that ended long ago and paid for nothing, with their events; says how many."""
        paid = exists().where(ProviderAttempt.job_id == Job.id)
        old = (Job.owner_id == owner_id, Job.status.in_(FINAL), Job.finished_at < ended_before, ~paid)
        gone = await self._session.execute(delete(Job).where(*old).returning(Job.id).execution_options(**UNSYNCED))
        return len(gone.all())

    async def overdue(self, now: datetime, limit: int) -> Sequence[JobView]:
        """Waiting rows whose start deadline has passed."""
        rows = await self.all(select(Job).where(Job.status.in_(WAITING), Job.start_by < now).limit(limit))
        return [job_view(row) for row in rows]

    async def next_deadline(self) -> datetime | None:
        """The first moment at which a waiting row is overdue."""
        return await self._session.scalar(select(func.min(Job.start_by)).where(Job.status.in_(WAITING)))

    async def must_stop(self, job_ids: Sequence[str]) -> Sequence[str]:
        """Which of these jobs have ended or are to stop."""
        over = or_(Job.status.in_(FINAL), Job.cancel_requested_at.is_not(None))
        found: list[str] = []
        for begin in range(0, len(job_ids), BATCH):
            some = select(Job.id).where(Job.id.in_(job_ids[begin : begin + BATCH]), over)
            found += (await self._session.scalars(some)).all()
        return found

    async def may_go_on(self, job_id: str) -> bool:
        """Whether a job has neither ended nor is to stop; if so it stays like that until the transaction ends."""
        query = select(Job.id).where(Job.id == job_id, Job.status.in_(ACTIVE), Job.cancel_requested_at.is_(None))
        return await self._session.scalar(query.with_for_update(key_share=True)) is not None

    async def stop_family(self, job_id: str) -> Sequence[JobView]:
        """Asks a job and all that it has started to stop; gives those that were not asked before."""
        return await self._stop(Job.id == job_id)

    async def stop_children(self, job_id: str) -> Sequence[JobView]:
        """Asks all that a job has started to stop; the job itself must be locked."""
        return await self._stop(Job.parent_id == job_id)

    async def stop_project(self, owner_id: str, project_id: str) -> Sequence[JobView]:
        """Asks every job of a project, and all that these have started, to stop."""
        return await self._stop(Job.owner_id == owner_id, Job.project_id == project_id)

    async def stop_owner(self, owner_id: str) -> Sequence[JobView]:
        """Asks every job of a user to stop."""
        return await self._stop(Job.owner_id == owner_id)

    async def _stop(self, *which: ColumnElement[bool]) -> Sequence[JobView]:
        """Locks parents before it reads their children, so that a child that is just being started is seen."""
        stopped: list[JobView] = []
        while True:
            change = (
                update(Job)
                .where(*which, Job.status.in_(ACTIVE), Job.cancel_requested_at.is_(None))
                .values(updated_at=self._clock.now(), version=Job.version + 1, cancel_requested_at=self._clock.now())
                .returning(Job)
                .execution_options(synchronize_session=False, populate_existing=True)
            )
            stopped += [job_view(row) for row in await self._session.scalars(change)]
            level = (await self._session.scalars(select(Job.id).where(*which))).all()
            if not level:
                return stopped
            which = (Job.parent_id.in_(level),)

    async def forget_dispatch(self, job_ids: Collection[str]) -> None:
        """Lets the dispatcher start these again."""
        await self._session.execute(
            update(Job).where(Job.id.in_(job_ids), Job.status.in_(ACTIVE)).values(dispatched_at=None)
        )

    async def mark_dispatched(self, job_id: str, at: datetime) -> None:
        """Records that an engine has the job."""
        await self._session.execute(
            update(Job).where(Job.id == job_id, Job.dispatched_at.is_(None)).values(dispatched_at=at)
        )

    async def gauges(self, limit: int) -> Sequence[tuple[str, JobStatus, str, int, datetime]]:
        """Unfinished jobs by kind, status and stage, with the birth of the oldest; the largest groups first."""
        rows = await self._session.execute(
            select(Job.kind, Job.status, Job.stage, func.count(), func.min(Job.created_at))
            .where(Job.status.in_(ACTIVE))
            .group_by(Job.kind, Job.status, Job.stage)
            .order_by(func.count().desc(), Job.kind, Job.status, Job.stage)
            .limit(limit)
        )
        return [(kind, status, stage, count, oldest) for kind, status, stage, count, oldest in rows]

    async def lock(self, job_id: str) -> None:
        """Holds the row until the transaction ends, so that one job's events get rising ids."""
        if not self._is_sqlite:
            await self._session.execute(select(Job.id).where(Job.id == job_id).with_for_update(key_share=True))

    @property
    def _is_sqlite(self) -> bool:
        return self._session.get_bind().dialect.name == "sqlite"

    async def _guarded(
        self, job_id: str, states: frozenset[JobStatus], *further: ColumnElement[bool], **facts: Any
    ) -> bool:
        change = (
            update(Job)
            .where(Job.id == job_id, Job.status.in_(states), *further)
            .values(updated_at=self._clock.now(), version=Job.version + 1, **facts)
            .returning(Job.id)
            .execution_options(synchronize_session=False)
        )
        return await self._session.scalar(change) is not None


def retries(job_id: str) -> Select[str]:
    """Ids of a job, of those that it retries and of all that retry any of them."""
    return _tree(job_id, with_children=False)


def family(job_id: str) -> Select[str]:
    """Ids of a job and of all retries around it, with everything that any of them has started."""
    return _tree(job_id, with_children=True)


def _tree(job_id: str, *, with_children: bool) -> Select[str]:
    up = select(Job.id, Job.retry_of).where(Job.id == job_id).cte("earlier", recursive=True)
    up = up.union(select(Job.id, Job.retry_of).join(up, Job.id == up.c.retry_of))
    down = select(up.c.id).cte("members", recursive=True)
    is_next = or_(Job.retry_of == down.c.id, Job.parent_id == down.c.id) if with_children else Job.retry_of == down.c.id
    down = down.union(select(Job.id).join(down, is_next))
    return select(down.c.id)


def _filtered(query: Select[Job], wanted: JobFilter) -> Select[Job]:
    if wanted.owner_id is not None:
        query = query.where(Job.owner_id == wanted.owner_id)
    if wanted.status is not None:
        query = query.where(Job.status == wanted.status)
    if wanted.kind is not None:
        query = query.where(Job.kind == wanted.kind)
    if wanted.project_id is not None:
        query = query.where(Job.project_id == wanted.project_id)
    if wanted.phase is not None:
        query = query.where(Job.status.in_(statuses_in(wanted.phase)))
        if wanted.phase is Phase.AWAITING_INPUT:
            query = query.where(Job.question.is_not(None))
        elif not statuses_in(wanted.phase) <= FINAL:
            query = query.where(Job.question.is_(None))
    return query


def _pending_start(row: Job) -> PendingStart:
    return PendingStart(row.id, row.owner_id, row.kind, row.lane, row.direct, row.priority, row.start_by)


def job_view(row: Job) -> JobView:
    """The frozen view of a row."""
    has_step = row.step_index is not None and row.step_total is not None
    return JobView(
        id=row.id,
        owner_id=row.owner_id,
        kind=row.kind,
        project_id=row.project_id,
        segment_id=row.segment_id,
        parent_id=row.parent_id,
        retry_of=row.retry_of,
        status=row.status,
        stage=row.stage,
        progress=row.progress,
        step=Step(row.step_index or 0, row.step_total or 0, row.step_label or "") if has_step else None,
        priority=row.priority,
        params=row.params,
        question=question_of(row.question),
        result=row.result,
        failure=None if row.failure is None else JobFailure(**row.failure),
        estimated_micro_usd=row.estimated_micro_usd,
        actual_micro_usd=row.actual_micro_usd,
        cancel_requested=row.cancel_requested_at is not None,
        created_at=row.created_at,
        updated_at=row.updated_at,
        started_at=row.started_at,
        finished_at=row.finished_at,
        deadline_at=row.deadline_at,
        key_id=row.key_id,
        restored_from=row.restored_from,
    )


def question_of(stored: dict[str, Any] | None) -> Question | None:
    """What a job asks, as it is stored."""
    if stored is None:
        return None
    return Question(stored["topic"], stored["text"], tuple(stored["choices"]), stored["attempt_id"])


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
