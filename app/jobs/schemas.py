"""Wire shapes of jobs."""

from collections.abc import Sequence
from typing import Annotated, Self

from pydantic import Field, JsonValue

from app.core.schema import Body, Reply, Utc
from app.jobs.domain import AttemptView, EventView, JobHistory, JobRequest, JobStatus, JobView, Phase, Priority

MICRO = 1_000_000
API = "/api/v1/jobs"
Text = Annotated[str, Field(min_length=1, max_length=64)]


class JobStart(Body):
    """A job to start."""

    kind: Text = Field(examples=["library.sweep"])
    project_id: str | None = Field(None, max_length=36)
    segment_id: str | None = Field(None, max_length=36)
    params: dict[str, JsonValue] = Field(default_factory=dict, max_length=50)
    priority: Priority = Priority.NORMAL
    start_timeout_s: int | None = Field(None, ge=1, le=86_400, description="Seconds in which a worker must begin")

    def as_request(self) -> JobRequest:
        """The wish in the words of the service."""
        return JobRequest(
            kind=self.kind,
            params=self.params,
            project_id=self.project_id,
            segment_id=self.segment_id,
            priority=self.priority,
            start_timeout_seconds=self.start_timeout_s,
        )


class StatusMove(Body):
    """A move by hand."""

    status: JobStatus
    info: str | None = Field(None, max_length=2000)


class AnswerBody(Body):
    """The owner's word."""

    choice: Text


class CostRead(Reply):
    """Money in whole currency units."""

    estimated: float
    actual: float
    currency: str = "USD"


class StepRead(Reply):
    """Which of how many steps."""

    index: int
    total: int
    label: str


class FailureRead(Reply):
    """Why it failed."""

    code: str
    message: str
    retryable: bool
    provider: str | None
    provider_code: str | None
    hint: str | None


class QuestionRead(Reply):
    """What the job asks its owner."""

    topic: str
    text: str
    choices: tuple[str, ...]
    attempt_id: str | None


class JobUrls(Reply):
    """Where to go on; no client builds an address."""

    self: str
    events: str
    cancel: str
    manifest: str
    result: str | None


class JobRead(Reply):
    """A job."""

    id: str
    kind: str
    project_id: str | None
    segment_id: str | None
    parent_id: str | None
    status: JobStatus
    phase: Phase
    stage: str
    stage_label: str
    progress: int
    step: StepRead | None
    queue_position: int | None
    eta_seconds: int | None
    cost: CostRead
    question: QuestionRead | None
    result: dict[str, JsonValue] | None
    error: FailureRead | None
    urls: JobUrls
    retry_of: str | None
    priority: Priority
    created_at: Utc
    updated_at: Utc
    started_at: Utc | None
    finished_at: Utc | None

    @classmethod
    def of(cls, job: JobView) -> Self:
        """The wire form of a view."""
        failure, question, step = job.failure, job.question, job.step
        return cls(
            **{name: getattr(job, name) for name in cls.model_fields if hasattr(job, name) and name not in _MADE},
            phase=job.phase,
            stage_label=job.stage.replace("_", " ").replace(".", " ").capitalize(),
            step=None if step is None else StepRead.model_validate(step),
            cost=CostRead(estimated=job.estimated_micro_usd / MICRO, actual=job.actual_micro_usd / MICRO),
            question=None if question is None else QuestionRead.model_validate(question),
            error=None if failure is None else FailureRead.model_validate(failure),
            urls=_urls(job),
        )


_MADE = frozenset({"phase", "step", "question"})


class JobList(Reply):
    """One page of jobs."""

    jobs: list[JobRead]
    total: int


class TransitionsRead(Reply):
    """Where a job may go."""

    current: JobStatus
    valid_transitions: list[JobStatus]


class EventRead(Reply):
    """One line of the log."""

    id: int
    job_id: str
    event: str
    facts: dict[str, JsonValue]
    created_at: Utc

    @classmethod
    def of(cls, event: EventView) -> Self:
        """The wire form of a view."""
        return cls(
            id=event.id, job_id=event.job_id, event=event.name, facts=dict(event.facts), created_at=event.created_at
        )


class LogRead(Reply):
    """All that a job said."""

    job_id: str
    events: list[EventRead]


class StageRead(Reply):
    """A stage with its timing."""

    stage: str
    started_at: Utc
    ended_at: Utc | None
    duration_seconds: float | None
    success: bool | None


class AttemptRead(Reply):
    """A call that costs money."""

    id: str
    operation: str
    number: int
    provider: str
    state: str
    remote_id: str | None
    cost: CostRead
    error: FailureRead | None
    created_at: Utc
    sent_at: Utc | None
    ended_at: Utc | None

    @classmethod
    def of(cls, attempt: AttemptView) -> Self:
        """The wire form of a view."""
        return cls(
            id=attempt.id,
            operation=attempt.operation,
            number=attempt.number,
            provider=attempt.provider,
            state=attempt.state.value,
            remote_id=attempt.remote_id,
            cost=CostRead(
                estimated=attempt.estimated_micro_usd / MICRO, actual=(attempt.actual_micro_usd or 0) / MICRO
            ),
            error=None if attempt.failure is None else FailureRead.model_validate(attempt.failure),
            created_at=attempt.created_at,
            sent_at=attempt.sent_at,
            ended_at=attempt.ended_at,
        )


class ManifestRead(Reply):
    """The whole story of a job."""

    job: JobRead
    stages: list[StageRead]
    artifacts: dict[str, JsonValue]
    attempts: list[AttemptRead]
    children: list[JobRead]
    complete: bool

    @classmethod
    def of(cls, manifest: JobHistory) -> Self:
        """The wire form of a manifest."""
        return cls(
            job=JobRead.of(manifest.job),
            stages=_stages(manifest),
            artifacts=manifest.job.result or {},
            attempts=[AttemptRead.of(attempt) for attempt in manifest.attempts],
            children=[JobRead.of(child) for child in manifest.children],
            complete=manifest.job.phase is Phase.SUCCEEDED,
        )


def _stages(manifest: JobHistory) -> list[StageRead]:
    return [
        StageRead(
            stage=stage.name,
            started_at=stage.started_at,
            ended_at=stage.ended_at,
            duration_seconds=None if stage.ended_at is None else (stage.ended_at - stage.started_at).total_seconds(),
            success=stage.success,
        )
        for stage in manifest.stages
    ]


def _urls(job: JobView) -> JobUrls:
    own = f"{API}/{job.id}"
    return JobUrls(
        self=own,
        events=f"{own}/events",
        cancel=f"{own}/cancel",
        manifest=f"{own}/manifest",
        result=f"{own}/download-url" if job.phase is Phase.SUCCEEDED else None,
    )


def job_list(jobs: Sequence[JobView], total: int) -> JobList:
    """One page in wire form."""
    return JobList(jobs=[JobRead.of(job) for job in jobs], total=total)
