"""Job and attempt states, and the legal moves between them, as data."""

from collections.abc import Mapping
from enum import StrEnum

__all__ = [
    "ACTIVE",
    "ATTEMPT_MOVES",
    "FINAL",
    "OPEN_ATTEMPTS",
    "UNEXPLAINED",
    "WAITING",
    "AttemptState",
    "JobStatus",
    "Phase",
    "attempt_sources",
    "phase_of",
    "sources",
    "statuses_in",
    "targets",
]


class JobStatus(StrEnum):
    """Where a job stands."""

    PENDING = "pending"
    VALIDATING = "validating"
    QUEUED = "queued"
    PROCESSING = "processing"
    GENERATING_IMAGES = "generating_images"
    GENERATING_VIDEO = "generating_video"
    GENERATING_AUDIO = "generating_audio"
    COMPOSING = "composing"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"


class Phase(StrEnum):
    """The small closed set that clients branch on."""

    QUEUED = "queued"
    RUNNING = "running"
    AWAITING_INPUT = "awaiting_input"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"


class AttemptState(StrEnum):
    """Where one call that costs money stands."""

    INTENT = "intent"
    SENDING = "sending"
    BOUND = "bound"
    REFUSED = "refused"
    UNKNOWN = "unknown"
    NOT_RECEIVED = "not_received"
    PARKED = "parked"


FORWARD = tuple(JobStatus)[:9]
FINAL = frozenset({JobStatus.COMPLETED, JobStatus.FAILED, JobStatus.CANCELLED})
ACTIVE = frozenset(JobStatus) - FINAL
WAITING = frozenset({JobStatus.PENDING, JobStatus.VALIDATING, JobStatus.QUEUED})
ENDED_PHASES = {
    JobStatus.COMPLETED: Phase.SUCCEEDED,
    JobStatus.FAILED: Phase.FAILED,
    JobStatus.CANCELLED: Phase.CANCELLED,
}

ATTEMPT_MOVES: Mapping[AttemptState, frozenset[AttemptState]] = {
    AttemptState.INTENT: frozenset({AttemptState.SENDING, AttemptState.REFUSED, AttemptState.NOT_RECEIVED}),
    AttemptState.SENDING: frozenset(
        {
            AttemptState.INTENT,
            AttemptState.BOUND,
            AttemptState.REFUSED,
            AttemptState.UNKNOWN,
            AttemptState.NOT_RECEIVED,
        }
    ),
    AttemptState.UNKNOWN: frozenset({AttemptState.BOUND, AttemptState.NOT_RECEIVED, AttemptState.PARKED}),
    AttemptState.PARKED: frozenset({AttemptState.BOUND, AttemptState.NOT_RECEIVED}),
    AttemptState.BOUND: frozenset(),
    AttemptState.REFUSED: frozenset(),
    # Who was taken for not having it may say so after all, and charges for it.
    AttemptState.NOT_RECEIVED: frozenset({AttemptState.BOUND}),
}
OPEN_ATTEMPTS = frozenset({AttemptState.INTENT, AttemptState.SENDING, AttemptState.UNKNOWN, AttemptState.PARKED})

# A vendor may hold something of these that nobody here knows of yet.
UNEXPLAINED = frozenset({AttemptState.SENDING, AttemptState.UNKNOWN, AttemptState.PARKED})


def targets(status: JobStatus) -> tuple[JobStatus, ...]:
    """The statuses a job may move to: any later step, failed or cancelled, as long as it has not ended."""
    if status in FINAL:
        return ()
    return (*FORWARD[FORWARD.index(status) + 1 :], JobStatus.FAILED, JobStatus.CANCELLED)


def sources(to: JobStatus) -> frozenset[JobStatus]:
    """The statuses from which a job may become `to`."""
    return frozenset(status for status in JobStatus if to in targets(status))


def attempt_sources(to: AttemptState) -> frozenset[AttemptState]:
    """The states from which an attempt may become `to`."""
    return frozenset(state for state, news in ATTEMPT_MOVES.items() if to in news)


def phase_of(status: JobStatus, *, awaits_owner: bool) -> Phase:
    """What clients are told; a job that waits for its owner keeps its status."""
    if status in ENDED_PHASES:
        return ENDED_PHASES[status]
    if awaits_owner:
        return Phase.AWAITING_INPUT
    return Phase.QUEUED if status in WAITING else Phase.RUNNING


def statuses_in(phase: Phase) -> frozenset[JobStatus]:
    """The statuses a phase may show; awaiting input is a question, not a status."""
    if phase is Phase.AWAITING_INPUT:
        return ACTIVE
    return frozenset(status for status in JobStatus if phase_of(status, awaits_owner=False) is phase)
