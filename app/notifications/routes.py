"""HTTP of notifications: /webhooks, /events, and the mails that somebody may ask for."""

import json
from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import Header, Query, Response
from fastapi.responses import StreamingResponse
from fastapi.sse import KEEPALIVE_COMMENT, format_sse_event

from app.accounts.dependencies import CurrentUser, Public, ResourcesDep, SessionUser
from app.accounts.errors import SignInNeeded
from app.accounts.schemas import PasswordForgottenBody
from app.core.dependencies import NextLink, WindowDep
from app.core.errors import NotSignedIn
from app.core.http import AddressRefused
from app.core.mail import MailNotConfigured
from app.core.routing import Responses, Router, documents
from app.core.schema import format_utc
from app.jobs.dependencies import SecretRoute
from app.jobs.domain import EventView
from app.jobs.errors import JobNotFound, QueueFull, TooManyJobs
from app.notifications import errors
from app.notifications.dependencies import Mailing, Reading, StreamOwner, Tickets, Writing
from app.notifications.schemas import (
    EVENT_DATA,
    DeliveryList,
    DeliveryRead,
    MailAsked,
    TicketRead,
    WebhookBody,
    WebhookList,
    WebhookPatch,
    WebhookRead,
    WebhookSecretRead,
)
from app.notifications.service import events_of, job_for_stream
from app.notifications.stream import EventHub

mail_router = Router(prefix="/auth", tags=["accounts"])


@mail_router.post(
    "/password/forgot",
    operation_id="auth_password_forgot",
    status_code=202,
    dependencies=[Public],
    responses=documents(QueueFull, TooManyJobs, MailNotConfigured),
)
async def forgot_password(body: PasswordForgottenBody, mails: Mailing) -> MailAsked:
    """Sends a code for a new password, if somebody here has this address; the answer is the same if not."""
    await mails.forgot(body.email)
    return MailAsked()


@mail_router.post(
    "/email/verify/request",
    operation_id="auth_email_verify_request",
    status_code=202,
    responses=documents(QueueFull, TooManyJobs, SignInNeeded, MailNotConfigured),
)
async def request_verification(account: SessionUser, mails: Mailing) -> MailAsked:
    """Sends a code to your address, to show that it is yours."""
    await mails.verify(account.id)
    return MailAsked()


webhook_router = Router(tags=["events"], route_class=SecretRoute)
RETRY_MILLISECONDS = 2000
LastEventId = Annotated[str | None, Header(max_length=20, description="Id of the last event you have")]
After = Annotated[int | None, Query(ge=0, le=2**62, description="The same for clients that cannot send the header")]
EVENT_SCHEMAS = {name: {"$ref": f"#/components/schemas/{payload.__name__}"} for name, payload in EVENT_DATA.items()}
STREAM: Responses = {
    200: {
        "description": f"Events as they happen: {', '.join(f'`{name}`' for name in EVENT_DATA)}. `data` is JSON; "
        "`x-events` names its schema for each event. A comment keeps an idle connection alive.",
        "content": {"text/event-stream": {"x-events": EVENT_SCHEMAS}},
    }
}


class EventStream(StreamingResponse):
    """An answer that goes on; the framework's own stream class would take over how the route is called."""

    media_type = "text/event-stream"


def place(last_event_id: str | None, after: int | None) -> int | None:
    """The event after which the stream goes on."""
    return int(last_event_id) if last_event_id and last_event_id.isdecimal() else after


async def wire(events: AsyncIterator[EventView | None]) -> AsyncIterator[bytes]:
    """Events as they stand on the wire; a comment keeps an idle connection alive."""
    yield f"retry: {RETRY_MILLISECONDS}\n\n".encode()
    async for event in events:
        if event is None:
            yield KEEPALIVE_COMMENT
        else:
            own = {"event": event.name, "job_id": event.job_id, "created_at": format_utc(event.created_at)}
            facts = {**event.facts, **own}
            yield format_sse_event(data_str=json.dumps(facts), event=event.name, id=str(event.id))


def streamed(events: AsyncIterator[EventView | None]) -> StreamingResponse:
    """The open answer."""
    headers = {"Cache-Control": "no-cache, no-transform", "X-Accel-Buffering": "no"}
    return EventStream(wire(events), headers=headers)


@webhook_router.get(
    "/events",
    operation_id="events_stream",
    response_class=EventStream,
    responses=STREAM | documents(NotSignedIn, errors.TicketSpent),
)
async def stream_events(
    owner_id: StreamOwner, resources: ResourcesDep, last_event_id: LastEventId = None, after: After = None
) -> Response:
    """Everything that happens to your jobs, live; a reconnect replays what was missed."""
    return streamed(events_of(resources.provided(EventHub), owner_id, None, place(last_event_id, after)))


@webhook_router.post("/events/ticket", operation_id="events_ticket", status_code=201)
async def issue_ticket(user: CurrentUser, tickets: Tickets) -> TicketRead:
    """A ticket for `?ticket=`, because EventSource cannot send a header; it opens streams until it expires.

    EventSource itself connects again with the same ticket. After it has expired the stream is refused with 401 and
    EventSource closes; get another ticket then, and go on with `?after=` and the id of the last event.
    """
    ticket, seconds = await tickets.issue(user.id)
    return TicketRead(ticket=ticket, expires_in=seconds)


