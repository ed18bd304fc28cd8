"""A second factor: set up by password, asked for at every door, each code once, recovery codes, turned off."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import httpx2
import pytest
from fastapi import FastAPI
from sqlalchemy import text

from app.accounts.second_factor import code_at, step_of
from app.core.settings import Settings
from app.main import create_app
from app.resources import Outside, Resources
from tests.integration.accounts.conftest import ADA, PASSWORD, At
from tests.integration.accounts.mailing import Letterbox, ShiftedClock, send_all, with_mail_jobs

pytestmark = pytest.mark.flow

API = "/api/v1"
TOTP = f"{API}/auth/totp"
LOGIN = f"{API}/auth/login"
STEP = timedelta(seconds=30)


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


class Person:
    """Ada with a session and, once set up, the secret in her telephone."""

    def __init__(self, client: httpx2.AsyncClient, resources: Resources) -> None:
        self.client = client
        self.resources = resources
        self.session: dict[str, str] = {}
        self.secret = ""
        self.recovery_codes: list[str] = []

    def forward(self, by: timedelta) -> None:
        clock = self.resources.clock
        assert isinstance(clock, ShiftedClock)
        clock.ahead += by

    def code(self) -> str:
        return code_at(self.secret, step_of(self.resources.clock.now()))

    def next_code(self) -> str:
        """A code that was not used: that of a later step."""
        self.forward(STEP)
        return self.code()

    async def post(self, path: str, **body: str) -> httpx2.Response:
        return await self.client.post(f"{TOTP}{path}", json=body, headers=self.session)

    async def sign_in(self, **more: str) -> httpx2.Response:
        reply = await self.client.post(LOGIN, json={"username": "ada", "password": PASSWORD, **more})
        self.client.cookies.clear()
        return reply

    async def set_up(self) -> None:
        made = await self.post("/setup", current_password=PASSWORD)
        assert made.status_code == 200, made.text
        self.secret = made.json()["secret"]
        confirmed = await self.post("/confirm", code=self.code())
        assert confirmed.status_code == 200, confirmed.text
        self.recovery_codes = confirmed.json()["recovery_codes"]


@pytest.fixture
async def person(client: httpx2.AsyncClient, ada: dict[str, Any], resources: Resources) -> Person:
    someone = Person(client, resources)
    signed_in = (await someone.sign_in()).json()
    someone.session = {"Authorization": f"Bearer {signed_in['access_token']}"}
    return someone


async def test_a_code_is_asked_for_from_its_confirmation_on(person: Person, letterbox: Letterbox) -> None:
    made = await person.post("/setup", current_password=PASSWORD)
    assert made.json()["url"].startswith("otpauth://totp/")
    assert (await person.sign_in()).status_code == 200
    await person.set_up()
    needed = await person.sign_in()
    assert (needed.status_code, needed.json()["code"]) == (401, "auth.code_needed")
    assert (await person.sign_in(code=person.next_code())).status_code == 200
    await send_all(person.resources)
    assert [(mail.to, "kodu" in mail.text) for mail in letterbox.mails] == [(ADA["email"], True)]


async def test_each_code_counts_once_and_no_earlier_one_after_it(person: Person) -> None:
    await person.set_up()
    confirming = await person.sign_in(code=person.code())
    assert (confirming.status_code, confirming.json()["code"]) == (401, "auth.wrong_code")
    code = person.next_code()
    assert (await person.sign_in(code=code)).status_code == 200
    assert (await person.sign_in(code=code)).json()["code"] == "auth.wrong_code"
    earlier = code_at(person.secret, step_of(person.resources.clock.now()) - 1)
    assert (await person.sign_in(code=earlier)).json()["code"] == "auth.wrong_code"


async def test_a_code_opens_one_of_several_sessions_at_once(person: Person) -> None:
    await person.set_up()
    code = person.next_code()
    replies = await asyncio.gather(*(person.sign_in(code=code) for _ in range(4)))
    assert sorted(reply.status_code for reply in replies) == [200, 401, 401, 401]


async def test_a_recovery_code_counts_once(person: Person) -> None:
    await person.set_up()
    assert len(set(person.recovery_codes)) == 10
    first = person.recovery_codes[0]
    assert (await person.sign_in(code=first.upper().replace("-", " "))).status_code == 200
    assert (await person.sign_in(code=first)).json()["code"] == "auth.wrong_code"
    shown = await person.client.get(TOTP, headers=person.session)
    assert shown.json() == {"is_on": True, "recovery_codes_left": 9}


async def test_wrong_codes_are_counted_and_a_missing_one_is_not(person: Person) -> None:
    await person.set_up()
    for _ in range(6):
        assert (await person.sign_in()).json()["code"] == "auth.code_needed"
    for _ in range(5):
        assert (await person.sign_in(code="000000")).json()["code"] == "auth.wrong_code"
    late = await person.sign_in(code=person.next_code())
    assert (late.status_code, late.json()["code"]) == (429, "auth.too_many_attempts")


async def test_a_wrong_password_says_nothing_of_the_code(person: Person) -> None:
    await person.set_up()
    wrong = {"username": "ada", "password": "not this one", "code": person.next_code()}
    reply = await person.client.post(LOGIN, json=wrong)
    assert reply.json()["code"] == "auth.wrong_login"


DOORS: list[tuple[str, str, str]] = [
    (LOGIN, "json", "username"),
    (LOGIN, "data", "username"),
    (f"{API}/auth/token", "data", "username"),
    ("/spa/api/v1/auth/token", "data", "username"),
    ("/hub/api/v1/auth/login", "json", "email"),
    ("/hub/api/v1/auth/login", "data", "username"),
    ("/hub/api/v1/auth/login", "params", "email"),
    ("/api/auth/login", "json", "email"),
]


@pytest.mark.parametrize(("path", "how", "name"), DOORS)
async def test_every_door_asks_for_the_code(person: Person, at: At, path: str, how: str, name: str) -> None:
    await person.set_up()
    login = {name: ADA["email"], "password": PASSWORD}
    elsewhere = await at("192.0.2.77")
    without = await elsewhere.post(path, **{how: login})
    assert (without.status_code, "auth.code_needed" in without.text) == (401, True)
    assert "avc_session" not in elsewhere.cookies
    assert (await elsewhere.post(path, **{how: login | {"code": person.next_code()}})).status_code == 200


async def test_registering_again_is_no_way_round_the_code(person: Person) -> None:
    await person.set_up()
    reply = await person.client.post("/api/auth/register", json={"email": ADA["email"], "password": PASSWORD})
    assert reply.status_code in {401, 409}


async def test_it_is_turned_off_by_password_and_code_together(person: Person, letterbox: Letterbox) -> None:
    await person.set_up()
    without_password = await person.post("/disable", current_password="not this one", code=person.next_code())
    without_code = await person.post("/disable", current_password=PASSWORD, code="000000")
    assert [reply.json()["code"] for reply in (without_password, without_code)] == [
        "accounts.wrong_password",
        "accounts.wrong_code",
    ]
    assert (await person.sign_in()).json()["code"] == "auth.code_needed"
    assert (await person.post("/disable", current_password=PASSWORD, code=person.next_code())).status_code == 204
    assert (await person.sign_in()).status_code == 200
    again = await person.post("/disable", current_password=PASSWORD, code=person.recovery_codes[0])
    assert again.json()["code"] == "accounts.second_factor_off"
    await send_all(person.resources)
    assert len(letterbox.mails) == 2


async def test_codes_are_not_guessed_by_turning_it_off(person: Person) -> None:
    await person.set_up()
    codes = [(await person.post("/disable", current_password=PASSWORD, code="000000")).json()["code"] for _ in range(7)]
    assert codes == ["accounts.wrong_code"] * 5 + ["auth.too_many_attempts"] * 2


async def test_nobody_sets_it_up_without_the_password_or_twice(person: Person) -> None:
    wrong = await person.post("/setup", current_password="not this one")
    assert wrong.json()["code"] == "accounts.wrong_password"
    early = await person.post("/confirm", code="123456")
    assert early.json()["code"] == "accounts.second_factor_off"
    await person.set_up()
    for path, body in (("/setup", {"current_password": PASSWORD}), ("/confirm", {"code": person.next_code()})):
        assert (await person.post(path, **body)).json()["code"] == "accounts.second_factor_on"


async def test_a_wrong_first_code_turns_nothing_on(person: Person) -> None:
    await person.post("/setup", current_password=PASSWORD)
    assert (await person.post("/confirm", code="000000")).json()["code"] == "accounts.wrong_code"
    assert (await person.sign_in()).status_code == 200


async def test_the_database_knows_neither_secret_nor_recovery_codes(person: Person) -> None:
    await person.set_up()
    async with person.resources.database.reading() as session:
        factors = (await session.execute(text("SELECT * FROM second_factors"))).all()
        stored = str([factors, (await session.execute(text("SELECT * FROM recovery_codes"))).all()])
    assert person.secret not in stored
    assert [code for code in person.recovery_codes if code in stored or code.replace("-", "").upper() in stored] == []
