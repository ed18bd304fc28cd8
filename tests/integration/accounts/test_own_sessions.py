"""Where somebody is signed in: from which device, since when, last seen; signing out of one and of all others."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import httpx2
import pytest
from fastapi import FastAPI
from sqlalchemy import update

from app.accounts.domain import device_of
from app.accounts.models import RefreshFamily
from app.core.settings import Settings
from app.main import create_app
from app.resources import Resources
from tests.integration.accounts.conftest import PASSWORD
from tests.integration.accounts.mailing import ShiftedClock

pytestmark = pytest.mark.flow

SESSIONS = "/api/v1/users/me/sessions"
ME = "/api/v1/users/me"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
SAFARI = "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1.15 Version/19.0 Mobile Safari/604.1"


@pytest.fixture
async def app(settings: Settings) -> AsyncIterator[FastAPI]:
    application = create_app(settings, clock=ShiftedClock())
    async with application.router.lifespan_context(application):
        yield application


async def signed_in(client: httpx2.AsyncClient, agent: str) -> dict[str, str]:
    login = {"username": "ada", "password": PASSWORD}
    reply = await client.post("/api/v1/auth/login", json=login, headers={"User-Agent": agent})
    client.cookies.clear()
    return {"Authorization": f"Bearer {reply.json()['access_token']}"}


async def listed(client: httpx2.AsyncClient, bearer: dict[str, str]) -> list[dict[str, Any]]:
    reply = await client.get(SESSIONS, headers=bearer)
    assert reply.status_code == 200, reply.text
    shown: list[dict[str, Any]] = reply.json()["sessions"]
    assert reply.json()["total"] == len(shown)
    return shown


async def test_each_session_shows_its_device_and_which_is_this_one(
    client: httpx2.AsyncClient, ada: dict[str, Any]
) -> None:
    here, _ = await signed_in(client, FIREFOX), await signed_in(client, SAFARI)
    newest, oldest = await listed(client, here)
    assert (newest["device"], newest["is_current"]) == ("Safari on iPhone", False)
    assert (oldest["device"], oldest["user_agent"], oldest["is_current"]) == ("Firefox on Linux", FIREFOX, True)
    assert oldest["last_seen_at"] >= oldest["created_at"]


async def test_a_session_that_is_ended_is_refused_at_once(client: httpx2.AsyncClient, ada: dict[str, Any]) -> None:
    here, lost = await signed_in(client, FIREFOX), await signed_in(client, SAFARI)
    target = next(shown["id"] for shown in await listed(client, here) if not shown["is_current"])
    assert (await client.delete(f"{SESSIONS}/{target}", headers=here)).status_code == 204
    assert [(await client.get(ME, headers=one)).status_code for one in (here, lost)] == [200, 401]
    again = await client.delete(f"{SESSIONS}/{target}", headers=here)
    assert (again.status_code, again.json()["code"]) == (404, "accounts.session_not_found")


async def test_all_others_end_and_this_one_stays(client: httpx2.AsyncClient, ada: dict[str, Any]) -> None:
    here, *others = [await signed_in(client, FIREFOX) for _ in range(3)]
    assert (await client.delete(SESSIONS, headers=here)).status_code == 204
    assert [(await client.get(ME, headers=one)).status_code for one in (here, *others)] == [200, 401, 401]
    assert len(await listed(client, here)) == 1


async def test_nobody_ends_or_sees_the_sessions_of_others(
    client: httpx2.AsyncClient, ada: dict[str, Any], bob: httpx2.AsyncClient
) -> None:
    here = await signed_in(client, FIREFOX)
    (mine,) = await listed(client, here)
    assert (await bob.delete(f"{SESSIONS}/{mine['id']}")).status_code == 404
    assert mine["id"] not in (await bob.get(SESSIONS)).text
    assert (await bob.delete(SESSIONS)).status_code == 204
    assert (await client.get(ME, headers=here)).status_code == 200


async def test_no_key_manages_sessions(client: httpx2.AsyncClient, alice: httpx2.AsyncClient) -> None:
    made = await alice.post("/api/v1/api-keys", json={"name": "key", "scopes": ["read", "write"]})
    key = {"Authorization": f"Bearer {made.json()['key']}"}
    answers = [await client.get(SESSIONS, headers=key), await client.delete(SESSIONS, headers=key)]
    assert {answer.json()["code"] for answer in answers} == {"auth.sign_in_needed"}


async def last_seen(app: FastAPI, session_id: str) -> Any:
    resources: Resources = app.state.resources
    async with resources.database.reading() as session:
        family = await session.get(RefreshFamily, session_id)
        return family and family.last_seen_at


async def test_use_is_noted_once_a_minute(client: httpx2.AsyncClient, ada: dict[str, Any], app: FastAPI) -> None:
    here = await signed_in(client, FIREFOX)
    (mine,) = await listed(client, here)
    begun = await last_seen(app, mine["id"])
    clock = app.state.resources.clock
    clock.ahead = timedelta(seconds=59)
    await client.get(ME, headers=here)
    assert await last_seen(app, mine["id"]) == begun
    clock.ahead = timedelta(seconds=61)
    await client.get(ME, headers=here)
    noted = await last_seen(app, mine["id"])
    assert noted - begun >= timedelta(seconds=60)
    clock.ahead = timedelta(seconds=90)
    await client.get(ME, headers=here)
    assert await last_seen(app, mine["id"]) == noted


async def test_a_session_of_an_earlier_version_is_shown(
    client: httpx2.AsyncClient, ada: dict[str, Any], app: FastAPI
) -> None:
    here = await signed_in(client, FIREFOX)
    async with app.state.resources.database.unit_of_work() as session:
        await session.execute(update(RefreshFamily).values(agent=None, last_seen_at=None))
    (mine,) = await listed(client, here)
    assert (mine["device"], mine["user_agent"]) == ("Unknown device", "")


@pytest.mark.parametrize(
    ("agent", "device"),
    [
        (FIREFOX, "Firefox on Linux"),
        (SAFARI, "Safari on iPhone"),
        ("Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/140.0 Safari/537.36 Edg/140.0", "Edge on Windows"),
        ("Mozilla/5.0 (Linux; Android 16) AppleWebKit/537.36 Chrome/140.0 Mobile Safari/537.36", "Chrome on Android"),
        ("python-httpx/0.28.1", "python-httpx"),
        ("", "Unknown device"),
    ],
)
def test_a_device_has_the_name_that_people_know(agent: str, device: str) -> None:
    assert device_of(agent) == device
