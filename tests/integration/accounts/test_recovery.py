"""A forgotten password is replaced by a code from a mail: once, soon, silently about who is known, ending all."""

import re
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import httpx2
import pytest
from fastapi import FastAPI
from sqlalchemy import select

from app.accounts.domain import SYSTEM_ACCOUNT, MailPurpose
from app.accounts.errors import MailTokenSpent
from app.accounts.models import MailToken
from app.accounts.recovery import Recovery
from app.core.pagination import Window
from app.core.settings import Settings
from app.jobs.domain import JobFilter
from app.jobs.repository import JobRepository
from app.main import create_app
from app.resources import Outside, Resources
from tests.integration.accounts.conftest import ADA, PASSWORD
from tests.integration.accounts.mailing import Letterbox, ShiftedClock, orders, send_all, with_mail_jobs

API = "/api/v1"
NEW_PASSWORD = "four large red pears"


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    return sqlite_url


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


async def asked(client: httpx2.AsyncClient, email: str = ADA["email"]) -> httpx2.Response:
    return await client.post(f"{API}/auth/password/forgot", json={"email": email})


async def reset(client: httpx2.AsyncClient, code: str, password: str = NEW_PASSWORD) -> httpx2.Response:
    return await client.post(f"{API}/auth/password/reset", json={"token": code, "new_password": password})


async def sign_in(client: httpx2.AsyncClient, password: str) -> httpx2.Response:
    return await client.post(f"{API}/auth/login", json={"username": "ada", "password": password})


async def test_a_code_from_a_mail_sets_a_new_password_and_ends_every_session(
    client: httpx2.AsyncClient, ada: dict[str, Any], resources: Resources, letterbox: Letterbox
) -> None:
    before = (await sign_in(client, PASSWORD)).json()["access_token"]
    client.cookies.clear()
    assert (await asked(client)).status_code == 202
    await send_all(resources)
    assert letterbox.mails[0].to == ADA["email"]
    assert (await reset(client, letterbox.code())).status_code == 204
    mine = await client.get(f"{API}/auth/me", headers={"Authorization": f"Bearer {before}"})
    assert mine.status_code == 401
    assert (await sign_in(client, PASSWORD)).status_code == 401
    fresh = await sign_in(client, NEW_PASSWORD)
    assert fresh.json()["user"]["email_verified"] is True


async def test_a_code_works_once(
    client: httpx2.AsyncClient, ada: dict[str, Any], resources: Resources, letterbox: Letterbox
) -> None:
    await asked(client)
    await send_all(resources)
    code = letterbox.code()
    assert (await reset(client, code)).status_code == 204
    again = await reset(client, code, "five small blue plums")
    assert (again.status_code, again.json()["code"]) == (422, "auth.mail_code_spent")
    with pytest.raises(MailTokenSpent):
        await Recovery.over(resources).verify(code)


async def test_a_used_code_spends_the_others_too(
    client: httpx2.AsyncClient, ada: dict[str, Any], resources: Resources, letterbox: Letterbox
) -> None:
    for _ in range(2):
        await asked(client)
        await send_all(resources)
    first, second = (mail.text.split("\n\n")[2] for mail in letterbox.mails)
    assert (await reset(client, second)).status_code == 204
    assert (await reset(client, first, "five small blue plums")).status_code == 422


async def test_a_code_lives_half_an_hour(
    client: httpx2.AsyncClient, ada: dict[str, Any], resources: Resources, letterbox: Letterbox
) -> None:
    await asked(client)
    await send_all(resources)
    clock = resources.clock
    assert isinstance(clock, ShiftedClock)
    clock.ahead = timedelta(minutes=30)
    assert (await reset(client, letterbox.code())).status_code == 422
    assert (await sign_in(client, PASSWORD)).status_code == 200


