"""Traces join request, job and paid call; no words of people leave, no id becomes a label; OTLP goes over HTTP."""

import asyncio
import http.server
import threading
from collections.abc import AsyncIterator, Iterator
from typing import Any
from uuid import UUID

import httpx2
import pytest
from fastapi import FastAPI
from opentelemetry.trace import StatusCode

from app.core.telemetry import open_telemetry
from app.main import create_app
from app.providers.errors import ContentBlocked, RateLimited
from tests.conftest import MakeSettings
from tests.integration.telemetry.conftest import PRICE, PROMPT, ClipPurchase, Recorder
from tests.people import access_token


@pytest.fixture
async def app(make_settings: MakeSettings, sqlite_url: str, recorder: Recorder) -> AsyncIterator[FastAPI]:
    """The application with a real engine."""
    settings = make_settings(database={"database_url": sqlite_url}, work={"embedded_worker": True})
    made = create_app(settings, handlers=lambda resources, prune: (ClipPurchase(),), telemetry=recorder.telemetry)
    async with made.router.lifespan_context(made):
        yield made


async def film(app: FastAPI, prompt: str) -> dict[str, Any]:
    """A job started by request, when it has ended."""
    token = await access_token(app.state.resources, "alice")
    transport = httpx2.ASGITransport(app=app)
    headers = {"Authorization": f"Bearer {token}"}
    async with httpx2.AsyncClient(transport=transport, base_url="http://testserver", headers=headers) as client:
        begun = await client.post("/api/v1/jobs?note=private", json={"kind": "test.film", "params": {"prompt": prompt}})
        assert begun.status_code == 201, begun.text
        job = begun.json()
        async with asyncio.timeout(30):
            while job["status"] not in {"completed", "failed"}:
                reply = await client.get(f"/api/v1/jobs/{job['id']}", headers={"Prefer": "wait=5"})
                job = reply.json()
    return job


async def test_one_trace_leads_from_the_request_to_the_paid_call(app: FastAPI, recorder: Recorder) -> None:
    job = await film(app, PROMPT)
    assert job["status"] == "completed"
    async with asyncio.timeout(5):
        while not recorder.spans("job test.film"):
            await asyncio.sleep(0.01)
    (request,) = recorder.spans("POST /api/v1/jobs")
    (run,) = recorder.spans("job test.film")
    (call,) = recorder.spans("provider video")
    trace_id = UUID(job["id"]).int
    assert [link.context.trace_id for link in request.links] == [trace_id]
    assert run.context.trace_id == trace_id
    assert call.parent == run.context
    assert (run.attributes or {})["avc.job.outcome"] == "completed"
    assert (call.attributes or {})["avc.outcome"] == "answered"

    figures = await app.state.resources.threads.run(recorder.points)
    shown = {name: (labels, value) for name, labels, value in figures if name.startswith("avc.")}
    assert shown["avc.jobs"] == ({"kind": "test.film", "outcome": "completed"}, 1)
    assert shown["avc.job.duration"] == ({"kind": "test.film"}, 1)
    assert shown["avc.job.queue.wait"] == ({"kind": "test.film"}, 1)
    assert shown["avc.provider.cost"] == ({"provider": "vendor", "currency": "USD"}, PRICE / 1_000_000)
    vendor = {"provider": "vendor", "operation": "video"}
    assert shown["avc.provider.request.duration"] == ({**vendor, "outcome": "answered"}, 1)
    assert shown["avc.provider.units"] == ({**vendor, "unit": "characters"}, len(PROMPT))

    told = "".join(span.to_json() for span in recorder.spans())
    assert PROMPT not in told
    assert "private" not in told
    me = job.get("owner_id") or "alice"
    labels = {str(value) for _, carried, _ in figures for value in carried.values()}
    assert not [label for label in labels if job["id"] in label or me in label or PROMPT in label]


async def test_a_refused_call_is_an_error_with_its_code(app: FastAPI, recorder: Recorder) -> None:
    job = await film(app, "blocked words")
    assert job["status"] == "failed"
    (call,) = recorder.spans("provider video")
    assert call.status.status_code is StatusCode.ERROR
    code = (call.attributes or {})["error.type"]
    assert code == ContentBlocked.code
    figure = app.state.resources.threads.run
    assert await figure(recorder.figure, "avc.provider.errors", code=code) == 1
    assert await figure(recorder.figure, "avc.provider.request.duration", outcome="failed") == 1
    assert await figure(recorder.figure, "avc.jobs", outcome="failed") == 1
    assert await figure(recorder.figure, "avc.provider.cost") is None
    assert "blocked words" not in "".join(span.to_json() for span in recorder.spans())


@pytest.mark.parametrize(
    ("fault", "outcome", "code"),
    [
        (TimeoutError(), "timed_out", "timeout"),
        (asyncio.CancelledError(), "cancelled", "cancelled"),
        (RateLimited(provider="vendor"), "failed", RateLimited.code),
        (ZeroDivisionError("secret words"), "failed", "unexpected"),
    ],
)
def test_every_way_a_call_can_end_has_its_outcome(
    recorder: Recorder, fault: BaseException, outcome: str, code: str
) -> None:
    with pytest.raises(type(fault)), recorder.telemetry.provider_call("vendor", "speech", "attempt"):
        raise fault
    assert recorder.figure("avc.provider.request.duration", outcome=outcome) == 1
    assert recorder.figure("avc.provider.errors", code=code) == 1
    (span,) = recorder.spans()
    assert (span.attributes or {})["error.type"] == code
    assert "secret words" not in span.to_json()


def test_a_second_run_of_a_job_is_in_the_same_trace_and_a_child_points_to_its_parent(recorder: Recorder) -> None:
    job_id, parent_id = "01900000-0000-7000-8000-000000000001", "01900000-0000-7000-8000-000000000002"
    for _ in range(2):
        with recorder.telemetry.job_run("test.film", job_id, parent_id):
            pass
    spans = recorder.spans()
    assert {span.context.trace_id for span in spans if span.context} == {UUID(job_id).int}
    assert [link.context.trace_id for span in spans for link in span.links] == 2 * [UUID(parent_id).int]


class Collector(http.server.BaseHTTPRequestHandler):
    """Takes everything and notes where it came."""

    def do_POST(self) -> None:
        received = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.taken[self.path] = received  # type: ignore[attr-defined]  # The server carries the notes.
        self.send_response(200)
        self.end_headers()

    def log_message(self, *said: object) -> None:
        """Says nothing."""


@pytest.fixture
def collector() -> Iterator[tuple[str, dict[str, bytes]]]:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Collector)
    taken: dict[str, bytes] = {}
    server.taken = taken  # type: ignore[attr-defined]  # The handler writes its notes here.
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}", taken
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_collector_gets_traces_and_metrics_at_the_latest_when_the_process_ends(
    make_settings: MakeSettings, collector: tuple[str, dict[str, bytes]]
) -> None:
    address, taken = collector
    server = {"telemetry": True, "otel_exporter_otlp_endpoint": address}
    telemetry = open_telemetry(make_settings(server=server))
    with telemetry.provider_call("vendor", "video", "attempt"):
        telemetry.spent("vendor", PRICE)
    telemetry.close()
    assert set(taken) == {"/v1/traces", "/v1/metrics"}
    assert b"provider video" in taken["/v1/traces"]
    assert b"avc.provider.cost" in taken["/v1/metrics"]
