"""Webhooks: signed, retried on schedule, sent once by many workers, only to public machines, off when gone."""

import asyncio
import json
from datetime import timedelta

import pytest
from standardwebhooks.webhooks import Webhook

from app.core.http import AddressRefused, AddressRules, OutboundClient
from app.core.pagination import Window
from app.jobs.repository import EventRepository
from app.notifications.delivery import SCHEDULE, Poster, WebhookPoster, WebhookSender
from app.notifications.domain import Circuit, DeliveryState, DeliveryView, EndpointView, EndpointWish, Posted
from app.notifications.models import WebhookEndpoint
from app.notifications.service import WebhookService
from app.resources import Resources, open_resources
from tests import factories
from tests.conftest import MakeSettings
from tests.doubles.clock import FrozenClock

URL = "https://hooks.example.com/films"


class ScriptedPoster(Poster):
    """Answers from a list and remembers what was sent."""

    def __init__(self, *answers: Posted) -> None:
        self._answers = list(answers)
        self.sent: list[tuple[dict[str, str], bytes]] = []

    async def post(self, url: str, headers: dict[str, str], payload: bytes) -> Posted:
        self.sent.append((headers, payload))
        await asyncio.sleep(0)
        return self._answers.pop(0) if self._answers else Posted(200)


@pytest.fixture
async def owner(resources: Resources) -> str:
    return await factories.user(resources)


async def webhook(resources: Resources, owner: str, url: str = URL) -> tuple[EndpointView, str]:
    async with resources.database.unit_of_work() as session:
        return await WebhookService.over(session, resources).create(owner, EndpointWish(url=url))


async def happen(resources: Resources, owner: str, name: str = "job.succeeded") -> None:
    job = await factories.job(resources, owner)
    async with resources.database.unit_of_work() as session:
        EventRepository(session, resources.clock).append(job.id, owner, name, {}, key=f"test:{name}")


async def deliveries(resources: Resources, owner: str, endpoint: EndpointView) -> list[DeliveryView]:
    async with resources.database.reading() as session:
        page, _ = await WebhookService.over(session, resources).deliveries(endpoint.id, owner, Window(limit=100))
    return list(page.items)


async def test_a_message_is_signed_so_that_the_standard_library_accepts_it(resources: Resources, owner: str) -> None:
    _, secret = await webhook(resources, owner)
    await happen(resources, owner)
    poster = ScriptedPoster()
    await WebhookSender(resources, poster).tick()
    bodies = [Webhook(secret).verify(payload, headers) for headers, payload in poster.sent]
    assert {body["type"] for body in bodies} == {"job.queued", "job.succeeded"}
    assert all(set(body["data"]) == {"id", "object"} for body in bodies)


async def test_both_secrets_sign_while_the_receiver_changes_them(resources: Resources, owner: str) -> None:
    endpoint, old = await webhook(resources, owner)
    async with resources.database.unit_of_work() as session:
        _, new = await WebhookService.over(session, resources).rotate(endpoint.id, owner)
    await happen(resources, owner)
    poster = ScriptedPoster()
    await WebhookSender(resources, poster).tick()
    headers, payload = poster.sent[0]
    for secret in (old, new):
        assert Webhook(secret).verify(payload, headers)


async def test_many_workers_send_each_message_once(resources: Resources, owner: str) -> None:
    endpoint, _ = await webhook(resources, owner)
    for _ in range(5):
        await happen(resources, owner)
    poster = ScriptedPoster()
    workers = [WebhookSender(resources, poster) for _ in range(4)]
    await asyncio.gather(*(worker.tick() for worker in workers))
    await workers[0].tick()
    ids = [headers["webhook-id"] for headers, _ in poster.sent]
    assert len(ids) == len(set(ids)) == 10
    assert {view.state for view in await deliveries(resources, owner, endpoint)} == {DeliveryState.DELIVERED}


