"""Read, list, follow and explain jobs, and what a caller who waited is told of one."""

from collections.abc import Awaitable, Callable, Collection, Iterator, Sequence
from dataclasses import replace
from typing import Self

from app.core.database import Session
from app.core.errors import AppError
from app.core.pagination import Page, Window
from app.jobs.domain import (
    WAITING,
    AttemptState,
    AttemptView,
    EventView,
    JobFailure,
    JobFilter,
    JobGroup,
    JobHistory,
    JobStatus,
    JobView,
    OpenAttempt,
    StageTiming,
)
from app.jobs.errors import AttemptNotFound, HeldReplyEnded, JobNotFound, WorkCancelled, WorkFailed, WorkGoesOn
from app.jobs.handlers import REFUSED_EVENT, STAGE_EVENT
from app.jobs.persistence import Delays
from app.jobs.queue import job_topic
from app.jobs.repository import AttemptRepository, EventRepository, IdempotencyRepository, JobRepository
from app.providers.errors import ProviderError
from app.resources import Resources

LONG_POLL_TICK_SECONDS = 5.0
MOST_EVENTS = 1000


class JobService:
    """Reads on behalf of the owner."""

    def __init__(self, session: Session, resources: Resources) -> None:
        self._session = session
        self._resources = resources
        self._clock = resources.clock
        self._jobs = JobRepository(session, resources.clock)
        self._events = EventRepository(session, resources.clock)
        self._attempts = AttemptRepository(session, resources.clock)

    @classmethod
    def over(cls, session: Session, resources: Resources) -> Self:
        """The service on this session."""
        return cls(session, resources)

    async def owned(self, job_id: str, owner_id: str) -> JobView:
        """The job of this owner; a foreign one is not found."""
        job = await self._jobs.view(job_id)
        if job is None or job.owner_id != owner_id:
            raise JobNotFound
        return job

    async def any(self, job_id: str) -> JobView:
        """Anybody's job, for admins and outside workers."""
        job = await self._jobs.view(job_id)
        if job is None:
            raise JobNotFound
        return job

    async def found(self, wanted: JobFilter, window: Window) -> tuple[Page[JobView], int]:
        """One page of anybody's jobs and how many there are, for admins."""
        return await self._jobs.found(wanted, window)

    async def queue(self, limit: int) -> Sequence[JobGroup]:
        """Unfinished jobs by kind, status and stage, the largest groups first."""
        return [JobGroup(*group) for group in await self._jobs.gauges(limit)]

    async def attempts_in(self, states: Collection[AttemptState], window: Window) -> tuple[Page[OpenAttempt], int]:
        """One page of anybody's paid calls in these states and how many there are, for admins."""
        return await self._attempts.listed(states, window)

    async def attempt(self, attempt_id: str) -> AttemptView:
        """Anybody's paid call, for admins."""
        attempt = await self._attempts.view(attempt_id)
        if attempt is None:
            raise AttemptNotFound
        return attempt

    async def children(self, job_id: str) -> Sequence[JobView]:
        """The jobs that this one has started, oldest first."""
        return await self._jobs.children(job_id)

    async def at_work(self, project_id: str, kind: str) -> Sequence[JobView]:
        """The unfinished jobs of one kind in a project."""
        return await self._jobs.active_of(project_id, kind)

    async def spent_on(self, owner_id: str, project_id: str) -> int:
        """What all jobs of a project have really cost so far."""
        return await self._jobs.spent_on(owner_id, project_id)

    async def unfinished_in(self, owner_id: str, project_id: str | None = None) -> Sequence[JobView]:
        """Every unfinished job of an owner, or only of one project, oldest first."""
        return await self._jobs.unfinished_in(owner_id, project_id)

    async def owes(self, owner_id: str, project_id: str) -> bool:
        """Whether it is still open what became of a paid call of a project."""
        return await self._attempts.open_in(owner_id, project_id)

    async def texts_of(self, owner_id: str, project_id: str) -> Sequence[str]:
        """Every text that the jobs of a project were told."""
        params = await self._jobs.params_in(owner_id, project_id)
        return [text for told in params for text in told.values() if isinstance(text, str)]

    async def erase_texts(self, owner_id: str, project_id: str) -> None:
        """Takes the words out of what the ended jobs of a project leave behind; states and amounts stay."""
        await self._attempts.erase_texts(owner_id, project_id)
        await self._events.forget_project(owner_id, project_id)
        await IdempotencyRepository(self._session, self._clock).forget_answers(owner_id, project_id)
        await self._jobs.erase_texts(owner_id, project_id)

    async def explained(self, job: JobView) -> JobView:
        """The job with its place in the line, or the seconds it will probably still take."""
        if job.status in WAITING:
            return replace(job, queue_position=await self._jobs.ahead_of(job))
        if job.is_final or job.started_at is None:
            return job
        stage = self._resources.once(Delays).shown(job.id, job.stage)
        return replace(job, stage=stage, eta_seconds=await self._eta(job))

    async def listed(self, owner_id: str, wanted: JobFilter, window: Window) -> tuple[Page[JobView], int]:
        """One page of an owner's jobs and how many there are."""
        return await self._jobs.listed(owner_id, wanted, window)

    async def manifest(self, job: JobView) -> JobHistory:
        """Stages with timing, attempts and the jobs it started."""
        events = await self._events.named(job.id, {STAGE_EVENT})
        return JobHistory(
            job=job,
            stages=stages_of(events, job),
            attempts=await self._attempts.of_job(job.id),
            children=await self._jobs.children(job.id),
        )

    async def refusals(self, job: JobView) -> Sequence[EventView]:
        """The parts of its work that the job could not start, the oldest first."""
        return await self._events.named(job.id, {REFUSED_EVENT})

    async def log(self, job: JobView) -> Sequence[EventView]:
        """The job's events, oldest first."""
        return await self._events.of_job(job.id, after=0, limit=MOST_EVENTS)

    async def _eta(self, job: JobView) -> int | None:
        usual = await self._jobs.usual_seconds(job.kind)
        if usual is None or job.started_at is None:
            return None
        spent = (self._clock.now() - job.started_at).total_seconds()
        by_progress = usual * (100 - job.progress) / 100
        return max(0, round(max(by_progress, usual - spent) if job.progress == 0 else by_progress))


