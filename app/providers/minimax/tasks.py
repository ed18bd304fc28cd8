"""What both of MiniMax's video interfaces are asked, and how their status words are read."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from app.core.http import OutboundRequest
from app.providers.errors import (
    AccountProblem,
    ContentBlocked,
    InvalidRequest,
    ProviderError,
    TaskLost,
    UnexpectedReply,
)
from app.providers.minimax.account import NAME
from app.providers.minimax.errors import CODES, Told, error_for
from app.providers.values import AttemptKey
from app.providers.video import VideoRequest

__all__ = [
    "CREATE_LIMITS",
    "Ended",
    "Ready",
    "TaskWire",
    "Unfinished",
    "by_vendor_clock",
    "failure",
    "is_failure",
    "is_success",
    "verdict",
]

CREATE_LIMITS = OutboundRequest("POST", "", total_seconds=40.0, read_seconds=40.0)
SUCCESS_WORDS = frozenset({"success", "succeeded", "finished"})
FAILURE_WORDS = frozenset({"fail", "failed", "cancelled", "canceled", "expired"})
WITHOUT_REASON = "The engine gave up on this clip without saying why. Start it again, or change the prompt."


@dataclass(frozen=True)
class Unfinished:
    """Still being made, or nothing certain could be learned."""

    word: str


@dataclass(frozen=True)
class Ready:
    """Made."""

    file_id: str
    width_px: int = 0
    height_px: int = 0
    has_file: bool = True


@dataclass(frozen=True)
class Ended:
    """Ended without a clip."""

    error: ProviderError


class TaskWire(Protocol):
    """One interface of the vendor."""

    async def create(self, request: VideoRequest, key: AttemptKey) -> str:
        """The task id of accepted, paid work."""

    async def look(self, task_id: str) -> Unfinished | Ready | Ended:
        """Where the work stands."""

    async def link(self, task_id: str, file_id: str) -> str:
        """A fresh link to the made file."""

    async def orphans(self, request: VideoRequest, since: datetime, known: Collection[str]) -> list[str] | None:
        """Tasks that may be a lost one; None when there is no complete list."""

    async def take_back(self, task_id: str) -> None:
        """Cancels work that has not begun, where that is possible."""


def by_vendor_clock(since: datetime, ours: datetime, theirs: datetime | None) -> datetime:
    """The moment from which the vendor's own times count, when our clock is ahead of the vendor's.

    A lost order that seems to be too old would pass for one that never arrived, and would be paid again.
    """
    behind = timedelta() if theirs is None else theirs - ours
    return since + min(behind, timedelta())


def is_success(word: str) -> bool:
    """Whether a status word, in any of its spellings, means made."""
    return word.strip().casefold() in SUCCESS_WORDS


def is_failure(word: str) -> bool:
    """Whether a status word, in any of its spellings, means ended without a clip; unknown words do not."""
    return word.strip().casefold() in FAILURE_WORDS


def verdict(error: ProviderError, word: str = "") -> Unfinished | Ended:
    """What an error beside a question about work means for the work; passing trouble ends nothing."""
    match error:
        case AccountProblem():
            raise error
        case ContentBlocked() | TaskLost():
            return Ended(error)
        case InvalidRequest():
            return Ended(TaskLost(provider=NAME, provider_code=error.provider_code, trace_id=error.trace_id))
        case _:
            return Unfinished(word or f"not answered: {error.provider_code}")


def failure(told: Told, word: str) -> Ended:
    """Why a clip was not made, as far as the vendor says."""
    error = error_for(told, paid=True) if told.code in CODES else None
    if isinstance(error, ContentBlocked | InvalidRequest | AccountProblem):
        return Ended(error)
    if word.strip().casefold() == "expired":
        return Ended(TaskLost(provider=NAME, provider_code="expired", trace_id=told.trace_id))
    code = str(told.code) if told.code else None
    return Ended(UnexpectedReply(WITHOUT_REASON, provider=NAME, provider_code=code, trace_id=told.trace_id))
