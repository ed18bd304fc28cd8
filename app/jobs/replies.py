"""The two answers to a POST that starts slow work: what was made when it ended in time, else the job."""

from collections.abc import Awaitable, Callable
from typing import Any

from fastapi import Response
from fastapi.responses import JSONResponse

from app.core.schema import Reply
from app.jobs.domain import JobStatus, JobView, Preference
from app.jobs.outcomes import unless_broken
from app.jobs.schemas import JobRead

__all__ = ["NO_STORE", "OK", "STILL_AT_WORK", "job_reply", "job_url", "result_reply"]

OK, ACCEPTED = 200, 202
NO_STORE = {"Cache-Control": "private, no-store"}
RETRY_AFTER_SECONDS = "2"
STILL_AT_WORK: dict[int | str, dict[str, Any]] = {
    ACCEPTED: {"model": JobRead, "description": "The job goes on; read it at Location"}
}


def job_url(job: JobView) -> str:
    """Where the job is read."""
    return f"/api/v1/jobs/{job.id}"


async def job_reply(
    job: JobView, prefer: Preference, made: Callable[[], Awaitable[Reply]], status: int = OK
) -> Response:
    """What was made, shown only once the job has completed, else the job; a failed one is told as its refusal."""
    headers = {**NO_STORE, **prefer.header(), "Location": job_url(job)}
    if unless_broken(job).status is JobStatus.COMPLETED:
        return JSONResponse((await made()).model_dump(mode="json"), status, headers)
    waiting = headers | {"Retry-After": RETRY_AFTER_SECONDS}
    return JSONResponse(JobRead.of(job).model_dump(mode="json"), ACCEPTED, waiting)


async def result_reply(job: JobView, prefer: Preference, shape: type[Reply]) -> Response:
    """The job's own result in this shape once it has completed, else the job."""

    async def made() -> Reply:
        return shape.model_validate(job.result)

    return await job_reply(job, prefer, made)
