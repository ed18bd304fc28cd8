"""HTTP of archives: a whole project out, and in again."""

from typing import Any

from fastapi import Request
from fastapi.responses import StreamingResponse

from app.core.responses import documents
from app.core.routing import Router
from app.jobs.dependencies import StreamedRoute
from app.library.domain import content_disposition
from app.library.errors import FormUnreadable, NothingSent, QuotaExceeded
from app.media.errors import MediaTooLarge, UnreadableMedia, UnsupportedMedia
from app.production.archive import errors
from app.production.archive.dependencies import ARCHIVE_FORM, Imports, WantedArchive
from app.projects.errors import OptionsClash, ProjectNotFound, PromptTooLong, TargetTooLong
from app.projects.replies import ProjectReply
from app.storage.base import FileMissing

__all__ = ["router"]

router = Router(prefix="/projects", tags=["archives"], route_class=StreamedRoute)
# The real ceiling is ARCHIVE_MAX_SIZE_MB, held by the edge and by the import; this only lifts the one of JSON bodies.
LARGEST_FORM_BYTES = 2048 * 1024 * 1024
ZIP: dict[int | str, dict[str, Any]] = {
    200: {"description": "The archive, made while it is sent", "content": {"application/zip": {}}}
}
NO_STORE = {"Cache-Control": "private, no-store", "X-Content-Type-Options": "nosniff"}


@router.get(
    "/{project_id}/archive",
    operation_id="projects_export",
    response_class=StreamingResponse,
    responses=ZIP | documents(ProjectNotFound, FileMissing),
)
async def export_project(archive: WantedArchive) -> StreamingResponse:
    """The whole project as a zip with manifest.json; it can be imported again, here or elsewhere."""
    headers = NO_STORE | {"Content-Disposition": content_disposition("attachment", archive.name)}
    return StreamingResponse(archive.chunks, media_type="application/zip", headers=headers)


@router.post(
    "/import",
    operation_id="projects_import",
    status_code=201,
    max_body_size=LARGEST_FORM_BYTES,
    openapi_extra=ARCHIVE_FORM,
    responses=documents(
        errors.NoArchive,
        errors.ArchiveUnsafe,
        errors.ArchiveDamaged,
        errors.ArchiveTooLarge,
        FormUnreadable,
        NothingSent,
        QuotaExceeded,
        TargetTooLong,
        OptionsClash,
        PromptTooLong,
        UnreadableMedia,
        UnsupportedMedia,
        MediaTooLarge,
    ),
)
async def import_project(request: Request, imports: Imports) -> ProjectReply:
    """A new project of yours from an archive: the same content, media and film; nothing is left when it is refused."""
    return await imports.take(request)
