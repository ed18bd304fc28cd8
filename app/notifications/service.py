"""Endpoints, rotation, test, redelivery and tickets of one user."""

import hashlib
from collections.abc import AsyncGenerator
from contextlib import aclosing
from datetime import timedelta
from typing import Self

from app.core.database import Session
from app.core.http import AddressRules, parse_address
from app.core.pagination import Page, Window
from app.jobs.domain import EventView, JobView
from app.jobs.errors import JobNotFound
from app.jobs.service import JobEventLog
from app.notifications.delivery import TEST_EVENT, WEBHOOKS_TOPIC, message_of
from app.notifications.domain import DeliveryState, DeliveryView, EndpointView, EndpointWish, WebhookEvent
from app.notifications.errors import DeliveryNotFound, EndpointNotFound, TicketSpent, TooManyEndpoints
from app.notifications.models import WebhookDelivery, WebhookEndpoint
from app.notifications.repository import DeliveryRepository, EndpointRepository, TicketRepository, endpoint_view
from app.notifications.signing import hint_of, new_secret, sealed
from app.notifications.stream import EventHub
from app.resources import Resources

ENDING_EVENTS = frozenset({"job.succeeded", "job.failed", "job.cancelled"})
MOST_ENDPOINTS = 20
ROTATION = timedelta(hours=24)
# A browser opens a stream again by itself with the same address, so that a ticket outlives the first opening.
TICKET_LIFE = timedelta(minutes=5)
PING_SECONDS = 15.0


class WebhookService:
    """Webhooks of one owner."""

    def __init__(self, session: Session, resources: Resources) -> None:
        self._session = session
        self._notifier = resources.notifier
        self._clock = resources.clock
        self._sealer = resources.sealer
        self._journal = JobEventLog.over(session, resources)
        self._endpoints = EndpointRepository(session, resources.clock)
        self._deliveries = DeliveryRepository(session, resources.clock)

    @classmethod
    def over(cls, session: Session, resources: Resources) -> Self:
        """The service on this session."""
        return cls(session, resources)

    async def remove_all(self, owner_id: str) -> None:
        """Deletes every webhook of a closed account: nothing more is delivered to any."""
        await self._endpoints.remove_all(owner_id)

    async def create(self, owner_id: str, wish: EndpointWish) -> tuple[EndpointView, str]:
        """A new webhook and its secret, which is shown this once."""
        _check_address(wish.url)
        _, total = await self._endpoints.listed(owner_id, Window(limit=1))
        if total >= MOST_ENDPOINTS:
            raise TooManyEndpoints
        secret = new_secret()
        row = WebhookEndpoint(
            owner_id=owner_id,
            url=wish.url or "",
            events=list(wish.events or WebhookEvent),
            description=wish.description or "",
            enabled=True,
            secret=sealed(self._sealer, owner_id, secret),
            secret_hint=hint_of(secret),
            heard_up_to=await self._journal.newest_of(owner_id),
        )
        await self._notifier.notify(self._session, WEBHOOKS_TOPIC)
        return endpoint_view(await self._endpoints.add(row), self._clock.now()), secret

    async def listed(self, owner_id: str, window: Window) -> tuple[Page[EndpointView], int]:
        """One page of webhooks and how many there are."""
        return await self._endpoints.listed(owner_id, window)

    async def owned(self, endpoint_id: str, owner_id: str) -> EndpointView:
        """The owner's webhook; a foreign one is not found."""
        return endpoint_view(await self._row(endpoint_id, owner_id), self._clock.now())

    async def change(self, endpoint_id: str, owner_id: str, wish: EndpointWish) -> EndpointView:
        """Changes what the wish names; enabling again, or another address, forgets old failures."""
        _check_address(wish.url)
        await self._row(endpoint_id, owner_id)
        facts: dict[str, object] = {"url": wish.url, "description": wish.description}
        facts["events"] = None if wish.events is None else list(wish.events)
        given = {name: value for name, value in facts.items() if value is not None}
        if wish.url is not None or wish.enabled:
            given |= {"unanswered": 0, "paused_until": None}
        if wish.enabled is not None:
            given |= {"enabled": wish.enabled, "disabled_reason": None if wish.enabled else "owner"}
            given |= {"failing_since": None, "heard_up_to": await self._journal.newest_of(owner_id)}
        await self._endpoints.change(endpoint_id, **given)
        await self._notifier.notify(self._session, WEBHOOKS_TOPIC)
        return await self.owned(endpoint_id, owner_id)

    async def remove(self, endpoint_id: str, owner_id: str) -> None:
        """Deletes a webhook with its deliveries."""
        await self._row(endpoint_id, owner_id)
        await self._endpoints.remove(endpoint_id)

    async def rotate(self, endpoint_id: str, owner_id: str) -> tuple[EndpointView, str]:
        """A new secret; the old one signs besides for a day."""
        row = await self._row(endpoint_id, owner_id)
        secret = new_secret()
        kept = {"old_secret": row.secret, "old_secret_until": self._clock.now() + ROTATION}
        fresh = {"secret": sealed(self._sealer, owner_id, secret), "secret_hint": hint_of(secret)}
        await self._endpoints.change(endpoint_id, **kept, **fresh)
        return await self.owned(endpoint_id, owner_id), secret

    async def test(self, endpoint_id: str, owner_id: str) -> DeliveryView:
        """Queues a test message."""
        await self._row(endpoint_id, owner_id)
        message_id = f"evt_test_{self._clock.new_id()}"
        body = message_of(message_id, TEST_EVENT, {"id": endpoint_id, "object": "webhook"}, self._clock.now())
        row = WebhookDelivery(
            endpoint_id=endpoint_id,
            message_id=message_id,
            event=TEST_EVENT,
            body=body,
            state=DeliveryState.WAITING,
            tries=0,
            due_at=self._clock.now(),
        )
        await self._deliveries.add(row)
        return await self.delivery(row.id, endpoint_id, owner_id)

    async def deliveries(self, endpoint_id: str, owner_id: str, window: Window) -> tuple[Page[DeliveryView], int]:
        """One page of messages and how many there are."""
        await self._row(endpoint_id, owner_id)
        return await self._deliveries.listed(endpoint_id, window)

    async def delivery(self, delivery_id: str, endpoint_id: str, owner_id: str) -> DeliveryView:
        """One message of the owner's webhook."""
        await self._row(endpoint_id, owner_id)
        found = await self._deliveries.of_endpoint(delivery_id, endpoint_id)
        if found is None:
            raise DeliveryNotFound
        return found

    async def redeliver(self, delivery_id: str, endpoint_id: str, owner_id: str) -> DeliveryView:
        """Sends a message again, with its old id, from the start of the schedule."""
        await self.delivery(delivery_id, endpoint_id, owner_id)
        await self._deliveries.write(delivery_id, state=DeliveryState.WAITING, tries=0, due_at=self._clock.now())
        return await self.delivery(delivery_id, endpoint_id, owner_id)

    async def _row(self, endpoint_id: str, owner_id: str) -> WebhookEndpoint:
        row = await self._endpoints.owned(endpoint_id, owner_id)
        if row is None:
            raise EndpointNotFound
        return row