async def follow(resources: Resources, job: JobView, seconds: float) -> JobView:
    """The job once it has ended or waits for its owner, or as it stands when the time is up; holds no session.

    A process that is asked to end gives held replies up with HeldReplyEnded: the job is met again elsewhere.
    """
    ends = resources.clock.monotonic() + seconds
    with resources.notifier.subscribe(job_topic(job.id)) as ring:
        while not (job.is_final or job.question is not None):
            left = ends - resources.clock.monotonic()
            if left <= 0:
                break
            if resources.notifier.closed:
                raise HeldReplyEnded(retry_after_seconds=1, facts={"job_id": job.id, "job": f"/api/v1/jobs/{job.id}"})
            await resources.notifier.wait(ring, min(left, LONG_POLL_TICK_SECONDS))
            async with resources.database.reading() as session:
                job = await JobRepository(session, resources.clock).view(job.id) or job
    return job


async def explained(resources: Resources, job: JobView) -> JobView:
    """The job with its place in the line or its remaining seconds, read in a short session."""
    async with resources.database.reading() as session:
        return await JobService.over(session, resources).explained(job)


async def start_and_follow(
    resources: Resources, start: Callable[[Session], Awaitable[JobView]], seconds: float
) -> JobView:
    """Commits the start, then waits for the end without holding a session."""
    async with resources.database.unit_of_work() as session:
        job = await start(session)
    return await follow(resources, job, seconds)


def stages_of(events: Sequence[EventView], job: JobView) -> list[StageTiming]:
    """Each stage from its event to the next one; the last ends with the job."""
    starts = [event for event in events if event.name == STAGE_EVENT]
    if not starts:
        return []
    ends = [event.created_at for event in starts[1:]] + [job.finished_at]
    last = len(starts) - 1
    return [
        StageTiming(
            name=str(event.facts.get("stage", "")),
            started_at=event.created_at,
            ended_at=end,
            success=None if end is None else (index < last or job.failure is None),
            facts=event.facts,
        )
        for index, (event, end) in enumerate(zip(starts, ends, strict=True))
    ]


async def held(resources: Resources, job: JobView) -> JobView:
    """The completed job, for clients that take the first reply for the result; anything else is an error."""
    return completed(await follow(resources, job, resources.settings.work.client_wait_seconds))


def completed(job: JobView) -> JobView:
    """The job, which was waited for as long as allowed; anything but its good end is an error."""
    if not unless_broken(job).is_final:
        raise WorkGoesOn(facts={"job_id": job.id})
    return job


def unless_broken(job: JobView) -> JobView:
    """The job, unless it failed or was cancelled: then the error that says why, with the job's id."""
    if job.status is JobStatus.CANCELLED:
        raise WorkCancelled(facts={"job_id": job.id})
    if job.failure is not None and job.is_final:
        raise _error_of(job, job.failure)
    return job


def _error_of(job: JobView, failure: JobFailure) -> AppError:
    kind = next((kind for kind in _kinds(AppError) if vars(kind).get("code") == failure.code), WorkFailed)
    if issubclass(kind, ProviderError):
        return kind(failure.message, provider=failure.provider or "", hint=failure.hint)
    return kind(failure.message, hint=failure.hint, facts={"job_id": job.id, "retryable": failure.retryable})


def _kinds(parent: type[AppError]) -> Iterator[type[AppError]]:
    for kind in parent.__subclasses__():
        yield kind
        yield from _kinds(kind)


class JobEventLog:
    """Reads the append-only log; an id once passed is never followed by an earlier one of the same owner."""

    def __init__(self, session: Session, resources: Resources) -> None:
        self._events = EventRepository(session, resources.clock)
        self._jobs = JobRepository(session, resources.clock)

    @classmethod
    def over(cls, session: Session, resources: Resources) -> Self:
        """The event log on this session."""
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
