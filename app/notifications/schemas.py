"""Wire shapes of webhooks, deliveries, tickets and events."""

from collections.abc import Mapping
from typing import Annotated, Literal, Self

from pydantic import Field, JsonValue, StrictBool, StringConstraints

from app.core.schema import Body, Reply, Utc
from app.jobs.schemas import FailureRead
from app.notifications.domain import Circuit, DeliveryState, DeliveryView, EndpointView, EndpointWish, WebhookEvent

Url = Annotated[str, StringConstraints(min_length=9, max_length=2000, pattern=r"^https?://[^\s\x00-\x1f]+$")]
Events = Annotated[list[WebhookEvent], Field(min_length=1, max_length=20)]
Description = Annotated[str, StringConstraints(max_length=200)]


class WebhookBody(Body):
    """A webhook to create."""

    url: Url = Field(examples=["https://example.com/hooks/films"])
    events: Events | None = Field(None, description="Events to hear of; all by default", examples=[["job.succeeded"]])
    description: Description = ""

    def as_wish(self) -> EndpointWish:
        """The wish in the words of the service."""
        events = None if self.events is None else tuple(self.events)
        return EndpointWish(url=self.url, events=events, description=self.description)


class WebhookPatch(Body):
    """What to change of a webhook."""

    url: Url | None = None
    events: Events | None = None
    description: Description | None = None
    enabled: StrictBool | None = None

    def as_wish(self) -> EndpointWish:
        """The wish in the words of the service."""
        events = None if self.events is None else tuple(self.events)
        return EndpointWish(url=self.url, events=events, description=self.description, enabled=self.enabled)


class WebhookRead(Reply):
    """A webhook; its secret is shown only when it is made."""

    id: str
    url: str
    events: tuple[str, ...]
    description: str
    enabled: bool
    disabled_reason: str | None
    circuit: Circuit = Field(
        description="closed: messages are sent; open: nobody answered several times, so all wait until `paused_until`; "
        "half_open: one message is sent to try"
    )
    paused_until: Utc | None
    secret_hint: str
    created_at: Utc
    updated_at: Utc

    @classmethod
    def of(cls, view: EndpointView) -> Self:
        """The wire form of a view."""
        return cls.model_validate(view)


class WebhookSecretRead(WebhookRead):
    """A webhook with its fresh secret."""

    secret: str

    @classmethod
    def with_secret(cls, view: EndpointView, secret: str) -> Self:
        """The wire form of a view, this once with the secret."""
        return cls(**WebhookRead.of(view).model_dump(), secret=secret)


class WebhookList(Reply):
    """One page of webhooks."""

    webhooks: list[WebhookRead]
    total: int


class DeliveryRead(Reply):
    """One message to a webhook."""

    id: str
    event: str
    body: dict[str, JsonValue]
    state: DeliveryState
    tries: int
    last_status: int | None
    last_fault: str | None
    due_at: Utc | None
    created_at: Utc
    updated_at: Utc

    @classmethod
    def of(cls, view: DeliveryView) -> Self:
        """The wire form of a view."""
        return cls.model_validate(view)


class DeliveryList(Reply):
    """One page of messages."""

    deliveries: list[DeliveryRead]
    total: int


class TicketRead(Reply):
    """A proof of identity for event streams, good for any number of them until it expires."""

    ticket: str
    expires_in: int


class EventData(Reply):
    """What the data of every event holds."""

    job_id: str
    created_at: Utc


class JobQueuedEvent(EventData):
    """A job was accepted."""

    event: Literal["job.queued"]
    kind: str


class JobStartedEvent(EventData):
    """A worker began the job."""

    event: Literal["job.started"]
    kind: str


class JobStageEvent(EventData):
    """The job came to a stage, waits for something that is away, or goes on after it."""

    event: Literal["job.stage"]
    stage: str
    progress: int
    step_index: int | None = None
    step_total: int | None = None
    step_label: str | None = None
    waited_for: str | None = None
    waited_seconds: int | None = None


class JobPartRefusedEvent(EventData):
    """A part of the work could not be started; `positions` are those of key frames."""

    event: Literal["job.part_refused"]
    part: str
    segment_id: str | None
    positions: list[int]
    error: FailureRead


class JobProgressEvent(EventData):
    """The job came further; a percentage is never followed by a smaller one."""

    event: Literal["job.progress"]
    progress: int


class JobAwaitingInputEvent(EventData):
    """The job asks its owner; answer at POST /api/v1/jobs/{job_id}/answer."""

    event: Literal["job.awaiting_input"]
    topic: str
    text: str
    choices: list[str]
    attempt_id: str | None = None


class JobAnsweredEvent(EventData):
    """The owner answered."""

    event: Literal["job.answered"]
    topic: str
    choice: str


class JobAnswerTakenUpEvent(EventData):
    """The job goes on with the answer."""

    event: Literal["job.answer_taken_up"]
    topic: str


class JobCancellingEvent(EventData):
    """The job was asked to stop and does so at the next step."""

    event: Literal["job.cancelling"]


class JobSucceededEvent(EventData):
    """The job is done. Nothing follows."""

    event: Literal["job.succeeded"]
    status: Literal["completed"]


class JobFailedEvent(EventData):
    """The job failed. Nothing follows."""

    event: Literal["job.failed"]
    status: Literal["failed"]
    error: FailureRead | None = None


class JobCancelledEvent(EventData):
    """The job was cancelled. Nothing follows."""

    event: Literal["job.cancelled"]
    status: Literal["cancelled"]
    error: FailureRead | None = None


# The data of each event by the event's name, in the order in which a job meets them.
EVENT_DATA: Mapping[str, type[EventData]] = {
    "job.queued": JobQueuedEvent,
    "job.started": JobStartedEvent,
    "job.stage": JobStageEvent,
    "job.progress": JobProgressEvent,
    "job.part_refused": JobPartRefusedEvent,
    "job.awaiting_input": JobAwaitingInputEvent,
    "job.answered": JobAnsweredEvent,
    "job.answer_taken_up": JobAnswerTakenUpEvent,
    "job.cancelling": JobCancellingEvent,
    "job.succeeded": JobSucceededEvent,
    "job.failed": JobFailedEvent,
    "job.cancelled": JobCancelledEvent,
}


class MailAsked(Reply):
    """The same answer to everybody."""

    message: str = "If this address is known here, a mail with a code is on its way."
