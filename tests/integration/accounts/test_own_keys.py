"""Keys of vendors go in and never come out; every user sees and changes only their own."""

from dataclasses import replace
from typing import Any

import httpx2
import pytest
from fastapi import FastAPI

from app.accounts.provider_keys import OwnKeys
from app.accounts.repository import ProviderKeyRepository
from app.core.sealing import SealBroken, Sealer
from app.notifications.repository import EndpointRepository
from app.notifications.signing import opened, reseal_all, sealed
from app.resources import Resources
from tests.conftest import SECRET

KEYS = "/api/v1/provider-keys"
LATER = "later-secret-" * 4
SECRET_TEXT = "sk-alice-own-0123456789"


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    return sqlite_url


@pytest.fixture
def resources(app: FastAPI) -> Resources:
    found: Resources = app.state.resources
    return found


async def keep(person: httpx2.AsyncClient, provider: str = "minimax", key: str = SECRET_TEXT) -> dict[str, Any]:
    answer = await person.put(f"{KEYS}/{provider}", json={"key": key})
    assert answer.status_code == 200, answer.text
    kept: dict[str, Any] = answer.json()
    return kept


async def listed(person: httpx2.AsyncClient) -> dict[str, dict[str, Any]]:
    answer = await person.get(KEYS)
    assert answer.headers["cache-control"] == "private, no-store"
    return {entry["provider"]: entry for entry in answer.json()["keys"]}


async def test_a_key_is_shown_by_its_end_alone(alice: httpx2.AsyncClient) -> None:
    kept = await keep(alice)
    assert (kept["present"], kept["hint"], kept["used"]) == (True, "••••6789", True)
    answer = await alice.get(KEYS)
    assert "alice-own" not in answer.text
    assert {name for name, entry in (await listed(alice)).items() if entry["present"]} == {"minimax"}


async def test_the_database_holds_no_key_in_plain_text(alice: httpx2.AsyncClient, resources: Resources) -> None:
    await keep(alice)
    me = (await alice.get("/api/v1/auth/me")).json()["id"]
    async with resources.database.reading() as session:
        (row,) = await ProviderKeyRepository(session, resources.clock).of_owner(me)
        assert SECRET_TEXT not in row.sealed
        assert await OwnKeys.over(session, resources).opened(me) == {"minimax": SECRET_TEXT}


async def test_keys_are_their_owners_alone(alice: httpx2.AsyncClient, bob: httpx2.AsyncClient) -> None:
    await keep(alice)
    assert not any(entry["present"] for entry in (await listed(bob)).values())
    gone = await bob.delete(f"{KEYS}/minimax")
    assert (gone.status_code, gone.json()["code"]) == (404, "provider_key.not_found")
    assert (await listed(alice))["minimax"]["present"]


async def test_a_key_is_replaced_and_forgotten(alice: httpx2.AsyncClient) -> None:
    await keep(alice)
    assert (await keep(alice, key="sk-another-key-4321"))["hint"] == "••••4321"
    assert (await alice.delete(f"{KEYS}/minimax")).status_code == 204
    assert not (await listed(alice))["minimax"]["present"]


@pytest.mark.parametrize("key", ["with space inside", "zażółć gęślą jaźń", "line\nbreak-here"])
async def test_what_cannot_be_a_key_is_refused(alice: httpx2.AsyncClient, key: str) -> None:
    answer = await alice.put(f"{KEYS}/minimax", json={"key": key})
    assert (answer.status_code, answer.json()["code"]) == (422, "provider_key.unusable")


async def test_unknown_names_and_api_keys_are_refused(alice: httpx2.AsyncClient, app: FastAPI) -> None:
    answer = await alice.put(f"{KEYS}/nobody", json={"key": SECRET_TEXT})
    assert (answer.status_code, answer.json()["code"]) == (404, "provider_key.unknown_provider")
    made = await alice.post("/api/v1/api-keys", json={"name": "script", "scopes": ["read", "write"]})
    headers = {"Authorization": f"Bearer {made.json()['key']}"}
    transport = httpx2.ASGITransport(app=app, raise_app_exceptions=False)
    async with httpx2.AsyncClient(transport=transport, base_url="http://testserver", headers=headers) as script:
        assert (await script.get(KEYS)).json()["code"] == "auth.sign_in_needed"


async def test_a_closed_account_leaves_no_key(alice: httpx2.AsyncClient, resources: Resources) -> None:
    await keep(alice)
    assert (await alice.delete("/api/v1/users/me")).status_code == 204
    async with resources.database.reading() as session:
        assert await ProviderKeyRepository(session, resources.clock).holders("minimax") == []


async def test_after_a_change_of_secret_key_everything_is_sealed_anew(
    alice: httpx2.AsyncClient, resources: Resources
) -> None:
    await keep(alice)
    plain = (await alice.post("/api/v1/webhooks", json={"url": "https://example.com/hook"})).json()["secret"]
    me = (await alice.get("/api/v1/auth/me")).json()["id"]
    rotated = replace(resources, sealer=Sealer(LATER, SECRET))
    assert await reseal_all(rotated) == 2
    assert await reseal_all(rotated) == 0
    present = replace(resources, sealer=Sealer(LATER))
    async with present.database.reading() as session:
        assert await OwnKeys.over(session, present).opened(me) == {"minimax": SECRET_TEXT}
        (endpoint,) = await EndpointRepository(session, present.clock).listening()
        assert opened(present.sealer, me, endpoint.secret) == plain


async def test_a_secret_of_a_lost_key_is_not_guessed(alice: httpx2.AsyncClient, resources: Resources) -> None:
    await keep(alice)
    me = (await alice.get("/api/v1/auth/me")).json()["id"]
    present = replace(resources, sealer=Sealer(LATER))
    assert await reseal_all(present) == 0
    async with present.database.reading() as session:
        with pytest.raises(SealBroken):
            await OwnKeys.over(session, present).opened(me)


async def test_a_webhooks_secret_stands_sealed_and_still_hints(alice: httpx2.AsyncClient, resources: Resources) -> None:
    made = (await alice.post("/api/v1/webhooks", json={"url": "https://example.com/hook"})).json()
    async with resources.database.reading() as session:
        (row,) = await EndpointRepository(session, resources.clock).listening()
    assert made["secret"] not in row.secret
    assert made["secret_hint"] == f"{made['secret'][:10]}…{made['secret'][-4:]}"
    assert (await alice.get(f"/api/v1/webhooks/{made['id']}")).status_code in {200, 405}


def test_a_secret_from_before_the_seals_is_read_as_it_stands() -> None:
    sealer = Sealer(SECRET)
    assert opened(sealer, "ada", "whsec_old") == "whsec_old"
    assert opened(sealer, "ada", sealed(sealer, "ada", "whsec_new")) == "whsec_new"
