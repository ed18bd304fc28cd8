"""Whoever takes an account back, or moves it, leaves nothing behind that a stranger made with it; the owner is told."""

from collections.abc import AsyncIterator
from typing import Any

import httpx2
import pytest
from fastapi import FastAPI

from app.accounts.domain import MailPurpose
from app.accounts.recovery import Recovery
from app.core.settings import Settings
from app.main import create_app
from app.resources import Outside, Resources
from tests.conftest import MakeSettings
from tests.integration.accounts.conftest import ADA, PASSWORD
from tests.integration.accounts.mailing import Letterbox, ShiftedClock, orders, send_all, with_mail_jobs

API = "/api/v1"
ME = f"{API}/auth/me"
NEW_PASSWORD = "four large red pears"
NEW_EMAIL = "countess@example.com"


@pytest.fixture
def letterbox() -> Letterbox:
    return Letterbox()


@pytest.fixture
async def app(settings: Settings, letterbox: Letterbox) -> AsyncIterator[FastAPI]:
    application = create_app(settings, clock=ShiftedClock(), outside=Outside(mailer=letterbox))
    async with application.router.lifespan_context(application):
        yield application


@pytest.fixture
def resources(app: FastAPI) -> Resources:
    return with_mail_jobs(app.state.resources)


async def session_of(client: httpx2.AsyncClient, password: str = PASSWORD) -> dict[str, str]:
    reply = await client.post(f"{API}/auth/login", json={"username": "ada", "password": password})
    assert reply.status_code == 200, reply.text
    client.cookies.clear()
    return {"Authorization": f"Bearer {reply.json()['access_token']}"}


async def key_of(client: httpx2.AsyncClient, session: dict[str, str]) -> dict[str, str]:
    reply = await client.post(f"{API}/api-keys", json={"name": "key", "scopes": ["read"]}, headers=session)
    return {"Authorization": f"Bearer {reply.json()['key']}"}


async def works(client: httpx2.AsyncClient, proof: dict[str, str]) -> bool:
    return (await client.get(ME, headers=proof)).status_code == 200


async def mailed_code(resources: Resources, user_id: str, purpose: MailPurpose) -> str:
    ticket = await Recovery.over(resources).ticket(user_id, purpose)
    assert ticket is not None
    return ticket.token


async def verify(client: httpx2.AsyncClient, resources: Resources, user_id: str) -> None:
    code = await mailed_code(resources, user_id, MailPurpose.VERIFY)
    assert (await client.post(f"{API}/auth/email/verify", json={"token": code})).status_code == 204


async def test_a_reset_ends_every_session_and_every_key_made_before_it(
    client: httpx2.AsyncClient, ada: dict[str, Any], resources: Resources, letterbox: Letterbox
) -> None:
    stranger = await session_of(client)
    proofs = [stranger, await key_of(client, stranger)]
    code = await mailed_code(resources, ada["id"], MailPurpose.RESET)
    body = {"token": code, "new_password": NEW_PASSWORD}
    assert (await client.post(f"{API}/auth/password/reset", json=body)).status_code == 204
    assert [await works(client, proof) for proof in proofs] == [False, False]
    owner = await session_of(client, NEW_PASSWORD)
    assert await works(client, await key_of(client, owner))
    await send_all(resources)
    assert [(mail.to, "klucze API" in mail.text) for mail in letterbox.mails] == [(ADA["email"], True)]


@pytest.mark.parametrize("is_verified", [True, False])
async def test_a_new_password_ends_the_keys_made_before_the_address_was_verified(
    client: httpx2.AsyncClient, ada: dict[str, Any], resources: Resources, letterbox: Letterbox, is_verified: bool
) -> None:
    here, elsewhere = await session_of(client), await session_of(client)
    early = await key_of(client, here)
    if is_verified:
        await verify(client, resources, ada["id"])
    late = await key_of(client, here)
    body = {"current_password": PASSWORD, "new_password": NEW_PASSWORD}
    assert (await client.post(f"{API}/auth/change-password", json=body, headers=here)).status_code == 204
    assert [await works(client, proof) for proof in (here, elsewhere, early, late)] == [True, False, False, is_verified]
    await send_all(resources)
    assert [(mail.to, "hasło" in mail.text) for mail in letterbox.mails] == [(ADA["email"], True)]


