"""SQL of webhooks: due deliveries claimed by one worker at a time, tickets by their hash."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, delete, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.pagination import Page, Window
from app.core.repository import Repository
from app.notifications.domain import Circuit, DeliveryState, DeliveryView, DueDelivery, DueEndpoint, EndpointView
from app.notifications.models import StreamTicket, WebhookDelivery, WebhookEndpoint


class EndpointRepository(Repository[WebhookEndpoint]):
    """Webhooks by owner."""

    table = WebhookEndpoint

    async def owned(self, endpoint_id: str, owner_id: str) -> WebhookEndpoint | None:
        """The owner's webhook."""
        return await self.one(
            select(WebhookEndpoint).where(WebhookEndpoint.id == endpoint_id, WebhookEndpoint.owner_id == owner_id)
        )

    async def listed(self, owner_id: str, window: Window) -> tuple[Page[EndpointView], int]:
        """One page of an owner's webhooks and how many there are."""
        query = select(WebhookEndpoint).where(WebhookEndpoint.owner_id == owner_id)
        page = await self.page(query, window, WebhookEndpoint.created_at)
        return Page(tuple(endpoint_view(row, self._clock.now()) for row in page.items), page.next), await self.count(
            query
        )

    async def listening(self) -> Sequence[WebhookEndpoint]:
        """Every enabled webhook."""
        return await self.all(select(WebhookEndpoint).where(WebhookEndpoint.enabled))

    async def not_sealed_with(self, beginning: str, after: str, limit: int) -> Sequence[WebhookEndpoint]:
        """Webhooks with a secret that is not sealed so, in the order of their ids, behind one of them."""
        current = WebhookEndpoint.secret.startswith(beginning, autoescape=True)
        old = WebhookEndpoint.old_secret
        query = select(WebhookEndpoint).where(
            or_(~current, old.is_not(None) & ~old.startswith(beginning, autoescape=True)), WebhookEndpoint.id > after
        )
        return await self.all(query.order_by(WebhookEndpoint.id).limit(limit))

    async def hear(self, endpoint_id: str, *, before: int, up_to: int) -> bool:
        """Moves the place in the log; False when another worker did."""
        change = (
            update(WebhookEndpoint)
            .where(WebhookEndpoint.id == endpoint_id, WebhookEndpoint.heard_up_to == before)
            .values(heard_up_to=up_to)
            .returning(WebhookEndpoint.id)
            .execution_options(synchronize_session=False)
        )
        return await self._session.scalar(change) is not None

    async def change(self, endpoint_id: str, **facts: Any) -> None:
        """Writes facts of a webhook."""
        await self._session.execute(
            update(WebhookEndpoint)
            .where(WebhookEndpoint.id == endpoint_id)
            .values(updated_at=self._clock.now(), **facts)
        )

    async def count_unanswered(self, endpoint_id: str) -> int:
        """How many times in a row nobody has answered, with this one; messages may be given up at the same moment."""
        change = (
            update(WebhookEndpoint)
            .where(WebhookEndpoint.id == endpoint_id)
            .values(unanswered=WebhookEndpoint.unanswered + 1)
            .returning(WebhookEndpoint.unanswered)
            .execution_options(synchronize_session=False)
        )
        return await self._session.scalar(change) or 0

    async def take_probe(self, endpoint: DueEndpoint, until: datetime) -> bool:
        """Pauses a webhook whose pause is over until the one message has been tried that may try it now."""
        change = (
            update(WebhookEndpoint)
            .where(WebhookEndpoint.id == endpoint.id, WebhookEndpoint.paused_until == endpoint.paused_until)
            .values(paused_until=until)
            .returning(WebhookEndpoint.id)
            .execution_options(synchronize_session=False)
        )
        return await self._session.scalar(change) is not None

    async def remove(self, endpoint_id: str) -> None:
        """Deletes a webhook with its deliveries."""
        await self._session.execute(delete(WebhookDelivery).where(WebhookDelivery.endpoint_id == endpoint_id))
        await self._session.execute(delete(WebhookEndpoint).where(WebhookEndpoint.id == endpoint_id))

    async def remove_all(self, owner_id: str) -> None:
        """Deletes every webhook of a user with its deliveries."""
        owned = select(WebhookEndpoint.id).where(WebhookEndpoint.owner_id == owner_id)
        await self._session.execute(delete(WebhookDelivery).where(WebhookDelivery.endpoint_id.in_(owned)))
        await self._session.execute(delete(WebhookEndpoint).where(WebhookEndpoint.owner_id == owner_id))


