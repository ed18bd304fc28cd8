"""Reads a wish as the SDKs send it: always a form, even without a file; other clients send JSON."""

import base64
import binascii
import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote_to_bytes

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException

from app.api.dialects.openai_videos.wire import JsonWish, WireWish
from app.core.dependencies import FILE_FORM
from app.library.dependencies import chunks_of
from app.production.screening import SentPicture

__all__ = ["FORMS", "SentWish", "picture_in", "read_wish"]

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
