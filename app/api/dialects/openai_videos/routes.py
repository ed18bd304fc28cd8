"""/v1/videos with edits, extensions and characters, and /v1/models; refusals as the OpenAI API words them."""

from collections.abc import Callable, Coroutine
from typing import Annotated, Any, Literal, TypeVar

from fastapi import Depends, Path, Query, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import Field, StringConstraints, ValidationError
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from typing_extensions import override

from app.accounts.dependencies import CurrentUser, ResourcesDep
from app.api.dialects.openai_videos.dependencies import (
    FORMS,
    After,
    Cinema,
    PosedWish,
    Shelf,
    WireOwned,
    WirePart,
    poll_calmly,
)
from app.api.dialects.openai_videos.wire import (
    FORM_WISH,
    JSON_WISH,
    WireDeleted,
    WireModel,
    WireModels,
    WirePage,
    WireRemix,
    WireVideo,
    native_id,
)
from app.api.dialects.rules import FaceBody
from app.api.problems import FIELD_NAMES, MEDIA_TYPE, STATUS, UNUSABLE_STATUS
from app.assembly.errors import FilmMissing
from app.core.dependencies import FILE_FORM
from app.core.errors import ErrorKind
from app.core.routing import Router, documents
from app.jobs import errors as job_errors
from app.jobs.dependencies import IdempotentRoute
from app.jobs.errors import QueueFull, TooManyJobs
from app.library.dependencies import AskedFor
from app.library.errors import QuotaExceeded, UploadTooLarge
from app.library.routes import answer
from app.library.serving import serve
from app.production import errors
from app.production.dependencies import owned_video
from app.production.domain import VideoView
from app.projects.errors import SegmentsExhausted

# What the wire calls the fields of the service.
NAMES = {
    "target_duration_sec": "seconds",
    "story_prompt": "prompt",
    "video_prompt": "prompt",
    "aspect_ratio": "size",
    "resolution": "size",
    "providers": "model",
}


class WireRoute(IdempotentRoute):
    """A route of this face."""

    @override
    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def speaking(request: Request) -> Response:
            request.scope["state"][UNUSABLE_STATUS] = STATUS[ErrorKind.UNFIT]
            request.scope["state"][FIELD_NAMES] = NAMES
            try:
                return await handle(request)
            finally:
                # The framework closes only forms that it has read itself.
                await request.close()

        return speaking


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


derived_router = Router(prefix="/v1", tags=["openai"], route_class=WireRoute)
DERIVED_BAD_REQUEST = 400
CharacterId = Annotated[str, Path(alias="character_id", max_length=200)]
VIDEO_ID = "video[id]"
TEXT: dict[str, Any] = {"type": "string", "minLength": 1, "maxLength": 2000}
NAME: dict[str, Any] = {"type": "string", "minLength": 1, "maxLength": 64, "description": "The id of a completed video"}
SECONDS: dict[str, Any] = {"type": "string", "pattern": "^[1-9][0-9]?$", "description": "Length of what is added"}
STARTED = (QueueFull, TooManyJobs)
SOURCE = (errors.VideoNotFound, errors.VideoNotReady, errors.VideoUnfinished, errors.VideoSourceUploaded)


class NamedVideo(FaceBody):
    """A finished video of the caller."""

    id: Annotated[str, Field(max_length=64, description="The id of a completed video")]


class WireEdit(WireRemix):
    """A change of a video that stands."""

    video: NamedVideo


class WireExtension(FaceBody):
    """What follows on a video that stands."""

    prompt: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2000)]
    seconds: Annotated[int, Field(ge=1, le=600, description="Length of what is added")]
    video: NamedVideo


def _body(**fields: dict[str, Any]) -> dict[str, Any]:
    """The document of a body in both encodings; a form names the video by brackets."""
    named = {"type": "object", "required": ["id"], "properties": {"id": NAME}}
    forms = {"application/json": {**fields, "video": named}, "multipart/form-data": {**fields, VIDEO_ID: NAME}}
    content = {
        kind: {"schema": {"type": "object", "required": list(properties), "properties": properties}}
        for kind, properties in forms.items()
    }
    return {"requestBody": {"required": True, "content": content}}


