"""The only map from error kind to HTTP status; problem+json with the OpenAI `error` twin."""

from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.routing import iter_route_contexts
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException
from starlette.types import Scope

from app.core.errors import AppError, ErrorKind
from app.core.faults import detail_of, faults_of

MEDIA_TYPE = "application/problem+json"
# The page that explains every code, which is what `type` leads to.
ERRORS_PAGE = "/docs/errors"
STATUS: Mapping[ErrorKind, int] = {
    ErrorKind.NOT_FOUND: 404,
    ErrorKind.CONFLICT: 409,
    ErrorKind.OUTDATED: 412,
    ErrorKind.REFUSED: 403,
    ErrorKind.UNUSABLE: 422,
    ErrorKind.UNFIT: 400,
    ErrorKind.NOT_SIGNED_IN: 401,
    ErrorKind.FORBIDDEN: 403,
    ErrorKind.TOO_LARGE: 413,
    ErrorKind.UNPAID: 402,
    ErrorKind.EXHAUSTED: 429,
    ErrorKind.UNAVAILABLE: 503,
    ErrorKind.LATE: 504,
    ErrorKind.STORAGE_FULL: 507,
    ErrorKind.NOT_OFFERED_HERE: 501,
}
PLAIN: Mapping[int, tuple[str, str]] = {
    400: ("request.unreadable", "The request could not be read. Check its syntax and encoding."),
    401: ("auth.not_signed_in", "Sign in first: send a valid access token or API key as Bearer."),
    403: ("request.forbidden", "This request is not allowed here."),
    404: ("request.no_such_path", "There is nothing at this address. Check the path, or see /docs."),
    405: ("request.method_not_allowed", "This address does not take this method. See the Allow header."),
    413: ("request.too_large", "The request body is larger than this path accepts. Send less."),
    415: ("request.wrong_type", "This content type is not accepted here. See /docs for the accepted ones."),
    422: ("request.invalid", "The request is not valid. See `errors` for the fields and what is wrong with them."),
    429: ("request.rate_limited", "Too many requests. Wait as long as Retry-After says, then repeat."),
    500: (
        "internal",
        "Something went wrong on our side; the fault is logged. Quote the request id to the operator.",
    ),
}
# Refusals of the layers in front of all routes: code to status and message.
AT_THE_EDGE: Mapping[str, tuple[int, str]] = {
    "request.malformed_host": (
        400,
        "The Host header is missing, doubled or malformed. Send the name or address of this server once.",
    ),
    "request.unknown_host": (
        400,
        "This server does not answer for that host name. Use the address it is published at.",
    ),
    "request.origin_not_allowed": (
        403,
        "This origin may not call the API from a browser. Add it to CORS_ORIGINS on the server.",
    ),
}
# Under this name a face leaves the status that its clients know for what is wrong with a request. To answer such a
# refusal itself would let what the request has begun be committed.
UNUSABLE_STATUS = "unusable_status"
# Under this name a face leaves its own way with named errors, for the same reason: status and headers, or None.
MANNER = "manner"
Manner = Callable[[AppError], tuple[int, Mapping[str, str]] | None]
# Under this name a face leaves what its clients call a field of the service.
FIELD_NAMES = "field_names"
# Clients such as the OpenAI SDK give up when they are told to wait longer.
MAX_RETRY_SECONDS = 120
DEFAULT_RETRY_SECONDS = 5
# The wizard client reads `message`, and its bodies carry no `error`; no other client has this member.
SAYS_MESSAGE = ("/api/video/", "/api/auth/", "/api/avatar/", "/api/gallery/")
OPENAI_TYPES = {401: "authentication_error", 403: "permission_error", 404: "not_found_error", 429: "rate_limit_error"}


class FieldFault(BaseModel):
    """One field of the request and what is wrong with it."""

    pointer: str = Field(description="Where in the request: body, query or path, then the field")
    detail: str = Field(description="What is wrong with it")


class OpenAIError(BaseModel):
    """The same problem in the words of the OpenAI SDKs."""

    message: str
    type: str
    param: str | None
    code: str | None


class Problem(BaseModel):
    """What every refusal looks like (RFC 9457), with the member that OpenAI SDKs read."""

    type: str = Field(description="Address of the explanation of this code, or the registered problem type")
    title: str = Field(description="The words of the HTTP status")
    status: int
    detail: str = Field(description="What happened and what to do next, for people")
    instance: str = Field(description="Path of the request")
    code: str = Field(description="Stable name of the refusal, for programs")
    request_id: str | None = Field(description="To be quoted to the operator; also in X-Request-Id")
    hint: str | None = None
    param: str | None = None
    errors: list[FieldFault] = Field([], description="Faulty fields of a request that is not valid")
    error: OpenAIError | None = Field(None, description="What OpenAI SDKs read; left out where `message` stands")


