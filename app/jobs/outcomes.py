"""What a caller who waited is told of a job: nothing while all is well, else the refusal that the job ended with."""

from collections.abc import Iterator

from app.core.errors import AppError, Conflict, Late, Unavailable
from app.jobs.domain import JobFailure, JobStatus, JobView
from app.jobs.service import follow
from app.providers.errors import ProviderError
from app.resources import Resources

__all__ = ["WorkCancelled", "WorkFailed", "WorkGoesOn", "completed", "held", "unless_broken"]


class WorkFailed(Unavailable):
    """The job failed for a reason that has no name of its own."""

    code = "job.failed"
    message = "The work failed on our side. Nothing paid for is lost; retry the job."


class WorkCancelled(Conflict):
    """The job was cancelled while the caller waited for it."""

    code = "job.cancelled"
    message = "The work was cancelled before it was done. Start it again when you want it."


class WorkGoesOn(Late):
    """A client that cannot wait again waited as long as it is allowed to."""

    code = "job.goes_on"
    message = "The work takes longer than a reply is held. It goes on: send the same request again to wait for it."


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
