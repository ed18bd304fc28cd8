"""enqueue() in the caller's transaction: limits, one job for the same work, news after commit; and queue metrics."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial

from pydantic import JsonValue

from app.accounts.errors import AccountClosed
from app.accounts.service import AccountService
from app.core.acting import acting_key
from app.core.database import Session, after_commit
from app.core.telemetry import QueueGroup
from app.jobs.domain import WAITING, AttemptState, AttemptView, JobCancelled, JobStatus, JobView, Lane, Priority
from app.jobs.errors import MoneyUnexplained, QueueFull, TooManyJobs
from app.jobs.models import Job
from app.jobs.repository import AttemptRepository, EventRepository, IdempotencyRepository, JobRepository
from app.jobs.repository.jobs import job_view
from app.resources import Resources

DISPATCH_TOPIC = "jobs"
LONGEST_JOB = timedelta(days=6)
RETRY_AFTER_SECONDS = 30
MOST_TOLD = 20
# What answers calls that are unexplained, by whether one of them is parked.
ANSWERED_BY = {
    False: "The vendor is asked by itself; repeat this after Retry-After.",
    True: "Answer the question of the job that `attempts` names: POST /api/v1/jobs/{job_id}/answer.",
}
_RECORD: ContextVar[str | None] = ContextVar("idempotency_record", default=None)
MOST_GROUPS = 500
FRESH_SECONDS = 1.0


def current_record() -> str | None:
    """The record of the request that this task answers; None without a key."""
    return _RECORD.get()


@contextmanager
def answering(record_id: str) -> Iterator[None]:
    """Jobs that begin inside the block are what this record stands for."""
    token = _RECORD.set(record_id)
    try:
        yield
    finally:
        _RECORD.reset(token)


def job_topic(job_id: str) -> str:
    """The topic of one job."""
    return f"job:{job_id}"


def owner_topic(owner_id: str) -> str:
    """The topic of everything a user has."""
    return f"owner:{owner_id}"


def project_topic(project_id: str) -> str:
    """The topic of what decides how a film goes on: work on it that ended, an answer, a picture in its place."""
    return f"project:{project_id}"


@dataclass(frozen=True)
class Order:
    """A wish for work."""

    owner_id: str
    kind: str
    lane: Lane
    params: Mapping[str, JsonValue]
    project_id: str | None = None
    segment_id: str | None = None
    parent_id: str | None = None
    retry_of: str | None = None
    same_work: str | None = None
    direct: bool = False
    priority: Priority = Priority.NORMAL
    start_timeout_seconds: int | None = None
    estimated_micro_usd: int = 0
    # What the newest job of the same work bought before it failed is adopted instead of bought again.
    continues: bool = False
    # Failures that say that what was bought can never be used.
    useless_after: frozenset[str] = frozenset()


class JobQueue:
    """Puts jobs in line; the job row commits together with the change that caused it."""

    def __init__(self, session: Session, resources: Resources) -> None:
        self._session = session
        self._resources = resources
        self._jobs = JobRepository(session, resources.clock)
        self._events = EventRepository(session, resources.clock)

    async def enqueue(self, order: Order) -> tuple[JobView, bool]:
        """The job that does this work, and whether it is new: an active one doing the same is joined."""
        job, new = await self._join_or_insert(order)
        record_id = current_record()
        if record_id is not None:
            await IdempotencyRepository(self._session, self._resources.clock).link(record_id, job.id)
        return job, new

    async def hold_parent(self, job_id: str) -> None:
        """Locks a job that is about to start others; one that has ended or is to stop starts nothing more.

        Who ends jobs locks them before projects: a job that locks its project first might wait for ever.
        """
        if not await self._jobs.may_go_on(job_id):
            raise JobCancelled

    async def _join_or_insert(self, order: Order) -> tuple[JobView, bool]:
        # A retry is its owner's own wish, whatever has become of the job that started the first try.
        if order.parent_id is not None and order.retry_of is None:
            await self.hold_parent(order.parent_id)
        elif not await AccountService.over(self._session, self._resources).hold_open(order.owner_id):
            raise AccountClosed
        if order.same_work is not None:
            active = await self._jobs.same_work(order.owner_id, order.same_work)
            if active is not None:
                return active, False
        await self._check_room(order)
        row = self._row(await self._explained(order))
        row.key_id = acting_key() or await self._key_of_parent(order)
        # What was paid for after a backup is looked for before it is paid again, by parts and retries too.
        row.restored_from = await self._jobs.restored_from(row.parent_id or row.retry_of)
        if not await self._jobs.insert(row):
            joined = await self._jobs.same_work(order.owner_id, order.same_work or "")
            if joined is None:
                raise QueueFull(retry_after_seconds=1)
            return joined, False
        self._events.append(row.id, row.owner_id, "job.queued", {"kind": row.kind}, key="queued")
        for topic in (DISPATCH_TOPIC, owner_topic(row.owner_id)):
            await self._resources.notifier.notify(self._session, topic)
        after_commit(self._session, partial(self._resources.telemetry.job_queued, row.kind, row.id))
        return job_view(row), True

    async def _explained(self, order: Order) -> Order:
        """The order with the job that it goes on from; refused while money of that work is unexplained.

        What another job starts by itself is not refused: it waits before it buys, because its parent has begun.
        """
        is_asked_for = order.parent_id is None or order.retry_of is not None
        continued = await self._continued(order)
        if is_asked_for and continued.retry_of is not None:
            attempts = AttemptRepository(self._session, self._resources.clock)
            unexplained = await attempts.unexplained_in_family(continued.retry_of)
            if unexplained:
                raise MoneyUnexplained(
                    hint=ANSWERED_BY[any(attempt.state is AttemptState.PARKED for attempt in unexplained)],
                    retry_after_seconds=RETRY_AFTER_SECONDS,
                    facts={"attempts": [_told(attempt) for attempt in unexplained[:MOST_TOLD]]},
                )
        return continued

    async def _continued(self, order: Order) -> Order:
        if not order.continues or order.retry_of is not None:
            return order
        broken = await self._jobs.newest_if_broken(order.owner_id, order.kind, order.project_id, order.segment_id)
        if broken is None or (broken.failure is not None and broken.failure.code in order.useless_after):
            return order
        return replace(order, retry_of=broken.id)

    async def _key_of_parent(self, order: Order) -> str | None:
        parent = None if order.parent_id is None else await self._jobs.find(order.parent_id)
        return None if parent is None else parent.key_id

    async def _check_room(self, order: Order) -> None:
        work = self._resources.settings.work
        if order.parent_id is not None:
            return
        if await self._jobs.unfinished_of(order.owner_id) >= work.max_jobs_per_user:
            raise TooManyJobs(retry_after_seconds=RETRY_AFTER_SECONDS)
        if await self._jobs.waiting() >= work.max_queue_size:
            raise QueueFull(retry_after_seconds=RETRY_AFTER_SECONDS)

    def _row(self, order: Order) -> Job:
        now = self._resources.clock.now()
        timeout = order.start_timeout_seconds
        return Job(
            owner_id=order.owner_id,
            kind=order.kind,
            lane=order.lane,
            params=dict(order.params),
            project_id=order.project_id,
            segment_id=order.segment_id,
            parent_id=order.parent_id,
            retry_of=order.retry_of,
            same_work=order.same_work,
            direct=order.direct,
            priority=order.priority,
            status=JobStatus.QUEUED,
            stage="",
            progress=0,
            estimated_micro_usd=order.estimated_micro_usd,
            actual_micro_usd=0,
            version=1,
            start_by=None if timeout is None else now + timedelta(seconds=timeout),
            deadline_at=now + LONGEST_JOB,
        )


def _told(attempt: AttemptView) -> dict[str, JsonValue]:
    return {
        "id": attempt.id,
        "job_id": attempt.job_id,
        "provider": attempt.provider,
        "operation": attempt.operation,
        "state": attempt.state.value,
    }


class QueueMetrics:
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
