"""API keys: shown once, stored hashed, held to their scopes, their end and their owner."""

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2
import pytest
from sqlalchemy import text

from app.accounts.domain import AccountRole
from app.accounts.service import AccountService
from app.resources import Resources

KEYS = "/api/v1/api-keys"


async def made(client: httpx2.AsyncClient, *scopes: str, **more: Any) -> dict[str, Any]:
    reply = await client.post(KEYS, json={"name": "key", "scopes": list(scopes), **more})
    assert reply.status_code == 201, reply.text
    key: dict[str, Any] = reply.json()
    return key


def bearer(key: dict[str, Any]) -> dict[str, str]:
    return {"Authorization": f"Bearer {key['key']}"}


async def test_a_key_is_shown_once_and_stored_as_a_hash(alice: httpx2.AsyncClient, app_resources: Resources) -> None:
    key = await made(alice, "read")
    assert key["key"].startswith("avc_")
    assert len(key["key"]) >= 4 + 43, "256 random bits"
    assert key["key"].startswith(key["hint"])
    listed = await alice.get(KEYS)
    assert listed.json()["total"] == 1
    assert key["key"] not in listed.text
    async with app_resources.database.reading() as session:
        stored = str((await session.execute(text("SELECT * FROM api_keys"))).all())
    assert key["id"] in stored
    assert key["key"] not in stored


async def test_a_key_acts_for_its_owner(alice: httpx2.AsyncClient, client: httpx2.AsyncClient) -> None:
    key = await made(alice, "read", "write")
    me = await client.get("/api/v1/auth/me", headers=bearer(key))
    assert me.json()["username"] == "alice"
    film = await client.post("/api/v1/projects", json={"name": "By key"}, headers=bearer(key))
    assert film.status_code == 201


@pytest.mark.parametrize(("scope", "reads", "writes"), [("read", 200, 403), ("write", 403, 200)])
async def test_a_key_does_what_its_scope_says(
    alice: httpx2.AsyncClient, client: httpx2.AsyncClient, scope: str, reads: int, writes: int
) -> None:
    key = await made(alice, scope)
    reading = await client.get("/api/v1/auth/me", headers=bearer(key))
    writing = await client.patch("/api/v1/auth/profile", json={"name": "x"}, headers=bearer(key))
    assert (reading.status_code, writing.status_code) == (reads, writes)


async def test_no_key_manages_keys_passwords_or_the_account(
    admin: httpx2.AsyncClient, client: httpx2.AsyncClient
) -> None:
    key = await made(admin, "read", "write", "admin", "worker")
    passwords = {"current_password": "x", "new_password": "some longer words"}
    replies = [
        await client.get(KEYS, headers=bearer(key)),
        await client.post(KEYS, json={"name": "more", "scopes": ["read"]}, headers=bearer(key)),
        await client.delete(f"{KEYS}/{key['id']}", headers=bearer(key)),
        await client.post("/api/v1/auth/change-password", json=passwords, headers=bearer(key)),
        await client.delete("/api/v1/users/me", headers=bearer(key)),
    ]
    assert [reply.status_code for reply in replies] == [403] * 5
    assert {reply.json()["code"] for reply in replies} == {"auth.sign_in_needed"}


@pytest.mark.parametrize("scope", ["admin", "worker"])
async def test_only_administrators_make_keys_with_power(
    alice: httpx2.AsyncClient, admin: httpx2.AsyncClient, scope: str
) -> None:
    refused = await alice.post(KEYS, json={"name": "power", "scopes": ["read", scope]})
    assert (refused.status_code, refused.json()["code"]) == (403, "accounts.scope_not_yours")
    assert (await alice.get(KEYS)).json()["total"] == 0
    await made(admin, scope)


async def test_a_key_loses_its_power_with_its_owners_role(
    admin: httpx2.AsyncClient, client: httpx2.AsyncClient, alice: httpx2.AsyncClient, app_resources: Resources
) -> None:
    key = await made(admin, "admin", "worker")
    path = "/api/v1/jobs/01900000-0000-7000-8000-000000000000/status"
    move = {"status": "cancelled"}
    assert (await client.patch(path, json=move, headers=bearer(key))).status_code == 404
    async with app_resources.database.unit_of_work() as session:
        await AccountService.over(session, app_resources).promote("admin", AccountRole.USER)
    assert (await client.patch(path, json=move, headers=bearer(key))).status_code == 403


