"""The own account: read, edit, change the password, close."""

import asyncio
from datetime import timedelta
from typing import Any

import httpx2
import pytest
from sqlalchemy import text, update

from app.accounts.credentials import Credentials
from app.accounts.domain import AccountRole, Caller, PasswordChange, UserSearch
from app.accounts.errors import NoPassword
from app.accounts.identity import Identities
from app.accounts.models import User
from app.accounts.service import LATE_MEDIA, AccountService
from app.core.pagination import Window
from app.resources import Resources
from tests.integration.accounts.conftest import ADA, PASSWORD, At

ME = "/api/v1/users/me"
CHANGE = "/api/v1/auth/change-password"
NEW = "four large red pears"


async def signed_in_at(at: At, address: str, password: str = PASSWORD) -> httpx2.AsyncClient:
    client = await at(address)
    reply = await client.post("/api/v1/auth/login", json={"username": "ada", "password": password})
    assert reply.status_code == 200, reply.text
    client.cookies.clear()
    client.headers["Authorization"] = f"Bearer {reply.json()['access_token']}"
    client.headers["X-Refresh"] = reply.json()["refresh_token"]
    return client


async def test_me_is_the_same_under_both_names(alice: httpx2.AsyncClient) -> None:
    one, other = await alice.get("/api/v1/auth/me"), await alice.get(ME)
    assert one.json() == other.json()
    assert one.json()["username"] == "alice"
    assert one.headers["cache-control"] == "private, no-store"


@pytest.mark.parametrize(
    ("method", "path"), [("PATCH", "/api/v1/auth/profile"), ("PUT", "/api/v1/auth/profile"), ("PATCH", ME)]
)
async def test_only_the_named_fields_change(alice: httpx2.AsyncClient, method: str, path: str) -> None:
    before = (await alice.get(ME)).json()
    reply = await alice.request(method, path, json={"themePref": "dark"})
    assert reply.status_code == 200
    changed = {name for name, value in reply.json().items() if value != before[name]}
    assert changed == {"theme_pref", "updated_at"}
    assert (await alice.get(ME)).json() == reply.json()


async def test_a_name_has_two_spellings_and_may_be_empty(alice: httpx2.AsyncClient, subtests: pytest.Subtests) -> None:
    for field in ("name", "full_name", "fullName"):
        with subtests.test(field=field):
            reply = await alice.patch(ME, json={field: "Alice Liddell"})
            assert (reply.json()["name"], reply.json()["full_name"]) == ("Alice Liddell", "Alice Liddell")
            assert (await alice.patch(ME, json={field: None})).json()["name"] is None


async def test_a_new_username_signs_in_and_the_old_one_is_free(client: httpx2.AsyncClient, at: At, ada: Any) -> None:
    me = await signed_in_at(at, "192.0.2.1")
    assert (await me.patch(ME, json={"username": "Countess"})).json()["username"] == "Countess"
    login = await client.post("/api/v1/auth/login", json={"username": "countess", "password": PASSWORD})
    assert login.status_code == 200
    again = await client.post("/api/v1/auth/register", json=ADA | {"email": "other@example.com"})
    assert again.status_code == 201


async def test_a_username_that_somebody_has_is_refused(alice: httpx2.AsyncClient, bob: httpx2.AsyncClient) -> None:
    reply = await alice.patch(ME, json={"username": "BOB", "name": "Not kept"})
    assert (reply.status_code, reply.json()["code"]) == (409, "accounts.taken")
    assert (await alice.get(ME)).json()["name"] == "Alice"


COLUMNS = (
    *("id", "email", "role", "is_active", "login_email", "login_username", "subject", "entra_id", "avatar_key"),
    *("closed_at", "purged_at", "created_at", "updated_at", "password_hash", "avatar_url"),
)


async def test_nobody_writes_what_is_not_theirs_to_write(alice: httpx2.AsyncClient, subtests: pytest.Subtests) -> None:
    for column in COLUMNS:
        with subtests.test(column=column):
            before = (await alice.get(ME)).json()
            for value in ("admin", True, None, "2020-01-01T00:00:00Z"):
                assert (await alice.patch(ME, json={column: value})).status_code == 422
            assert (await alice.get(ME)).json() == before


async def test_a_theme_is_one_of_two_or_none(alice: httpx2.AsyncClient, subtests: pytest.Subtests) -> None:
    for theme in ("", "blue", 1, ["dark"]):
        with subtests.test(theme=theme):
            assert (await alice.patch(ME, json={"theme_pref": theme})).status_code == 422
            assert (await alice.patch(ME, json={"theme_pref": None})).status_code == 200


@pytest.mark.parametrize("field", ["current_password", "old_password", "currentPassword"])
async def test_a_new_password_ends_the_other_sessions_and_keeps_this_one(
    client: httpx2.AsyncClient, at: At, ada: Any, field: str
) -> None:
    here, elsewhere = await signed_in_at(at, "192.0.2.1"), await signed_in_at(at, "192.0.2.2")
    assert (await here.post(CHANGE, json={field: PASSWORD, "new_password": NEW})).status_code == 204
    assert (await here.get(ME)).status_code == 200
    assert (await elsewhere.get(ME)).status_code == 401
    refresh = {"refresh_token": elsewhere.headers["X-Refresh"]}
    assert (await client.post("/api/v1/auth/refresh", json=refresh)).status_code == 401
    old = await client.post("/api/v1/auth/login", json={"username": "ada", "password": PASSWORD})
    new = await client.post("/api/v1/auth/login", json={"username": "ada", "password": NEW})
    assert (old.status_code, new.status_code) == (401, 200)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"current_password": "wrong words", "new_password": NEW}, "accounts.wrong_password"),
        ({"current_password": PASSWORD, "new_password": "password123"}, "accounts.password_too_common"),
        ({"current_password": PASSWORD, "new_password": "ada@example.com"}, "accounts.password_too_common"),
        ({"current_password": PASSWORD, "new_password": "short"}, "request.invalid"),
        ({"new_password": NEW}, "request.invalid"),
    ],
)
async def test_a_password_change_that_is_refused_changes_nothing(
    at: At, ada: Any, body: dict[str, str], code: str
) -> None:
    me = await signed_in_at(at, "192.0.2.1")
    reply = await me.post(CHANGE, json=body)
    assert (reply.status_code, reply.json()["code"]) == (422, code)
    await signed_in_at(at, "192.0.2.2")


