"""The only map from error kind to HTTP status; problem+json with the OpenAI `error` twin."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from starlette.exceptions import HTTPException

from app.core.errors import AppError, Kind

__all__ = ["STATUS", "Problem", "install", "problem"]

log = structlog.get_logger(__name__)

STATUS: Mapping[Kind, int] = {
    Kind.NOT_FOUND: 404,
    Kind.CONFLICT: 409,
    Kind.OUTDATED: 412,
    Kind.REFUSED: 403,
    Kind.UNUSABLE: 422,
    Kind.UNFIT: 400,
    Kind.NOT_SIGNED_IN: 401,
    Kind.FORBIDDEN: 403,
    Kind.TOO_LARGE: 413,
    Kind.UNPAID: 402,
    Kind.EXHAUSTED: 429,
    Kind.UNAVAILABLE: 503,
    Kind.STORAGE_FULL: 507,
}
PLAIN = {
    400: ("request.unreadable", "The request could not be read. Check its syntax and encoding."),
    401: ("auth.not_signed_in", "Sign in first: send a valid access token or API key as Bearer."),
    404: ("request.no_such_path", "There is nothing at this address. Check the path, or see /docs."),
    405: ("request.method_not_allowed", "This address does not take this method. See the Allow header."),
    413: ("request.too_large", "The request body is larger than this path accepts. Send less."),
    415: ("request.wrong_type", "This content type is not accepted here. See /docs for the accepted ones."),
}


class FieldFault(BaseModel):
    """One field of the request and what is wrong with it."""

    pointer: str
    detail: str


class OpenAIError(BaseModel):
    """The same problem in the words of the OpenAI SDKs."""

    message: str
    type: str
    param: str | None
    code: str | None


class Problem(BaseModel):
    """What every refusal looks like (RFC 9457)."""

    type: str
    title: str
    status: int
    detail: str
    instance: str
    code: str
    request_id: str | None
    hint: str | None = None
    errors: list[FieldFault] = []
    error: OpenAIError


def problem(
    request: Request,
    status: int,
    code: str,
    detail: str,
    *,
    extra: Mapping[str, Any] | None = None,
    headers: Mapping[str, str] | None = None,
) -> JSONResponse:
    """A problem+json response."""
    extra = dict(extra or {})
    body = {
        "type": extra.pop("type", "about:blank"),
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        "instance": request.url.path,
        "code": code,
        "request_id": getattr(request.state, "request_id", None),
        **extra,
        "error": {"message": detail, "type": _openai_type(status), "param": extra.get("param"), "code": code},
    }
    return JSONResponse(body, status_code=status, headers=dict(headers or {}), media_type="application/problem+json")


def install(app: FastAPI) -> None:
    """Hands every exception to this module."""
    app.add_exception_handler(AppError, _app_error)
    app.add_exception_handler(RequestValidationError, _validation_error)
    app.add_exception_handler(HTTPException, _framework_error)
    app.add_exception_handler(Exception, _unknown_error)


async def _app_error(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, AppError)  # noqa: S101
    headers = {}
    if error.retry_after_seconds is not None:
        headers["Retry-After"] = str(error.retry_after_seconds)
    if error.kind is Kind.NOT_SIGNED_IN:
        headers["WWW-Authenticate"] = "Bearer"
    extra = {
        **error.facts,
        **({"param": error.param} if error.param else {}),
        **({"hint": error.hint} if error.hint else {}),
    }
    return problem(request, STATUS[error.kind], error.code, error.text, extra=extra, headers=headers)


async def _validation_error(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)  # noqa: S101
    faults = [
        {"pointer": "/" + "/".join(str(part) for part in fault["loc"]), "detail": str(fault["msg"])}
        for fault in error.errors()[:50]
    ]
    said = "; ".join(f"{fault['pointer'].rpartition('/')[2] or 'body'}: {fault['detail']}" for fault in faults[:5])
    return problem(request, 422, "request.invalid", f"The request is not valid. {said}", extra={"errors": faults})


async def _framework_error(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)  # noqa: S101
    code, detail = PLAIN.get(error.status_code, ("request.refused", "The request was refused."))
    return problem(request, error.status_code, code, detail, headers=error.headers)


async def _unknown_error(request: Request, error: Exception) -> JSONResponse:
    log.error("unknown_error", path=request.url.path, exc_info=error)
    detail = (
        "Something went wrong on our side. Nothing was charged by this request; quote the request id to the operator."
    )
    return problem(request, 500, "internal", detail)


def _openai_type(status: int) -> str:
    by_status = {401: "authentication_error", 403: "permission_error", 404: "not_found_error", 429: "rate_limit_error"}
    return by_status.get(
        status, "server_error" if status >= HTTPStatus.INTERNAL_SERVER_ERROR else "invalid_request_error"
    )