async def test_a_deleted_key_is_refused_at_once_and_only_its_owner_deletes_it(
    alice: httpx2.AsyncClient, bob: httpx2.AsyncClient, client: httpx2.AsyncClient
) -> None:
    key = await made(alice, "read")
    foreign = await bob.delete(f"{KEYS}/{key['id']}")
    absent = await bob.delete(f"{KEYS}/01900000-0000-7000-8000-000000000000")
    assert (foreign.status_code, absent.status_code) == (404, 404)
    assert (await client.get("/api/v1/auth/me", headers=bearer(key))).status_code == 200
    assert (await alice.delete(f"{KEYS}/{key['id']}")).status_code == 204
    assert (await client.get("/api/v1/auth/me", headers=bearer(key))).status_code == 401
    assert (await alice.delete(f"{KEYS}/{key['id']}")).status_code == 404
    assert (await alice.get(KEYS)).json() == {"api_keys": [], "total": 0}


async def test_a_key_ends_when_it_was_meant_to(
    alice: httpx2.AsyncClient, client: httpx2.AsyncClient, app_resources: Resources
) -> None:
    soon = datetime.now(UTC) + timedelta(hours=1)
    key = await made(alice, "read", expires_at=soon.isoformat())
    assert (await client.get("/api/v1/auth/me", headers=bearer(key))).status_code == 200
    async with app_resources.database.unit_of_work() as session:
        passed = soon - timedelta(hours=2)
        await session.execute(text("UPDATE api_keys SET expires_at = :at").bindparams(at=moment(app_resources, passed)))
    assert (await client.get("/api/v1/auth/me", headers=bearer(key))).status_code == 401


def moment(resources: Resources, at: datetime) -> Any:
    return at.strftime("%Y-%m-%d %H:%M:%S.%f") if resources.database.is_sqlite else at


NO_KEY = [
    {"name": "x", "scopes": []},
    {"name": "x", "scopes": ["everything"]},
    {"name": "x"},
    {"scopes": ["read"]},
    {"name": "x" * 101, "scopes": ["read"]},
    {"name": "x", "scopes": ["read"], "expires_at": "2020-01-01T00:00:00Z"},
    {"name": "x", "scopes": ["read"], "expires_at": "soon"},
    {"name": "x", "scopes": ["read"], "owner_id": "someone"},
    {"name": "x", "scopes": ["read"], "key_hash": "0"},
]


async def test_what_no_key_may_be_is_refused(alice: httpx2.AsyncClient, subtests: pytest.Subtests) -> None:
    for body in NO_KEY:
        with subtests.test(body=body):
            assert (await alice.post(KEYS, json=body)).status_code == 422
            assert (await alice.get(KEYS)).json()["total"] == 0


async def test_keys_are_listed_newest_first_page_by_page(alice: httpx2.AsyncClient, bob: httpx2.AsyncClient) -> None:
    ids = [(await made(alice, "read"))["id"] for _ in range(5)]
    await made(bob, "read")
    first = await alice.get(KEYS, params={"limit": 3})
    following = first.links["next"]["url"]
    second = await alice.get(following)
    assert [key["id"] for key in first.json()["api_keys"] + second.json()["api_keys"]] == ids[::-1]
    assert first.json()["total"] == second.json()["total"] == 5
    assert "next" not in second.links


async def test_an_invented_key_is_refused(client: httpx2.AsyncClient, subtests: pytest.Subtests) -> None:
    for proof in ("avc_", "avc_x", "avc_" + "é" * 43, "avc_" + "x" * 10_000, "AVC_x"):
        with subtests.test(proof=proof):
            reply = await client.get("/api/v1/auth/me", headers=[(b"authorization", f"Bearer {proof}".encode())])
            assert reply.status_code == 401


async def test_a_disabled_owners_keys_are_refused(
    alice: httpx2.AsyncClient, client: httpx2.AsyncClient, app_resources: Resources
) -> None:
    key = await made(alice, "read")
    async with app_resources.database.unit_of_work() as session:
        await AccountService.over(session, app_resources).disable("alice")
    assert (await client.get("/api/v1/auth/me", headers=bearer(key))).status_code == 401


async def test_there_is_an_end_to_keys(alice: httpx2.AsyncClient) -> None:
    for _ in range(100):
        await made(alice, "read")
    refused = await alice.post(KEYS, json={"name": "one more", "scopes": ["read"]})
    assert (refused.status_code, refused.json()["code"]) == (409, "accounts.too_many_keys")