class DeliveryRepository(Repository[WebhookDelivery]):
    """Deliveries by webhook and by when they are due."""

    table = WebhookDelivery

    async def queue(self, row: WebhookDelivery) -> bool:
        """Adds a message unless this webhook has it already."""
        try:
            async with self._session.begin_nested():
                await self.add(row)
        except IntegrityError:
            return False
        return True

    async def due_endpoints(self, now: datetime) -> Sequence[DueEndpoint]:
        """Enabled webhooks that are not paused and have messages to send now."""
        due = select(WebhookDelivery.endpoint_id).where(*_is_due(now)).distinct()
        paused_until = WebhookEndpoint.paused_until
        rows = await self._session.execute(
            select(WebhookEndpoint.id, WebhookEndpoint.owner_id, paused_until).where(
                WebhookEndpoint.id.in_(due), WebhookEndpoint.enabled, or_(paused_until.is_(None), paused_until <= now)
            )
        )
        return [DueEndpoint(*row) for row in rows]

    async def due(self, endpoint_id: str, now: datetime, limit: int) -> Sequence[str]:
        """Ids of messages to send now to a webhook, those first that have waited longest."""
        query = select(WebhookDelivery.id).where(WebhookDelivery.endpoint_id == endpoint_id, *_is_due(now))
        return (await self._session.scalars(query.order_by(WebhookDelivery.due_at).limit(limit))).all()

    async def claim(self, delivery_id: str, now: datetime, until: datetime) -> DueDelivery | None:
        """Takes a message for this worker; None when another has it."""
        change = (
            update(WebhookDelivery)
            .where(WebhookDelivery.id == delivery_id, *_is_due(now))
            .values(claimed_until=until, tries=WebhookDelivery.tries + 1)
            .returning(WebhookDelivery.id)
            .execution_options(synchronize_session=False)
        )
        if await self._session.scalar(change) is None:
            return None
        found = await self._session.execute(
            select(WebhookDelivery, WebhookEndpoint)
            .join(WebhookEndpoint, WebhookEndpoint.id == WebhookDelivery.endpoint_id)
            .where(WebhookDelivery.id == delivery_id)
            .execution_options(populate_existing=True)
        )
        row, endpoint = found.one()
        rotating = endpoint.old_secret is not None and (endpoint.old_secret_until or now) > now
        keys = (endpoint.secret, *((endpoint.old_secret,) if rotating and endpoint.old_secret else ()))
        return DueDelivery(
            row.id, endpoint.id, endpoint.owner_id, endpoint.url, row.message_id, row.body, row.tries, keys
        )

    async def write(self, delivery_id: str, **facts: Any) -> None:
        """Writes what came of a try."""
        await self._session.execute(
            update(WebhookDelivery)
            .where(WebhookDelivery.id == delivery_id)
            .values(updated_at=self._clock.now(), claimed_until=None, **facts)
        )

    async def listed(self, endpoint_id: str, window: Window) -> tuple[Page[DeliveryView], int]:
        """One page of a webhook's messages and how many there are."""
        query = select(WebhookDelivery).where(WebhookDelivery.endpoint_id == endpoint_id)
        page = await self.page(query, window, WebhookDelivery.created_at)
        return Page(tuple(delivery_view(row) for row in page.items), page.next), await self.count(query)

    async def of_endpoint(self, delivery_id: str, endpoint_id: str) -> DeliveryView | None:
        """A message of this webhook."""
        found = await self.one(
            select(WebhookDelivery).where(WebhookDelivery.id == delivery_id, WebhookDelivery.endpoint_id == endpoint_id)
        )
        return None if found is None else delivery_view(found)

    async def forget(self, created_before: datetime) -> int:
        """Drops old messages that nothing waits for; says how many."""
        gone = await self._session.execute(
            delete(WebhookDelivery)
            .where(WebhookDelivery.state != DeliveryState.WAITING, WebhookDelivery.created_at < created_before)
            .returning(WebhookDelivery.id)
        )
        return len(gone.all())


class TicketRepository:
    """Tickets by their hash."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def issue(self, token_hash: str, owner_id: str, expires_at: datetime) -> None:
        """Keeps a ticket's hash."""
        self._session.add(StreamTicket(token_hash=token_hash, owner_id=owner_id, expires_at=expires_at))
        await self._session.flush()

    async def owner_of(self, token_hash: str, now: datetime) -> str | None:
        """The owner of a ticket, unless its time has passed."""
        owner: str | None = await self._session.scalar(
            select(StreamTicket.owner_id).where(StreamTicket.token_hash == token_hash, StreamTicket.expires_at >= now)
        )
        return owner

    async def forget(self, now: datetime) -> None:
        """Drops the tickets whose time has passed."""
        await self._session.execute(delete(StreamTicket).where(StreamTicket.expires_at < now))


def _is_due(now: datetime) -> tuple[ColumnElement[bool], ...]:
    # Conditions of the row itself: a subquery would be answered from before another worker's claim.
    free = or_(WebhookDelivery.claimed_until.is_(None), WebhookDelivery.claimed_until < now)
    return WebhookDelivery.state == DeliveryState.WAITING, WebhookDelivery.due_at <= now, free


def endpoint_view(row: WebhookEndpoint, now: datetime) -> EndpointView:
    """The frozen view of a row."""
    return EndpointView(
        id=row.id,
        url=row.url,
        events=tuple(row.events),
        description=row.description,
        enabled=row.enabled,
        disabled_reason=row.disabled_reason,
        circuit=Circuit.at(now, row.paused_until),
        paused_until=row.paused_until,
        secret_hint=row.secret_hint,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )


def delivery_view(row: WebhookDelivery) -> DeliveryView:
    """The frozen view of a row."""
    return DeliveryView(
        id=row.id,
        event=row.event,
        body=row.body,
        state=row.state,
        tries=row.tries,
        last_status=row.last_status,
        last_fault=row.last_fault,
        due_at=row.due_at if row.state is DeliveryState.WAITING else None,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )
