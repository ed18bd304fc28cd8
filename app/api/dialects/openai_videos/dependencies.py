"""What the routes need: the wish as the SDKs send it, the caller's own video, and the facade that answers."""

import base64
import binascii
import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any
from urllib.parse import unquote_to_bytes

from fastapi import Depends, Query, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException

from app.accounts.dependencies import CurrentUser, OwnResources, ResourcesDep
from app.api.dialects.openai_videos.wire import (
    JsonWish,
    WireDeleted,
    WireModel,
    WireModels,
    WirePage,
    WireRemix,
    WireVideo,
    WireWish,
    native_id,
)
from app.core.dependencies import FILE_FORM, AsyncConstructor
from app.library.dependencies import chunks_of
from app.library.domain import AssetView
from app.library.links import MediaLinks
from app.production.dependencies import owned_video
from app.production.domain import VideoModel, VideoView
from app.production.errors import VideoReferenceUnreadable
from app.production.videos import OneShotVideos, SentPicture, VideoModels
from app.projects.domain import FilmVariant

FORMS = ("multipart/form-data", "application/x-www-form-urlencoded")
REFERENCE = "input_reference"
UNREADABLE, WRONG_TYPE = 400, 415


@dataclass(frozen=True)
class SentWish:
    """A wish, and the picture that came with it."""

    wish: WireWish
    picture: SentPicture | None


@dataclass(frozen=True)
class FormPicture:
    """A picture that is a part of the form."""

    file: UploadFile

    @property
    def name(self) -> str:
        """What its sender calls it."""
        return self.file.filename or REFERENCE

    def chunks(self) -> AsyncIterator[bytes]:
        """Its bytes, a piece at a time."""
        return chunks_of(self.file)


@dataclass(frozen=True)
class DataPicture:
    """A picture that stands in a `data:` URL."""

    content: bytes
    name: str = REFERENCE

    async def chunks(self) -> AsyncIterator[bytes]:
        """Its bytes, all at once."""
        yield self.content


async def read_wish(request: Request) -> SentWish:
    """The wish of a request in either encoding."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind in FORMS:
        return await _read_form(request)
    if kind not in {"application/json", ""}:
        raise HTTPException(WRONG_TYPE)
    try:
        sent = await request.json()
    except ValueError as fault:
        raise HTTPException(UNREADABLE) from fault
    return SentWish(_wish(sent, JsonWish), None)


def picture_in(url: str) -> DataPicture | None:
    """The picture in a `data:` URL; None for other addresses."""
    head, comma, body = url.partition(",")
    if not head.lower().startswith("data:") or not comma:
        return None
    if not head.lower().endswith(";base64"):
        return DataPicture(unquote_to_bytes(body))
    try:
        return DataPicture(base64.b64decode(body, validate=True))
    except binascii.Error:
        return None


async def _read_form(request: Request) -> SentWish:
    fields: dict[str, Any] = {}
    picture: SentPicture | None = None
    for name, value in (await request.form(**FILE_FORM)).multi_items():
        if isinstance(value, UploadFile):
            picture = FormPicture(value) if name == REFERENCE else picture
        elif "\0" in name + value:
            raise RequestValidationError([{"loc": ("body", name[:64]), "msg": "a NUL character cannot be kept"}])
        else:
            _put(fields, name, value)
    return SentWish(_wish(fields, WireWish), picture)


def _put(fields: dict[str, Any], name: str, value: str) -> None:
    """`a[b]` is the field b of a; an object may also come as JSON text."""
    outer, bracket, inner = name.partition("[")
    if not bracket:
        fields[name] = _object(value) if name == REFERENCE else value
        return
    nested = fields.setdefault(outer, {})
    if isinstance(nested, dict):
        nested[inner.removesuffix("]")] = value


def _object(value: str) -> Any:
    if not value.lstrip().startswith("{"):
        return {"image_url": value} if value else None
    try:
        return json.loads(value)
    except (ValueError, RecursionError):
        return value


def _wish(sent: object, form: type[WireWish]) -> WireWish:
    if not isinstance(sent, Mapping):
        raise RequestValidationError([{"loc": ("body",), "msg": "send an object with a prompt"}])
    try:
        return form.model_validate(sent)
    except ValidationError as fault:
        places = [{**each, "loc": ("body", *each["loc"])} for each in fault.errors(include_input=False)]
        raise RequestValidationError(places) from fault


POLL_AFTER_MS = "2000"
PARTS = {"video": FilmVariant.VIDEO, "thumbnail": FilmVariant.POSTER, "spritesheet": FilmVariant.SPRITE}


async def poll_calmly(reply: Response) -> None:
    """Tells the SDKs when to look again; they read it once for the whole wait."""
    reply.headers["openai-poll-after-ms"] = POLL_AFTER_MS


async def posed_wish(_account: CurrentUser, request: Request) -> SentWish:
    """The wish of a known caller."""
    return await read_wish(request)


async def wire_owned(video_id: str, account: CurrentUser, resources: ResourcesDep) -> VideoView:
    """The caller's own video by the id of the wire; a foreign one is not found."""
    return await owned_video(native_id(video_id), account, resources)


