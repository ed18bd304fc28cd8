"""Frozen views of webhooks and their deliveries."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from pydantic import JsonValue


class WebhookEvent(StrEnum):
    """What a webhook can be told of."""

    QUEUED = "job.queued"
    STARTED = "job.started"
    STAGE = "job.stage"
    AWAITING_INPUT = "job.awaiting_input"
    SUCCEEDED = "job.succeeded"
    FAILED = "job.failed"
    CANCELLED = "job.cancelled"


# Faults of a message that was not sent, which say nothing about the receiver.
NEVER_CALLED = frozenset({"address_refused", "secret.unreadable"})


class DeliveryState(StrEnum):
    """Where a delivery stands."""

    WAITING = "waiting"
    DELIVERED = "delivered"
    GIVEN_UP = "given_up"


class Circuit(StrEnum):
    """Whether messages go out to a webhook: always, not for now because nobody answered, or one to try it."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half_open"

    @classmethod
    def at(cls, now: datetime, paused_until: datetime | None) -> "Circuit":
        """The state now of a webhook that was paused until then, or was not."""
        if paused_until is None:
            return cls.CLOSED
        return cls.OPEN if now < paused_until else cls.HALF_OPEN


@dataclass(frozen=True)
class EndpointView:
    """A webhook without its secret."""

    id: str
    url: str
    events: tuple[str, ...]
    description: str
    enabled: bool
    disabled_reason: str | None
    circuit: Circuit
    paused_until: datetime | None
    secret_hint: str
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True)
class DeliveryView:
    """One message to one webhook."""

    id: str
    event: str
    body: dict[str, JsonValue]
    state: DeliveryState
    tries: int
    last_status: int | None
    last_fault: str | None
    due_at: datetime | None
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True)
class DueDelivery:
    """What the delivery loop needs to send one message."""

    id: str
    endpoint_id: str
    owner_id: str
    url: str
    message_id: str
    body: dict[str, JsonValue]
    tries: int
    secrets: tuple[str, ...] = field(repr=False)


@dataclass(frozen=True)
class DueEndpoint:
    """A webhook for which messages are due."""

    id: str
    owner_id: str
    paused_until: datetime | None


@dataclass(frozen=True)
class Posted:
    """What came back from a webhook: a status, or why there is none."""

    status: int | None
    fault: str | None = None
    retry_after_seconds: int | None = None

    @property
    def is_unanswered(self) -> bool:
        """Whether an attempt to send ended without any answer, as with receivers that hang."""
        return self.status is None and self.fault not in NEVER_CALLED

    @property
    def accepted(self) -> bool:
        """Whether the receiver has it."""
        return self.status is not None and self.status // 100 == 2


@dataclass(frozen=True)
class EndpointWish:
    """What a webhook shall be; None leaves a part as it is."""

    url: str | None = None
    events: tuple[str, ...] | None = None
    description: str | None = None
    enabled: bool | None = None
