"""Register and sign in: both forms, one refusal, no two accounts of one name."""

import asyncio
from typing import Any

import httpx2
import pytest

from app.accounts.models import User
from app.accounts.service import AccountService
from app.resources import Resources
from tests.factories import rows
from tests.integration.accounts.conftest import ADA, PASSWORD, At

TOKENS = {"access_token", "token_type", "expires_in", "refresh_token", "token", "user"}
USER = {
    *(
        "id",
        "email",
        "username",
        "name",
        "full_name",
        "is_active",
        "role",
        "avatar_url",
        "entra_id",
        "theme_pref",
        "email_verified",
    ),
    *("email_verified", "created_at", "updated_at"),
}


async def test_a_new_account_is_shown_whole(ada: dict[str, Any]) -> None:
    assert set(ada) == USER
    assert (ada["email"], ada["username"], ada["name"], ada["full_name"]) == ("ada@example.com", "ada", "Ada", "Ada")
    assert (ada["role"], ada["is_active"], ada["avatar_url"], ada["theme_pref"]) == ("admin", True, None, None)


async def test_json_opens_a_session(client: httpx2.AsyncClient, ada: dict[str, Any], subtests: pytest.Subtests) -> None:
    for body in ({"email": "ada@example.com"}, {"username": "ada"}, {"username": "ADA@Example.com"}):
        with subtests.test(body=body):
            reply = await client.post("/api/v1/auth/login", json={**body, "password": PASSWORD})
            assert reply.status_code == 200, reply.text
            tokens = reply.json()
            assert set(tokens) == TOKENS
            assert (tokens["token_type"], tokens["expires_in"]) == ("bearer", 900)
            assert tokens["token"] == tokens["access_token"]
            assert tokens["user"]["id"] == ada["id"]
            assert reply.headers["cache-control"] == "no-store"


async def test_the_oauth2_form_opens_a_session(
    client: httpx2.AsyncClient, ada: dict[str, Any], subtests: pytest.Subtests
) -> None:
    for path in ("/api/v1/auth/login", "/api/v1/auth/token", "/api/v1/auth/token/"):
        with subtests.test(path=path):
            form = {"grant_type": "password", "username": "ada@example.com", "password": PASSWORD, "scope": ""}
            tokens = (await client.post(path, data=form)).json()
            client.cookies.clear()
            me = await client.get("/api/v1/auth/me", headers={"Authorization": f"Bearer {tokens['access_token']}"})
            assert me.json()["id"] == ada["id"]


async def test_a_multipart_form_opens_a_session(client: httpx2.AsyncClient, ada: dict[str, Any]) -> None:
    fields = {"username": (None, "ada"), "password": (None, PASSWORD)}
    assert (await client.post("/api/v1/auth/login", files=fields)).status_code == 200


NO_LOGIN = [
    (b"{", "application/json"),
    (b"[" * 5000, "application/json"),
    (b"[]", "application/json"),
    (b"{}", "application/json"),
    (b'{"password": "x"}', "application/json"),
    (b'{"email": "a", "password": 7}', "application/json"),
    (b'{"email": "a", "password": "b", "role": "admin"}', "application/json"),
    (b'{"email": "a", "password": "\\ud800"}', "application/json"),
    (b"\xff\xfe", "application/json"),
    (b"username=a", "application/x-www-form-urlencoded"),
    (b"username=a&password=b", "text/plain"),
    (b"--x", "multipart/form-data"),
    (b"--x\r\nbroken", "multipart/form-data; boundary=x"),
]


async def test_a_login_of_no_known_form_is_the_senders_fault(
    client: httpx2.AsyncClient, subtests: pytest.Subtests
) -> None:
    for content, kind in NO_LOGIN:
        with subtests.test(content=content, kind=kind):
            reply = await client.post("/api/v1/auth/login", content=content, headers={"Content-Type": kind})
            assert reply.status_code in {400, 422}, reply.text
            assert isinstance(reply.json()["detail"], str)


