"""Wire shapes of webhooks, deliveries and tickets."""

from typing import Annotated, Self

from pydantic import Field, JsonValue, StrictBool, StringConstraints, field_validator

from app.core.schema import Body, Reply, Utc
from app.notifications.values import EVENTS, Circuit, DeliveryState, DeliveryView, EndpointView, EndpointWish

__all__ = [
    "DeliveryList",
    "DeliveryRead",
    "TicketRead",
    "WebhookBody",
    "WebhookList",
    "WebhookPatch",
    "WebhookRead",
    "WebhookSecretRead",
]

Url = Annotated[str, StringConstraints(min_length=9, max_length=2000, pattern=r"^https?://[^\s\x00-\x1f]+$")]
Events = Annotated[list[str], Field(min_length=1, max_length=20)]
Description = Annotated[str, StringConstraints(max_length=200)]


def _known(events: list[str] | None) -> list[str] | None:
    unknown = sorted(set(events or ()) - set(EVENTS))
    if unknown:
        message = f"unknown events; the known ones are {', '.join(EVENTS)}"
        raise ValueError(message)
    return events


class WebhookBody(Body):
    """A webhook to create."""

    url: Url = Field(examples=["https://example.com/hooks/films"])
    events: Events | None = Field(None, description="Events to hear of; all by default", examples=[["job.succeeded"]])
    description: Description = ""

    check_events = field_validator("events")(_known)

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

    check_events = field_validator("events")(_known)

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
    """A one-use proof for an event stream."""

    ticket: str
    expires_in: int


class MailAsked(Reply):
    """The same answer to everybody."""

    message: str = "If this address is known here, a mail with a code is on its way."
