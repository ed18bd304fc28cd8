"""SECRET_KEY is changed: whatever the service made with the one before is still good, until that one is forgotten."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx2
import pytest
from fastapi import FastAPI
from sqlalchemy import select

from app.accounts.dependencies import SECURE_SESSION_COOKIE
from app.accounts.domain import MailPurpose
from app.accounts.provider_keys import OwnKeys
from app.accounts.recovery import Recovery
from app.accounts.second_factor import code_at, step_of
from app.accounts.service import AccountService
from app.core.clock import SystemClock
from app.core.settings import Settings
from app.jobs.attempts import PaidCall
from app.jobs.persistence import VendorAnswer
from app.jobs.reconcile import callback_url
from app.jobs.settlement import JobRuntime
from app.main import create_app
from app.notifications.models import WebhookEndpoint
from app.notifications.service import StreamTickets
from app.notifications.signing import opened, reseal_all
from app.providers.errors import OutcomeUnknown
from app.resources import Resources
from app.usage.ledger import LedgerBudget
from tests import factories
from tests.conftest import SECRET, MakeSettings
from tests.integration.accounts.conftest import ADA, PASSWORD
from tests.integration.jobs.test_runs import Fresh
from tests.standins.minimax.app import minimax_app
from tests.standins.minimax.world import GOOD_KEY, World
from tests.standins.running import served

pytestmark = pytest.mark.flow

PUBLIC = "https://films.example.com"
API = "/api/v1"
OWN_KEY = "sk-of-ada-0123456789"
LATER = "another-secret-9876543210-zyxwvutsrqponmlkjihgfedcba"


@pytest.fixture
def vendor() -> Iterator[World]:
    world = World(SystemClock().monotonic)
    with served(minimax_app(world)) as address:
        world.base_url = address
        yield world


@dataclass
class Service:
    """One running process on the one database and store."""

    app: FastAPI
    client: httpx2.AsyncClient

    @property
    def resources(self) -> Resources:
        found: Resources = self.app.state.resources
        return found


@dataclass
class Things:
    """What was made with the SECRET_KEY of its time."""

    access: str
    refresh: str
    next_refresh: str
    cookie: str
    key: str
    avatar: str
    ticket: str
    cursor: str
    callback: str
    mail_code: str
    invited: dict[str, str]
    webhook: dict[str, Any]
    totp_secret: str


class Rotation:
    """Starts the service with one pair of secrets after the other."""

    def __init__(self, make_settings: MakeSettings, database_url: str, vendor: World) -> None:
        self._make_settings = make_settings
        self._database_url = database_url
        self._vendor = vendor

    def settings(self, secret: str, old: str) -> Settings:
        return self._make_settings(
            database={"database_url": self._database_url},
            server={"public_base_url": PUBLIC},
            security={"secret_key": secret, "old_secret_key": old, "registration": "invite"},
            minimax={"api_key": GOOD_KEY, "api_base": self._vendor.base_url},
        )

    @asynccontextmanager
    async def running(self, secret: str, old: str = "") -> AsyncIterator[Service]:
        application = create_app(self.settings(secret, old))
        transport = httpx2.ASGITransport(app=application, raise_app_exceptions=False)
        async with (
            application.router.lifespan_context(application),
            httpx2.AsyncClient(transport=transport, base_url=PUBLIC) as client,
        ):
            yield Service(application, client)


@pytest.fixture
def rotation(make_settings: MakeSettings, database_url: str, vendor: World) -> Rotation:
    return Rotation(make_settings, database_url, vendor)


def totp_code(secret: str, steps_off: int) -> str:
    return code_at(secret, step_of(SystemClock().now()) + steps_off)


async def signs_in(service: Service, things: Things, steps_off: int) -> bool:
    """Whether the authenticator app is still believed; each code counts once."""
    login = {"username": "ada", "password": PASSWORD, "code": totp_code(things.totp_secret, steps_off)}
    return (await service.client.post(f"{API}/auth/login", json=login)).is_success


def bearer(proof: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {proof}"}


async def lose(_attempt: object) -> VendorAnswer:
    raise OutcomeUnknown(provider="minimax")


async def lost_call(service: Service, owner: str) -> str:
    """The address that a vendor was given with a call whose answer was lost."""
    resources = service.resources
    engine = resources.engines.video("minimax")
    call = PaidCall("video", engine.name, engine.account, "hash", 280_000)
    attempts = JobRuntime(resources, [], LedgerBudget(resources), Fresh()).attempts
    job = await factories.job(resources, owner)
    attempt = await attempts.intend(job, call, 1)
    await attempts.submit(job, attempt, call, lose, stop=asyncio.Event())
    address = callback_url(resources, attempt)
    assert address is not None
    return address


async def make_things(service: Service) -> Things:
    client, resources = service.client, service.resources
    ada = (await client.post(f"{API}/auth/register", json=ADA)).json()
    signed_in = await client.post(f"{API}/auth/login", json={"username": "ada", "password": PASSWORD})
    cookie = signed_in.cookies[SECURE_SESSION_COOKIE]
    client.cookies.clear()
    mine = bearer(signed_in.json()["access_token"])
    picture = {"file": ("me.png", factories.picture(), "image/png")}
    avatar = (await client.post(f"{API}/avatar", files=picture, headers=mine)).json()["avatar_url"]
    keys = [
        await client.post(f"{API}/api-keys", json={"name": f"key {n}", "scopes": ["read"]}, headers=mine)
        for n in range(2)
    ]
    page = await client.get(f"{API}/api-keys", params={"limit": 1}, headers=mine)
    callback = await lost_call(service, ada["id"])
    own_key = await client.put(f"{API}/provider-keys/minimax", json={"key": OWN_KEY}, headers=mine)
    assert own_key.status_code == 200
    webhook = await client.post(f"{API}/webhooks", json={"url": "https://ada.example.com/x"}, headers=mine)
    refresh = signed_in.json()["refresh_token"]
    rotated = await client.post(f"{API}/auth/refresh", json={"refresh_token": refresh})
    password = {"current_password": PASSWORD}
    totp_secret = (await client.post(f"{API}/auth/totp/setup", json=password, headers=mine)).json()["secret"]
    first_code = {"code": totp_code(totp_secret, -1)}
    assert (await client.post(f"{API}/auth/totp/confirm", json=first_code, headers=mine)).status_code == 200
    code = await Recovery.over(resources).ticket(ada["id"], MailPurpose.VERIFY)
    assert code is not None
    return Things(
        access=signed_in.json()["access_token"],
        refresh=refresh,
        next_refresh=rotated.json()["refresh_token"],
        cookie=cookie,
        key=keys[0].json()["key"],
        avatar=avatar,
        ticket=(await client.post(f"{API}/events/ticket", headers=mine)).json()["ticket"],
        cursor=page.headers["Link"].partition(">")[0].removeprefix("<"),
        callback=callback,
        mail_code=code.token,
        invited={"invitation": (await client.post(f"{API}/invitations", json={}, headers=mine)).json()["code"]},
        webhook=webhook.json(),
        totp_secret=totp_secret,
    )


async def replies(service: Service, things: Things) -> dict[str, bool]:
    """Which of the things that come with a request are still good."""
    client = service.client
    mine = bearer(things.access)
    found = {
        "access token": await client.get(f"{API}/auth/me", headers=mine),
        "API key": await client.get(f"{API}/auth/me", headers=bearer(things.key)),
        "session cookie": await client.get(
            f"{API}/auth/me", headers={"Cookie": f"{SECURE_SESSION_COOKIE}={things.cookie}"}
        ),
        "signed link": await client.get(things.avatar),
        "callback of a call in flight": await client.post(things.callback, json={"challenge": "7"}),
        "mailed code": await client.post(f"{API}/auth/email/verify", json={"token": things.mail_code}),
        "invitation": await client.post(
            f"{API}/auth/register", json={**ADA, "email": "b@example.com", "username": "bob"} | things.invited
        ),
    }
    return {name: reply.is_success for name, reply in found.items()}


async def sealed(service: Service, things: Things) -> list[str]:
    """What stands sealed in the database, opened."""
    resources = service.resources
    async with resources.database.reading() as session:
        owner = (await AccountService.over(session, resources).find(ADA["email"])).id
        keys = await OwnKeys.over(session, resources).opened(owner)
        (stored,) = await session.scalars(select(WebhookEndpoint.secret))
    return [keys["minimax"], opened(resources.sealer, owner, stored)]


async def test_what_was_made_before_a_change_of_the_secret_is_good_after_it(rotation: Rotation) -> None:
    async with rotation.running(SECRET) as before:
        things = await make_things(before)
    async with rotation.running(LATER, SECRET) as after:
        assert {name for name, is_good in (await replies(after, things)).items() if not is_good} == set()
        page = await after.client.get(things.cursor, headers=bearer(things.access))
        assert (page.status_code, len(page.json()["api_keys"])) == (200, 1)
        async with after.resources.database.unit_of_work() as session:
            assert await StreamTickets(session, after.resources).owner_of(things.ticket)
        assert await sealed(after, things) == [OWN_KEY, things.webhook["secret"]]
        again = await after.client.post(f"{API}/auth/refresh", json={"refresh_token": things.refresh})
        assert again.json()["refresh_token"] == things.next_refresh, "a retry finds the answer that was lost"
        onward = await after.client.post(f"{API}/auth/refresh", json={"refresh_token": things.next_refresh})
        assert onward.status_code == 200
        assert await signs_in(after, things, 0)
        assert await reseal_all(after.resources) == 3
    async with rotation.running(LATER) as at_last:
        fresh = bearer(onward.json()["access_token"])
        assert (await at_last.client.get(f"{API}/auth/me", headers=fresh)).status_code == 200
        assert await signs_in(at_last, things, 1)
        assert await sealed(at_last, things) == [OWN_KEY, things.webhook["secret"]]


async def test_a_forgotten_secret_signs_for_nothing(rotation: Rotation) -> None:
    async with rotation.running(SECRET) as before:
        things = await make_things(before)
    async with rotation.running(LATER) as after:
        good = {name for name, is_good in (await replies(after, things)).items() if is_good}
    assert good == {"API key", "mailed code", "invitation"}, "these stand in the database by their hash"


async def test_only_the_present_secret_signs(rotation: Rotation) -> None:
    async with rotation.running(LATER, SECRET) as rotated:
        things = await make_things(rotated)
    async with rotation.running(LATER) as after:
        assert {name for name, is_good in (await replies(after, things)).items() if not is_good} == set()
