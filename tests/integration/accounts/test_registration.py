"""Who may register: all, the invited or nobody, at every door; the first account becomes the administrator."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import httpx2
import pytest
from fastapi import FastAPI
from sqlalchemy import select

from app.accounts.domain import AccountRole
from app.accounts.models import Invitation, User
from app.accounts.service import Admission
from app.core.settings import Settings
from app.main import create_app
from app.resources import Resources
from tests.conftest import MakeSettings
from tests.integration.accounts.conftest import PASSWORD
from tests.integration.accounts.mailing import ShiftedClock

pytestmark = pytest.mark.flow

API = "/api/v1"
DOORS = (f"{API}/auth/register", "/hub/api/v1/auth/register", "/spa/api/v1/auth/register", "/api/auth/register")
INVITATIONS = f"{API}/invitations"


@pytest.fixture
def mode(request: pytest.FixtureRequest) -> str:
    return str(getattr(request, "param", "open"))


@pytest.fixture
def settings(make_settings: MakeSettings, database_url: str, mode: str) -> Settings:
    return make_settings(database={"database_url": database_url}, security={"registration": mode})


@pytest.fixture
async def app(settings: Settings) -> AsyncIterator[FastAPI]:
    application = create_app(settings, clock=ShiftedClock())
    async with application.router.lifespan_context(application):
        yield application


def person(name: str, **more: str) -> dict[str, str]:
    return {"email": f"{name}@example.com", "username": name, "password": PASSWORD, **more}


async def role_of(client: httpx2.AsyncClient, name: str) -> str:
    login = await client.post(f"{API}/auth/login", json={"username": name, "password": PASSWORD})
    client.cookies.clear()
    return str(login.json()["user"]["role"])


async def made(admin: httpx2.AsyncClient, **body: Any) -> dict[str, Any]:
    reply = await admin.post(INVITATIONS, json=body)
    assert reply.status_code == 201, reply.text
    invitation: dict[str, Any] = reply.json()
    return invitation


@pytest.mark.parametrize("mode", ["open", "invite"], indirect=True)
async def test_the_first_account_becomes_the_administrator(client: httpx2.AsyncClient, mode: str) -> None:
    assert (await client.post(f"{API}/auth/register", json=person("ada"))).json()["role"] == "admin"
    second = await client.post(f"{API}/auth/register", json=person("bob"))
    assert second.json().get("role") == ("user" if mode == "open" else None)
    assert await role_of(client, "ada") == "admin"


async def test_a_closed_first_account_leaves_its_role_to_nobody(client: httpx2.AsyncClient) -> None:
    await client.post(f"{API}/auth/register", json=person("ada"))
    login = await client.post(f"{API}/auth/login", json={"username": "ada", "password": PASSWORD})
    client.cookies.clear()
    bearer = {"Authorization": f"Bearer {login.json()['access_token']}"}
    assert (await client.delete(f"{API}/users/me", headers=bearer)).status_code == 204
    assert (await client.post(f"{API}/auth/register", json=person("eve"))).json()["role"] == "user"


async def test_of_several_first_ones_at_once_one_becomes_the_administrator(app: FastAPI) -> None:
    resources: Resources = app.state.resources

    async def join(number: int) -> AccountRole:
        async with resources.database.unit_of_work() as session:
            email = f"p{number}@example.com"
            newcomer = User(email=email, login_email=email, role=AccountRole.USER, is_active=True)
            return (await Admission.over(session, resources).admit(newcomer)).role

    roles = await asyncio.gather(*(join(number) for number in range(8)))
    assert sorted(roles) == [AccountRole.ADMIN] + [AccountRole.USER] * 7


@pytest.mark.parametrize("mode", ["closed"], indirect=True)
async def test_nobody_registers_where_registration_is_closed(
    client: httpx2.AsyncClient, admin: httpx2.AsyncClient, subtests: pytest.Subtests
) -> None:
    invitation = await made(admin)
    for door in DOORS:
        with subtests.test(door=door):
            reply = await client.post(door, json=person("eve", invitation=invitation["code"]))
            assert reply.status_code == 403
            assert "accounts.registration_closed" in reply.text


@pytest.mark.parametrize("mode", ["invite"], indirect=True)
async def test_only_the_invited_register_and_once_each(
    client: httpx2.AsyncClient, admin: httpx2.AsyncClient, subtests: pytest.Subtests
) -> None:
    for number, door in enumerate(DOORS):
        with subtests.test(door=door):
            code = (await made(admin))["code"]
            without = await client.post(door, json=person(f"eve{number}"))
            assert (without.status_code, "accounts.invitation_needed" in without.text) == (403, True)
            assert (await client.post(door, json=person(f"ada{number}", invitation=code))).status_code == 201
            client.cookies.clear()
            again = await client.post(door, json=person(f"bob{number}", invitation=code))
            assert (again.status_code, "accounts.invitation_spent" in again.text) == (403, True)
            assert await role_of(client, f"ada{number}@example.com") == "user"


@pytest.mark.parametrize("mode", ["invite"], indirect=True)
async def test_an_invitation_ends_when_it_is_taken_back_and_with_its_time(
    client: httpx2.AsyncClient, admin: httpx2.AsyncClient, app: FastAPI
) -> None:
    revoked, old = await made(admin), await made(admin, expires_in_days=1)
    assert (await admin.delete(f"{INVITATIONS}/{revoked['id']}")).status_code == 204
    gone = await admin.delete(f"{INVITATIONS}/{revoked['id']}")
    assert (gone.status_code, gone.json()["code"]) == (404, "accounts.invitation_not_found")
    app.state.resources.clock.ahead = timedelta(days=1)
    for name, invitation in (("eve", revoked), ("mallory", old)):
        reply = await client.post(f"{API}/auth/register", json=person(name, invitation=invitation["code"]))
        assert reply.json()["code"] == "accounts.invitation_spent"


@pytest.mark.parametrize("mode", ["invite"], indirect=True)
async def test_an_invitation_is_used_once_even_by_two_at_once(
    app: FastAPI, client: httpx2.AsyncClient, admin: httpx2.AsyncClient
) -> None:
    code = (await made(admin))["code"]
    bodies = [person(f"person{number}", invitation=code) for number in range(5)]
    replies = await asyncio.gather(*(client.post(f"{API}/auth/register", json=body) for body in bodies))
    told = sorted((reply.status_code, reply.json().get("code")) for reply in replies)
    assert told == [(201, None), *([(403, "accounts.invitation_spent")] * 4)]


async def test_administrators_see_who_was_invited_but_no_code(
    client: httpx2.AsyncClient, admin: httpx2.AsyncClient, app: FastAPI
) -> None:
    invitation = await made(admin, note="for Grace")
    assert invitation["url"].endswith(f"/#invitation={invitation['code']}")
    joined = await client.post(f"{API}/auth/register", json=person("grace", invitation=invitation["code"]))
    listed = await admin.get(INVITATIONS)
    (shown,) = listed.json()["invitations"]
    assert (listed.json()["total"], shown["note"], shown["used_by"]) == (1, "for Grace", joined.json()["id"])
    assert invitation["code"] not in listed.text
    async with app.state.resources.database.reading() as session:
        (row,) = (await session.scalars(select(Invitation))).all()
    assert invitation["code"] not in str(vars(row))


async def test_nobody_else_makes_or_sees_invitations(
    client: httpx2.AsyncClient, alice: httpx2.AsyncClient, admin: httpx2.AsyncClient
) -> None:
    invitation = await made(admin)
    for one, status in ((client, 401), (alice, 403)):
        answers = [
            await one.get(INVITATIONS),
            await one.post(INVITATIONS, json={}),
            await one.delete(f"{INVITATIONS}/{invitation['id']}"),
        ]
        assert [answer.status_code for answer in answers] == [status] * 3
