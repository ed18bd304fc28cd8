"""POST /projects/{project_id}/finalize, and the files of a finished film."""

from typing import Any

from fastapi import Request, Response
from fastapi.responses import JSONResponse

from app.accounts.dependencies import ResourcesDep
from app.assembly import errors
from app.assembly.dependencies import CutRequest, FilmPart, Finalizing
from app.core.routing import Router, alias_of, documents
from app.jobs import errors as job_errors
from app.jobs.dependencies import NO_STORE, OK, STILL_AT_WORK, IdempotentRoute, Prefer, job_reply
from app.jobs.domain import Preference
from app.jobs.errors import WorkCancelled, WorkFailed
from app.library.dependencies import AskedFor
from app.library.errors import QuotaExceeded
from app.library.routes import answer
from app.library.serving import serve
from app.media.errors import ClipUnusable, FontMissing, ToolFailed
from app.projects.errors import IllegalProjectMove, ProjectNotFound, SegmentsIncomplete
from app.projects.replies import ProjectReply
from app.storage.base import FileMissing

router = Router(tags=["assembly"], route_class=IdempotentRoute)
FILM_FILES: dict[int | str, dict[str, Any]] = {
    OK: {"description": "The file, or the part of it that `Range` names", "content": {"video/mp4": {}}}
}
NO_FILM = FILM_FILES | documents(ProjectNotFound, errors.FilmMissing, FileMissing)
FILM_ALIAS = alias_of("film_read")


@router.post(
    "/projects/{project_id}/finalize",
    operation_id="projects_finalize",
    response_model=ProjectReply,
    responses=STILL_AT_WORK
    | documents(
        ProjectNotFound,
        IllegalProjectMove,
        SegmentsIncomplete,
        errors.FilmFilesGone,
        errors.FilmClipsBroken,
        errors.FilmNotOffered,
        ClipUnusable,
        FontMissing,
        ToolFailed,
        QuotaExceeded,
        WorkFailed,
        WorkCancelled,
        job_errors.QueueFull,
        job_errors.TooManyJobs,
    ),
)
async def finalize_project(cut: Finalizing, prefer: Prefer) -> Response:
    """Cuts the film from the accepted clips; waits up to 30 seconds unless Prefer says otherwise."""
    return await _told(cut, prefer)


async def read_film(part: FilmPart, asked: AskedFor, resources: ResourcesDep, request: Request) -> Response:
    """A file of the finished film, whole or in ranges."""
    disposition = "attachment" if "download" in request.url.path else "inline"
    return await answer(resources, part, serve(part, disposition, asked), request)


for path, name, extra in (
    ("/projects/{project_id}/film", "film_read", None),
    ("/media/download/{project_id}/final", "film_load", FILM_ALIAS),
):
    router.get(path, operation_id=name, response_class=Response, responses=NO_FILM, openapi_extra=extra)(read_film)
    router.head(path, operation_id=f"{name}_head", include_in_schema=False)(read_film)


async def _told(cut: CutRequest, prefer: Preference) -> Response:
    """The project with its film when that was cut in time or needed no cut, else the job."""
    job = await cut.follow()
    if job is None:
        headers = {**NO_STORE, **prefer.header()}
        return JSONResponse((await cut.shown()).model_dump(mode="json"), OK, headers)
    return await job_reply(job, prefer, cut.shown)
