"""Webhook loop: news to messages, due messages to their receivers, on a schedule of about three days."""

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Protocol

import structlog
from pydantic import JsonValue
from typing_extensions import override

from app.core.errors import NotNow
from app.core.fairness import FairLimiter
from app.core.http import AddressRefused, AddressRules, OutboundClient, OutboundFailed, OutboundRequest
from app.core.sealing import SealBroken
from app.core.tasks import Background, beat
from app.jobs.domain import EventView
from app.jobs.service import JobEventLog
from app.notifications.domain import DeliveryState, DueDelivery, DueEndpoint, Posted
from app.notifications.models import WebhookDelivery, WebhookEndpoint
from app.notifications.repository import DeliveryRepository, EndpointRepository
from app.notifications.signing import opened, packed, signed_headers
from app.resources import Resources

log = structlog.get_logger(__name__)
WEBHOOKS_TOPIC = "webhooks"
TICK_SECONDS = 2.0
# While nobody has a webhook.
IDLE_TICK_SECONDS = 30.0
CLAIM = timedelta(seconds=60)
BATCH = 50
AT_ONCE = 32
AT_ONCE_EACH = 2
UNANSWERED_ALLOWED = 5
FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=30), timedelta(hours=1)
GONE = 410
PATIENCE = timedelta(days=3)
TEST_EVENT = "webhook.test"
TOTAL_SECONDS = 20.0
ANSWER_BYTES = 64 * 1024
SCHEDULE = tuple(
    timedelta(seconds=seconds) for seconds in (0, 5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400)
)


class Poster(Protocol):
    """Sends to addresses that users gave: public ones only, no redirects, a limited answer in limited time."""

    async def post(self, url: str, headers: dict[str, str], payload: bytes) -> Posted:
        """Sends once; gives the status, or why there is none."""