async def test_wrong_password_and_unknown_name_are_told_apart_by_nothing(
    client: httpx2.AsyncClient, ada: dict[str, Any]
) -> None:
    replies = [
        await client.post("/api/v1/auth/login", json={"username": name, "password": password})
        for name, password in (("ada", "wrong words"), ("nobody", PASSWORD), ("", ""))
    ]
    bodies = [{**reply.json(), "request_id": ""} for reply in replies]
    assert [reply.status_code for reply in replies] == [401, 401, 401]
    assert bodies[0] == bodies[1] == bodies[2]
    assert all(reply.headers["www-authenticate"] == "Bearer" for reply in replies)
    assert not any("set-cookie" in reply.headers for reply in replies)


async def test_the_right_password_of_a_disabled_account_is_400(
    client: httpx2.AsyncClient, ada: dict[str, Any], app_resources: Resources
) -> None:
    async with app_resources.database.unit_of_work() as session:
        await AccountService.over(session, app_resources).disable("ada")
    right = await client.post("/api/v1/auth/login", json={"username": "ada", "password": PASSWORD})
    wrong = await client.post("/api/v1/auth/login", json={"username": "ada", "password": "wrong words"})
    assert (right.status_code, right.json()["code"]) == (400, "accounts.inactive")
    assert (wrong.status_code, wrong.json()["code"]) == (401, "auth.wrong_login")


@pytest.mark.parametrize(
    "change",
    [
        {"email": "ADA@EXAMPLE.COM", "username": "other"},
        {"email": "other@example.com", "username": "ADA"},
    ],
)
async def test_an_address_or_name_belongs_to_one_account(
    client: httpx2.AsyncClient, ada: dict[str, Any], app_resources: Resources, change: dict[str, str]
) -> None:
    before = await rows(app_resources.database, User)
    reply = await client.post("/api/v1/auth/register", json=ADA | change)
    assert (reply.status_code, reply.json()["code"]) == (409, "accounts.taken")
    assert await rows(app_resources.database, User) == before


async def test_of_ten_who_register_one_name_at_once_one_gets_it(client: httpx2.AsyncClient) -> None:
    replies = await asyncio.gather(*(client.post("/api/v1/auth/register", json=ADA) for _ in range(10)))
    assert sorted(reply.status_code for reply in replies) == [201] + [409] * 9


NO_ACCOUNT = [
    {"password": "short12"},
    {"password": "x" * 1025},
    {"password": "password1"},
    {"password": "ada@example.com"},
    {"email": "no address"},
    {"email": "a@b"},
    {"email": "a@b.c" * 60},
    {"email": "a\0@b.com"},
    {"username": "a@b.com"},
    {"username": "ab"},
    {"name": "x" * 201},
    {"role": "admin"},
    {"is_active": False},
    {"id": "01"},
    {"login_email": "x@y.z"},
    {"subject": "local"},
]


async def test_what_no_account_may_be_is_refused_and_leaves_nothing(
    client: httpx2.AsyncClient, app_resources: Resources, subtests: pytest.Subtests
) -> None:
    for change in NO_ACCOUNT:
        with subtests.test(change=change):
            before = await rows(app_resources.database, User)
            reply = await client.post("/api/v1/auth/register", json=ADA | change)
            assert reply.status_code == 422, reply.text
            assert str(change.get("password", "no password sent")) not in reply.text
            assert await rows(app_resources.database, User) == before


async def test_a_password_counts_with_its_spaces(client: httpx2.AsyncClient) -> None:
    await client.post("/api/v1/auth/register", json=ADA | {"password": f" {PASSWORD} "})
    trimmed = await client.post("/api/v1/auth/login", json={"username": "ada", "password": PASSWORD})
    exact = await client.post("/api/v1/auth/login", json={"username": "ada", "password": f" {PASSWORD} "})
    assert (trimmed.status_code, exact.status_code) == (401, 200)


async def test_a_password_of_a_megabyte_is_refused_before_hashing(client: httpx2.AsyncClient, at: At) -> None:
    body = {"username": "ada", "password": "x" * 200_000}
    assert (await client.post("/api/v1/auth/login", json=body)).status_code == 422
    too_large = {"username": "ada", "password": "x" * 1_000_000}
    assert (await client.post("/api/v1/auth/login", json=too_large)).status_code in {413, 422}
