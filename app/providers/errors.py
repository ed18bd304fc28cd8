"""The eight provider failures, each naming what the caller must do; and engines that are not here."""

from enum import StrEnum
from typing import ClassVar

from app.core.errors import AppError, ErrorKind, NotFound, Unavailable


class AttemptDisposition(StrEnum):
    """What the caller must do with the attempt."""

    FAIL = "fail"
    WAIT = "wait"
    RESEND = "resend"
    RECONCILE = "reconcile"
    STOP = "stop"


class ProviderError(Unavailable):
    """A vendor did not do what it was asked; the vendor's own words go to the log, never to the client.

    `provider_code` is the vendor's number or word for it, `trace_id` what its support asks for.
    """

    disposition: ClassVar[AttemptDisposition]

    def __init__(
        self,
        message: str | None = None,
        *,
        provider: str,
        provider_code: str | None = None,
        trace_id: str | None = None,
        hint: str | None = None,
        retry_after_seconds: int | None = None,
    ) -> None:
        super().__init__(message, hint=hint, retry_after_seconds=retry_after_seconds)
        self.provider = provider
        self.provider_code = provider_code
        self.trace_id = trace_id


class InvalidRequest(ProviderError):
    """The vendor will never take this request; the hint says what to change."""

    kind = ErrorKind.UNUSABLE
    disposition = AttemptDisposition.FAIL
    code = "provider.invalid_request"
    message = "The engine cannot make this as it was asked. Change the request and try again."


class ContentBlocked(ProviderError):
    """The vendor's own rules refuse this content."""

    kind = ErrorKind.UNUSABLE
    disposition = AttemptDisposition.FAIL
    code = "provider.content_blocked"
    message = "The engine refused this content. Reword the text or change the picture, then try again."


class RateLimited(ProviderError):
    """Surely not accepted, because there is no room right now: the same attempt may be sent again after the wait."""

    disposition = AttemptDisposition.WAIT
    code = "provider.rate_limited"
    message = "The engine is busy. The work waits and goes on by itself."


class Unreachable(ProviderError):
    """Surely not accepted, because the vendor could not be asked or says that it did nothing."""

    disposition = AttemptDisposition.RESEND
    code = "provider.unreachable"
    message = "The engine cannot be reached right now. Try again shortly."


class OutcomeUnknown(ProviderError):
    """Maybe accepted and charged: must never be sent again before somebody finds out."""

    disposition = AttemptDisposition.RECONCILE
    code = "provider.outcome_unknown"
    message = "The connection broke while the engine was asked, so it is not known yet whether it accepted the work."


class TaskLost(ProviderError):
    """The vendor does not know the work (any more), or its result is gone."""

    disposition = AttemptDisposition.FAIL
    code = "provider.task_lost"
    message = "The engine no longer has this work or its result. Start it again."


class AccountProblem(ProviderError):
    """Key, balance, plan or rights: nothing works on this account until its owner acts."""

    disposition = AttemptDisposition.STOP
    code = "provider.account_problem"
    message = "The engine's account needs attention: check its key, balance and plan, then try again."


class UnexpectedReply(ProviderError):
    """The answer makes no sense to this version of the service."""

    disposition = AttemptDisposition.FAIL
    code = "provider.unexpected_reply"
    message = "The engine answered in a way that is not understood. Try again; tell the operator if it stays."


class EngineUnknown(AppError):
    """Nobody here has this name for this role."""

    kind = ErrorKind.UNUSABLE
    code = "provider.unknown"
    message = "There is no engine of this name for this work. Choose one that is offered."
    advice = "GET /api/v1/providers lists them."


class EngineAbsent(AppError):
    """The engine exists, but it is not set up here."""

    kind = ErrorKind.UNUSABLE
    code = "provider.absent"
    message = "This engine is not set up on this service. Choose another one or ask the operator for its key."


class EngineNotFound(NotFound):
    """No vendor of this name is known."""

    code = "provider.not_found"
    message = "There is no engine of this name. Choose one that is offered."
    advice = "GET /api/v1/providers lists them."
