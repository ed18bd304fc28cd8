"""Guessing is stopped before it costs a hash, by account and by address, and never for good."""

import asyncio
import statistics
from collections.abc import AsyncIterator
from typing import Any

import httpx2
import pytest
from fastapi import FastAPI

from app.accounts.domain import Caller, Login, Registration
from app.accounts.errors import PasswordsBusy, TooManySignIns, WrongLogin
from app.accounts.identity import Identities, local_tokens
from app.accounts.models import LoginBucket
from app.accounts.passwords import Argon2, Hasher, Passwords
from app.accounts.repository import BucketRepository
from app.accounts.service import AccountService
from app.accounts.sign_in import SignIn, SignInParts
from app.accounts.throttle import LoginLimits, Throttle
from app.resources import Resources, open_resources
from tests.doubles.clock import FrozenClock
from tests.factories import rows
from tests.integration.accounts.conftest import PASSWORD, At

QUARTER_HOUR = 15 * 60


class CountingHasher(Hasher):
    """Compares in plain text, and counts."""

    def __init__(self) -> None:
        self.checks = 0

    def hash(self, password: str) -> str:
        return f"plain:{password}"

    def verify(self, password: str, against: str) -> tuple[bool, str | None]:
        self.checks += 1
        return against == f"plain:{password}", None


class Desk:
    """Signing in with a counting hasher and a clock that a test moves."""

    def __init__(self, resources: Resources, *, waiting: int = 2000) -> None:
        self.hasher = CountingHasher()
        self.sign_in = SignIn(
            SignInParts(
                database=resources.database,
                clock=resources.clock,
                security=resources.settings.security,
                tokens=resources.once(local_tokens),
                sealer=resources.sealer,
                identities=Identities.over(resources),
                passwords=Passwords(resources.threads, self.hasher, waiting=waiting),
                throttle=Throttle(resources.database, resources.clock, LoginLimits()),
            )
        )

    async def guess(self, name: str, password: str, address: str) -> str:
        try:
            await self.sign_in.sign_in(Login(name, password), Caller(address))
        except (TooManySignIns, WrongLogin, PasswordsBusy) as refused:
            return type(refused).__name__
        return "in"


@pytest.fixture
def clock() -> FrozenClock:
    return FrozenClock()


@pytest.fixture
async def still(settings: Any, clock: FrozenClock) -> AsyncIterator[Resources]:
    async with open_resources(settings, clock=clock) as resources:
        async with resources.database.unit_of_work() as session:
            for name in ("ada", "bob"):
                wish = Registration(email=f"{name}@example.com", username=name, password="")
                await AccountService.over(session, resources).add(wish, f"plain:{PASSWORD}")
        yield resources


@pytest.fixture
def desk(still: Resources) -> Desk:
    return Desk(still)


async def test_a_thousand_guesses_from_fifty_addresses_cost_at_most_twenty_hashes(
    desk: Desk, clock: FrozenClock
) -> None:
    answers = []
    for wave in range(0, 1000, 100):
        guesses = (desk.guess("ada", f"guess {n}", f"198.51.100.{n % 50}") for n in range(wave, wave + 100))
        answers += await asyncio.gather(*guesses)
    assert set(answers) == {"WrongLogin", "TooManySignIns"}
    assert 5 <= desk.hasher.checks <= 20
    assert await desk.guess("ada", PASSWORD, "192.0.2.1") == "TooManySignIns", "a bucket does not look at the password"
    clock.move(QUARTER_HOUR)
    assert await desk.guess("ada", PASSWORD, "192.0.2.1") == "in", "the owner is let in after the window"


async def test_one_after_another_the_sixth_is_refused_with_the_time_to_wait(desk: Desk, clock: FrozenClock) -> None:
    for number in range(5):
        assert await desk.guess("ada", "wrong", f"198.51.100.{number}") == "WrongLogin"
        clock.move(60)
    with pytest.raises(TooManySignIns) as refused:
        await desk.sign_in.sign_in(Login("ada", PASSWORD), Caller("192.0.2.1"))
    assert refused.value.retry_after_seconds == QUARTER_HOUR - 300
    assert desk.hasher.checks == 5


async def test_an_address_is_stopped_whatever_names_it_tries(desk: Desk) -> None:
    answers = [await desk.guess(f"name {number}", "wrong", "198.51.100.1") for number in range(30)]
    assert answers == ["WrongLogin"] * 10 + ["TooManySignIns"] * 20
    assert await desk.guess("ada", PASSWORD, "192.0.2.1") == "in", "others are not harmed"


async def test_an_own_account_does_not_wash_an_address_clean(desk: Desk) -> None:
    for number in range(9):
        assert await desk.guess(f"name {number}", "wrong", "198.51.100.1") == "WrongLogin"
    assert await desk.guess("bob", PASSWORD, "198.51.100.1") == "in"
    assert await desk.guess("ada", "wrong", "198.51.100.1") == "WrongLogin"
    assert await desk.guess("ada", "wrong", "198.51.100.1") == "TooManySignIns"


