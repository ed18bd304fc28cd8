"""The wizard client's account pages, as recorded: flat replies, older names, no credentials for pictures."""

from typing import Any

import httpx2
import pytest
from fastapi import FastAPI

from app.core.settings import Settings
from app.main import create_app
from tests import factories
from tests.conftest import MakeSettings

Json = dict[str, Any]
ORIGIN = {"Origin": "http://testserver"}
WORDS = "three small green apples"
NEW_WORDS = "four other random words"


async def joined(client: httpx2.AsyncClient, name: str = "ada") -> Json:
    body = {"email": f"{name}@example.com", "password": WORDS, "display_name": name.title()}
    answer = await client.post("/api/auth/register", json=body)
    assert answer.status_code == 201, answer.text
    client.cookies.clear()
    found: Json = answer.json()
    return found


def headers_of(session: Json, **more: str) -> dict[str, str]:
    """What every stage call of the client carries; the second header is no proof of anything."""
    return {"Authorization": f"Bearer {session['token']}", "x_user_id": session["user_id"], **more}


async def test_registering_and_signing_in_answer_flat_and_set_the_cookie(client: httpx2.AsyncClient) -> None:
    made = await joined(client)
    answer = await client.post("/api/auth/login", json={"email": "ada@example.com", "password": WORDS})
    found = answer.json()
    assert answer.status_code == 200
    assert {name: found[name] for name in ("user_id", "email", "display_name")} == {
        "user_id": made["user_id"],
        "email": "ada@example.com",
        "display_name": "Ada",
    }
    assert found["user"]["id"] == found["user_id"]
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    client.cookies.clear()
    assert (await client.get("/api/auth/me", headers=headers_of(found))).status_code == 200


async def test_a_token_of_this_client_lives_as_long_as_its_pages(app: FastAPI, client: httpx2.AsyncClient) -> None:
    await joined(client)
    answer = await client.post("/api/auth/login", json={"email": "ada@example.com", "password": WORDS})
    minutes = app.state.resources.settings.security.client_token_expire_minutes
    assert f"Max-Age={minutes * 60}" in answer.headers["set-cookie"]


async def test_the_profile_tells_seconds_and_a_theme_of_null_is_none(client: httpx2.AsyncClient) -> None:
    session = await joined(client)
    mine = headers_of(session, **{"Content-Type": "application/json"})
    first = (await client.get("/api/auth/me", headers=mine)).json()
    assert type(first["created_at"]) is int
    assert first["display_name"] == "Ada"
    body: Json = {"display_name": "Ada L.", "theme_pref": "dark"}
    changed = (await client.patch("/api/auth/profile", headers=mine, json=body)).json()
    assert (changed["display_name"], changed["theme_pref"]) == ("Ada L.", "dark")
    body = {"display_name": "", "theme_pref": None}
    reset = (await client.patch("/api/auth/profile", headers=mine, json=body)).json()
    assert (reset["display_name"], reset["theme_pref"]) == ("Ada L.", None)


async def test_the_password_is_changed_by_its_older_name(client: httpx2.AsyncClient) -> None:
    mine = headers_of(await joined(client))
    body = {"old_password": WORDS, "new_password": NEW_WORDS}
    answer = await client.post("/api/auth/change-password", headers=mine, json=body)
    assert (answer.status_code, answer.json()) == (200, {"status": "success"})
    again = await client.post("/api/auth/login", json={"email": "ada@example.com", "password": NEW_WORDS})
    assert again.status_code == 200


async def test_refusals_carry_a_message_beside_the_detail(client: httpx2.AsyncClient) -> None:
    wrong = await client.post("/api/auth/login", json={"email": "ada@example.com", "password": "not this one"})
    assert wrong.status_code == 401
    assert wrong.json()["message"] == wrong.json()["detail"]
    faulty = await client.post("/api/auth/register", json={"email": "no address", "password": WORDS})
    assert faulty.status_code == 422
    assert faulty.json()["message"] == faulty.json()["detail"]
    assert "email" in faulty.json()["message"]
    native = await client.post("/api/v1/auth/login", json={"email": "ada@example.com", "password": "not this one"})
    assert "message" not in native.json()


