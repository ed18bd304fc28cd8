"""Request ids, security headers, trusted hosts, trailing slashes."""

import asyncio
import re
from collections.abc import Callable
from typing import Any

import httpx2
import pytest

from tests.integration.api.conftest import Edge, client_of

UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}")
MALFORMED: list[str | bytes] = [
    "",
    "film.example@evil.example",
    "film.example:80@evil.example",
    "film.example evil.example",
    "film.example,evil.example",
    "film.example:80a",
    "film.example:65536",
    "film.example/evil",
    "film.example?evil",
    "[::2",
    "[::::]",
    "[film.example]",
    "::1",
    "film.example:80:80",
    b"fil\xe9.example",
    "x" * 300,
]
EVERY_KIND = [
    "/",
    "/healthz",
    "/nowhere",
    "/probe/crash",
    "/probe/items/a%00",
    "/probe/page",
    "/web/studio.css",
    "/docs",
]


@pytest.mark.parametrize("given", ["a", "trace_1-2", "x" * 64])
async def test_a_well_formed_request_id_is_kept(edge: Edge, given: str) -> None:
    answer = await (await edge()).get("/nowhere", headers={"x-request-id": given})
    assert answer.headers["x-request-id"] == answer.json()["request_id"] == given


@pytest.mark.parametrize("given", ["", "x" * 65, "a b", 'a"b', "ą".encode(), "a\tb"])
async def test_any_other_request_id_is_replaced(edge: Edge, given: str | bytes) -> None:
    answer = await (await edge()).get("/nowhere", headers=[(b"x-request-id", given)])
    assert UUID.fullmatch(answer.headers["x-request-id"])


@pytest.mark.parametrize("path", EVERY_KIND)
async def test_every_answer_carries_the_protecting_headers(edge: Edge, path: str) -> None:
    answer = await (await edge()).get(path)
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
    assert answer.headers["cache-control"]
    assert answer.headers["x-request-id"]
    assert "strict-transport-security" not in answer.headers


async def test_pages_may_load_from_here_only_and_answers_nothing(edge: Edge) -> None:
    client = await edge()
    page = (await client.get("/probe/page")).headers["content-security-policy"]
    answer = (await client.get("/probe/items/1")).headers["content-security-policy"]
    assert "script-src 'self'" in page
    assert "unsafe" not in page
    assert answer.startswith("default-src 'none'")
    assert "script-src" not in answer


async def test_private_answers_are_not_kept(edge: Edge) -> None:
    assert (await (await edge()).get("/probe/items/1")).headers["cache-control"] == "no-store"


async def test_https_is_demanded_where_it_is_spoken(started: Callable[..., Any]) -> None:
    app = await started()
    async with client_of(app, base_url="https://testserver") as client:
        assert "max-age=" in (await client.get("/nowhere")).headers["strict-transport-security"]


async def test_https_outside_of_a_proxy_counts_too(edge: Edge) -> None:
    client = await edge(server={"public_base_url": "https://film.example"})
    answer = await client.get("/nowhere", headers={"host": "film.example"})
    assert "max-age=" in answer.headers["strict-transport-security"]


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "film.example.evil.example",
        "evil-film.example",
        "[::2]",
    ],
)
async def test_a_foreign_host_is_refused(edge: Edge, host: str) -> None:
    client = await edge(server={"public_base_url": "https://film.example"})
    answer = await client.get("/engines", headers={"host": host})
    assert (answer.status_code, answer.json()["code"]) == (400, "request.unknown_host")


@pytest.mark.parametrize("public_base_url", ["", "https://film.example"])
@pytest.mark.parametrize("path", ["/engines", "/livez", "/nowhere"])
async def test_a_malformed_host_is_refused_everywhere(edge: Edge, path: str, public_base_url: str) -> None:
    client = await edge(server={"public_base_url": public_base_url})
    for host in MALFORMED:
        raw = host if isinstance(host, bytes) else host.encode()
        answer = await client.get(path, headers=[(b"host", raw)])
        assert (answer.status_code, answer.json()["code"]) == (400, "request.malformed_host"), host
    doubled = await client.get(path, headers=[("host", "film.example"), ("host", "film.example")])
    assert (doubled.status_code, doubled.json()["code"]) == (400, "request.malformed_host")


@pytest.mark.parametrize("host", ["film.example", "FILM.example:443", "localhost:8000", "127.0.0.1", "[::1]:8000"])
async def test_the_public_host_and_loopback_are_served(edge: Edge, host: str) -> None:
    client = await edge(server={"public_base_url": "https://film.example"})
    assert (await client.get("/engines", headers={"host": host})).status_code == 200


async def test_health_is_told_to_any_host(edge: Edge) -> None:
    client = await edge(server={"public_base_url": "https://film.example"})
    for path in ("/healthz", "/readyz", "/livez/"):
        assert (await client.get(path, headers={"host": "10.0.0.7:8000"})).status_code == 200


@pytest.mark.parametrize("path", ["/probe/items/1", "/healthz", "/engines", "/docs", "/openapi.json", "/nowhere"])
async def test_a_trailing_slash_changes_nothing_and_redirects_nowhere(edge: Edge, path: str) -> None:
    client = await edge()
    bare, slashed = await asyncio.gather(client.get(path), client.get(f"{path}/"))
    assert bare.status_code == slashed.status_code
    assert slashed.status_code not in {307, 308}
    assert _lasting(bare) == _lasting(slashed)


async def test_a_trailing_slash_keeps_body_and_query(edge: Edge) -> None:
    client = await edge()
    assert (await client.post("/probe/notes/?x=1", json={"text": "kept"})).json()["text"] == "kept"


async def test_no_documented_path_ends_in_a_slash(edge: Edge) -> None:
    document = (await (await edge()).get("/openapi.json")).json()
    assert [path for path in document["paths"] if path != "/" and path.endswith("/")] == []


def _lasting(answer: httpx2.Response) -> str:
    """The body without what differs from request to request."""
    return UUID.sub("", answer.text)
