"""Pure ASGI: how large a request may be, which text is refused, and who must sign in before a body is read."""

import json
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import unquote_to_bytes

from fastapi import FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute, iter_route_contexts
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.accounts.dependencies import proven_account, public
from app.api.problems import MEDIA_TYPE, plain, problem
from app.core.errors import AppError

JSON_BODY_BYTES: Final = 256 * 1024
FORM_OVERHEAD_BYTES = 64 * 1024
MAX_JSON_DEPTH = 64
INT64 = 2**63
# Only bodies that show one of these signs are parsed here: escapes, raw NUL, numbers beyond what a column holds.
SUSPICIOUS = re.compile(rb"\\u|\x00|NaN|Infinity|[eE]\+?\d{3}|\d{19}")
LONE_SURROGATE = re.compile(r"[\ud800-\udfff]")
UNPARSED = ("multipart/", "image/", "audio/", "video/", "application/octet-stream")


def upload_ceiling_bytes(upload_max_size_mb: int) -> int:
    """The largest body that a path may take: one file and the form around it."""
    return upload_max_size_mb * 1024 * 1024 + FORM_OVERHEAD_BYTES


class TooLargeToRead(HTTPException):
    """More bytes arrived than the ceiling allows."""

    def __init__(self) -> None:
        super().__init__(status_code=413)


