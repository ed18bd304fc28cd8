"""A page of another site signs nobody in: no door gives it a cookie, whatever the form of the request."""

from collections.abc import Mapping
from typing import Any

import httpx2
import pytest

PASSWORD = "correct horse battery"
ACCOUNT = {"email": "ada@example.com", "username": "ada", "password": PASSWORD}
FOREIGN = ("http://evil.example", "null", "https://testserver.evil.example", "http://testserver:81")
DOORS: Mapping[str, tuple[str, str]] = {
    "native, JSON": ("/api/v1/auth/login", "json"),
    "native, form": ("/api/v1/auth/login", "data"),
    "native, token": ("/api/v1/auth/token", "data"),
    "spa": ("/spa/api/v1/auth/token", "data"),
    "hub": ("/hub/api/v1/auth/login", "json"),
    "hub, form": ("/hub/api/v1/auth/login", "data"),
    "wizard": ("/api/auth/login", "json"),
}


@pytest.fixture
async def ada(client: httpx2.AsyncClient) -> httpx2.AsyncClient:
    """Somebody who has an account here."""
    made = await client.post("/api/v1/auth/register", json=ACCOUNT)
    assert made.status_code == 201, made.text
    client.cookies.clear()
    return client


def known(path: str, kind: str) -> dict[str, Any]:
    return {kind: {"username": "ada", "email": "ada@example.com", "password": PASSWORD}}


@pytest.mark.parametrize(("path", "kind"), DOORS.values(), ids=DOORS.keys())
async def test_no_door_sets_a_cookie_for_a_foreign_page(ada: httpx2.AsyncClient, path: str, kind: str) -> None:
    for origin in FOREIGN:
        reply = await ada.post(path, **known(path, kind), headers={"Origin": origin})
        assert reply.status_code < 500
        assert "set-cookie" not in reply.headers, (path, origin)


@pytest.mark.parametrize("path", ["/api/v1/auth/register", "/hub/api/v1/auth/register", "/api/auth/register"])
async def test_no_door_signs_a_new_account_in_for_a_foreign_page(client: httpx2.AsyncClient, path: str) -> None:
    body = {"email": "eve@example.com", "username": "eve", "password": PASSWORD}
    for origin in FOREIGN:
        reply = await client.post(path, json=body, headers={"Origin": origin})
        assert "set-cookie" not in reply.headers, (path, origin)
