"""Vendor codes to provider errors, in one table."""

from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus

from app.core.http import OutboundFailed
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
from app.providers.minimax.account import NAME

OK = 0
DUPLICATE_VOICE = 2039
VOICE_GONE = frozenset({2013, 20132, 2042})
RATE_PAUSE_SECONDS = 30
CHECK_KEY = "Check MINIMAX_API_KEY and that MINIMAX_API_BASE is the host of the key's own region."
CLONE_AGAIN = (
    "This voice does not exist here (any more): voices that are not used within 7 days vanish. Clone it again."
)
SHORTEN_SAMPLE = "Use a clear recording of 10 seconds to 5 minutes."


@dataclass(frozen=True)
class Told:
    """What a reply says about itself."""

    code: int
    trace_id: str | None = None
    retry_after_seconds: int | None = None
    vendor_time: datetime | None = None


@dataclass(frozen=True)
class _MiniMaxCode:
    error: type[ProviderError]
    meaning: str
    hint: str | None = None


CODES: dict[int, _MiniMaxCode] = {
    1000: _MiniMaxCode(
        Unreachable, "unknown error", "If this stays after cloning a voice, the recording may be damaged."
    ),
    # The vendor says that it ran out of time, not that it did nothing.
    1001: _MiniMaxCode(OutcomeUnknown, "request timeout"),
    1002: _MiniMaxCode(RateLimited, "too many requests per minute"),
    1004: _MiniMaxCode(AccountProblem, "not authorized", CHECK_KEY),
    1008: _MiniMaxCode(AccountProblem, "balance is used up", "Add balance to the MiniMax account."),
    1013: _MiniMaxCode(Unreachable, "internal service error"),
    1024: _MiniMaxCode(Unreachable, "internal error"),
    1026: _MiniMaxCode(ContentBlocked, "input refused", "Reword the prompt or replace the picture."),
    1027: _MiniMaxCode(ContentBlocked, "result refused", "The result itself was refused. Reword the prompt."),
    1028: _MiniMaxCode(AccountProblem, "quota is used up", "Wait for the quota of the MiniMax account, or raise it."),
    1030: _MiniMaxCode(AccountProblem, "quota is used up", "Wait for the quota of the MiniMax account, or raise it."),
    1033: _MiniMaxCode(Unreachable, "system error"),
    1039: _MiniMaxCode(RateLimited, "too many tokens per minute"),
    1041: _MiniMaxCode(RateLimited, "too many connections"),
    1042: _MiniMaxCode(
        InvalidRequest, "invisible characters", "Remove invisible and control characters from the text."
    ),
    1043: _MiniMaxCode(
        InvalidRequest, "transcript differs", "The recording does not say the expected sentence. Record it again."
    ),
    1044: _MiniMaxCode(InvalidRequest, "prompt audio differs", "The prompt recording does not resemble the sample."),
    2013: _MiniMaxCode(InvalidRequest, "invalid parameters", "One of the settings is not offered by this model."),
    20132: _MiniMaxCode(InvalidRequest, "invalid sample or voice", CLONE_AGAIN),
    2037: _MiniMaxCode(InvalidRequest, "sample too short or too long", SHORTEN_SAMPLE),
    2038: _MiniMaxCode(AccountProblem, "no permission to clone", "Verify the MiniMax account, then clone again."),
    2039: _MiniMaxCode(InvalidRequest, "voice exists already", "Choose another voice name."),
    2042: _MiniMaxCode(InvalidRequest, "no access to this voice", CLONE_AGAIN),
    2045: _MiniMaxCode(RateLimited, "requests grew too fast"),
    2048: _MiniMaxCode(InvalidRequest, "prompt audio too long", "Use a prompt recording under 8 seconds."),
    2049: _MiniMaxCode(AccountProblem, "invalid key", CHECK_KEY),
    2056: _MiniMaxCode(
        AccountProblem, "plan's window is used up", "The plan's five-hour window is used up. Go on later."
    ),
    2061: _MiniMaxCode(AccountProblem, "model not in the plan", "The plan of the MiniMax account lacks this model."),
}
STATUSES: dict[int, _MiniMaxCode] = {
    HTTPStatus.BAD_REQUEST: _MiniMaxCode(InvalidRequest, "bad request"),
    HTTPStatus.UNAUTHORIZED: _MiniMaxCode(AccountProblem, "not authorized", CHECK_KEY),
    HTTPStatus.PAYMENT_REQUIRED: _MiniMaxCode(
        AccountProblem, "balance is used up", "Add balance to the MiniMax account."
    ),
    HTTPStatus.FORBIDDEN: _MiniMaxCode(AccountProblem, "forbidden", CHECK_KEY),
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: _MiniMaxCode(
        InvalidRequest, "too large", "Use smaller pictures or recordings."
    ),
    HTTPStatus.UNPROCESSABLE_ENTITY: _MiniMaxCode(InvalidRequest, "not processable"),
    HTTPStatus.TOO_MANY_REQUESTS: _MiniMaxCode(RateLimited, "too many requests per minute"),
}


def error_for(told: Told, *, paid: bool) -> ProviderError:
    """The error that a non-zero code means; an unknown code is final for paid calls and passing for reads."""
    row = CODES.get(told.code) or _MiniMaxCode(UnexpectedReply if paid else Unreachable, "unknown code")
    return _raised(row, told, str(told.code), paid=paid)


def error_for_status(status: int, told: Told, *, paid: bool) -> ProviderError:
    """The error that an HTTP status means where no known code came with it; a vendor's breakdown proves nothing."""
    if status in STATUSES:
        row = STATUSES[status]
    elif status >= HTTPStatus.INTERNAL_SERVER_ERROR or status == HTTPStatus.REQUEST_TIMEOUT:
        row = _MiniMaxCode(OutcomeUnknown, "breakdown at the vendor")
    else:
        row = _MiniMaxCode(UnexpectedReply, "unexpected status")
    return _raised(row, told, f"http {status}", paid=paid)


def error_for_wire(fault: OutboundFailed, *, paid: bool) -> ProviderError:
    """The error that a broken connection means: unknown for a paid call of which a byte may have left."""
    kind = OutcomeUnknown if paid and fault.maybe_sent else Unreachable
    return kind(provider=NAME, provider_code=fault.reason)


def _raised(row: _MiniMaxCode, told: Told, code: str, *, paid: bool) -> ProviderError:
    kind = Unreachable if row.error is OutcomeUnknown and not paid else row.error
    waits = told.retry_after_seconds or RATE_PAUSE_SECONDS if kind is RateLimited else None
    return kind(provider=NAME, provider_code=code, trace_id=told.trace_id, hint=row.hint, retry_after_seconds=waits)
