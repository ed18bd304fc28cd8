"""/v1/videos/edits, /extensions and /characters: what is made of a video that is there."""

from typing import Annotated, Any, TypeVar

from fastapi import Depends, Path, Request
from fastapi.exceptions import RequestValidationError
from pydantic import Field, StringConstraints, ValidationError
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException

from app.accounts.dependencies import CurrentUser, ResourcesDep
from app.api.dialects.openai_videos.bodies import FORMS
from app.api.dialects.openai_videos.dependencies import Cinema, poll_calmly
from app.api.dialects.openai_videos.route import WireRoute
from app.api.dialects.openai_videos.wire import WireRemix, WireVideo, native_id
from app.api.dialects.rules import FaceBody
from app.core.dependencies import FILE_FORM
from app.core.responses import documents
from app.core.routing import Router
from app.jobs.errors import QueueFull, TooManyJobs
from app.production import errors
from app.production.dependencies import owned_video
from app.production.values import VideoView
from app.projects.errors import SegmentsExhausted

__all__ = ["router"]

router = Router(prefix="/v1", tags=["openai"], route_class=WireRoute)
LARGEST_FORM_BYTES = 512 * 1024 * 1024
BAD_REQUEST = 400
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


@router.post(
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


@router.post(
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


@router.post(
    "/videos/characters",
    operation_id="openai_characters_create",
    max_body_size=LARGEST_FORM_BYTES,
    responses=documents(errors.CharactersNotOffered),
)
async def refuse_new_character(_account: CurrentUser) -> None:
    """Characters are not offered here."""
    raise errors.CharactersNotOffered


@router.get(
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
            raise HTTPException(BAD_REQUEST) from fault
    fields: dict[str, Any] = {}
    for name, value in (await request.form(**FILE_FORM)).multi_items():
        if isinstance(value, UploadFile):
            raise errors.VideoSourceUploaded(param="video")
        fields |= {"video": {"id": value}} if name == VIDEO_ID else {name: value}
    return fields
