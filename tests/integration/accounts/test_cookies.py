"""The session cookie counts where it must and nowhere else; the local user stays at home."""

from typing import Any

import httpx2
import pytest
from fastapi import FastAPI

from app.main import create_app
from tests.integration.accounts.conftest import PASSWORD, At

pytestmark = pytest.mark.flow

OWN, ALLOWED = "http://testserver", "http://localhost:5173"
STRANGERS = (
    *("null", "http://evil.example", "http://testserver.evil.example", "https://testserver", "http://testserver:81"),
    *("http://sub.testserver", "http://localhost:5174", "https://localhost:5173", "file://", "http://testserver@evil"),
)
LOGIN = {"username": "ada", "password": PASSWORD}


@pytest.fixture
async def page(client: httpx2.AsyncClient, ada: dict[str, Any]) -> httpx2.AsyncClient:
    """A browser that has signed in and sends the cookie only."""
    assert (await client.post("/api/v1/auth/login", json=LOGIN)).status_code == 200
    return client


async def test_the_cookie_is_for_the_server_only(client: httpx2.AsyncClient, ada: dict[str, Any], at: At) -> None:
    said = (await client.post("/api/v1/auth/token", data=LOGIN)).headers["set-cookie"].lower()
    assert {"httponly", "samesite=lax", "path=/", "max-age=86400"} <= {part.strip() for part in said.split(";")}
    assert "secure" not in said
    secure = await at(base_url="https://testserver")
    said = (await secure.post("/api/v1/auth/login", json=LOGIN)).headers["set-cookie"].lower()
    assert "secure" in {part.strip() for part in said.split(";")}


LOGINS: dict[str, dict[str, Any]] = {
    "/api/v1/auth/login": {"json": LOGIN},
    "/api/v1/auth/token": {"data": LOGIN},
    "/spa/api/v1/auth/token": {"data": LOGIN},
    "/hub/api/v1/auth/login": {"json": LOGIN},
    "/api/auth/login": {"json": {"email": "ada@example.com", "password": PASSWORD}},
}


@pytest.mark.parametrize("path", LOGINS)
async def test_a_foreign_page_signs_nobody_in(client: httpx2.AsyncClient, ada: dict[str, Any], path: str) -> None:
    for origin in STRANGERS:
        reply = await client.post(path, **LOGINS[path], headers={"Origin": origin})
        assert (reply.status_code, "set-cookie" in reply.headers) == (200, False), (origin, reply.text)
    for origin in (OWN, ALLOWED):
        reply = await client.post(path, **LOGINS[path], headers={"Origin": origin})
        assert reply.headers["set-cookie"].startswith("avc_session=")


async def test_a_foreign_page_registers_nobody_here(client: httpx2.AsyncClient) -> None:
    person = {"email": "eve@example.com", "password": PASSWORD, "firstName": "Eve", "lastName": "Nobody"}
    reply = await client.post("/api/auth/register", json=person, headers={"Origin": "http://evil.example"})
    assert (reply.status_code, "set-cookie" in reply.headers) == (201, False), reply.text


@pytest.mark.parametrize("path", LOGINS)
async def test_over_https_no_other_host_can_plant_the_cookie(at: At, ada: dict[str, Any], path: str) -> None:
    secure = await at(base_url="https://testserver")
    said = (await secure.post(path, **LOGINS[path])).headers["set-cookie"]
    parts = {part.strip().lower() for part in said.split(";")}
    assert said.startswith("__Host-avc_session=")
    assert {"secure", "httponly", "samesite=lax", "path=/"} <= parts
    assert not any(part.startswith("domain") for part in parts)
    proof = said.partition("=")[2].partition(";")[0]
    other = await at(base_url="https://testserver")
    for name, status in (("__Host-avc_session", 200), ("avc_session", 401)):
        reply = await other.get("/api/v1/auth/me", headers={"Cookie": f"{name}={proof}"})
        assert reply.status_code == status
    gone = await secure.post("/api/v1/auth/logout", headers={"Origin": "https://testserver"})
    assert gone.headers["set-cookie"].startswith('__Host-avc_session=""')
    assert "Secure" in gone.headers["set-cookie"]


