"""Client E2 starts work by a GET: it needs what a POST needs, and no page of a foreign site can send it."""

from typing import Any

import httpx2
import pytest
from fastapi import FastAPI

from app.accounts.errors import OriginNotAllowed, ScopeMissing
from app.shows.errors import ShowNotFound
from tests.conftest import MakeSettings

PATH = "/studio-api/audios/generate-subtitle?project_id=nobody"
PERSON = {"email": "ada@example.com", "username": "ada", "password": "three small green apples"}
FOREIGN: list[dict[str, str]] = [
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
    {"Sec-Fetch-Site": "none"},
    {"Origin": "http://evil.example"},
    {"Origin": "null"},
    {"Origin": "http://evil.example", "Sec-Fetch-Site": "same-origin"},
    {"Referer": "http://evil.example/page"},
    {"Referer": "about:blank"},
    {"Referer": "http://["},
]


def own(address: str) -> list[dict[str, str]]:
    return [{"Sec-Fetch-Site": "same-origin"}, {"Origin": address}, {"Referer": f"{address}/page?x=1"}]


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """Who may start work does not depend on the kind of database."""
    return sqlite_url


async def code(page: httpx2.AsyncClient, headers: dict[str, str]) -> str:
    return str((await page.get(PATH, headers=headers)).json()["code"])


async def test_a_key_that_may_only_read_starts_nothing(client: httpx2.AsyncClient, bob: httpx2.AsyncClient) -> None:
    made = await bob.post("/api/v1/api-keys", json={"name": "reader", "scopes": ["read"]})
    assert await code(client, {"Authorization": f"Bearer {made.json()['key']}"}) == ScopeMissing.code
    both = await bob.post("/api/v1/api-keys", json={"name": "writer", "scopes": ["read", "write"]})
    assert await code(client, {"Authorization": f"Bearer {both.json()['key']}"}) == ShowNotFound.code


async def test_a_cookie_counts_for_our_own_pages_only(client: httpx2.AsyncClient) -> None:
    await client.post("/api/v1/auth/register", json=PERSON)
    await client.post("/api/v1/auth/login", json={"username": "ada", "password": PERSON["password"]})
    for headers in [{}, *FOREIGN]:
        assert await code(client, headers) == OriginNotAllowed.code, headers
    for headers in own("http://testserver"):
        assert await code(client, headers) == ShowNotFound.code, headers


class TestLocalUser:
    """A page of a foreign site in a browser on this machine."""

    @pytest.fixture
    def settings(self, make_settings: MakeSettings, database_url: str) -> Any:
        return make_settings(database={"database_url": database_url}, security={"local_user": True})

    async def test_the_local_user_is_moved_by_no_foreign_page(self, app: FastAPI) -> None:
        transport = httpx2.ASGITransport(app=app, raise_app_exceptions=False, client=("127.0.0.1", 50000))
        async with httpx2.AsyncClient(transport=transport, base_url="http://localhost:8000") as page:
            for headers in FOREIGN:
                assert await code(page, headers) == OriginNotAllowed.code, headers
            for headers in [{}, *own("http://localhost:8000"), {"Origin": "http://localhost:5173"}]:
                assert await code(page, headers) == ShowNotFound.code, headers