async def test_a_failing_receiver_is_tried_on_the_schedule_with_the_same_id(make_settings, database_url: str) -> None:
    from app.resources import open_resources

    clock = FrozenClock()
    async with open_resources(make_settings(database={"database_url": database_url}), clock=clock) as resources:
        owner = await factories.user(resources)
        endpoint, _ = await webhook(resources, owner)
        async with resources.database.unit_of_work() as session:
            await WebhookService.over(session, resources).test(endpoint.id, owner)
        poster = ScriptedPoster(*[Posted(503)] * len(SCHEDULE))
        worker = WebhookSender(resources, poster)
        for pause in (*SCHEDULE, timedelta(days=2)):
            clock.move(pause.total_seconds() + 1)
            await worker.tick()
        assert len(poster.sent) == len(SCHEDULE)
        assert len({headers["webhook-id"] for headers, _ in poster.sent}) == 1
        [view] = await deliveries(resources, owner, endpoint)
        assert view.state is DeliveryState.GIVEN_UP
        assert view.last_status == 503


async def test_an_address_that_is_gone_is_never_called_again(resources: Resources, owner: str) -> None:
    endpoint, _ = await webhook(resources, owner)
    await happen(resources, owner, "job.failed")
    poster = ScriptedPoster(Posted(410), Posted(410))
    worker = WebhookSender(resources, poster)
    await worker.tick()
    sent = len(poster.sent)
    await happen(resources, owner)
    await worker.tick()
    assert len(poster.sent) == sent
    async with resources.database.reading() as session:
        view = await WebhookService.over(session, resources).owned(endpoint.id, owner)
    assert (view.enabled, view.disabled_reason) == (False, "gone")


@pytest.mark.parametrize(
    "url",
    [
        "http://example.com/x",
        "https://example.com:8443/x",
        "https://user:pw@example.com/",
        "https://[::1]:22/",
        "https://",
    ],
)
async def test_addresses_of_another_form_are_refused_when_they_are_given(
    resources: Resources, owner: str, url: str
) -> None:
    with pytest.raises(AddressRefused):
        await webhook(resources, owner, url)


async def test_nothing_is_sent_to_machines_of_our_own_network(resources: Resources) -> None:
    connected: list[object] = []

    async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connected.append(writer)
        writer.close()

    server = await asyncio.start_server(accept, "127.0.0.1", 0)
    poster = WebhookPoster()
    for host in ("127.0.0.1", "localhost", "[::1]", "2130706433", "127.1", "0x7f000001"):
        posted = await poster.post(f"https://{host}/", {}, b"{}")
        assert posted.status is None
    await poster.close()
    server.close()
    assert connected == []