async def test_another_address_ends_the_other_sessions_and_is_told_to_the_one_before(
    client: httpx2.AsyncClient, ada: dict[str, Any], resources: Resources, letterbox: Letterbox
) -> None:
    here, elsewhere = await session_of(client), await session_of(client)
    early = await key_of(client, here)
    await verify(client, resources, ada["id"])
    reset_code = await mailed_code(resources, ada["id"], MailPurpose.RESET)
    body = {"email": NEW_EMAIL, "current_password": PASSWORD}
    moved = await client.post(f"{API}/auth/email/change", json=body, headers=here)
    assert (moved.status_code, moved.json()["email"], moved.json()["email_verified"]) == (200, NEW_EMAIL, False)
    assert [await works(client, proof) for proof in (here, elsewhere, early)] == [True, False, False]
    assert all(ADA["email"] not in str(job) for job in await orders(resources))
    await send_all(resources)
    assert [mail.to for mail in letterbox.mails] == [ADA["email"]]
    late = {"token": reset_code, "new_password": NEW_PASSWORD}
    refused = await client.post(f"{API}/auth/password/reset", json=late)
    assert refused.json()["code"] == "auth.mail_code_spent", "a code of the address before is worth nothing"
    login = {"email": NEW_EMAIL, "password": PASSWORD}
    assert (await client.post(f"{API}/auth/login", json=login)).status_code == 200


async def test_an_address_changes_for_the_right_password_only_and_to_a_free_one(
    client: httpx2.AsyncClient, ada: dict[str, Any], resources: Resources, letterbox: Letterbox
) -> None:
    here = await session_of(client)
    await client.post(f"{API}/auth/register", json={"email": NEW_EMAIL, "password": PASSWORD})
    wrong = {"email": "other@example.com", "current_password": "not this one"}
    taken = {"email": NEW_EMAIL.upper(), "current_password": PASSWORD}
    answers = [await client.post(f"{API}/auth/email/change", json=body, headers=here) for body in (wrong, taken)]
    assert [answer.json()["code"] for answer in answers] == ["accounts.wrong_password", "accounts.taken"]
    assert (await client.get(ME, headers=here)).json()["email"] == ADA["email"]
    assert await orders(resources) == []


@pytest.fixture
def without_mail(make_settings: MakeSettings, sqlite_url: str) -> Settings:
    return make_settings(
        database={"database_url": sqlite_url},
        server={"app_env": "production", "public_base_url": "https://films.example.com"},
    )


async def test_a_production_without_mail_says_so_and_prints_no_code(
    without_mail: Settings, capfd: pytest.CaptureFixture[str]
) -> None:
    application = create_app(without_mail)
    transport = httpx2.ASGITransport(app=application, raise_app_exceptions=False)
    async with (
        application.router.lifespan_context(application),
        httpx2.AsyncClient(transport=transport, base_url="https://films.example.com") as client,
    ):
        await client.post(f"{API}/auth/register", json=ADA)
        session = await session_of(client)
        asked = [
            await client.post(f"{API}/auth/password/forgot", json={"email": ADA["email"]}),
            await client.post(f"{API}/auth/password/forgot", json={"email": "nobody@example.com"}),
            await client.post(f"{API}/auth/email/verify/request", headers=session),
        ]
        body = {"current_password": PASSWORD, "new_password": NEW_PASSWORD}
        changed = await client.post(f"{API}/auth/change-password", json=body, headers=session)
    assert [(reply.status_code, reply.json()["code"]) for reply in asked] == [(503, "mail.not_configured")] * 3
    assert changed.status_code == 204, "what cannot be told is done all the same"
    printed = capfd.readouterr()
    assert "--- mail to" not in printed.out + printed.err
