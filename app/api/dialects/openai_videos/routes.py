"""/v1/videos and /v1/models."""

from typing import Annotated, Any, Literal

from fastapi import Depends, Query, Request, Response

from app.accounts.dependencies import ResourcesDep
from app.api.dialects.openai_videos.dependencies import (
    After,
    Cinema,
    PosedWish,
    Shelf,
    WireOwned,
    WirePart,
    poll_calmly,
)
from app.api.dialects.openai_videos.route import WireRoute
from app.api.dialects.openai_videos.wire import (
    FORM_WISH,
    JSON_WISH,
    WireDeleted,
    WireModel,
    WireModels,
    WirePage,
    WireRemix,
    WireVideo,
)
from app.api.problems import MEDIA_TYPE
from app.assembly.errors import FilmMissing
from app.core.responses import documents
from app.core.routing import Router
from app.jobs import errors as job_errors
from app.library.dependencies import AskedFor
from app.library.errors import QuotaExceeded, UploadTooLarge
from app.library.routes import answer
from app.library.serving import serve
from app.production import errors

__all__ = ["router"]

router = Router(prefix="/v1", tags=["openai"], route_class=WireRoute)
LARGEST_FORM_BYTES = 512 * 1024 * 1024
QUEUE_ERRORS = (job_errors.QueueFull, job_errors.TooManyJobs)
REFUSED = (errors.VideoReferenceUnreadable, UploadTooLarge, QuotaExceeded)
UNREADY = (errors.VideoNotFound, errors.VideoNotReady, errors.VideoUnfinished)
BODIES: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {"application/json": {"schema": JSON_WISH}, "multipart/form-data": {"schema": FORM_WISH}},
    }
}
PROBLEM: dict[str, Any] = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
BAD_REQUEST: dict[int | str, dict[str, Any]] = {400: {"description": "The request is not valid", "content": PROBLEM}}
WRONG_TYPE: dict[int | str, dict[str, Any]] = {415: {"description": "Neither a form nor JSON", "content": PROBLEM}}
FILE: dict[int | str, dict[str, Any]] = {
    200: {"description": "The file, or the part of it that `Range` names", "content": {"video/mp4": {}}}
}
Limit = Annotated[int, Query(ge=1, le=100)]


@router.post(
    "/videos",
    operation_id="openai_videos_create",
    openapi_extra=BODIES,
    max_body_size=LARGEST_FORM_BYTES,
    dependencies=[Depends(poll_calmly)],
    responses=WRONG_TYPE | documents(*REFUSED, *QUEUE_ERRORS),
)
async def create_video(wish: PosedWish, cinema: Cinema) -> WireVideo:
    """Makes a video from a prompt, and from the picture it is to begin with."""
    return await cinema.create(wish)


@router.get("/videos", operation_id="openai_videos_list", responses=BAD_REQUEST | documents(errors.VideoNotFound))
async def list_videos(
    cinema: Cinema, after: After = None, limit: Limit = 20, order: Literal["asc", "desc"] = "desc"
) -> WirePage:
    """Your videos, the newest first unless told otherwise."""
    return await cinema.page(after, limit, descending=order == "desc")


@router.get(
    "/videos/{video_id}",
    operation_id="openai_videos_read",
    dependencies=[Depends(poll_calmly)],
    responses=documents(errors.VideoNotFound),
)
async def read_video(video: WireOwned, cinema: Cinema) -> WireVideo:
    """One video."""
    return await cinema.shown(video)


@router.delete("/videos/{video_id}", operation_id="openai_videos_delete", responses=documents(errors.VideoNotFound))
async def delete_video(video: WireOwned, cinema: Cinema) -> WireDeleted:
    """Deletes a video with its media; work on it is cancelled."""
    return await cinema.delete(video)


@router.get(
    "/videos/{video_id}/content",
    operation_id="openai_videos_content",
    response_class=Response,
    responses=FILE | documents(*UNREADY, errors.VideoPartMissing, FilmMissing),
)
async def read_content(part: WirePart, asked: AskedFor, resources: ResourcesDep, request: Request) -> Response:
    """The finished film, or its thumbnail."""
    return await answer(resources, part, serve(part, "inline", asked), request)


@router.post(
    "/videos/{video_id}/remix",
    operation_id="openai_videos_remix",
    dependencies=[Depends(poll_calmly)],
    responses=documents(*UNREADY, *QUEUE_ERRORS),
)
async def remix_video(video: WireOwned, body: WireRemix, cinema: Cinema) -> WireVideo:
    """Makes a new video like a finished one, with a change."""
    return await cinema.remix(video, body)


@router.get("/models", operation_id="openai_models_list")
async def list_models(shelf: Shelf) -> WireModels:
    """The models that film here, the preferred one first."""
    return await shelf.all()


@router.get("/models/{model}", operation_id="openai_models_read", responses=documents(errors.VideoModelNotFound))
async def read_model(model: str, shelf: Shelf) -> WireModel:
    """One model."""
    return await shelf.one(model)
