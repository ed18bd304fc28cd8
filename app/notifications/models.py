"""Tables of webhooks, their deliveries and stream tickets."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.core.tables import Base, Keyed, UtcDateTime, string_enum
from app.notifications.domain import DeliveryState


class WebhookEndpoint(Keyed, Base):
    """An address that wants to hear of an owner's jobs."""

    __tablename__ = "webhook_endpoints"

    owner_id: Mapped[str] = mapped_column(ForeignKey("users.id"))
    url: Mapped[str] = mapped_column(Text)
    description: Mapped[str] = mapped_column(String(200), default="")
    events: Mapped[list[Any]] = mapped_column(JSON)
    enabled: Mapped[bool]
    disabled_reason: Mapped[str | None] = mapped_column(String(64))
    # The newer secret signs; the older one signs too until the receiver has had time to change. Both are sealed.
    secret: Mapped[str] = mapped_column(String(120))
    secret_hint: Mapped[str] = mapped_column(String(32))
    old_secret: Mapped[str | None] = mapped_column(String(120))
    old_secret_until: Mapped[datetime | None] = mapped_column(UtcDateTime())
    heard_up_to: Mapped[int] = mapped_column(BigInteger)
    failing_since: Mapped[datetime | None] = mapped_column(UtcDateTime())
    # How many times in a row nobody answered; from some number on nothing is sent until `paused_until`, then a probe.
    unanswered: Mapped[int] = mapped_column(default=0, server_default="0")
    paused_until: Mapped[datetime | None] = mapped_column(UtcDateTime())

    __table_args__ = (Index("ix_webhook_endpoints_owner_id", "owner_id", "created_at", "id"),)


class WebhookDelivery(Keyed, Base):
    """One message to one webhook, tried until it is accepted or given up."""

    __tablename__ = "webhook_deliveries"

    endpoint_id: Mapped[str] = mapped_column(ForeignKey("webhook_endpoints.id", ondelete="CASCADE"))
    message_id: Mapped[str] = mapped_column(String(64))
    event: Mapped[str] = mapped_column(String(64))
    body: Mapped[dict[str, Any]] = mapped_column(JSON)
    state: Mapped[DeliveryState] = mapped_column(string_enum(DeliveryState))
    tries: Mapped[int]
    due_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    claimed_until: Mapped[datetime | None] = mapped_column(UtcDateTime())
    last_status: Mapped[int | None]
    last_fault: Mapped[str | None] = mapped_column(String(64))

    __table_args__ = (
        UniqueConstraint("endpoint_id", "message_id"),
        Index("ix_webhook_deliveries_due", "state", "due_at"),
        Index("ix_webhook_deliveries_endpoint_id", "endpoint_id", "created_at", "id"),
    )


class StreamTicket(Base):
    """A proof for streams that cannot send a header; only its hash is kept."""

    __tablename__ = "stream_tickets"

    token_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    owner_id: Mapped[str] = mapped_column(String(36))
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime(), index=True)