async def test_guessing_the_present_password_is_throttled_too(at: At, ada: Any) -> None:
    me = await signed_in_at(at, "192.0.2.1")
    body = {"current_password": "wrong words", "new_password": NEW}
    statuses = [(await me.post(CHANGE, json=body)).status_code for _ in range(12)]
    assert statuses == [422] * 5 + [429] * 7


async def test_an_account_without_a_password_has_none_to_change(app_resources: Resources) -> None:
    local = await Identities.over(app_resources).local()
    async with app_resources.database.unit_of_work() as session:
        with pytest.raises(NoPassword):
            await Credentials.over(session, app_resources).change(local, PasswordChange("x", NEW), Caller())


async def test_a_login_that_races_with_a_password_change_leaves_no_session(at: At, ada: Any) -> None:
    me = await signed_in_at(at, "192.0.2.1")
    others = [await at(f"192.0.2.{number}") for number in range(10, 16)]
    login = {"username": "ada", "password": PASSWORD}
    change = me.post(CHANGE, json={"current_password": PASSWORD, "new_password": NEW})
    changed, *logins = await asyncio.gather(change, *(other.post("/api/v1/auth/login", json=login) for other in others))
    assert changed.status_code == 204
    for other, reply in zip(others, logins, strict=True):
        if reply.status_code == 200:
            bearer = {"Authorization": f"Bearer {reply.json()['access_token']}"}
            assert (await other.get(ME, headers=bearer)).status_code == 401


async def test_closing_ends_every_proof_and_frees_the_names(
    client: httpx2.AsyncClient, at: At, ada: Any, app_resources: Resources
) -> None:
    me, elsewhere = await signed_in_at(at, "192.0.2.1"), await signed_in_at(at, "192.0.2.2")
    key = (await me.post("/api/v1/api-keys", json={"name": "k", "scopes": ["read"]})).json()["key"]
    assert (await me.delete(ME)).status_code == 204
    for proof in (me.headers["Authorization"], elsewhere.headers["Authorization"], f"Bearer {key}"):
        assert (await client.get(ME, headers={"Authorization": proof})).status_code == 401
    login = await client.post("/api/v1/auth/login", json={"username": "ada", "password": PASSWORD})
    assert login.status_code == 401
    async with app_resources.database.unit_of_work() as session:
        accounts = AccountService.over(session, app_resources)
        assert await accounts.closed_accounts() == (ada["id"],)
        await accounts.purged(ada["id"])
        assert await accounts.closed_accounts() == (ada["id"],), "what was paid for may still come"
        before = app_resources.clock.now() - LATE_MEDIA - timedelta(seconds=1)
        closed = update(User).where(User.id == ada["id"]).values(closed_at=before)
        await session.execute(closed)
        await accounts.purged(ada["id"])
        assert await accounts.closed_accounts() == ()
        left = str((await session.execute(text("SELECT * FROM users"))).all())
        assert "ada" not in left.lower().replace(ada["id"], "")
        assert (await session.execute(text("SELECT count(*) FROM credentials"))).scalar_one() == 0
    again = await client.post("/api/v1/auth/register", json=ADA)
    assert again.status_code == 201
    assert again.json()["id"] != ada["id"]


async def test_operators_list_promote_and_disable(app_resources: Resources, ada: Any, at: At) -> None:
    me = await signed_in_at(at, "192.0.2.1")
    async with app_resources.database.unit_of_work() as session:
        accounts = AccountService.over(session, app_resources)
        assert (await accounts.promote("ADA@example.com")).role is AccountRole.ADMIN
        assert ada["id"] in [user.id for user in (await accounts.searched(UserSearch(), Window()))[0].items]
    assert (await me.get(ME)).json()["role"] == "admin"
    async with app_resources.database.unit_of_work() as session:
        await AccountService.over(session, app_resources).disable(ada["id"])
    assert (await me.get(ME)).status_code == 401
    async with app_resources.database.unit_of_work() as session:
        assert (await AccountService.over(session, app_resources).enable("ada")).is_active
    assert (await me.get(ME)).status_code == 401, "the old sessions stay ended"
    await signed_in_at(at, "192.0.2.3")


async def test_acts_of_weight_leave_a_line_in_the_audit_trail(
    at: At, ada: Any, caplog: pytest.LogCaptureFixture
) -> None:
    me = await signed_in_at(at, "192.0.2.1")
    await me.post("/api/v1/api-keys", json={"name": "k", "scopes": ["read"]})
    stranger = await at("192.0.2.7")
    await stranger.post("/api/v1/auth/login", json={"username": "ada", "password": "wrong words"})
    await me.delete(ME)
    lines = [record.getMessage() for record in caplog.records if record.name == "audit"]
    for event in ("signed_in", "api_key_made", "sign_in_failed", "account_closed"):
        assert any(event in line and ada["id"] in line for line in lines), event
    assert not any(secret in line for line in lines for secret in (PASSWORD, "wrong words", "avc_", "eyJ"))
