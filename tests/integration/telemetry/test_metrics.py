"""GET /metrics: absent when off, open in development, for administrators and worker keys in production; figures."""

import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Any, Protocol

import httpx2
import pytest
from fastapi import FastAPI

from app.accounts.domain import AccountRole
from app.core.errors import Unavailable
from app.core.settings import Settings
from app.core.startup import UnsafeSettings
from app.core.telemetry import QueueGroup, Telemetry, open_telemetry
from app.jobs.domain import Lane
from app.jobs.queue import JobQueue, Order
from app.main import create_app
from app.resources import open_resources
from tests import factories
from tests.conftest import MakeSettings
from tests.integration.telemetry.conftest import Recorder
from tests.people import access_token

STRONG = "k3Jq8vXw-Zt7Lm2Rb9Yc5Nd1Hf6Gs4Pa0Ue-QiTo"


class Start(Protocol):
    async def __call__(self, **overrides: dict[str, Any]) -> FastAPI: ...


@pytest.fixture
async def start(make_settings: MakeSettings, sqlite_url: str) -> AsyncIterator[Start]:
    async with AsyncExitStack() as opened:

        async def started(**overrides: dict[str, Any]) -> FastAPI:
            app = create_app(make_settings(database={"database_url": sqlite_url}, **overrides))
            await opened.enter_async_context(app.router.lifespan_context(app))
            return app

        yield started


async def scrape(app: FastAPI, token: str | None = None) -> httpx2.Response:
    transport = httpx2.ASGITransport(app=app, raise_app_exceptions=False)
    headers = {} if token is None else {"Authorization": f"Bearer {token}"}
    async with httpx2.AsyncClient(transport=transport, base_url="http://testserver", headers=headers) as http:
        return await http.get("/metrics")


async def test_without_telemetry_there_are_no_metrics(client: httpx2.AsyncClient) -> None:
    reply = await client.get("/metrics")
    assert (reply.status_code, reply.json()["code"]) == (404, "metrics.off")


def test_a_service_without_telemetry_loads_no_exporter() -> None:
    code = (
        "import sys; from app.main import create_app; from app.core.settings import Settings;"
        "create_app(Settings(**{n: k(_env_file=None) for n, k in Settings.groups().items()}));"
        "print([m for m in sys.modules if m.startswith(('opentelemetry.sdk', 'opentelemetry.exporter', 'prometheus'))])"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert ran.stdout.strip() == "[]"


async def test_development_shows_requests_and_the_queue_to_anybody(start: Start) -> None:
    app = await start(server={"telemetry": True})
    resources = app.state.resources
    await factories.job(resources, await factories.user(resources))
    transport = httpx2.ASGITransport(app=app)
    async with httpx2.AsyncClient(transport=transport, base_url="http://testserver") as http:
        await http.get("/api/v1/jobs/some-secret-id")
        await http.get("/healthz")
    reply = await scrape(app)
    assert reply.status_code == 200
    assert reply.headers["content-type"].startswith("text/plain; version=0.0.4")
    lines = [line for line in reply.text.splitlines() if not line.startswith("#")]
    requests = [line for line in lines if line.startswith("http_server_request_duration_seconds_count")]
    assert len(requests) == 1
    assert 'http_route="/api/v1/jobs/{job_id}"' in requests[0]
    assert "some-secret-id" not in reply.text
    depth = next(line for line in lines if line.startswith("avc_queue_depth"))
    assert 'kind="test.work"' in depth
    assert depth.endswith(" 1.0")
    assert any(line.startswith("avc_queue_age_seconds{") for line in lines)
    assert any(line.startswith("avc_active_jobs{") and 'status="queued"' in line for line in lines)
    assert any(line.startswith("avc_jobs_queued_total{") for line in lines)


async def test_production_shows_them_to_an_administrator_and_a_worker_key_only(start: Start) -> None:
    app = await start(server={"telemetry": True, "app_env": "production"}, security={"secret_key": STRONG})
    resources = app.state.resources
    admin = await access_token(resources, "root", AccountRole.ADMIN)
    transport = httpx2.ASGITransport(app=app)
    headers = {"Authorization": f"Bearer {admin}"}
    async with httpx2.AsyncClient(transport=transport, base_url="http://testserver", headers=headers) as http:
        made = [await http.post("/api/v1/api-keys", json={"name": s, "scopes": [s]}) for s in ("worker", "read")]
    worker, reader = (reply.json()["key"] for reply in made)
    tokens = {"nobody": None, "user": await access_token(resources, "alice"), "reader": reader}
    refused = {name: (await scrape(app, token)).status_code for name, token in tokens.items()}
    assert refused == {"nobody": 401, "user": 403, "reader": 403}
    assert {(await scrape(app, token)).status_code for token in (admin, worker)} == {200}


async def test_the_queue_is_read_on_either_database(settings: Settings, recorder: Recorder) -> None:
    app = create_app(settings, telemetry=recorder.telemetry)
    async with app.router.lifespan_context(app):
        resources = app.state.resources
        owner = await factories.user(resources)
        for _ in range(3):
            await factories.job(resources, owner)
        points = await resources.threads.run(recorder.points)
    shown = {name: value for name, labels, value in points if labels.get("kind") == "test.work"}
    assert (shown["avc.queue.depth"], shown["avc.active.jobs"], shown["avc.jobs.queued"]) == (3, 3, 3)
    assert 0 <= shown["avc.queue.age"] < 60


async def test_a_queue_that_cannot_be_read_leaves_the_other_figures(start: Start) -> None:
    app = await start(server={"telemetry": True})
    resources = app.state.resources

    async def unreadable() -> list[QueueGroup]:
        raise Unavailable

    with resources.telemetry.queue.over(unreadable):
        resources.telemetry.spent("vendor", 1_500_000)
        reply = await scrape(app)
    assert reply.status_code == 200
    assert "avc_queue_depth{" not in reply.text
    assert 'avc_provider_cost_total{currency="USD"' in reply.text


async def test_what_is_rolled_back_is_not_counted(settings: Settings, recorder: Recorder) -> None:
    async with open_resources(settings, telemetry=recorder.telemetry) as resources:
        owner = await factories.user(resources)
        order = Order(owner_id=owner, kind="test.work", lane=Lane.LIGHT, params={})

        async def enqueue_in_vain() -> None:
            async with resources.database.unit_of_work() as session:
                await JobQueue(session, resources).enqueue(order)
                raise Unavailable

        with pytest.raises(Unavailable):
            await enqueue_in_vain()
        assert recorder.figure("avc.jobs.queued") is None
        await factories.job(resources, owner)
        assert recorder.figure("avc.jobs.queued", kind="test.work") == 1


def test_a_missing_extra_stops_the_start_with_the_cure(
    make_settings: MakeSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "opentelemetry.exporter.prometheus", None)
    monkeypatch.delitem(sys.modules, "app.core.exporting", raising=False)
    with pytest.raises(UnsafeSettings, match=r"pip install '\.\[metrics\]'"):
        open_telemetry(make_settings(server={"telemetry": True}))


def test_telemetry_is_off_unless_it_is_switched_on(make_settings: MakeSettings) -> None:
    opened = open_telemetry(make_settings())
    assert isinstance(opened, Telemetry)
    assert (opened.is_on, opened.exposition) == (False, None)
