"""Pure ASGI: the body of a request reaches a route that needs an account only when its caller has proven one."""

import re
from dataclasses import dataclass, field

from fastapi import FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute, iter_route_contexts
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.accounts.dependencies import proven_account, public
from app.core.errors import AppError

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
