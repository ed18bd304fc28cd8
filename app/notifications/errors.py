"""What the notifications slice refuses."""

from app.core.errors import Conflict, NotFound, NotSignedIn

__all__ = ["DeliveryNotFound", "EndpointNotFound", "TicketSpent", "TooManyEndpoints"]


class EndpointNotFound(NotFound):
    """No such webhook for this caller."""

    code = "webhook.not_found"
    message = "There is no such webhook. List yours at GET /api/v1/webhooks."


class DeliveryNotFound(NotFound):
    """No such delivery of this webhook."""

    code = "webhook.delivery_not_found"
    message = "There is no such delivery. List them at GET /api/v1/webhooks/{webhook_id}/deliveries."


class TooManyEndpoints(Conflict):
    """As many webhooks as one user may have."""

    code = "webhook.too_many"
    message = "You have as many webhooks as allowed. Delete one first."


class TicketSpent(NotSignedIn):
    """The ticket was used, is too old, or never was one."""

    code = "events.ticket_spent"
    message = "This ticket is used up or too old. Get a new one at POST /api/v1/events/ticket."