PosedWish = Annotated[SentWish, Depends(posed_wish)]
WireOwned = Annotated[VideoView, Depends(wire_owned)]
After = Annotated[str | None, Query(max_length=64, description="The last id of the page before")]


class CinemaFacade:
    """Starts, shows and deletes videos of one caller."""

    def __init__(self, resources: OwnResources, account: CurrentUser) -> None:
        self._screening = OneShotVideos(resources, account.id)
        self._models = VideoModels(resources)
        self._links = MediaLinks.over(resources)
        self._owner_id = account.id

    async def create(self, sent: SentWish) -> WireVideo:
        """A new video."""
        picture, asset_id = self._reference(sent)
        model, notes = await self._model(sent.wish.model)
        return WireVideo.of(await self._screening.start(sent.wish.wish(model, asset_id, notes), picture))

    async def remix(self, source: VideoView, body: WireRemix) -> WireVideo:
        """A new video like another."""
        return WireVideo.of(await self._screening.remix(source, body.prompt))

    async def extend(self, source: VideoView, prompt: str, seconds: int) -> WireVideo:
        """A new video that goes on where another ends."""
        return WireVideo.of(await self._screening.extend(source, prompt, seconds))

    async def shown(self, video: VideoView) -> WireVideo:
        """One video."""
        return WireVideo.of(await self._screening.shown(video))

    async def page(self, after: str | None, limit: int, *, descending: bool) -> WirePage:
        """Some videos."""
        last = native_id(after) if after else None
        snapshots, has_more = await self._screening.page(last, limit, descending=descending)
        return WirePage.of(snapshots, has_more=has_more)

    async def delete(self, video: VideoView) -> WireDeleted:
        """The video with its media."""
        await self._screening.delete(video)
        return WireDeleted.of(video)

    async def _model(self, name: str | None) -> tuple[VideoModel | None, list[str]]:
        """The model of this name, else the preferred one and what is said of that: scripts name models of elsewhere."""
        if not name:
            return None, []
        offered = await self._models.all()
        for model in offered:
            if model.id == name:
                return model, []
        return None, [f"The model {name} is not offered here; {offered[0].id} makes this video."] if offered else []

    def _reference(self, sent: SentWish) -> tuple[SentPicture | None, str | None]:
        named = sent.wish.input_reference
        if sent.picture is not None or named is None:
            return sent.picture, None
        if named.file_id is not None:
            return None, named.file_id
        url = named.image_url or ""
        picture, asset_id = picture_in(url), self._links.asset_id_of(url, self._owner_id)
        if picture is None and asset_id is None:
            raise VideoReferenceUnreadable(param="input_reference")
        return picture, asset_id


class ModelShelf:
    """The models that film here, for callers that are known."""

    def __init__(self, resources: OwnResources, _account: CurrentUser) -> None:
        self._models = VideoModels(resources)

    async def all(self) -> WireModels:
        """Every model."""
        return WireModels.of(await self._models.all())

    async def one(self, model: str) -> WireModel:
        """One model."""
        return WireModel.of(await self._models.one(model))


async def wire_part(
    video: WireOwned,
    account: CurrentUser,
    resources: ResourcesDep,
    variant: Annotated[str, Query(max_length=32, description="`video`, `thumbnail` or `spritesheet`")] = "video",
) -> AssetView:
    """One file of the caller's own finished video."""
    return await OneShotVideos(resources, account.id).part(video, PARTS.get(variant))


Cinema = Annotated[CinemaFacade, Depends(AsyncConstructor(CinemaFacade))]
Shelf = Annotated[ModelShelf, Depends(AsyncConstructor(ModelShelf))]
WirePart = Annotated[AssetView, Depends(wire_part)]