async def test_a_redirect_is_an_answer_and_not_followed(resources: Resources) -> None:
    paths: list[bytes] = []

    async def redirect(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        paths.append((await reader.readuntil(b"\r\n\r\n")).split(b" ")[1])
        writer.write(b"HTTP/1.1 302 Found\r\nLocation: /other\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(redirect, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    trusted = AddressRules(trusted_origins=frozenset({f"http://127.0.0.1:{port}"}))
    poster = WebhookPoster(OutboundClient(rules=trusted))
    posted = await poster.post(f"http://127.0.0.1:{port}/hook", {}, json.dumps({}).encode())
    await poster.close()
    server.close()
    assert (posted.status, paths) == (302, [b"/hook"])


class HangingPoster(Poster):
    """One receiver never answers; the test says when it is given up."""

    def __init__(self, hanging: str) -> None:
        self._hanging = hanging
        self.given_up = asyncio.Event()
        self.hangs = asyncio.Event()
        self.sent: list[str] = []
        self.delivered = asyncio.Event()

    async def post(self, url: str, headers: dict[str, str], payload: bytes) -> Posted:
        self.sent.append(url)
        if url == self._hanging:
            self.hangs.set()
            await self.given_up.wait()
            return Posted(None, "timeout")
        self.delivered.set()
        return Posted(200)


async def test_a_receiver_that_hangs_delays_nobody_elses_messages(resources: Resources, owner: str) -> None:
    other = await factories.user(resources, "bob")
    poster = HangingPoster(URL)
    for _ in range(10):
        await webhook(resources, owner)
    await happen(resources, owner)
    worker = asyncio.ensure_future(WebhookSender(resources, poster).run())
    try:
        async with asyncio.timeout(20):
            await poster.hangs.wait()
            await webhook(resources, other, "https://other.example.com/films")
            await happen(resources, other)
            await poster.delivered.wait()
        assert not poster.given_up.is_set()
        assert poster.sent.count(URL) == 2, "an owner has a few of the turns, however many webhooks"
    finally:
        worker.cancel()
        await asyncio.wait({worker})


async def test_a_receiver_that_hangs_again_and_again_is_paused_then_tried_with_one_message(
    make_settings: MakeSettings, database_url: str
) -> None:
    clock = FrozenClock()
    async with open_resources(make_settings(database={"database_url": database_url}), clock=clock) as resources:
        owner = await factories.user(resources)
        endpoint, _ = await webhook(resources, owner)

        async def shown() -> EndpointView:
            async with resources.database.reading() as session:
                return await WebhookService.over(session, resources).owned(endpoint.id, owner)

        for _ in range(4):
            await happen(resources, owner)
        poster = ScriptedPoster(*[Posted(None, "timeout")] * 7)
        worker = WebhookSender(resources, poster)
        for _ in range(3):
            await worker.tick()
        assert len(poster.sent) == 6, "five silences open the circuit; the sixth was on its way already"
        assert (await shown()).circuit is Circuit.OPEN
        assert await worker.tick() == 0
        waiting = [view for view in await deliveries(resources, owner, endpoint) if view.tries == 0]
        assert len(waiting) == 2, "what waits behind the pause has used up none of its tries"

        clock.move(61)
        assert (await shown()).circuit is Circuit.HALF_OPEN
        assert sum(await asyncio.gather(*(WebhookSender(resources, poster).tick() for _ in range(3)))) == 1
        opened = await shown()
        assert opened.circuit is Circuit.OPEN
        assert opened.paused_until is not None
        assert opened.paused_until - clock.now() == timedelta(seconds=120), "each pause is twice as long"

        clock.move(121)
        await worker.tick()
        assert (await shown()).circuit is Circuit.CLOSED
        clock.move(timedelta(hours=1).total_seconds())
        await worker.tick()
        assert {view.state for view in await deliveries(resources, owner, endpoint)} == {DeliveryState.DELIVERED}


async def test_another_address_closes_the_circuit(resources: Resources, owner: str) -> None:
    endpoint, _ = await webhook(resources, owner)
    for _ in range(3):
        await happen(resources, owner)
    worker = WebhookSender(resources, ScriptedPoster(*[Posted(None, "timeout")] * 6))
    for _ in range(3):
        await worker.tick()
    async with resources.database.unit_of_work() as session:
        service = WebhookService.over(session, resources)
        assert (await service.owned(endpoint.id, owner)).circuit is Circuit.OPEN
        changed = await service.change(endpoint.id, owner, EndpointWish(url="https://new.example.com/films"))
    assert (changed.circuit, changed.paused_until) == (Circuit.CLOSED, None)


async def test_nothing_is_delivered_after_the_account_was_closed(
    make_settings: MakeSettings, database_url: str
) -> None:
    """Neither what was on its way and is tried again, nor what happens afterwards."""
    clock = FrozenClock()
    async with open_resources(make_settings(database={"database_url": database_url}), clock=clock) as resources:
        owner = await factories.user(resources)

        class ClosingPoster(ScriptedPoster):
            async def post(self, url: str, headers: dict[str, str], payload: bytes) -> Posted:
                async with resources.database.unit_of_work() as session:
                    await WebhookService.over(session, resources).remove_all(owner)
                return await super().post(url, headers, payload)

        await webhook(resources, owner)
        await webhook(resources, await factories.user(resources, "bob"))
        await happen(resources, owner)
        poster = ClosingPoster(*[Posted(500)] * 10)
        await WebhookSender(resources, poster).tick()
        begun = len(poster.sent)
        await happen(resources, owner, "job.cancelled")
        clock.move(3600)
        await WebhookSender(resources, poster).tick()
        assert len(poster.sent) == begun > 0
        assert await factories.rows(resources.database, WebhookEndpoint) == 1
