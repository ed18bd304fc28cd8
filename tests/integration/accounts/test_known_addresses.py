"""Where mail is sent, nobody learns by registering who is known, and paid work waits for a verified address."""

from collections.abc import AsyncIterator
from typing import Any

import httpx2
import pytest
from fastapi import FastAPI

from app.accounts.domain import MailPurpose
from app.accounts.errors import EmailUnverified
from app.accounts.recovery import Recovery
from app.core.settings import Settings
from app.main import create_app
from app.resources import Outside, Resources
from app.usage.ledger import LedgerBudget
from tests import factories
from tests.conftest import MakeSettings
from tests.integration.accounts.conftest import ADA, PASSWORD
from tests.integration.accounts.mailing import Letterbox, ShiftedClock, orders, send_all, with_mail_jobs

pytestmark = pytest.mark.flow

API = "/api/v1"
DOORS = (f"{API}/auth/register", "/hub/api/v1/auth/register", "/spa/api/v1/auth/register")
STRANGER = {"email": "ADA@example.com", "username": "eve", "password": "another long phrase"}
PAID = 5000


@pytest.fixture
def smtp_url() -> str:
    return "smtp://mail.example.com"


@pytest.fixture
def settings(make_settings: MakeSettings, database_url: str, smtp_url: str) -> Settings:
    return make_settings(
        database={"database_url": database_url}, security={"smtp_url": smtp_url}, minimax={"api_key": "sk-minimax"}
    )


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


def alike(shown: dict[str, Any]) -> dict[str, Any]:
    """A reply without what differs between any two new accounts."""
    return {
        name: value if value is None or isinstance(value, bool) else type(value).__name__
        for name, value in shown.items()
        if name != "role"
    } | {"role": shown.get("role")}


@pytest.mark.parametrize("door", DOORS)
async def test_a_known_address_is_answered_like_a_new_one(
    client: httpx2.AsyncClient, ada: dict[str, Any], resources: Resources, letterbox: Letterbox, door: str
) -> None:
    known = await client.post(door, json=STRANGER)
    fresh = await client.post(door, json=STRANGER | {"email": "eve@example.com"})
    assert (known.status_code, alike(known.json())) == (fresh.status_code, alike(fresh.json()))
    assert (fresh.status_code, known.json()["id"] == ada["id"]) == (201, False)
    login = {"username": STRANGER["email"], "password": STRANGER["password"]}
    assert (await client.post(f"{API}/auth/login", json=login)).status_code == 401, "no account was made"
    assert (await client.post(f"{API}/auth/login", json=login | {"password": PASSWORD})).status_code == 200
    await send_all(resources)
    (mail,) = letterbox.mails
    assert (mail.to, "zarejestrować" in mail.text, "zaloguj się" in mail.text) == (ADA["email"], True, True)


async def test_the_wizard_learns_no_more_than_that_it_is_not_signed_in(
    client: httpx2.AsyncClient, ada: dict[str, Any], resources: Resources
) -> None:
    reply = await client.post("/api/auth/register", json=STRANGER)
    assert (reply.status_code, "taken" in reply.text) == (401, False)
    assert len(await orders(resources)) == 1


async def test_strangers_cause_an_owner_three_mails_an_hour_at_most(
    client: httpx2.AsyncClient, ada: dict[str, Any], resources: Resources, letterbox: Letterbox
) -> None:
    for _ in range(6):
        assert (await client.post(f"{API}/auth/register", json=STRANGER)).status_code == 201
    await send_all(resources)
    assert len(letterbox.mails) == 3


async def test_a_username_that_somebody_has_is_still_refused(client: httpx2.AsyncClient, ada: dict[str, Any]) -> None:
    taken = STRANGER | {"email": "eve@example.com", "username": ADA["username"]}
    reply = await client.post(f"{API}/auth/register", json=taken)
    assert (reply.status_code, reply.json()["code"]) == (409, "accounts.taken")


@pytest.mark.parametrize("smtp_url", [""])
async def test_without_mail_a_known_address_is_refused(client: httpx2.AsyncClient, ada: dict[str, Any]) -> None:
    reply = await client.post(f"{API}/auth/register", json=STRANGER)
    assert (reply.status_code, reply.json()["code"]) == (409, "accounts.taken")


async def paid(client: httpx2.AsyncClient) -> httpx2.Response:
    return await client.post(f"{API}/image/generate", json={"prompt": "A red boat"})


async def signed_in(client: httpx2.AsyncClient) -> None:
    reply = await client.post(f"{API}/auth/login", json={"username": "ada", "password": PASSWORD})
    client.headers["Authorization"] = f"Bearer {reply.json()['access_token']}"
    client.cookies.clear()


async def test_paid_work_waits_until_the_address_is_verified(
    client: httpx2.AsyncClient, ada: dict[str, Any], resources: Resources
) -> None:
    await signed_in(client)
    refused = await paid(client)
    assert (refused.status_code, refused.json()["code"]) == (403, "accounts.email_unverified")
    assert (await client.get(f"{API}/jobs")).json()["total"] == 0
    ticket = await Recovery.over(resources).ticket(ada["id"], MailPurpose.VERIFY)
    assert ticket is not None
    assert (await client.post(f"{API}/auth/email/verify", json={"token": ticket.token})).status_code == 204
    assert (await paid(client)).status_code == 200


async def test_free_work_needs_no_verified_address(
    client: httpx2.AsyncClient, ada: dict[str, Any], resources: Resources
) -> None:
    job = await factories.job(resources, ada["id"])
    async with resources.database.unit_of_work() as session:
        await LedgerBudget(resources).hold(session, job, 0)
        with pytest.raises(EmailUnverified):
            await LedgerBudget(resources).hold(session, job, PAID)


@pytest.mark.parametrize("smtp_url", [""])
async def test_without_mail_paid_work_needs_no_verified_address(
    client: httpx2.AsyncClient, ada: dict[str, Any], resources: Resources
) -> None:
    await signed_in(client)
    assert (await paid(client)).status_code == 200