class BodyLimit:
    """Refuses bodies above the ceiling, announced or not, and gives the framework's own refusals our form.

    A path in `larger` has a ceiling of its own. Smaller limits per route are the framework's `max_body_size`; it
    answers an announced excess in plain text, past every exception handler, so that answer is rewritten here.
    """

    def __init__(self, app: ASGIApp, ceiling_bytes: int, larger: Mapping[str, int] | None = None) -> None:
        self._app = app
        self._ceiling_bytes = ceiling_bytes
        self._larger = larger or {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        ceiling_bytes = self._larger.get(scope["path"], self._ceiling_bytes)
        announced = Headers(scope=scope).get("content-length", "0")
        if not announced.isdecimal() or int(announced[:20]) > ceiling_bytes:
            await plain(scope, 413 if announced.isdecimal() else 400)(scope, receive, send)
            return
        answer = _Rewritten(scope, receive, send)
        taken = 0

        async def receive_counted() -> Message:
            nonlocal taken
            message = await receive()
            taken += len(message.get("body", b""))
            if taken > ceiling_bytes:
                raise TooLargeToRead
            return message

        try:
            await self._app(scope, receive_counted, answer.send)
        except TooLargeToRead:
            if answer.started:
                raise
            await plain(scope, 413)(scope, receive, send)


class _Rewritten:
    """Lets an answer pass unless it is the framework's plain 413."""

    def __init__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._scope, self._receive, self._send = scope, receive, send
        self._replaced = False
        self.started = False

    async def send(self, message: Message) -> None:
        """Passes the message on, or the problem in its place."""
        if message["type"] == "http.response.start":
            self.started = True
            kind = Headers(raw=message["headers"]).get("content-type", "")
            self._replaced = message["status"] == 413 and not kind.startswith(MEDIA_TYPE)
            if self._replaced:
                await plain(self._scope, 413)(self._scope, self._receive, self._send)
        if not self._replaced:
            await self._send(message)


class ReadableText:
    """Refuses NUL, lone surrogates, numbers out of range and endless nesting before any route sees them."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        if "\0" in scope["path"] or b"\0" in unquote_to_bytes(scope.get("query_string", b"")):
            await _refuse(scope, "the address contains a NUL character")(scope, receive, send)
            return
        headers = Headers(scope=scope)
        kind = headers.get("content-type", "").lower()
        empty = "content-length" not in headers and "transfer-encoding" not in headers
        if empty or kind.startswith(UNPARSED):
            await self._app(scope, receive, send)
            return
        messages = await _first_messages(receive)
        body = b"".join(message.get("body", b"") for message in messages)
        fault = _form_fault(body) if kind.startswith("application/x-www-form-urlencoded") else _json_fault(body)
        if fault is not None:
            await _refuse(scope, fault)(scope, receive, send)
            return
        await self._app(scope, _replay(messages, receive), send)


def _refuse(scope: Scope, fault: str) -> ASGIApp:
    detail = f"The request is not valid: {fault}."
    return problem(scope, 422, "request.invalid", detail, extra={"errors": []})


async def _first_messages(receive: Receive) -> list[Message]:
    """The body as far as a JSON route would take it; the rest stays where it is."""
    messages: list[Message] = []
    size = 0
    more = True
    while more and size <= JSON_BODY_BYTES:
        message = await receive()
        messages.append(message)
        size += len(message.get("body", b""))
        more = message["type"] == "http.request" and message.get("more_body", False)
    return messages


def _replay(messages: Sequence[Message], receive: Receive) -> Receive:
    waiting = iter(messages)

    async def receive_again() -> Message:
        return next(waiting, None) or await receive()

    return receive_again


def _form_fault(body: bytes) -> str | None:
    return "a form field contains a NUL character" if b"\0" in unquote_to_bytes(body) else None


def _json_fault(body: bytes) -> str | None:
    nested = body.count(b"[") + body.count(b"{") > MAX_JSON_DEPTH
    if not nested and SUSPICIOUS.search(body) is None:
        return None
    try:
        return _value_fault(json.loads(body))
    except RecursionError:
        return f"the JSON is nested deeper than {MAX_JSON_DEPTH} levels"
    except (json.JSONDecodeError, UnicodeDecodeError):
        # The route says what is wrong with it, or takes a body that is no JSON at all.
        return "the body contains a NUL character" if b"\0" in body else None
    except ValueError:
        return "a number has too many digits"


def _value_fault(root: object) -> str | None:
    waiting: list[tuple[object, int]] = [(root, 0)]
    while waiting:
        value, depth = waiting.pop()
        fault = f"the JSON is nested deeper than {MAX_JSON_DEPTH} levels" if depth > MAX_JSON_DEPTH else _fault(value)
        if fault is not None:
            return fault
        if isinstance(value, dict):
            waiting += ((inner, depth + 1) for pair in value.items() for inner in pair)
        elif isinstance(value, list):
            waiting += ((inner, depth + 1) for inner in value)
    return None


def _fault(value: object) -> str | None:
    if isinstance(value, str):
        unfit = "\0" in value or LONE_SURROGATE.search(value) is not None
        return "a text contains NUL or half of a surrogate pair" if unfit else None
    if isinstance(value, float):
        return None if math.isfinite(value) else "a number is not finite"
    too_big = isinstance(value, int) and not -INT64 <= value < INT64
    return "a whole number is out of range" if too_big else None


ABOUT_THE_BODY = frozenset({b"content-type", b"content-length", b"content-encoding", b"transfer-encoding"})


@dataclass(frozen=True)
class Pattern:
    """The address of some routes, and whether anybody may call them."""

    path: re.Pattern[str]
    methods: frozenset[str]
    is_public: bool


@dataclass
class AnonymousBodies:
    """Takes the body from requests that prove no account, unless their route is public.

    The framework reads a body before it resolves the dependencies of a route. Without its body such a request gets
    the refusal that the route's own dependency gives, in the manner of its face.
    """

    app: ASGIApp
    _patterns: list[Pattern] = field(default_factory=list)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one request."""
        if scope["type"] == "http" and _has_body(scope) and not await self._may_send(scope):
            headers = [each for each in scope["headers"] if each[0] not in ABOUT_THE_BODY]
            await self.app({**scope, "headers": headers}, _nothing(receive), send)
            return
        await self.app(scope, receive, send)

    async def _may_send(self, scope: Scope) -> bool:
        request = Request(scope)
        try:
            await proven_account(request, scope["app"].state.resources)
        except AppError:
            return self._is_public(scope)
        return True

    def _is_public(self, scope: Scope) -> bool:
        if not self._patterns:
            self._patterns = _patterns_of(scope["app"])
        for pattern in self._patterns:
            if scope["method"] in pattern.methods and pattern.path.match(scope["path"]):
                return pattern.is_public
        return False


def _has_body(scope: Scope) -> bool:
    headers = Headers(scope=scope)
    return "transfer-encoding" in headers or headers.get("content-length", "0") != "0"


def _nothing(receive: Receive) -> Receive:
    waiting: list[Message] = [{"type": "http.request", "body": b"", "more_body": False}]

    async def receive_nothing() -> Message:
        if waiting:
            return waiting.pop()
        while (message := await receive())["type"] == "http.request":
            pass
        return message

    return receive_nothing


def _patterns_of(app: FastAPI) -> list[Pattern]:
    """Routes in the order in which the router tries them; other handlers check their callers themselves."""
    found = []
    for context in iter_route_contexts(app.routes):
        if isinstance(context.original_route, APIRoute):
            methods = frozenset(context.methods or ())
            found.append(Pattern(context.path_regex, methods, is_public=_names(context.dependant, public)))
    return found


def _names(dependant: Dependant, call: object) -> bool:
    return any(inner.call is call or _names(inner, call) for inner in dependant.dependencies)
