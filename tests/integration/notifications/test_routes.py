"""Webhooks and tickets over HTTP."""

import httpx2

from app.notifications.errors import DeliveryNotFound, EndpointNotFound, TicketSpent, TooManyEndpoints
from app.notifications.service import MOST_ENDPOINTS

URL = {"url": "https://hooks.example.com/films"}
NOWHERE = "01a1fc00-0000-7000-8000-000000000000"


async def test_a_webhook_lives_from_its_secret_to_its_end(alice: httpx2.AsyncClient) -> None:
    made = await alice.post("/api/v1/webhooks", json=URL)
    assert made.status_code == 201
    webhook = made.json()
    assert webhook["secret"].startswith("whsec_")
    path = f"/api/v1/webhooks/{webhook['id']}"
    listed = (await alice.get("/api/v1/webhooks")).json()
    assert listed["total"] == 1
    assert "secret" not in listed["webhooks"][0]
    changed = await alice.patch(path, json={"enabled": False, "events": ["job.failed"]})
    assert (changed.json()["enabled"], changed.json()["events"]) == (False, ["job.failed"])
    rotated = (await alice.post(f"{path}/rotate-secret")).json()
    assert rotated["secret"] != webhook["secret"]
    sent = (await alice.post(f"{path}/test")).json()
    assert (sent["event"], sent["state"]) == ("webhook.test", "waiting")
    again = await alice.post(f"{path}/deliveries/{sent['id']}/redeliver")
    assert again.json()["body"]["id"] == sent["body"]["id"]
    assert (await alice.get(f"{path}/deliveries")).json()["total"] == 1
    missing = await alice.post(f"{path}/deliveries/{NOWHERE}/redeliver")
    assert (missing.status_code, missing.json()["code"]) == (404, DeliveryNotFound.code)
    assert (await alice.delete(path)).status_code == 204
    gone = await alice.delete(path)
    assert (gone.status_code, gone.json()["code"]) == (404, EndpointNotFound.code)


async def test_nobody_has_endless_webhooks(alice: httpx2.AsyncClient) -> None:
    for _ in range(MOST_ENDPOINTS):
        assert (await alice.post("/api/v1/webhooks", json=URL)).status_code == 201
    refused = await alice.post("/api/v1/webhooks", json=URL)
    assert (refused.status_code, refused.json()["code"]) == (409, TooManyEndpoints.code)


async def test_unknown_events_are_refused(alice: httpx2.AsyncClient) -> None:
    assert (await alice.post("/api/v1/webhooks", json={**URL, "events": ["job.exploded"]})).status_code == 422


async def test_a_ticket_that_never_was_opens_no_stream(client: httpx2.AsyncClient) -> None:
    refused = await client.get("/api/v1/events?ticket=never")
    assert (refused.status_code, refused.json()["code"]) == (401, TicketSpent.code)