def problem(
    scope: Scope,
    status: int,
    code: str,
    detail: str,
    *,
    extra: Mapping[str, Any] | None = None,
    headers: Mapping[str, str] | None = None,
) -> JSONResponse:
    """A problem+json response; facts of the refusal cannot replace its own members."""
    facts = dict(extra or {})
    own = {
        "type": facts.pop("type", type_of(code)),
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        "instance": scope["path"],
        "code": code,
        "request_id": scope.get("state", {}).get("request_id"),
    }
    if f"{scope['path']}/".startswith(SAYS_MESSAGE):
        own["message"] = detail
        facts.pop("error", None)
    else:
        own["error"] = {"message": detail, "type": _openai_type(status), "param": facts.get("param"), "code": code}
    return JSONResponse({**facts, **own}, status_code=status, headers=_advice(status, headers), media_type=MEDIA_TYPE)


def type_of(code: str) -> str:
    """Where a code is explained."""
    return f"{ERRORS_PAGE}#{code}"


def plain(scope: Scope, status: int, *, headers: Mapping[str, str] | None = None) -> JSONResponse:
    """The problem of a refusal that HTTP itself knows."""
    code, detail = PLAIN.get(status, ("request.refused", "The request was refused."))
    return problem(scope, status, code, detail, headers=headers)


def at_the_edge(scope: Scope, code: str, *, headers: Mapping[str, str] | None = None) -> JSONResponse:
    """The problem of a refusal before any route."""
    status, detail = AT_THE_EDGE[code]
    return problem(scope, status, code, detail, headers=headers)


def refusal(scope: Scope, error: AppError, *, headers: Mapping[str, str] | None = None) -> JSONResponse:
    """The problem of a named error; a face may show its clients another status."""
    manner: Manner | None = scope.get("state", {}).get(MANNER)
    usual = _unusable_status(scope) if error.kind is ErrorKind.UNUSABLE else STATUS[error.kind]
    status, own_headers = (manner(error) if manner else None) or (usual, {})
    sent = {**(headers or {}), **own_headers}
    if error.retry_after_seconds is not None:
        sent["Retry-After"] = str(min(max(error.retry_after_seconds, 1), MAX_RETRY_SECONDS))
    if error.kind is ErrorKind.NOT_SIGNED_IN:
        sent["WWW-Authenticate"] = "Bearer"
    param = scope.get("state", {}).get(FIELD_NAMES, {}).get(error.param, error.param)
    named = {name: said for name, said in (("param", param), ("hint", error.hint)) if said}
    return problem(scope, status, error.code, error.text, extra={**error.facts, **named}, headers=sent)


def install(app: FastAPI) -> None:
    """Hands every exception to this module."""
    for kind in (AppError, RequestValidationError, HTTPException, Exception):
        app.add_exception_handler(kind, _answer)


async def _answer(request: Request, error: Exception) -> JSONResponse:
    match error:
        case AppError():
            return refusal(request.scope, error)
        case RequestValidationError():
            return _invalid(request.scope, error)
        case HTTPException(status_code=405):
            return plain(request.scope, 405, headers={"Allow": ", ".join(_methods_at(request))})
        case HTTPException():
            return plain(request.scope, error.status_code, headers=error.headers)
        case _:
            return plain(request.scope, 500)


def _invalid(scope: Scope, error: RequestValidationError) -> JSONResponse:
    faults = faults_of(error.errors())
    named = next((fault.field for fault in faults if fault.field), None)
    extra: dict[str, Any] = {"errors": [{"pointer": fault.pointer, "detail": fault.message} for fault in faults]}
    if named is not None:
        extra["param"] = named
    return problem(scope, _unusable_status(scope), PLAIN[422][0], detail_of(faults), extra=extra)


def _unusable_status(scope: Scope) -> int:
    return int(scope.get("state", {}).get(UNUSABLE_STATUS, STATUS[ErrorKind.UNUSABLE]))


def _methods_at(request: Request) -> list[str]:
    """The methods of an address; a name that is spelled out is no value of the parameter beside it."""
    path = request.scope["path"]
    fitting: list[tuple[int, set[str]]] = []
    for route in iter_route_contexts(request.app.routes):
        pattern = getattr(route, "path_regex", None)
        if pattern is not None and pattern.match(path):
            fitting.append((getattr(route, "path", "").count("{"), getattr(route, "methods", None) or set()))
    fewest = min((parameters for parameters, _ in fitting), default=0)
    return sorted(set().union(*(methods for parameters, methods in fitting if parameters == fewest)))


def _advice(status: int, headers: Mapping[str, str] | None) -> dict[str, str]:
    """Says when to come back, or that coming back is of no use: the OpenAI SDKs repeat every 409 and 5xx."""
    sent = dict(headers or {})
    if status in {HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.TOO_MANY_REQUESTS}:
        sent.setdefault("Retry-After", str(DEFAULT_RETRY_SECONDS))
    if (status == HTTPStatus.CONFLICT or status >= HTTPStatus.INTERNAL_SERVER_ERROR) and "Retry-After" not in sent:
        sent["x-should-retry"] = "false"
    return sent


def _openai_type(status: int) -> str:
    server = status >= HTTPStatus.INTERNAL_SERVER_ERROR
    return OPENAI_TYPES.get(status, "server_error" if server else "invalid_request_error")
