"""/jobs: list, start, follow, move, cancel, retry, answer, explain."""

from typing import Annotated, Any

from fastapi import Depends, Path, Query, Request, Response

from app.accounts.dependencies import CurrentUser, Public, ResourcesDep, WorkerKey
from app.accounts.errors import ScopeMissing
from app.core.dependencies import NextLink, WindowDep
from app.core.routing import Router, documents
from app.jobs import errors
from app.jobs.dependencies import (
    NO_STORE,
    AnswerableJob,
    AnyJob,
    Control,
    ExplicableJob,
    IdempotentRoute,
    Jobs,
    OwnedJob,
    Prefer,
    StoppableJob,
    check_move,
)
from app.jobs.domain import JobFilter, JobStatus, Phase, targets
from app.jobs.reconcile import VendorCallbacks
from app.jobs.schemas import (
    AnswerBody,
    EventRead,
    JobList,
    JobRead,
    JobStart,
    LogRead,
    ManifestRead,
    StatusMove,
    TransitionsRead,
    job_list,
)
from app.jobs.service import explained, follow
from app.jobs.settlement import JobRuntime

router = Router(prefix="/jobs", tags=["jobs"], route_class=IdempotentRoute)
callbacks = Router(tags=["callbacks"], dependencies=[Public])
MAX_NOTICE_BYTES = 16 * 1024
ENDED_ALREADY, ACCEPTED = 200, 202
HAD_ENDED: dict[int | str, dict[str, Any]] = {ENDED_ALREADY: {"model": JobRead, "description": "The job had ended"}}


async def job_filter(
    status: JobStatus | None = None,
    phase: Phase | None = None,
    kind: Annotated[str | None, Query(max_length=64)] = None,
    project_id: Annotated[str | None, Query(max_length=36)] = None,
) -> JobFilter:
    """Which jobs a list shows."""
    return JobFilter(status=status, phase=phase, kind=kind, project_id=project_id)


Wanted = Annotated[JobFilter, Depends(job_filter)]


@router.get("", operation_id="jobs_list")
async def list_jobs(user: CurrentUser, jobs: Jobs, wanted: Wanted, window: WindowDep, link: NextLink) -> JobList:
    """Your jobs, newest first."""
    page, total = await jobs.listed(user.id, wanted, window)
    link.point_after(page)
    return job_list(page.items, total)


@router.post(
    "",
    operation_id="jobs_start",
    status_code=201,
    responses=documents(
        errors.KindUnknown,
        errors.ParamsUnusable,
        errors.QueueFull,
        errors.TooManyJobs,
    ),
)
async def start_job(user: CurrentUser, wish: JobStart, control: Control, reply: Response) -> JobRead:
    """Starts a job of a kind that requests may start."""
    job = await control.start(user.id, wish.as_request(), direct=False)
    reply.headers["Location"] = f"/api/v1/jobs/{job.id}"
    return JobRead.of(job)


@router.get("/{job_id}", operation_id="jobs_read", responses=documents(errors.JobNotFound, errors.HeldReplyEnded))
async def read_job(job: ExplicableJob, resources: ResourcesDep, prefer: Prefer, reply: Response) -> JobRead:
    """A job; with `Prefer: wait=N` the answer waits until the job ends or asks something.

    Administrators read anybody's.
    """
    followed = await follow(resources, job, prefer.seconds(0))
    reply.headers.update(NO_STORE | prefer.header())
    return JobRead.of(await explained(resources, followed))


@router.patch(
    "/{job_id}/status",
    operation_id="jobs_move",
    responses=documents(errors.JobNotFound, errors.IllegalJobMove, ScopeMissing),
)
async def move_job(job: AnyJob, move: StatusMove, worker: WorkerKey, control: Control) -> JobRead:
    """Moves a job by hand; for outside workers, and for admins who end it. At its end all that it started stops."""
    check_move(job, move.status, worker)
    return JobRead.of(await control.move(job, move.status))


@router.get("/{job_id}/valid-transitions", operation_id="jobs_transitions", responses=documents(errors.JobNotFound))
async def valid_transitions(job: OwnedJob) -> TransitionsRead:
    """Where the job may go from here."""
    return TransitionsRead(current=job.status, valid_transitions=list(targets(job.status)))


@router.post(
    "/{job_id}/cancel",
    operation_id="jobs_cancel",
    status_code=202,
    responses=HAD_ENDED | documents(errors.JobNotFound),
)
async def cancel_job(job: StoppableJob, control: Control, reply: Response) -> JobRead:
    """Stops a job and all that it started within two seconds; a job that has ended stays as it is.

    Administrators stop anybody's.
    """
    cancelled = await control.cancel(job)
    reply.status_code = ENDED_ALREADY if job.is_final else ACCEPTED
    return JobRead.of(cancelled)


@router.post(
    "/{job_id}/retry",
    operation_id="jobs_retry",
    status_code=201,
    responses=documents(
        errors.JobNotFound,
        errors.JobNotRetryable,
        errors.MoneyUnexplained,
        errors.QueueFull,
        errors.TooManyJobs,
    ),
)
async def retry_job(job: OwnedJob, control: Control, reply: Response) -> JobRead:
    """Starts a new job for the same work; what the old one paid for is used, not paid again."""
    renewed = await control.retry(job)
    reply.headers["Location"] = f"/api/v1/jobs/{renewed.id}"
    return JobRead.of(renewed)


@router.post(
    "/{job_id}/answer",
    operation_id="jobs_answer",
    responses=documents(errors.JobNotFound, errors.NothingAsked, errors.AnswerNotOffered),
)
async def answer_job(job: AnswerableJob, answer: AnswerBody, control: Control) -> JobRead:
    """Your word on what the job asks, for example whether a call that may have been charged is sent again.

    Administrators answer anybody's.
    """
    return JobRead.of(await control.answer(job, answer.choice))


@router.get("/{job_id}/manifest", operation_id="jobs_manifest", responses=documents(errors.JobNotFound))
async def manifest(job: ExplicableJob, jobs: Jobs) -> ManifestRead:
    """Stages with timing, artifacts, attempts and costs; administrators read anybody's."""
    return ManifestRead.of(await jobs.manifest(job))


@router.get("/{job_id}/log", operation_id="jobs_log", responses=documents(errors.JobNotFound))
async def job_log(job: OwnedJob, jobs: Jobs) -> LogRead:
    """Every event of the job, oldest first."""
    return LogRead(job_id=job.id, events=[EventRead.of(event) for event in await jobs.log(job)])


@callbacks.post(
    "/callbacks/minimax/{attempt_id}/{token}",
    operation_id="callbacks_minimax",
    max_body_size=MAX_NOTICE_BYTES,
    responses=documents(errors.CallbackUnknown),
)
async def hear_minimax(
    attempt_id: Annotated[str, Path(max_length=64)],
    token: Annotated[str, Path(max_length=128)],
    request: Request,
    resources: ResourcesDep,
) -> dict[str, str]:
    """Where MiniMax reports on a clip: echoes its challenge; anything else is looked up before it is believed."""
    attempts = resources.provided(JobRuntime).attempts
    return dict(await VendorCallbacks(resources, attempts).hear(attempt_id, token, await request.body()))
