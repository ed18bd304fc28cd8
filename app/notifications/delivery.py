"""Webhook loop: news to messages, due messages to their receivers, on a schedule of about three days."""

import asyncio
from datetime import datetime, timedelta
from typing import Protocol

import structlog
from pydantic import JsonValue

from app.core.database import DatabaseDown
from app.core.sealing import SealBroken
from app.jobs.journal import Journal
from app.jobs.values import EventView
from app.notifications.models import WebhookDelivery, WebhookEndpoint
from app.notifications.repository import DeliveryRepository, EndpointRepository
from app.notifications.secrets import opened
from app.notifications.signing import packed, signed_headers
from app.notifications.values import DeliveryState, DueDelivery, Posted
from app.resources import Resources

__all__ = ["SCHEDULE", "WEBHOOKS_TOPIC", "Delivery", "Poster", "message_of"]

log = structlog.get_logger(__name__)

SCHEDULE = tuple(
    timedelta(seconds=seconds) for seconds in (0, 5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400)
)
WEBHOOKS_TOPIC = "webhooks"
TICK_SECONDS = 2.0
# While nobody has a webhook.
IDLE_TICK_SECONDS = 30.0
CLAIM = timedelta(seconds=60)
BATCH = 50
AT_ONCE = 8
GONE = 410
PATIENCE = timedelta(days=3)
TEST_EVENT = "webhook.test"


class Poster(Protocol):
    """Sends to addresses that users gave: public ones only, no redirects, a limited answer in limited time."""

    async def post(self, url: str, headers: dict[str, str], payload: bytes) -> Posted:
        """Sends once; gives the status, or why there is none."""


class Delivery:
    """Every worker runs one; claims keep two of them from sending the same message."""

    def __init__(self, resources: Resources, poster: Poster) -> None:
        self._resources = resources
        self._clock = resources.clock
        self._poster = poster
        self._has_listeners = True

    async def run(self) -> None:
        """Ticks until cancelled."""
        with self._resources.bell.heard(WEBHOOKS_TOPIC) as ring:
            while True:
                try:
                    await self.tick()
                except DatabaseDown as down:
                    log.warning("webhooks_postponed", cause=down.code)
                pause_seconds = TICK_SECONDS if self._has_listeners else IDLE_TICK_SECONDS
                await self._resources.bell.wait(ring, pause_seconds)

    async def tick(self) -> int:
        """Turns news into messages and sends what is due; says how many were sent."""
        await self._collect()
        async with self._resources.database.reading() as session:
            due = await DeliveryRepository(session, self._clock).due(self._clock.now(), BATCH)
        lane = asyncio.Semaphore(AT_ONCE)
        async with asyncio.TaskGroup() as group:
            for delivery_id in due:
                group.create_task(self._send(delivery_id, lane))
        return len(due)

    async def _collect(self) -> None:
        async with self._resources.database.reading() as session:
            endpoints = await EndpointRepository(session, self._clock).listening()
        self._has_listeners = bool(endpoints)
        for endpoint in endpoints:
            await self._hear(endpoint)

    async def _hear(self, endpoint: WebhookEndpoint) -> None:
        async with self._resources.database.reading() as session:
            news = await Journal.over(session, self._resources).of_owner(
                endpoint.owner_id, after=endpoint.heard_up_to, limit=BATCH
            )
        if not news:
            return
        async with self._resources.database.unit_of_work() as session:
            endpoints = EndpointRepository(session, self._clock)
            if not await endpoints.hear(endpoint.id, before=endpoint.heard_up_to, up_to=news[-1].id):
                return
            for event in news:
                if event.name in endpoint.events:
                    await DeliveryRepository(session, self._clock).queue(self._message(endpoint.id, event))

    async def _send(self, delivery_id: str, lane: asyncio.Semaphore) -> None:
        async with lane:
            now = self._clock.now()
            async with self._resources.database.unit_of_work() as session:
                due = await DeliveryRepository(session, self._clock).claim(delivery_id, now, now + CLAIM)
            if due is None:
                return
            await self._write(due, await self._posted(due, now))

    async def _posted(self, due: DueDelivery, now: datetime) -> Posted:
        payload = packed(due.body)
        try:
            secrets = [opened(self._resources.sealer, due.owner_id, secret) for secret in due.secrets]
        except SealBroken as broken:
            return Posted(None, fault=broken.code)
        return await self._poster.post(due.url, signed_headers(secrets, due.message_id, now, payload), payload)

    async def _write(self, due: DueDelivery, posted: Posted) -> None:
        now = self._clock.now()
        again = None if posted.accepted else next_try(due.tries, now, posted.retry_after_seconds)
        if posted.accepted:
            state = DeliveryState.DELIVERED
        else:
            state = DeliveryState.WAITING if again and posted.status != GONE else DeliveryState.GIVEN_UP
        log.info("webhook_sent", delivery_id=due.id, status=posted.status, fault=posted.fault, tries=due.tries)
        async with self._resources.database.unit_of_work() as session:
            await DeliveryRepository(session, self._clock).write(
                due.id, state=state, due_at=again, last_status=posted.status, last_fault=posted.fault
            )
            await self._judge(EndpointRepository(session, self._clock), due, posted, now)

    async def _judge(self, endpoints: EndpointRepository, due: DueDelivery, posted: Posted, now: datetime) -> None:
        endpoint = await endpoints.find(due.endpoint_id)
        if endpoint is None:
            return
        if posted.accepted:
            await endpoints.change(due.endpoint_id, failing_since=None)
        elif posted.status == GONE:
            await endpoints.change(due.endpoint_id, enabled=False, disabled_reason="gone")
        elif endpoint.failing_since is None:
            await endpoints.change(due.endpoint_id, failing_since=now)
        elif now - endpoint.failing_since > PATIENCE:
            await endpoints.change(due.endpoint_id, enabled=False, disabled_reason="failing")

    def _message(self, endpoint_id: str, event: EventView) -> WebhookDelivery:
        message_id = f"evt_{event.id}"
        return WebhookDelivery(
            endpoint_id=endpoint_id,
            message_id=message_id,
            event=event.name,
            body=message_of(message_id, event.name, {"id": event.job_id, "object": "job"}, event.created_at),
            state=DeliveryState.WAITING,
            tries=0,
            due_at=self._clock.now(),
        )


def message_of(message_id: str, event: str, subject: dict[str, JsonValue], at: datetime) -> dict[str, JsonValue]:
    """The body of a message: ids only, so that nothing private leaves with it."""
    return {
        "id": message_id,
        "object": "event",
        "type": event,
        "created_at": int(at.timestamp()),
        "timestamp": at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "data": dict(subject),
    }


def next_try(tries: int, now: datetime, retry_after_seconds: int | None) -> datetime | None:
    """When to try again after so many tries; None when the schedule is used up."""
    if tries >= len(SCHEDULE):
        return None
    return now + max(SCHEDULE[tries], timedelta(seconds=min(retry_after_seconds or 0, 86_400)))