async def test_keys_are_told_as_present_or_not(client: httpx2.AsyncClient) -> None:
    mine = headers_of(await joined(client))
    none = dict.fromkeys(("gemini", "groq1", "groq2", "groq3"), False)
    assert (await client.get("/api/auth/api-keys", headers=mine)).json() == none
    sent = {"gemini": "AIza-example-0123456789", "groq2": "", "groq3": None}
    kept = await client.put("/api/auth/api-keys", headers=mine, json=sent)
    assert kept.json() == none | {"gemini": True}
    assert (await client.get("/api/auth/api-keys", headers=mine)).json() == none | {"gemini": True}
    refused = await client.put("/api/auth/api-keys", headers=mine, json={"groq1": "AIza-example-01", "groq2": "x"})
    assert (refused.status_code, "AIza" in refused.text) == (422, False)
    assert (await client.get("/api/auth/api-keys", headers=mine)).json() == none | {"gemini": True}
    others = headers_of(await joined(client, "bob"))
    assert (await client.get("/api/auth/api-keys", headers=others)).json() == none


async def test_the_picture_goes_by_cookie_alone(client: httpx2.AsyncClient) -> None:
    await joined(client)
    session = (await client.post("/api/auth/login", json={"email": "ada@example.com", "password": WORDS})).json()
    path = f"/api/video/user/{session['user_id']}/avatar"
    assert (await client.get(path)).status_code == 404
    square = {"file": ("me.png", factories.picture(40, 40), "image/png")}
    assert (await client.post("/api/avatar", files=square, headers=ORIGIN)).status_code == 200
    assert (await client.get(path)).status_code == 200
    # PNG bytes under a wrong name and label are what the client sends.
    files = {"file": ("me.jpg", factories.picture(), "image/jpeg")}
    sent = await client.post(path, files=files, headers=ORIGIN)
    assert (sent.status_code, sent.json()) == (200, {"status": "success"})
    shown = await client.get(f"{path}?t=1763700000000&t=1")
    assert (shown.status_code, shown.headers["content-type"]) == (200, "image/webp")
    alias = await client.get(f"/api/avatar/{session['user_id']}")
    assert alias.content == shown.content
    foreign_page = await client.post(path, files=files, headers={"Origin": "http://elsewhere.example"})
    assert foreign_page.status_code == 401


async def test_a_path_of_somebody_else_is_not_found(
    client: httpx2.AsyncClient, alice: httpx2.AsyncClient, bob: httpx2.AsyncClient
) -> None:
    bobs = (await bob.get("/api/auth/me")).json()["user_id"]
    files = {"file": ("me.png", factories.picture(), "image/png")}
    assert (await bob.post(f"/api/video/user/{bobs}/avatar", files=files)).status_code == 200
    pretending = {"x_user_id": bobs}
    assert (await alice.get(f"/api/video/user/{bobs}/avatar", headers=pretending)).status_code == 404
    assert (await alice.post(f"/api/video/user/{bobs}/avatar", files=files, headers=pretending)).status_code == 404
    assert (await alice.get(f"/api/avatar/{bobs}", headers=pretending)).status_code == 404
    assert (await client.get(f"/api/video/user/{bobs}/avatar")).status_code == 401


@pytest.fixture
def local_settings(make_settings: MakeSettings, database_url: str) -> Settings:
    return make_settings(database={"database_url": database_url}, security={"local_user": True})


async def test_without_credentials_the_local_user_is_meant_where_that_is_allowed(local_settings: Settings) -> None:
    application = create_app(local_settings)
    async with application.router.lifespan_context(application):
        transport = httpx2.ASGITransport(app=application, client=("127.0.0.1", 5000))
        async with httpx2.AsyncClient(transport=transport, base_url="http://127.0.0.1:8000") as page:
            me = (await page.get("/api/auth/me")).json()
            path = f"/api/video/user/{me['user_id']}/avatar"
            files = {"file": ("me.png", factories.picture(), "image/png")}
            assert (await page.post(path, files=files)).status_code == 200
            assert (await page.get(path)).status_code == 200
            film = await page.get("/api/video/video?file=youtube_shorts.mp4&t=1763700000000")
            assert (film.status_code, film.json()["code"]) == (409, "show.none_yet")
            assert (await page.get(f"/api/video/user/{me['user_id']}/gallery")).json() == {"items": []}
            bad = await page.get(path, headers={"Authorization": "Bearer nonsense"})
            assert bad.status_code == 401