Asked = TypeVar("Asked", bound=FaceBody)


async def sent_edit(_account: CurrentUser, request: Request) -> WireEdit:
    """The wish of a known caller."""
    return await _read(request, WireEdit)


async def sent_extension(_account: CurrentUser, request: Request) -> WireExtension:
    """The wish of a known caller."""
    return await _read(request, WireExtension)


Edit = Annotated[WireEdit, Depends(sent_edit)]
Extension = Annotated[WireExtension, Depends(sent_extension)]


async def edited_video(edit: Edit, account: CurrentUser, resources: ResourcesDep) -> VideoView:
    """The caller's own video that is to change; a foreign one is not found."""
    return await owned_video(native_id(edit.video.id), account, resources)


async def extended_video(extension: Extension, account: CurrentUser, resources: ResourcesDep) -> VideoView:
    """The caller's own video that is to go on; a foreign one is not found."""
    return await owned_video(native_id(extension.video.id), account, resources)


@derived_router.post(
    "/videos/edits",
    operation_id="openai_videos_edit",
    openapi_extra=_body(prompt=TEXT),
    max_body_size=LARGEST_FORM_BYTES,
    dependencies=[Depends(poll_calmly)],
    responses=documents(*SOURCE, *STARTED),
)
async def edit_video(edit: Edit, video: Annotated[VideoView, Depends(edited_video)], cinema: Cinema) -> WireVideo:
    """Makes a new video like a finished one, with a change."""
    return await cinema.remix(video, edit)


@derived_router.post(
    "/videos/extensions",
    operation_id="openai_videos_extend",
    openapi_extra=_body(prompt=TEXT, seconds=SECONDS),
    max_body_size=LARGEST_FORM_BYTES,
    dependencies=[Depends(poll_calmly)],
    responses=documents(*SOURCE, *STARTED, SegmentsExhausted),
)
async def extend_video(
    extension: Extension, video: Annotated[VideoView, Depends(extended_video)], cinema: Cinema
) -> WireVideo:
    """Makes a new video that begins with a finished one and goes on where it ends."""
    return await cinema.extend(video, extension.prompt, extension.seconds)


@derived_router.post(
    "/videos/characters",
    operation_id="openai_characters_create",
    max_body_size=LARGEST_FORM_BYTES,
    responses=documents(errors.CharactersNotOffered),
)
async def refuse_new_character(_account: CurrentUser) -> None:
    """Characters are not offered here."""
    raise errors.CharactersNotOffered


@derived_router.get(
    "/videos/characters/{character_id}",
    operation_id="openai_characters_read",
    responses=documents(errors.CharactersNotOffered),
)
async def refuse_character(_account: CurrentUser, _character_id: CharacterId) -> None:
    """Characters are not offered here; no id names one."""
    raise errors.CharactersNotOffered


async def _read(request: Request, form: type[Asked]) -> Asked:
    try:
        return form.model_validate(await _sent(request))
    except ValidationError as fault:
        places = [{**each, "loc": ("body", *each["loc"])} for each in fault.errors(include_input=False)]
        raise RequestValidationError(places) from fault


async def _sent(request: Request) -> Any:
    """The fields in either encoding; the SDKs send a form, in which a video is named by brackets or is a file."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() not in FORMS:
        try:
            return await request.json()
        except ValueError as fault:
            raise HTTPException(DERIVED_BAD_REQUEST) from fault
    fields: dict[str, Any] = {}
    for name, value in (await request.form(**FILE_FORM)).multi_items():
        if isinstance(value, UploadFile):
            raise errors.VideoSourceUploaded(param="video")
        fields |= {"video": {"id": value}} if name == VIDEO_ID else {name: value}
    return fields
