"""What the library raises to provider errors, in one table."""

import httpx2
from google.auth.exceptions import GoogleAuthError
from google.genai.errors import APIError

from app.providers.errors import (
    AccountProblem,
    ContentBlocked,
    InvalidRequest,
    OutcomeUnknown,
    ProviderError,
    RateLimited,
    TaskLost,
    UnexpectedReply,
    Unreachable,
)
from app.providers.google.account import NAME

RATE_PAUSE_SECONDS = 30
CHECK_PROJECT = "Check GOOGLE_CLOUD_PROJECT, GOOGLE_CLOUD_LOCATION, the machine's credentials and that Vertex AI is on."
REWORD = "Reword the prompt or replace the picture."
# Status of an answered call to the error it means, the same for paid and for free ones.
STATUSES: dict[int, type[ProviderError]] = {
    400: InvalidRequest,
    401: AccountProblem,
    402: AccountProblem,
    403: AccountProblem,
    404: AccountProblem,
    429: RateLimited,
}
# Codes of google.rpc.Status in a task that ended with an error.
TASK_CODES: dict[int, type[ProviderError]] = {3: InvalidRequest, 7: AccountProblem, 8: RateLimited, 16: AccountProblem}
HINTS: dict[type[ProviderError], str] = {AccountProblem: CHECK_PROJECT, ContentBlocked: REWORD}
TROUBLES = (APIError, httpx2.HTTPError, GoogleAuthError, TimeoutError)


def sent_error(fault: Exception) -> ProviderError:
    """What a failed paid call means: after a byte may have left, nobody knows."""
    if isinstance(fault, httpx2.ConnectError | httpx2.ConnectTimeout | httpx2.PoolTimeout):
        return Unreachable(provider=NAME)
    if isinstance(fault, APIError) and fault.code in STATUSES:
        return _of(STATUSES[fault.code], str(fault.code))
    if isinstance(fault, GoogleAuthError):
        return _of(AccountProblem, None)
    return OutcomeUnknown(provider=NAME)


def read_error(fault: Exception) -> ProviderError:
    """What a failed free call means."""
    if isinstance(fault, APIError):
        if fault.code == 404:
            return TaskLost(provider=NAME, provider_code="404")
        return _of(STATUSES.get(fault.code, Unreachable), str(fault.code))
    return _of(AccountProblem, None) if isinstance(fault, GoogleAuthError) else Unreachable(provider=NAME)


def task_error(said: dict[str, object]) -> ProviderError:
    """Why a task ended with an error."""
    code = said.get("code")
    kind = TASK_CODES.get(code, UnexpectedReply) if isinstance(code, int) else UnexpectedReply
    return _of(kind, str(code))


def blocked(count: int) -> ProviderError:
    """The result was held back."""
    return _of(ContentBlocked, f"rai_filtered:{count}")


def _of(kind: type[ProviderError], code: str | None) -> ProviderError:
    pause = RATE_PAUSE_SECONDS if kind is RateLimited else None
    return kind(provider=NAME, provider_code=code, hint=HINTS.get(kind), retry_after_seconds=pause)
