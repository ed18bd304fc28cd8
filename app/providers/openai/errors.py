"""What the SDKs raise to provider errors, in one table."""

from collections.abc import Mapping

import httpx2
from agents.exceptions import AgentsException, ModelBehaviorError, ModelRefusalError, ModelTimeoutError
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

__all__ = ["CODES", "STATUSES", "TROUBLES", "free_error", "paid_error"]

RATE_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 20, 600
CHECK_KEY = "Check OPENAI_API_KEY, OPENAI_BASE_URL and the models that the settings name."
REWORD = "Reword the text or change the picture."
# The vendor's own word for a refusal counts before its status.
CODES: Mapping[str, type[ProviderError]] = {
    "insufficient_quota": AccountProblem,
    "billing_hard_limit_reached": AccountProblem,
    "invalid_api_key": AccountProblem,
    "model_not_found": AccountProblem,
    "moderation_blocked": ContentBlocked,
    "content_policy_violation": ContentBlocked,
}
STATUSES: Mapping[int, type[ProviderError]] = {
    400: InvalidRequest,
    401: AccountProblem,
    402: AccountProblem,
    403: AccountProblem,
    404: AccountProblem,
    413: InvalidRequest,
    415: InvalidRequest,
    422: InvalidRequest,
    429: RateLimited,
}
HINTS: Mapping[type[ProviderError], str] = {AccountProblem: CHECK_KEY, ContentBlocked: REWORD}
TROUBLES = (OpenAIError, AgentsException, TimeoutError)


def paid_error(fault: Exception) -> ProviderError:
    """What a failed paid call means: after a byte may have left, nobody knows."""
    return _answered(fault) or (Unreachable(provider=NAME) if _never_left(fault) else OutcomeUnknown(provider=NAME))


def free_error(fault: Exception) -> ProviderError:
    """What a failed free call means."""
    return _answered(fault) or Unreachable(provider=NAME)


def _answered(fault: Exception) -> ProviderError | None:
    if isinstance(fault, APIStatusError):
        code = str(fault.code or fault.type or "")
        kind = CODES.get(code) or STATUSES.get(fault.status_code)
        return None if kind is None else _made(kind, code or str(fault.status_code), fault)
    if isinstance(fault, ModelRefusalError):
        return ContentBlocked(provider=NAME, provider_code="refusal", hint=REWORD)
    if isinstance(fault, ModelBehaviorError):
        return UnexpectedReply(provider=NAME, provider_code="model_behaviour")
    return None


def _made(kind: type[ProviderError], code: str, fault: APIStatusError) -> ProviderError:
    pause = _pause(fault.response.headers.get("retry-after")) if kind is RateLimited else None
    return kind(
        provider=NAME,
        provider_code=code[:64],
        trace_id=fault.request_id,
        hint=HINTS.get(kind),
        retry_after_seconds=pause,
    )


def _never_left(fault: Exception) -> bool:
    if isinstance(fault, ModelTimeoutError | TimeoutError) or not isinstance(fault, APIConnectionError):
        return False
    return isinstance(fault.__cause__, httpx2.ConnectError | httpx2.ConnectTimeout | httpx2.PoolTimeout)


def _pause(said: str | None) -> int:
    if said is None or not said.isdecimal():
        return RATE_PAUSE_SECONDS
    return min(int(said), LONGEST_PAUSE_SECONDS)