async def test_an_unknown_address_gets_the_same_answer_and_no_mail(
    client: httpx2.AsyncClient, ada: dict[str, Any], resources: Resources, letterbox: Letterbox
) -> None:
    known, unknown = await asked(client), await asked(client, "nobody@example.com")
    assert (known.status_code, known.json()) == (unknown.status_code, unknown.json())
    assert len(await orders(resources)) == 2, "both cost the same work"
    await send_all(resources)
    assert [mail.to for mail in letterbox.mails] == [ADA["email"]]


async def test_the_database_knows_the_code_by_its_hash_alone(
    client: httpx2.AsyncClient, ada: dict[str, Any], resources: Resources, letterbox: Letterbox
) -> None:
    await asked(client)
    await send_all(resources)
    async with resources.database.reading() as session:
        (token,) = (await session.scalars(select(MailToken))).all()
    assert letterbox.code() not in str(vars(token))
    jobs = await resources_jobs(resources)
    assert letterbox.code() not in str(jobs)
    assert ADA["email"] not in str(jobs)


async def resources_jobs(resources: Resources) -> Any:
    async with resources.database.reading() as session:
        page, _ = await JobRepository(session, resources.clock).listed(SYSTEM_ACCOUNT, JobFilter(), Window())
        return page.items


async def test_five_mails_an_hour_are_enough_for_anybody(
    client: httpx2.AsyncClient, ada: dict[str, Any], resources: Resources, letterbox: Letterbox
) -> None:
    for _ in range(7):
        await asked(client)
        await asked(client)
        await send_all(resources)
    assert len(letterbox.mails) == 5


async def test_a_mail_server_that_is_away_is_asked_again(
    client: httpx2.AsyncClient, ada: dict[str, Any], resources: Resources, letterbox: Letterbox
) -> None:
    letterbox.refusals = 2
    await asked(client)
    await send_all(resources)
    assert len(letterbox.mails) == 1


async def test_a_common_password_does_not_use_the_code_up(
    client: httpx2.AsyncClient, ada: dict[str, Any], resources: Resources, letterbox: Letterbox
) -> None:
    await asked(client)
    await send_all(resources)
    assert (await reset(client, letterbox.code(), "password123")).status_code == 422
    assert (await reset(client, letterbox.code())).status_code == 204


async def test_an_address_is_verified_by_its_code_alone(
    client: httpx2.AsyncClient, ada: dict[str, Any], resources: Resources, letterbox: Letterbox
) -> None:
    token = (await sign_in(client, PASSWORD)).json()["access_token"]
    client.cookies.clear()
    mine = {"Authorization": f"Bearer {token}"}
    assert (await client.post(f"{API}/auth/email/verify/request")).status_code == 401
    assert (await client.post(f"{API}/auth/email/verify/request", headers=mine)).status_code == 202
    await send_all(resources)
    assert (await reset(client, letterbox.code())).status_code == 422, "a code is good for one purpose"
    assert (await client.get(f"{API}/auth/me", headers=mine)).json()["email_verified"] is False
    answer = await client.post(f"{API}/auth/email/verify", json={"token": letterbox.code()})
    assert answer.status_code == 204
    assert (await client.get(f"{API}/auth/me", headers=mine)).json()["email_verified"] is True


async def test_who_has_no_account_any_more_gets_no_mail(
    client: httpx2.AsyncClient, ada: dict[str, Any], resources: Resources, letterbox: Letterbox
) -> None:
    assert await Recovery.over(resources).ticket(ada["id"], MailPurpose.RESET) is not None
    token = (await sign_in(client, PASSWORD)).json()["access_token"]
    client.cookies.clear()
    await client.delete(f"{API}/users/me", headers={"Authorization": f"Bearer {token}"})
    assert await Recovery.over(resources).ticket(ada["id"], MailPurpose.RESET) is None


async def test_the_mail_is_in_the_services_language_and_names_its_life(
    client: httpx2.AsyncClient, ada: dict[str, Any], resources: Resources, letterbox: Letterbox
) -> None:
    await asked(client)
    await send_all(resources)
    assert letterbox.mails[0].subject == "Kod do ustawienia nowego hasła"
    assert re.search(r"\b30 minut\b", letterbox.mails[0].text)