class StreamTickets:
    """Proofs for streams that cannot send a header, each good for a few minutes."""

    def __init__(self, session: Session, resources: Resources) -> None:
        self._clock = resources.clock
        self._tickets = TicketRepository(session)

    async def issue(self, owner_id: str) -> tuple[str, int]:
        """A ticket and its life in seconds."""
        ticket = self._clock.secret(32)
        now = self._clock.now()
        await self._tickets.forget(now)
        await self._tickets.issue(_hashed(ticket), owner_id, now + TICKET_LIFE)
        return ticket, int(TICKET_LIFE.total_seconds())

    async def owner_of(self, ticket: str) -> str:
        """The owner of a ticket that has not expired."""
        owner_id = await self._tickets.owner_of(_hashed(ticket), self._clock.now())
        if owner_id is None:
            raise TicketSpent
        return owner_id


async def job_for_stream(resources: Resources, job_id: str, owner_id: str) -> tuple[JobView, int | None]:
    """The owner's job, and the id of its last event once it has ended."""
    async with resources.database.reading() as session:
        journal = JobEventLog.over(session, resources)
        job = await journal.job(job_id)
        if job is None or job.owner_id != owner_id:
            raise JobNotFound
        return job, await journal.newest_of_job(job_id) if job.is_final else None


async def events_of(
    hub: EventHub, owner_id: str, job_id: str | None, after: int | None
) -> AsyncGenerator[EventView | None, None]:
    """What was missed after an event, then what happens; None now and then shows that the stream lives."""
    async with hub.subscribed(owner_id) as subscription:
        if after is not None or job_id is not None:
            async with aclosing(_missed(hub, owner_id, job_id, after or 0)) as missed:
                async for event in missed:
                    after = event.id
                    yield event
                    if job_id is not None and event.name in ENDING_EVENTS:
                        return
        while not subscription.ended:
            news = await subscription.next(PING_SECONDS)
            if news is None:
                yield None
            elif news.id > (after or 0) and job_id in {None, news.job_id}:
                yield news
                if job_id is not None and news.name in ENDING_EVENTS:
                    return


async def _missed(hub: EventHub, owner_id: str, job_id: str | None, after: int) -> AsyncGenerator[EventView, None]:
    while batch := await hub.replay(owner_id, job_id, after):
        for event in batch:
            after = event.id
            yield event


def _check_address(url: str | None) -> None:
    if url is not None:
        AddressRules().check(parse_address(url))


def _hashed(ticket: str) -> str:
    return hashlib.sha256(ticket.encode()).hexdigest()
