"""Services of a request, and whose stream it may hear."""

from typing import Annotated

from fastapi import Depends, Query, Request

from app.accounts.dependencies import ResourcesDep, current_user
from app.core.dependencies import ReadSession, SessionDep
from app.notifications.mails import MailOrders
from app.notifications.service import StreamTickets, WebhookService


async def webhook_reading(session: ReadSession, resources: ResourcesDep) -> WebhookService:
    """Reading service of this request."""
    return WebhookService.over(session, resources)


async def webhook_writing(session: SessionDep, resources: ResourcesDep) -> WebhookService:
    """Changing service of this request."""
    return WebhookService.over(session, resources)


async def mail_orders(session: SessionDep, resources: ResourcesDep) -> MailOrders:
    """Where mails are asked for."""
    return MailOrders.over(session, resources)


async def stream_tickets(session: SessionDep, resources: ResourcesDep) -> StreamTickets:
    """Where tickets are issued."""
    return StreamTickets(session, resources)


async def stream_owner(
    request: Request,
    resources: ResourcesDep,
    ticket: Annotated[
        str | None, Query(max_length=100, description="A ticket of POST /api/v1/events/ticket, for EventSource")
    ] = None,
) -> str:
    """Whose events may be heard: the ticket's owner, else the caller; no session stays open with the stream."""
    if ticket is not None:
        async with resources.database.reading() as session:
            return await StreamTickets(session, resources).owner_of(ticket)
    return (await current_user(request)).id


Reading = Annotated[WebhookService, Depends(webhook_reading)]
Writing = Annotated[WebhookService, Depends(webhook_writing)]
Mailing = Annotated[MailOrders, Depends(mail_orders)]
Tickets = Annotated[StreamTickets, Depends(stream_tickets)]
StreamOwner = Annotated[str, Depends(stream_owner)]
