"""What the notifications slice refuses."""

from app.core.errors import Conflict, NotFound, NotSignedIn


class EndpointNotFound(NotFound):
    """No such webhook for this caller."""

    code = "webhook.not_found"
    message = "There is no such webhook. Check the id, or look for it among your webhooks."
    advice = "GET /api/v1/webhooks lists yours."


class DeliveryNotFound(NotFound):
    """No such delivery of this webhook."""

    code = "webhook.delivery_not_found"
    message = "There is no such delivery. Choose one of the webhook's deliveries."
    advice = "GET /api/v1/webhooks/{webhook_id}/deliveries lists them."


class TooManyEndpoints(Conflict):
    """As many webhooks as one user may have."""

    code = "webhook.too_many"
    message = "You have as many webhooks as allowed. Delete one first."


class TicketSpent(NotSignedIn):
    """The ticket is too old, or never was one."""

    code = "events.ticket_spent"
    message = "This ticket is too old. Get a new one."
    advice = "POST /api/v1/events/ticket"