async def test_reading_needs_no_origin(page: httpx2.AsyncClient) -> None:
    assert (await page.get("/api/v1/auth/me")).status_code == 200
    assert (await page.get("/api/v1/auth/me", headers={"Origin": "http://evil.example"})).status_code == 200


@pytest.mark.parametrize("origin", [OWN, ALLOWED, "HTTP://TESTSERVER"])
async def test_our_own_and_listed_pages_may_change_things(page: httpx2.AsyncClient, origin: str) -> None:
    reply = await page.patch("/api/v1/auth/profile", json={"name": "New"}, headers={"Origin": origin})
    assert reply.status_code == 200


@pytest.mark.parametrize("origin", [None, *STRANGERS])
async def test_foreign_pages_may_not(page: httpx2.AsyncClient, origin: str | None) -> None:
    headers = {"Origin": origin} if origin else {}
    for method, path in (("PATCH", "/auth/profile"), ("POST", "/projects"), ("DELETE", "/users/me")):
        reply = await page.request(method, f"/api/v1{path}", json={"name": "Stolen"}, headers=headers)
        assert (reply.status_code, reply.json()["code"]) == (401, "auth.origin_not_allowed")
    assert (await page.get("/api/v1/auth/me")).json()["name"] == "Ada"


@pytest.mark.parametrize("origin", STRANGERS)
async def test_foreign_pages_cannot_sign_anybody_out(page: httpx2.AsyncClient, origin: str) -> None:
    assert (await page.post("/api/v1/auth/logout", headers={"Origin": origin})).status_code == 401
    assert (await page.get("/api/v1/auth/me")).status_code == 200


async def test_the_header_beats_the_cookie(page: httpx2.AsyncClient) -> None:
    assert (await page.get("/api/v1/auth/me", headers={"Authorization": "Bearer x"})).status_code == 401


async def test_signing_out_takes_the_cookie_back_and_ends_it(page: httpx2.AsyncClient) -> None:
    cookie = page.cookies["avc_session"]
    reply = await page.post("/api/v1/auth/logout", headers={"Origin": OWN})
    assert reply.status_code == 204
    assert 'avc_session=""' in reply.headers["set-cookie"]
    stolen = await page.get("/api/v1/auth/me", headers={"Cookie": f"avc_session={cookie}"})
    assert stolen.status_code == 401


async def test_a_cookie_that_has_ended_can_still_be_taken_back(client: httpx2.AsyncClient) -> None:
    headers = {"Cookie": "avc_session=old", "Origin": OWN}
    reply = await client.post("/api/v1/auth/logout", headers=headers)
    assert reply.status_code == 204
    assert "set-cookie" in reply.headers


