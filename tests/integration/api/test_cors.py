"""Origins: an exact list, no credentials."""

import httpx2
import pytest

from tests.integration.api.conftest import Edge

GOOD = "https://app.example"


@pytest.mark.parametrize(
    "origin",
    [
        "null",
        "https://evil.example",
        "https://app.example.evil.example",
        "https://sub.app.example",
        "http://app.example",
        "https://app.example:8443",
        "https://app.example/",
        "https://APP.example",
        "https://app.exampleX",
        "*",
        "",
    ],
)
async def test_an_unlisted_origin_is_told_nothing(edge: Edge, origin: str) -> None:
    client = await edge(server={"cors_origins": GOOD})
    plain = await client.get("/engines", headers={"origin": origin})
    asked = {"origin": origin, "access-control-request-method": "POST"}
    preflight = await client.options("/api/v1/projects", headers=asked)
    assert "access-control-allow-origin" not in plain.headers
    assert "access-control-allow-origin" not in preflight.headers
    assert preflight.status_code == 403


@pytest.mark.parametrize("path", ["/engines", "/nowhere", "/probe/crash", "/probe/errors/exhausted"])
async def test_a_listed_origin_may_read_every_answer_but_sends_no_cookies(edge: Edge, path: str) -> None:
    client = await edge(server={"cors_origins": f"{GOOD},http://localhost:3000"})
    answer = await client.get(path, headers={"origin": GOOD})
    assert answer.headers["access-control-allow-origin"] == GOOD
    assert "access-control-allow-credentials" not in answer.headers
    assert "Origin" in answer.headers["vary"]
    shown = {name.strip().lower() for name in answer.headers["access-control-expose-headers"].split(",")}
    assert shown >= {"x-total-count", "link", "location", "etag", "retry-after", "ratelimit", "ratelimit-policy"}


async def test_the_preflight_of_the_wizard_client_passes(edge: Edge) -> None:
    asked = {
        "origin": "http://localhost:3000",
        "access-control-request-method": "POST",
        "access-control-request-headers": "authorization,content-type,x_user_id",
    }
    answer = await (await edge()).options("/api/video/content", headers=asked)
    assert answer.status_code == 204
    allowed = {name.strip() for name in answer.headers["access-control-allow-headers"].split(",")}
    assert allowed >= set(asked["access-control-request-headers"].split(","))
    assert allowed >= {"prefer", "idempotency-key", "if-match", "if-none-match", "last-event-id", "range"}
    methods = {name.strip() for name in answer.headers["access-control-allow-methods"].split(",")}
    assert methods >= {"GET", "POST", "PUT", "PATCH", "DELETE"}
    assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("port", [5173, 3000, 3001])
async def test_development_lists_the_usual_front_ends(edge: Edge, port: int) -> None:
    for host in ("localhost", "127.0.0.1"):
        origin = f"http://{host}:{port}"
        answer = await (await edge()).get("/engines", headers={"origin": origin})
        assert answer.headers["access-control-allow-origin"] == origin
        break


async def preflight_status(client: httpx2.AsyncClient, origin: str) -> int:
    asked = {"origin": origin, "access-control-request-method": "PUT"}
    return (await client.options("/api/v1/projects/x", headers=asked)).status_code


@pytest.mark.parametrize(
    "origin",
    [
        "http://localhost:8081",
        "http://localhost",
        "https://localhost:4443",
        "http://127.0.0.1:49152",
        "http://[::1]:5174",
    ],
)
async def test_in_development_a_page_of_any_port_of_this_machine_may_read(edge: Edge, origin: str) -> None:
    client = await edge(server={"cors_origins": GOOD})
    answer = await client.get("/engines", headers={"origin": origin})
    assert answer.headers["access-control-allow-origin"] == origin
    assert await preflight_status(client, origin) == 204


@pytest.mark.parametrize(
    "origin",
    [
        "http://localhost.evil.example:3000",
        "http://evil.example?localhost:3000",
        "http://localhost:3000@evil.example",
        "http://127.0.0.1.evil.example",
        "http://127.0.0.2:3000",
        "http://0.0.0.0:3000",
        "ftp://localhost:3000",
        "http://localhost:3000/",
        "http://localhost:3000\n",
        "null",
    ],
)
async def test_what_only_looks_like_this_machine_may_not(edge: Edge, origin: str) -> None:
    client = await edge(server={"cors_origins": GOOD})
    assert await preflight_status(client, origin) == 403


async def test_in_production_only_the_listed_origins_may_read(edge: Edge) -> None:
    client = await edge(server={"app_env": "production", "cors_origins": GOOD})
    assert await preflight_status(client, GOOD) == 204
    for origin in ("http://localhost:8081", "http://127.0.0.1:5173"):
        assert await preflight_status(client, origin) == 403
        assert "access-control-allow-origin" not in (await client.get("/engines", headers={"origin": origin})).headers
