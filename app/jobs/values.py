"""Frozen views of jobs and attempts that other slices and the wire see."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from pydantic import JsonValue

from app.jobs.states import FINAL, WAITING, AttemptState, JobStatus, Phase, phase_of

__all__ = [
    "AttemptView",
    "EventView",
    "JobFailure",
    "JobFilter",
    "JobView",
    "Lane",
    "Manifest",
    "OpenAttempt",
    "Priority",
    "Question",
    "QueueGroup",
    "StageTiming",
    "Step",
    "Wish",
]

JsonObject = dict[str, JsonValue]


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
class QueueGroup:
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
class Manifest:
    """All that happened to a job."""

    job: JobView
    stages: Sequence[StageTiming]
    attempts: Sequence[AttemptView]
    children: Sequence[JobView]


@dataclass(frozen=True)
class Wish:
    """A job that a request asks for by kind."""

    kind: str
    params: Mapping[str, JsonValue]
    project_id: str | None = None
    segment_id: str | None = None
    priority: Priority = Priority.NORMAL
    start_timeout_seconds: int | None = None