class TestLocalUser:
    """LOCAL_USER maps requests without credentials from this machine to one account."""

    @pytest.fixture
    def settings(self, make_settings: Any, database_url: str) -> Any:
        return make_settings(
            database={"database_url": database_url}, work={"embedded_worker": False}, security={"local_user": True}
        )

    async def test_requests_from_here_act_as_one_account(self, at: At) -> None:
        page = await at("127.0.0.1", base_url="http://localhost:8000")
        first = (await page.get("/api/v1/auth/me")).json()
        made = await page.post("/api/v1/projects", json={"name": "Mine"})
        other = await at("::1", base_url="http://127.0.0.1:8000")
        assert made.status_code == 201
        assert (await other.get("/api/v1/auth/me")).json()["id"] == first["id"]
        assert (first["username"], first["role"]) == ("local", "user")

    @pytest.mark.parametrize(
        ("peer", "host"),
        [
            ("192.0.2.1", "localhost"),
            ("127.0.0.1", "evil.example"),
            ("127.0.0.1", "localhost.evil.example"),
            ("127.0.0.1", "192.0.2.1"),
            ("192.0.2.1", "evil.example"),
        ],
    )
    async def test_requests_from_elsewhere_or_by_another_name_do_not(self, at: At, peer: str, host: str) -> None:
        page = await at(peer, base_url=f"http://{host}:8000")
        assert (await page.get("/api/v1/auth/me")).status_code == 401

    @pytest.mark.parametrize(
        "name", ["Forwarded", "Via", "X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Host", "X-Real-IP"]
    )
    async def test_what_came_through_a_proxy_is_not_from_here(self, at: At, name: str) -> None:
        page = await at("127.0.0.1", base_url="http://localhost:8000")
        for value in ("127.0.0.1", "for=127.0.0.1", ""):
            for method, path in (("GET", "/auth/me"), ("POST", "/projects")):
                reply = await page.request(method, f"/api/v1{path}", headers={name: value})
                assert (reply.status_code, reply.json()["code"]) == (401, "auth.not_signed_in")

    @pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://localhost:9999"])
    async def test_a_foreign_page_in_the_browser_here_changes_nothing(self, at: At, origin: str) -> None:
        page = await at("127.0.0.1", base_url="http://localhost:8000")
        reply = await page.post("/api/v1/projects", json={"name": "Stolen"}, headers={"Origin": origin})
        assert reply.status_code == 401

    @pytest.mark.parametrize("origin", [None, "http://localhost:8000", ALLOWED])
    async def test_our_own_pages_may(self, at: At, origin: str | None) -> None:
        page = await at("127.0.0.1", base_url="http://localhost:8000")
        headers = {"Origin": origin} if origin else {}
        assert (await page.post("/api/v1/projects", json={"name": "Mine"}, headers=headers)).status_code == 201

    @pytest.mark.parametrize(
        "headers",
        [{"Authorization": "Bearer x"}, {"Authorization": "Basic x"}, {"Cookie": "avc_session=x"}],
    )
    async def test_a_bad_proof_is_refused_even_here(self, at: At, headers: dict[str, str]) -> None:
        page = await at("127.0.0.1", base_url="http://localhost:8000")
        assert (await page.get("/api/v1/auth/me", headers=headers)).status_code == 401

    async def test_signing_in_as_somebody_beats_the_local_account(self, at: At, ada: dict[str, Any]) -> None:
        page = await at("127.0.0.1", base_url="http://localhost:8000")
        await page.post("/api/v1/auth/login", json=LOGIN)
        assert (await page.get("/api/v1/auth/me")).json()["id"] == ada["id"]


async def test_without_the_setting_nobody_is_the_local_user(at: At) -> None:
    page = await at("127.0.0.1", base_url="http://localhost:8000")
    assert (await page.get("/api/v1/auth/me")).status_code == 401


async def test_the_public_address_is_an_own_origin(make_settings: Any, sqlite_url: str) -> None:
    settings = make_settings(
        database={"database_url": sqlite_url},
        work={"embedded_worker": False},
        server={"public_base_url": "https://films.example"},
    )
    application: FastAPI = create_app(settings)
    async with application.router.lifespan_context(application):
        transport = httpx2.ASGITransport(app=application, raise_app_exceptions=False)
        async with httpx2.AsyncClient(transport=transport, base_url="https://films.example") as page:
            person = {"email": "ada@example.com", "username": "ada", "password": PASSWORD}
            await page.post("/api/v1/auth/register", json=person)
            await page.post("/api/v1/auth/login", json=LOGIN)
            assert "__Host-avc_session" in page.cookies
            reply = await page.patch(
                "/api/v1/auth/profile", json={"name": "x"}, headers={"Origin": "https://films.example"}
            )
            assert reply.status_code == 200
