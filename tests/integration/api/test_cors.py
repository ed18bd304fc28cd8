"""Origins: an exact list, no credentials."""

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