class WebhookSender:
    """Every worker runs one; claims keep two of them from sending the same message.

    Each webhook is served by itself, and each owner has a few of the turns, so that a receiver that hangs delays
    nobody else's messages. One that does not answer several times in a row is paused, then tried with one message.
    """

    def __init__(self, resources: Resources, poster: Poster) -> None:
        self._resources = resources
        self._clock = resources.clock
        self._poster = poster
        self._turns = FairLimiter(AT_ONCE, most_each=AT_ONCE_EACH)
        self._served: set[str] = set()
        self._has_listeners = True

    async def run(self) -> None:
        """Looks for messages until cancelled; what is being sent is not waited for."""
        async with Background() as tasks:
            with self._resources.notifier.subscribe(WEBHOOKS_TOPIC) as ring:
                while True:
                    try:
                        for endpoint in await self._due():
                            tasks.start(self._serve_safely(endpoint))
                    except NotNow as away:
                        log.warning("webhooks_postponed", cause=away.code)
                    pause_seconds = TICK_SECONDS if self._has_listeners else IDLE_TICK_SECONDS
                    beat(pause_seconds)
                    await self._resources.notifier.wait(ring, pause_seconds)

    async def tick(self) -> int:
        """Turns news into messages and sends what is due; says how many were sent."""
        return sum(await asyncio.gather(*(self._serve(endpoint) for endpoint in await self._due())))

    async def _due(self) -> list[DueEndpoint]:
        await self._collect()
        async with self._resources.database.reading() as session:
            due = await DeliveryRepository(session, self._clock).due_endpoints(self._clock.now())
        return [endpoint for endpoint in due if endpoint.id not in self._served]

    async def _serve_safely(self, endpoint: DueEndpoint) -> None:
        try:
            await self._serve(endpoint)
        except NotNow as away:
            log.warning("webhooks_postponed", cause=away.code)
        except Exception:
            log.exception("webhook_broken", endpoint_id=endpoint.id)

    async def _serve(self, endpoint: DueEndpoint) -> int:
        """Sends what is due for one webhook, a few messages at a time; one alone where that is to try it."""
        self._served.add(endpoint.id)
        try:
            if endpoint.paused_until is not None:
                return await self._probe(endpoint)
            sent = 0
            while due := await self._due_for(endpoint.id, AT_ONCE_EACH):
                done = await asyncio.gather(*(self._send(endpoint, delivery_id) for delivery_id in due))
                sent += len(due)
                if any(posted is not None and posted.is_unanswered for posted in done):
                    break
            return sent
        finally:
            self._served.discard(endpoint.id)

    async def _probe(self, endpoint: DueEndpoint) -> int:
        due = await self._due_for(endpoint.id, 1)
        async with self._resources.database.unit_of_work() as session:
            endpoints = EndpointRepository(session, self._clock)
            is_ours = bool(due) and await endpoints.take_probe(endpoint, self._clock.now() + CLAIM)
        if is_ours:
            await self._send(endpoint, due[0])
        return int(is_ours)

    async def _due_for(self, endpoint_id: str, limit: int) -> Sequence[str]:
        async with self._resources.database.reading() as session:
            return await DeliveryRepository(session, self._clock).due(endpoint_id, self._clock.now(), limit)

    async def _collect(self) -> None:
        async with self._resources.database.reading() as session:
            endpoints = await EndpointRepository(session, self._clock).listening()
        self._has_listeners = bool(endpoints)
        for endpoint in endpoints:
            await self._hear(endpoint)

    async def _hear(self, endpoint: WebhookEndpoint) -> None:
        async with self._resources.database.reading() as session:
            news = await JobEventLog.over(session, self._resources).of_owner(
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

    async def _send(self, endpoint: DueEndpoint, delivery_id: str) -> Posted | None:
        """Sends one message; None where another worker has it."""
        async with self._turns.turn(endpoint.owner_id):
            now = self._clock.now()
            async with self._resources.database.unit_of_work() as session:
                due = await DeliveryRepository(session, self._clock).claim(delivery_id, now, now + CLAIM)
            if due is None:
                return None
            posted = await self._posted(due, now)
            await self._write(due, posted)
            return posted

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
        await self._break_circuit(endpoints, endpoint, posted, now)
        if posted.accepted:
            await endpoints.change(due.endpoint_id, failing_since=None)
        elif posted.status == GONE:
            await endpoints.change(due.endpoint_id, enabled=False, disabled_reason="gone")
        elif endpoint.failing_since is None:
            await endpoints.change(due.endpoint_id, failing_since=now)
        elif now - endpoint.failing_since > PATIENCE:
            await endpoints.change(due.endpoint_id, enabled=False, disabled_reason="failing")

    async def _break_circuit(
        self, endpoints: EndpointRepository, endpoint: WebhookEndpoint, posted: Posted, now: datetime
    ) -> None:
        """Any answer shows that somebody is there; one silence too many pauses the webhook."""
        if posted.is_unanswered:
            pause = pause_after(await endpoints.count_unanswered(endpoint.id))
            if pause is not None:
                await endpoints.change(endpoint.id, paused_until=now + pause)
        elif endpoint.unanswered:
            await endpoints.change(endpoint.id, unanswered=0, paused_until=None)

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


def pause_after(unanswered: int) -> timedelta | None:
    """How long a webhook is paused after so many silences in a row: each further one twice as long."""
    beyond = unanswered - UNANSWERED_ALLOWED
    return None if beyond < 0 else min(FIRST_PAUSE * 2 ** min(beyond, 20), LONGEST_PAUSE)


def next_try(tries: int, now: datetime, retry_after_seconds: int | None) -> datetime | None:
    """When to try again after so many tries; None when the schedule is used up."""
    if tries >= len(SCHEDULE):
        return None
    return now + max(SCHEDULE[tries], timedelta(seconds=min(retry_after_seconds or 0, 86_400)))


class WebhookPoster(Poster):
    """The real sender; whoever builds it closes it."""

    def __init__(self, client: OutboundClient | None = None) -> None:
        self._client = client or OutboundClient(rules=AddressRules())

    @override
    async def post(self, url: str, headers: dict[str, str], payload: bytes) -> Posted:
        request = OutboundRequest(
            "POST", url, headers=headers, body=payload, max_bytes=ANSWER_BYTES, total_seconds=TOTAL_SECONDS
        )
        try:
            reply = await self._client.send(request)
        except AddressRefused:
            return Posted(None, "address_refused")
        except OutboundFailed as failed:
            return Posted(None, failed.reason[:64])
        wished = reply.headers.get("retry-after", "")
        return Posted(reply.status, retry_after_seconds=int(wished[:6]) if wished.isdecimal() else None)

    async def close(self) -> None:
        """Closes every connection."""
        await self._client.close()