@webhook_router.get(
    "/jobs/{job_id}/events",
    operation_id="jobs_events",
    response_class=EventStream,
    responses={
        **STREAM,
        **documents(JobNotFound, NotSignedIn, errors.TicketSpent),
        204: {"description": "The job has ended and you have its last event"},
    },
)
async def stream_job(
    job_id: str,
    owner_id: StreamOwner,
    resources: ResourcesDep,
    last_event_id: LastEventId = None,
    after: After = None,
) -> Response:
    """Everything that happens to one job; closes with its end."""
    job, ended_at = await job_for_stream(resources, job_id, owner_id)
    begin = place(last_event_id, after)
    heard_all = ended_at is not None and begin is not None and begin >= ended_at
    return (
        Response(status_code=204)
        if heard_all
        else streamed(events_of(resources.provided(EventHub), owner_id, job.id, begin))
    )


@webhook_router.get("/webhooks", operation_id="webhooks_list", tags=["webhooks"])
async def list_webhooks(user: CurrentUser, webhooks: Reading, window: WindowDep, link: NextLink) -> WebhookList:
    """Your webhooks, newest first."""
    page, total = await webhooks.listed(user.id, window)
    link.point_after(page)
    return WebhookList(webhooks=[WebhookRead.of(view) for view in page.items], total=total)


@webhook_router.post(
    "/webhooks",
    operation_id="webhooks_create",
    status_code=201,
    tags=["webhooks"],
    responses=documents(AddressRefused, errors.TooManyEndpoints),
)
async def create_webhook(user: CurrentUser, body: WebhookBody, webhooks: Writing) -> WebhookSecretRead:
    """Adds a webhook; its signing secret is shown this once."""
    view, secret = await webhooks.create(user.id, body.as_wish())
    return WebhookSecretRead.with_secret(view, secret)


NOT_FOUND = documents(errors.EndpointNotFound)


@webhook_router.patch(
    "/webhooks/{webhook_id}",
    operation_id="webhooks_change",
    tags=["webhooks"],
    responses=documents(errors.EndpointNotFound, AddressRefused),
)
async def change_webhook(webhook_id: str, user: CurrentUser, body: WebhookPatch, webhooks: Writing) -> WebhookRead:
    """Changes a webhook, or turns it off and on."""
    return WebhookRead.of(await webhooks.change(webhook_id, user.id, body.as_wish()))


@webhook_router.delete(
    "/webhooks/{webhook_id}", operation_id="webhooks_delete", status_code=204, tags=["webhooks"], responses=NOT_FOUND
)
async def delete_webhook(webhook_id: str, user: CurrentUser, webhooks: Writing) -> None:
    """Removes a webhook with its deliveries."""
    await webhooks.remove(webhook_id, user.id)


@webhook_router.post(
    "/webhooks/{webhook_id}/rotate-secret", operation_id="webhooks_rotate", tags=["webhooks"], responses=NOT_FOUND
)
async def rotate_secret(webhook_id: str, user: CurrentUser, webhooks: Writing) -> WebhookSecretRead:
    """A new signing secret, shown this once; the old one signs besides for a day."""
    view, secret = await webhooks.rotate(webhook_id, user.id)
    return WebhookSecretRead.with_secret(view, secret)


@webhook_router.post(
    "/webhooks/{webhook_id}/test",
    operation_id="webhooks_test",
    status_code=202,
    tags=["webhooks"],
    responses=NOT_FOUND,
)
async def test_webhook(webhook_id: str, user: CurrentUser, webhooks: Writing) -> DeliveryRead:
    """Sends a signed test message."""
    return DeliveryRead.of(await webhooks.test(webhook_id, user.id))


@webhook_router.get(
    "/webhooks/{webhook_id}/deliveries", operation_id="webhooks_deliveries", tags=["webhooks"], responses=NOT_FOUND
)
async def list_deliveries(
    webhook_id: str, user: CurrentUser, webhooks: Reading, window: WindowDep, link: NextLink
) -> DeliveryList:
    """What was sent to a webhook and what came back, newest first."""
    page, total = await webhooks.deliveries(webhook_id, user.id, window)
    link.point_after(page)
    return DeliveryList(deliveries=[DeliveryRead.of(view) for view in page.items], total=total)


@webhook_router.post(
    "/webhooks/{webhook_id}/deliveries/{delivery_id}/redeliver",
    operation_id="webhooks_redeliver",
    status_code=202,
    tags=["webhooks"],
    responses=documents(errors.EndpointNotFound, errors.DeliveryNotFound),
)
async def redeliver(webhook_id: str, delivery_id: str, user: CurrentUser, webhooks: Writing) -> DeliveryRead:
    """Sends a message again, with its old id."""
    return DeliveryRead.of(await webhooks.redeliver(delivery_id, webhook_id, user.id))


router = Router()
router.include(webhook_router)
router.include(mail_router)
