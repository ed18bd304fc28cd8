"""AppError and the closed set of kinds that the edge translates into statuses."""

from collections.abc import Mapping
from enum import StrEnum
from typing import ClassVar

from pydantic import JsonValue


class ErrorKind(StrEnum):
    """What sort of refusal an error is; only `app.api.problems` knows its HTTP status."""

    NOT_FOUND = "not_found"
    CONFLICT = "conflict"
    OUTDATED = "outdated"
    REFUSED = "refused"
    UNUSABLE = "unusable"
    UNFIT = "unfit"
    NOT_SIGNED_IN = "not_signed_in"
    FORBIDDEN = "forbidden"
    TOO_LARGE = "too_large"
    UNPAID = "unpaid"
    EXHAUSTED = "exhausted"
    UNAVAILABLE = "unavailable"
    LATE = "late"
    STORAGE_FULL = "storage_full"
    NOT_OFFERED_HERE = "not_offered_here"


class AppError(Exception):
    """A refusal with a stable code, a cause in human words and what to do next.

    Subclasses set `code` and `message`, and `advice` where there is some; a raiser may sharpen the message and add
    facts that the client sees.
    """

    kind: ClassVar[ErrorKind]
    code: ClassVar[str]
    message: ClassVar[str]
    # Where a program goes on; a sentence for people names no address of this API, because not every page knows them.
    advice: ClassVar[str | None] = None

    def __init__(
        self,
        message: str | None = None,
        *,
        param: str | None = None,
        hint: str | None = None,
        retry_after_seconds: int | None = None,
        facts: Mapping[str, JsonValue] | None = None,
    ) -> None:
        self.text = message or self.message
        self.param = param
        self.hint = hint or self.advice
        self.retry_after_seconds = retry_after_seconds
        self.facts: Mapping[str, JsonValue] = facts or {}
        super().__init__(self.text)


class NotFound(AppError):
    """The object does not exist for this caller."""

    kind = ErrorKind.NOT_FOUND


class Conflict(AppError):
    """The object's present state forbids the act."""

    kind = ErrorKind.CONFLICT


class Outdated(AppError):
    """The row changed since the caller read it."""

    kind = ErrorKind.OUTDATED
    code = "request.outdated"
    message = "This object was changed since you read it. Read it again and repeat your change."


class Refused(AppError):
    """A rule says no and will say no again."""

    kind = ErrorKind.REFUSED


class Unusable(AppError):
    """What was sent is the problem."""

    kind = ErrorKind.UNUSABLE


class Unfit(AppError):
    """What was sent is the problem, on a path whose contract says 400."""

    kind = ErrorKind.UNFIT


class NotSignedIn(AppError):
    """No valid proof of identity came with the request."""

    kind = ErrorKind.NOT_SIGNED_IN
    code = "auth.not_signed_in"
    message = "Sign in first: send a valid access token or API key as Bearer."


class Forbidden(AppError):
    """The caller is known but lacks the role or scope."""

    kind = ErrorKind.FORBIDDEN
    code = "auth.forbidden"
    message = "Your account or API key may not do this. Use one with the needed role or scope."


class TooLarge(AppError):
    """More bytes than allowed."""

    kind = ErrorKind.TOO_LARGE
    code = "request.too_large"
    message = "The request body is larger than this path accepts. Send less."


class Unpaid(AppError):
    """The budget does not allow it."""

    kind = ErrorKind.UNPAID


class Exhausted(AppError):
    """Too many requests for now."""

    kind = ErrorKind.EXHAUSTED
    code = "request.rate_limited"
    message = "Too many requests. Wait as long as Retry-After says, then repeat."


class Unavailable(AppError):
    """Something the request needs does not answer now."""

    kind = ErrorKind.UNAVAILABLE
    code = "service.unavailable"
    message = "The service cannot do this right now. Nothing was changed; try again shortly."


class NotNow(Unavailable):
    """Something beside this process is away and comes back: it never decides a job, which looks again later.

    Subclasses say in `awaited` what is waited for.
    """

    awaited: ClassVar[str]


class Late(AppError):
    """The answer was held as long as allowed and the work is still going on."""

    kind = ErrorKind.LATE


class NotOfferedHere(AppError):
    """Part of a front end's contract that this installation does not offer."""

    kind = ErrorKind.NOT_OFFERED_HERE


class StorageFull(NotNow):
    """The disk has no room for more media."""

    kind = ErrorKind.STORAGE_FULL
    awaited = "room on the disk"
    code = "storage.full"
    message = "The storage has no room left. Nothing was stored; free space or ask the operator."
