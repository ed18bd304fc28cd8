"""Logs as an operator reads them: JSON lines with context and without secrets."""

import io
import json
import logging
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import structlog
from sqlalchemy import text

from app.core.logging import audit, configure
from tests.conftest import MakeSettings
from tests.integration.api.conftest import client_of

SECRETS = {
    "password": "hunter2-canary-password",
    "bearer": "canary-bearer-0123456789",
    "api key": "avc_canary0123456789abcdef",
    "jwt": "eyJhbGciOiJIUzI1NiJ9.eyJjYW5hcnkiOjF9.c2lnbmF0dXJl",
    "query token": "canary-query-token-01",
    "media link": "canary-media-token-01",
    "callback": "canary-callback-token-1",
    "prompt": "canary prompt about a private matter",
    "picture": "iVBORw0canary0KGgo",
    "own secret": "canary-secret-key-0123456789-abcdefghijk",
    "vendor key": "canary-minimax-key-00001",
    "bound value": "canary@bound.example",
}


class Log:
    """What was written since the application was configured."""

    def __init__(self) -> None:
        self.stream = io.StringIO()

    @property
    def text(self) -> str:
        return self.stream.getvalue()

    def lines(self, event: str | None = None) -> list[dict[str, Any]]:
        records = [json.loads(line) for line in self.text.splitlines()]
        return [record for record in records if event in {None, record["event"]}]


@pytest.fixture
def log() -> Iterator[Log]:
    before, level = logging.getLogger().handlers[:], logging.getLogger().level
    yield Log()
    logging.getLogger().handlers[:] = before
    logging.getLogger().setLevel(level)


@pytest.fixture
def serve(started: Callable[..., Any], make_settings: MakeSettings, log: Log) -> Callable[..., Any]:
    async def start() -> Any:
        overrides = {"security": {"secret_key": SECRETS["own secret"]}, "minimax": {"api_key": SECRETS["vendor key"]}}
        app = await started(**overrides)
        configure(make_settings(**overrides), stream=log.stream)
        return app

    return start


async def test_each_request_is_one_line_without_its_query(serve: Callable[..., Any], log: Log) -> None:
    async with client_of(await serve()) as client:
        await client.get("/probe/items/7?search=private", headers={"x-request-id": "trace-1"})
    (line,) = log.lines("request")
    assert (line["method"], line["path"], line["status"]) == ("GET", "/probe/items/7", 200)
    assert (line["request_id"], line["address"], line["level"]) == ("trace-1", "198.51.100.7", "info")
    assert line["duration_ms"] >= 0
    assert "private" not in log.text


async def test_health_is_not_written_down(serve: Callable[..., Any], log: Log) -> None:
    async with client_of(await serve()) as client:
        for path in ("/healthz", "/health/", "/livez", "/readyz", "/version"):
            await client.get(path)
    assert log.lines("request") == []


async def test_a_crash_is_written_once_with_its_stack_and_its_request(serve: Callable[..., Any], log: Log) -> None:
    async with client_of(await serve()) as client:
        await client.get("/probe/crash", headers={"x-request-id": "trace-2"})
    (line,) = log.lines("unknown_error")
    assert line["request_id"] == "trace-2"
    assert line["exception"].endswith("RuntimeError: canary-of-a-crash")
    assert log.text.count("RuntimeError: canary-of-a-crash") == 1


async def test_twelve_canaries_reach_neither_logs_nor_answers(serve: Callable[..., Any], log: Log) -> None:
    app = await serve()
    vendor = structlog.get_logger("vendor")
    async with client_of(app) as client:
        answers = [
            await client.get("/probe/account", headers={"authorization": f"Bearer {SECRETS['bearer']}"}),
            await client.get("/nowhere", headers={"authorization": f"Bearer {SECRETS['jwt']}"}),
            await client.get(f"/nowhere?access_token={SECRETS['query token']}"),
            await client.get(f"/media/{SECRETS['media link']}/film.mp4"),
            await client.post(f"/api/v1/callbacks/minimax/1/{SECRETS['callback']}"),
            await client.post("/probe/notes", json={"text": 1, "count": SECRETS["password"]}),
            await client.post("/probe/notes", json={"text": 1, "size": SECRETS["prompt"]}),
            await client.get("/probe/crash", params={"why": f"vendor said: token={SECRETS['query token']}"}),
            await client.get("/probe/crash", params={"why": f"{SECRETS['own secret']} {SECRETS['vendor key']}"}),
            await client.get("/probe/crash", params={"why": f"data:image/png;base64,{SECRETS['picture']}"}),
            await client.get("/probe/crash", params={"why": f"key {SECRETS['api key']} {SECRETS['jwt']}"}),
        ]
    vendor.warning("call_failed", prompt=SECRETS["prompt"], reply={"password": SECRETS["password"]})
    logging.getLogger("library").warning("sent Bearer %s", SECRETS["bearer"])
    try:
        async with app.state.resources.database.unit_of_work() as session:
            await session.execute(text("INSERT INTO nowhere VALUES (:email)"), {"email": SECRETS["bound value"]})
    except Exception:
        logging.getLogger("library").exception("statement failed")
    # A problem names the path of its own request; that is the caller's own link, not a leak.
    bodies = [answer.text for answer in answers if answer.request.url.path.split("/")[1] not in {"media", "api"}]
    said = log.text + "".join(bodies)
    assert [name for name, secret in SECRETS.items() if secret in said] == []
    assert len(log.lines("unknown_error")) == 4
    assert "statement failed" in log.text


async def test_foreign_records_take_the_same_form(serve: Callable[..., Any], log: Log) -> None:
    await serve()
    logging.getLogger("uvicorn.error").warning("Shutting down after %s s", 3)
    logging.getLogger("uvicorn.access").info("GET /?token=x")
    logging.getLogger("httpx").info("GET https://vendor/?key=x")
    assert [line["event"] for line in log.lines()] == ["Shutting down after 3 s"]
    assert log.lines()[0].keys() >= {"event", "level", "logger", "timestamp"}


async def test_audit_lines_can_be_told_apart(serve: Callable[..., Any], log: Log) -> None:
    await serve()
    audit("role_changed", actor="ada", user="bob", role="admin")
    (line,) = log.lines("role_changed")
    assert (line["logger"], line["audit"], line["actor"]) == ("audit", True, "ada")


async def test_a_line_break_cannot_forge_a_record(serve: Callable[..., Any], log: Log) -> None:
    async with client_of(await serve()) as client:
        await client.get('/probe/items/x%0A{"event":"forged"}')
    assert log.lines("forged") == []
    assert len(log.lines("request")) == 1


class Terminal(io.StringIO):
    """A stream that a person looks at."""

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize("app_env", ["development", "production"])
def test_a_person_at_a_terminal_reads_lines_and_a_program_reads_json(
    make_settings: MakeSettings, log: Log, app_env: str
) -> None:
    settings, terminal = make_settings(server={"app_env": app_env}), Terminal()
    for stream in (terminal, log.stream):
        configure(settings, stream=stream)
        structlog.get_logger("test").info("worker_started", jobs=3)
    assert "worker_started" in terminal.getvalue()
    with pytest.raises(json.JSONDecodeError):
        json.loads(terminal.getvalue())
    assert [record["jobs"] for record in log.lines("worker_started")] == [3]