async def test_signing_in_forgives_the_account_its_earlier_failures(desk: Desk) -> None:
    for round_number in range(3):
        for number in range(4):
            await desk.guess("ada", "wrong", f"198.51.{round_number}.{number}")
        assert await desk.guess("ada", PASSWORD, "192.0.2.1") == "in"


async def test_e_mail_and_username_fill_one_bucket(desk: Desk) -> None:
    for number in range(5):
        await desk.guess("ada", "wrong", f"198.51.100.{number}")
        await desk.guess("ada@example.com", "wrong", f"198.51.101.{number}")
    assert await desk.guess("ADA", "wrong", "198.51.102.1") == "TooManySignIns"


async def test_unknown_names_are_throttled_like_known_ones(desk: Desk) -> None:
    known = [await desk.guess("ada", "wrong", f"198.51.100.{number}") for number in range(12)]
    unknown = [await desk.guess("nobody", "wrong", f"198.51.101.{number}") for number in range(12)]
    assert known == unknown


async def test_a_full_queue_counts_as_no_failure(still: Resources, clock: FrozenClock) -> None:
    crowded = Desk(still, waiting=0)
    assert {await crowded.guess("ada", PASSWORD, "192.0.2.1") for _ in range(30)} == {"PasswordsBusy"}
    assert crowded.hasher.checks == 0
    assert await Desk(still).guess("ada", PASSWORD, "192.0.2.1") == "in"


async def test_old_buckets_are_forgotten(desk: Desk, still: Resources, clock: FrozenClock) -> None:
    await desk.guess("ada", "wrong", "198.51.100.1")
    clock.move(86_400)
    async with still.database.unit_of_work() as session:
        assert await BucketRepository(session, clock).forget_old(clock.now()) == 2
    assert await rows(still.database, LoginBucket) == 0


async def test_over_http_a_throttled_sign_in_is_429(at: At, ada: dict[str, Any]) -> None:
    body = {"username": "ada", "password": "wrong words"}
    statuses = []
    for number in range(12):
        client = await at(f"198.51.100.{number}")
        reply = await client.post("/api/v1/auth/login", json=body)
        statuses.append(reply.status_code)
    assert statuses == [401] * 5 + [429] * 7
    assert reply.json()["code"] == "auth.too_many_attempts"
    assert 0 < int(reply.headers["retry-after"]) <= QUARTER_HOUR


async def test_known_and_unknown_names_take_equally_long(still: Resources) -> None:
    """Thirty of each in turn, with the real hash; the quickest three, which nothing delays, are within a fifth."""
    real = Desk(still)
    parts = SignInParts(
        database=still.database,
        clock=still.clock,
        security=still.settings.security,
        tokens=still.once(local_tokens),
        sealer=still.sealer,
        identities=Identities.over(still),
        passwords=Passwords(still.threads, Argon2()),
        throttle=Throttle(still.database, still.clock, LoginLimits(failures=1000, address_failures=1000, checks=1000)),
    )
    real.sign_in = SignIn(parts)
    async with still.database.unit_of_work() as session:
        wish = Registration(email="eve@example.com", username="eve", password="")
        await AccountService.over(session, still).add(wish, Argon2().hash(PASSWORD))
    took: dict[str, list[float]] = {"eve": [], "nobody": []}
    loop = asyncio.get_running_loop()
    for number in range(30):
        for name, times in took.items():
            began = loop.time()
            assert await real.guess(name, "wrong", f"198.51.100.{number}") == "WrongLogin"
            times.append(loop.time() - began)
    known, unknown = (statistics.mean(sorted(times)[:3]) for times in took.values())
    assert abs(known - unknown) < max(known, unknown) / 5


async def test_a_flood_of_sign_ins_leaves_the_service_awake(app: FastAPI, at: At, ada: dict[str, Any]) -> None:
    async def sign_in(number: int) -> int:
        client = await at(f"198.51.100.{number}")
        body = {"username": f"name {number}", "password": PASSWORD}
        return (await client.post("/api/v1/auth/login", json=body)).status_code

    loop = asyncio.get_running_loop()
    health: httpx2.AsyncClient = await at()
    delays, flooded = [], loop.time()
    async with asyncio.TaskGroup() as group:
        flood = [group.create_task(sign_in(number)) for number in range(200)]
        while not all(task.done() for task in flood):
            began = loop.time()
            assert (await health.get("/livez")).status_code == 200
            delays.append(loop.time() - began)
            await asyncio.sleep(0.01)
    flood_seconds = loop.time() - flooded
    statuses = {task.result() for task in flood}
    assert statuses == {401, 503}, "some are checked, the others are sent away"
    # Were passwords hashed on the loop, an answer would come after the flood.
    assert statistics.quantiles(delays, n=100)[-1] < flood_seconds / 4
