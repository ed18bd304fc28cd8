"""Jobs and paid calls as values: states, legal moves, views, failures and what a caller prefers."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from pydantic import JsonValue

from app.core.errors import AppError, ErrorKind
from app.providers.errors import AttemptDisposition, ProviderError

JsonObject = dict[str, JsonValue]
LONGEST_WAIT_SECONDS = 60
WAIT = re.compile(r"^wait(?:\s*=\s*\"?(\d{1,6})\"?)?$")
PASSING = frozenset({ErrorKind.UNAVAILABLE, ErrorKind.EXHAUSTED, ErrorKind.STORAGE_FULL, ErrorKind.UNPAID})
WORTH_RETRYING = frozenset({AttemptDisposition.RESEND, AttemptDisposition.WAIT, AttemptDisposition.STOP})


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


class Lane(StrEnum):
    """Which queue of the engine a kind of job waits in."""

    REMOTE = "remote"
    RENDER = "render"
    LIGHT = "light"


class Priority(StrEnum):
    """Who goes first among waiting jobs."""

    NORMAL = "normal"
    LOW = "low"


@dataclass(frozen=True)
class JobFailure:
    """Why a job failed, in the shape the API shows."""

    code: str
    message: str
    retryable: bool = False
    provider: str | None = None
    provider_code: str | None = None
    hint: str | None = None

    def as_json(self) -> JsonObject:
        """Plain JSON, every key present."""
        return {
            "code": self.code,
            "message": self.message,
            "retryable": self.retryable,
            "provider": self.provider,
            "provider_code": self.provider_code,
            "hint": self.hint,
        }


@dataclass(frozen=True)
class Question:
    """What a job waits for its owner to say."""

    topic: str
    text: str
    choices: tuple[str, ...]
    attempt_id: str | None = None

    def as_json(self) -> JsonObject:
        """Plain JSON, every key present."""
        return {
            "topic": self.topic,
            "text": self.text,
            "choices": list(self.choices),
            "attempt_id": self.attempt_id,
        }


@dataclass(frozen=True)
class Step:
    """Which of how many steps a job is at."""

    index: int
    total: int
    label: str


@dataclass(frozen=True)
class JobView:
    """A job as everybody outside this slice sees it."""

    id: str
    owner_id: str
    kind: str
    project_id: str | None
    segment_id: str | None
    parent_id: str | None
    retry_of: str | None
    status: JobStatus
    stage: str
    progress: int
    step: Step | None
    priority: Priority
    params: JsonObject
    question: Question | None
    result: JsonObject | None
    failure: JobFailure | None
    estimated_micro_usd: int
    actual_micro_usd: int
    cancel_requested: bool
    created_at: datetime
    updated_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    deadline_at: datetime | None
    key_id: str | None = None
    restored_from: datetime | None = None
    queue_position: int | None = None
    eta_seconds: int | None = None

    @property
    def phase(self) -> Phase:
        """What clients branch on."""
        return phase_of(self.status, awaits_owner=self.question is not None)

    @property
    def is_final(self) -> bool:
        """Whether nothing more will happen."""
        return self.status in FINAL

    @property
    def is_waiting(self) -> bool:
        """Whether no worker has begun it."""
        return self.status in WAITING


@dataclass(frozen=True)
class AttemptView:
    """One call that costs money."""

    id: str
    job_id: str
    operation: str
    number: int
    provider: str
    account: str
    state: AttemptState
    nonce: str
    request_hash: str
    exclusive: bool
    estimated_micro_usd: int
    actual_micro_usd: int | None
    remote_id: str | None
    reply: JsonObject | None
    failure: JobFailure | None
    created_at: datetime
    sent_at: datetime | None
    ended_at: datetime | None
    updated_at: datetime
    fence: str | None = None


@dataclass(frozen=True)
class EventView:
    """One line of the append-only log."""

    id: int
    job_id: str
    owner_id: str
    name: str
    facts: Mapping[str, JsonValue]
    created_at: datetime


@dataclass(frozen=True)
class StageTiming:
    """How long a stage of a job took, from its events."""

    name: str
    started_at: datetime
    ended_at: datetime | None
    success: bool | None
    facts: Mapping[str, JsonValue] = field(default_factory=dict)


@dataclass(frozen=True)
class JobFilter:
    """Which jobs a list shows."""

    status: JobStatus | None = None
    phase: Phase | None = None
    kind: str | None = None
    project_id: str | None = None
    owner_id: str | None = None


@dataclass(frozen=True)
class JobGroup:
    """Unfinished jobs of one kind, status and stage."""

    kind: str
    status: JobStatus
    stage: str
    count: int
    oldest_at: datetime


@dataclass(frozen=True)
class OpenAttempt:
    """A paid call whose outcome is open, and what its job asks about it."""

    attempt: AttemptView
    owner_id: str
    question: Question | None


@dataclass(frozen=True)
class JobHistory:
    """All that happened to a job."""

    job: JobView
    stages: Sequence[StageTiming]
    attempts: Sequence[AttemptView]
    children: Sequence[JobView]


@dataclass(frozen=True)
class JobRequest:
    """A job that a request asks for by kind."""

    kind: str
    params: Mapping[str, JsonValue]
    project_id: str | None = None
    segment_id: str | None = None
    priority: Priority = Priority.NORMAL
    start_timeout_seconds: int | None = None


@dataclass(frozen=True)
class Preference:
    """How long the caller wants to be kept waiting; None leaves it to the path."""

    wait_seconds: int | None = None
    applied: str | None = None

    def seconds(self, default: int) -> int:
        """The seconds to wait on a path with this default."""
        return default if self.wait_seconds is None else self.wait_seconds

    def header(self) -> dict[str, str]:
        """What of the preference was applied, for the reply."""
        return {} if self.applied is None else {"Preference-Applied": self.applied}


def read_preference(header: str | None) -> Preference:
    """The preference in a header; what is not understood is ignored, as RFC 7240 wants."""
    for word in (header or "")[:500].split(","):
        name = word.partition(";")[0].strip().lower()
        if name == "respond-async":
            return Preference(0, "respond-async")
        if found := WAIT.match(name):
            seconds = min(int(found[1] or LONGEST_WAIT_SECONDS), LONGEST_WAIT_SECONDS)
            return Preference(seconds, f"wait={seconds}")
    return Preference()


class JobCancelled(Exception):
    """The owner cancelled the job."""


class JobFailed(Exception):
    """The job cannot go on, for a reason that its owner is told."""

    def __init__(self, failure: JobFailure) -> None:
        self.failure = failure
        super().__init__(failure.code)


def failure_of(error: AppError) -> JobFailure:
    """An error in the shape that jobs and attempts show; never the vendor's own text."""
    if isinstance(error, ProviderError):
        return JobFailure(
            code=error.code,
            message=error.text,
            retryable=error.disposition in WORTH_RETRYING,
            provider=error.provider,
            provider_code=error.provider_code,
            hint=error.hint,
        )
    return JobFailure(error.code, error.text, retryable=error.kind in PASSING, hint=error.hint)
