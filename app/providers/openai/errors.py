"""What the SDKs raise to provider errors, in one table."""

from dataclasses import dataclass
from http import HTTPStatus

import httpx2
from agents.exceptions import AgentsException, ModelBehaviorError, ModelRefusalError
from openai import APIConnectionError, APIStatusError, OpenAIError

from app.providers.errors import (
    AccountProblem,
    ContentBlocked,
    InvalidRequest,
    OutcomeUnknown,
    ProviderError,
    RateLimited,
    UnexpectedReply,
    Unreachable,
)
from app.providers.openai.account import NAME

RATE_PAUSE_SECONDS = 20
CHECK_KEY = "Check OPENAI_API_KEY and that OPENAI_BASE_URL is the server which the key belongs to."
CHECK_MODEL = "Check OPENAI_BASE_URL and the names of the models: one does not exist, or this key may not use it."
ADD_CREDIT = "Add credit to the OpenAI account, or raise its limit."
REWORD = "Reword the prompt or replace the picture."
WITHHELD = "reason='content_filter'"
FAULTS = (OpenAIError, httpx2.HTTPError, TimeoutError)
# The request line cannot have left: there was no connection, or no permission to use one.
BEFORE_ANY_BYTE = (
    httpx2.ConnectError,
    httpx2.ConnectTimeout,
    httpx2.PoolTimeout,
    httpx2.ProxyError,
    httpx2.UnsupportedProtocol,
    httpx2.LocalProtocolError,
)


@dataclass(frozen=True)
class _OpenAICode:
    error: type[ProviderError]
    hint: str | None = None


STATUSES: dict[int, _OpenAICode] = {
    HTTPStatus.BAD_REQUEST: _OpenAICode(InvalidRequest, "One of the settings is not offered by this model."),
    HTTPStatus.UNAUTHORIZED: _OpenAICode(AccountProblem, CHECK_KEY),
    HTTPStatus.PAYMENT_REQUIRED: _OpenAICode(AccountProblem, ADD_CREDIT),
    HTTPStatus.FORBIDDEN: _OpenAICode(AccountProblem, CHECK_KEY),
    HTTPStatus.NOT_FOUND: _OpenAICode(AccountProblem, CHECK_MODEL),
    HTTPStatus.CONFLICT: _OpenAICode(Unreachable),
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: _OpenAICode(InvalidRequest, "Use a shorter text or smaller pictures."),
    HTTPStatus.UNPROCESSABLE_ENTITY: _OpenAICode(InvalidRequest, "One of the settings is not offered by this model."),
    HTTPStatus.TOO_MANY_REQUESTS: _OpenAICode(RateLimited),
}
# The vendor's own word says more than the status it comes with.
CODES: dict[str, _OpenAICode] = {
    "insufficient_quota": _OpenAICode(AccountProblem, ADD_CREDIT),
    "billing_hard_limit_reached": _OpenAICode(AccountProblem, ADD_CREDIT),
    "billing_not_active": _OpenAICode(AccountProblem, ADD_CREDIT),
    "account_deactivated": _OpenAICode(AccountProblem, CHECK_KEY),
    "invalid_api_key": _OpenAICode(AccountProblem, CHECK_KEY),
    "model_not_found": _OpenAICode(AccountProblem, CHECK_MODEL),
    "rate_limit_exceeded": _OpenAICode(RateLimited),
    "content_policy_violation": _OpenAICode(ContentBlocked, REWORD),
    "content_filter": _OpenAICode(ContentBlocked, REWORD),
    "moderation_blocked": _OpenAICode(ContentBlocked, REWORD),
    "invalid_prompt": _OpenAICode(ContentBlocked, REWORD),
    "context_length_exceeded": _OpenAICode(InvalidRequest, "Use a shorter story."),
    "string_above_max_length": _OpenAICode(InvalidRequest, "Use a shorter text."),
}


def error_for(fault: Exception, *, paid: bool) -> ProviderError:
    """What a failed call means; a paid one of which a byte may have left is unknown, whoever broke down."""
    unknown = OutcomeUnknown if paid else Unreachable
    if isinstance(fault, APIStatusError):
        return _refusal(fault, unknown)
    if isinstance(fault, APIConnectionError | httpx2.HTTPError | TimeoutError):
        cause = fault.__cause__ if isinstance(fault, APIConnectionError) else fault
        kind = Unreachable if isinstance(cause, BEFORE_ANY_BYTE) else unknown
        return kind(provider=NAME, provider_code=type(cause or fault).__name__)
    return unknown(provider=NAME, provider_code="unreadable")


def error_for_agent(fault: AgentsException) -> ProviderError:
    """What it means that the model answered something else than a plan."""
    withheld = isinstance(fault, ModelBehaviorError) and WITHHELD in str(fault)
    if withheld or isinstance(fault, ModelRefusalError):
        return ContentBlocked(provider=NAME, provider_code="refusal", hint="Reword the story.")
    return UnexpectedReply(provider=NAME, provider_code=type(fault).__name__)


def said_code(fault: APIStatusError) -> str:
    """The vendor's word for a refusal, as far as the table knows it."""
    return next((word for word in (fault.code, fault.type) if word in CODES), "")


def _refusal(fault: APIStatusError, unknown: type[ProviderError]) -> ProviderError:
    status, word = fault.status_code, said_code(fault)
    broken = status >= HTTPStatus.INTERNAL_SERVER_ERROR or status == HTTPStatus.REQUEST_TIMEOUT
    # A vendor that broke down does not know itself whether it took the work.
    row = _OpenAICode(unknown) if broken else CODES.get(word) or STATUSES.get(status) or _OpenAICode(UnexpectedReply)
    waits = _seconds(fault.response.headers.get("retry-after")) if row.error is RateLimited else None
    code = f"http {status}" if broken or not word else word
    return row.error(
        provider=NAME, provider_code=code, trace_id=fault.request_id, hint=row.hint, retry_after_seconds=waits
    )


def _seconds(header: str | None) -> int:
    told = header is not None and header.isdecimal() and len(header) < 6
    return int(header or 0) if told else RATE_PAUSE_SECONDS
