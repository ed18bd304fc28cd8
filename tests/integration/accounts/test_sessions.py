"""Sessions: rotation, reuse, retries, renewal, and everything that ends them."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import httpx2
import pytest
from sqlalchemy import text

from app.accounts.credentials import Credentials
from app.accounts.domain import Caller, Login, PasswordChange, Registration, SessionKind, SignedIn
from app.accounts.errors import RefreshRefused, WrongLogin
from app.accounts.identity import Identities, local_tokens
from app.accounts.passwords import Argon2, Passwords
from app.accounts.service import AccountClosing, AccountService
from app.accounts.sessions import GRACE
from app.accounts.sign_in import SignIn, SignInParts, throttle_of
from app.core.errors import NotSignedIn
from app.core.threads import Threads
from app.notifications.mails import owner_notices
from app.resources import Resources, open_resources
from tests.doubles.clock import FrozenClock
from tests.integration.accounts.conftest import PASSWORD, At

HERE, THERE = Caller("192.0.2.1", "browser"), Caller("192.0.2.9", "thief")
Json = dict[str, Any]


@pytest.fixture
def clock() -> FrozenClock:
    return FrozenClock()


@pytest.fixture
async def still(settings: Any, clock: FrozenClock) -> Any:
    """Resources whose time stands still, with Ada registered."""
    async with open_resources(settings, clock=clock) as resources:
        resources.provide(AccountClosing())
        resources.provide(owner_notices(resources))
        async with resources.database.unit_of_work() as session:
            await Credentials.over(session, resources).register(
                Registration(email="ada@example.com", username="ada", password=PASSWORD)
            )
        yield resources


async def sign_in(resources: Resources, kind: SessionKind = SessionKind.NATIVE) -> SignedIn:
    return await SignIn.over(resources).sign_in(Login("ada", PASSWORD), HERE, kind=kind)


async def is_alive(resources: Resources, signed_in: SignedIn) -> bool:
    try:
        await Identities.over(resources).by_bearer(signed_in.access_token)
    except NotSignedIn:
        return False
    return True


async def test_a_refresh_token_gives_a_new_pair_in_the_same_session(still: Resources) -> None:
    first = await sign_in(still)
    second = await SignIn.over(still).refresh(first.refresh_token or "", HERE)
    assert second.session_id == first.session_id
    assert second.refresh_token not in {None, first.refresh_token}
    assert second.access_token != first.access_token
    third = await SignIn.over(still).refresh(second.refresh_token or "", HERE)
    assert await is_alive(still, third)


async def test_a_retry_of_the_same_client_within_the_grace_gets_the_same_successor(
    still: Resources, clock: FrozenClock
) -> None:
    first = await sign_in(still)
    second = await SignIn.over(still).refresh(first.refresh_token or "", HERE)
    clock.move(GRACE.total_seconds())
    again = await SignIn.over(still).refresh(first.refresh_token or "", HERE)
    assert again.refresh_token == second.refresh_token
    assert await is_alive(still, again)


async def test_a_used_token_after_the_grace_ends_the_session(still: Resources, clock: FrozenClock) -> None:
    first = await sign_in(still)
    second = await SignIn.over(still).refresh(first.refresh_token or "", HERE)
    clock.move(GRACE.total_seconds() + 1)
    with pytest.raises(RefreshRefused):
        await SignIn.over(still).refresh(first.refresh_token or "", HERE)
    assert not await is_alive(still, second)
    with pytest.raises(RefreshRefused):
        await SignIn.over(still).refresh(second.refresh_token or "", HERE)


async def test_a_used_token_from_another_client_ends_the_session_at_once(still: Resources) -> None:
    first = await sign_in(still)
    second = await SignIn.over(still).refresh(first.refresh_token or "", HERE)
    with pytest.raises(RefreshRefused):
        await SignIn.over(still).refresh(first.refresh_token or "", THERE)
    assert not await is_alive(still, second)


async def test_a_token_two_steps_back_ends_the_session(still: Resources) -> None:
    first = await sign_in(still)
    second = await SignIn.over(still).refresh(first.refresh_token or "", HERE)
    third = await SignIn.over(still).refresh(second.refresh_token or "", HERE)
    with pytest.raises(RefreshRefused):
        await SignIn.over(still).refresh(first.refresh_token or "", HERE)
    assert not await is_alive(still, third)


async def test_of_fifty_parallel_refreshes_one_client_goes_on(still: Resources) -> None:
    first = await sign_in(still)
    token = first.refresh_token or ""
    found = await asyncio.gather(*(SignIn.over(still).refresh(token, HERE) for _ in range(50)))
    assert len({signed_in.refresh_token for signed_in in found}) == 1, "the stated rule: a retry gets the same answer"
    assert await is_alive(still, found[0])
    assert await SignIn.over(still).refresh(found[0].refresh_token or "", HERE)


async def test_of_fifty_parallel_refreshes_by_two_clients_none_goes_on(still: Resources) -> None:
    first = await sign_in(still)
    token = first.refresh_token or ""
    callers = [HERE if number % 2 else THERE for number in range(50)]
    found = await asyncio.gather(
        *(SignIn.over(still).refresh(token, caller) for caller in callers), return_exceptions=True
    )
    assert any(isinstance(one, RefreshRefused) for one in found)
    winners = [one for one in found if isinstance(one, SignedIn)]
    assert not any([await is_alive(still, winner) for winner in winners]), "the stated rule: theft ends the session"


async def test_an_invented_refresh_token_is_refused(still: Resources, subtests: pytest.Subtests) -> None:
    for token in ("", "x", "avr_", "avr_a.b", "avr_.b", "avr_a.", "avr_" + "é" * 10, "avr_a.b" * 100):
        with subtests.test(token=token), pytest.raises(RefreshRefused):
            await SignIn.over(still).refresh(token, HERE)


async def test_a_session_ends_after_its_longest_life(still: Resources, clock: FrozenClock) -> None:
    signed_in = await sign_in(still)
    for _ in range(30):
        signed_in = await SignIn.over(still).refresh(signed_in.refresh_token or "", HERE)
        clock.move(86_400)
    with pytest.raises(RefreshRefused):
        await SignIn.over(still).refresh(signed_in.refresh_token or "", HERE)


async def test_no_token_outlives_its_session(still: Resources, clock: FrozenClock) -> None:
    signed_in = await sign_in(still)
    clock.move(30 * 86_400 - 60)
    last = await SignIn.over(still).refresh(signed_in.refresh_token or "", HERE)
    assert (last.expires_in_seconds, last.cookie_seconds) == (60, 60)


async def test_a_client_face_gets_a_day(still: Resources) -> None:
    signed_in = await sign_in(still, SessionKind.CLIENT)
    assert (signed_in.expires_in_seconds, signed_in.cookie_seconds) == (86_400, 86_400)
    assert (await sign_in(still)).expires_in_seconds == 900


async def test_secrets_stand_in_the_database_only_as_hashes(still: Resources) -> None:
    signed_in = await sign_in(still)
    secret = (signed_in.refresh_token or "").removeprefix("avr_")
    async with still.database.reading() as session:
        stored = ""
        for table in ("users", "credentials", "refresh_families", "login_buckets"):
            stored += str((await session.execute(text(f"SELECT * FROM {table}"))).all())
    assert signed_in.session_id in stored
    for part in (*secret.split("."), signed_in.access_token, PASSWORD):
        assert part not in stored


class Meanwhile(Passwords):
    """Lets something happen after the password was checked and before the session opens."""

    def __init__(self, threads: Threads, act: Callable[[], Awaitable[None]]) -> None:
        super().__init__(threads, Argon2())
        self._act = act

    async def verify(self, password: str, against: str | None) -> tuple[bool, str | None]:
        judged = await super().verify(password, against)
        await self._act()
        return judged


@pytest.mark.parametrize("act", ["change the password", "close the account"])
async def test_a_sign_in_that_is_overtaken_opens_no_session(still: Resources, act: str) -> None:
    account = await Identities.over(still).by_bearer((await sign_in(still)).access_token)

    async def overtake() -> None:
        async with still.database.unit_of_work() as session:
            if act == "close the account":
                await AccountService.over(session, still).close(account)
            else:
                change = PasswordChange(PASSWORD, "four large red pears")
                await Credentials.over(session, still).change(account, change, THERE)

    parts = SignInParts(
        database=still.database,
        clock=still.clock,
        security=still.settings.security,
        tokens=still.once(local_tokens),
        sealer=still.sealer,
        identities=Identities.over(still),
        passwords=Meanwhile(still.threads, overtake),
        throttle=still.once(throttle_of),
    )
    with pytest.raises(WrongLogin):
        await SignIn(parts).sign_in(Login("ada", PASSWORD), HERE)


async def test_a_disabled_account_is_out_at_once_with_every_proof(still: Resources) -> None:
    first, second = await sign_in(still), await sign_in(still)
    async with still.database.unit_of_work() as session:
        await AccountService.over(session, still).disable("ada")
    assert not await is_alive(still, first)
    assert not await is_alive(still, second)
    with pytest.raises(NotSignedIn):
        await SignIn.over(still).refresh(first.refresh_token or "", HERE)


async def test_ended_sessions_and_old_buckets_are_forgotten(still: Resources, clock: FrozenClock) -> None:
    await sign_in(still)
    clock.move(30 * 86_400)
    alive = await sign_in(still)
    clock.move(86_400 + 1)
    async with still.database.unit_of_work() as session:
        assert await AccountService.over(session, still).forget_old() == 3, "one session and two login buckets"
    assert await SignIn.over(still).refresh(alive.refresh_token or "", HERE)


class TestOverHttp:
    """The routes of the same."""

    @pytest.fixture
    async def tokens(self, client: httpx2.AsyncClient, ada: Json) -> Json:
        found: Json = (await client.post("/api/v1/auth/login", json={"username": "ada", "password": PASSWORD})).json()
        client.cookies.clear()
        return found

    async def test_refresh_rotates(self, client: httpx2.AsyncClient, tokens: Json) -> None:
        reply = await client.post("/api/v1/auth/refresh", json={"refreshToken": tokens["refresh_token"]})
        assert reply.status_code == 200
        assert reply.json()["refresh_token"] != tokens["refresh_token"]
        assert reply.headers["cache-control"] == "no-store"

    async def test_an_access_token_alone_is_renewed_without_a_refresh_token(
        self, client: httpx2.AsyncClient, tokens: Json
    ) -> None:
        bearer = {"Authorization": f"Bearer {tokens['access_token']}"}
        reply = await client.post("/api/v1/auth/refresh", headers=bearer)
        assert reply.status_code == 200
        assert reply.json()["refresh_token"] is None
        assert reply.json()["access_token"] != tokens["access_token"]

    async def test_refresh_without_a_proof_is_401(self, client: httpx2.AsyncClient, subtests: pytest.Subtests) -> None:
        for body in (None, {}, {"refresh_token": None}, {"refresh_token": "invented"}):
            with subtests.test(body=body):
                assert (await client.post("/api/v1/auth/refresh", json=body)).status_code == 401

    async def test_an_api_key_renews_no_session(self, client: httpx2.AsyncClient, alice: httpx2.AsyncClient) -> None:
        key = (await alice.post("/api/v1/api-keys", json={"name": "k", "scopes": ["write"]})).json()["key"]
        reply = await client.post("/api/v1/auth/refresh", headers={"Authorization": f"Bearer {key}"})
        assert reply.status_code == 401

    async def test_logout_ends_all_tokens_of_the_session_and_no_other(
        self, client: httpx2.AsyncClient, tokens: Json, at: At
    ) -> None:
        elsewhere = await at()
        other = (await elsewhere.post("/api/v1/auth/login", json={"username": "ada", "password": PASSWORD})).json()
        elsewhere.cookies.clear()
        bearer = {"Authorization": f"Bearer {tokens['access_token']}"}
        assert (await client.post("/api/v1/auth/logout", headers=bearer)).status_code == 204
        assert (await client.get("/api/v1/auth/me", headers=bearer)).status_code == 401
        refused = await client.post("/api/v1/auth/refresh", json={"refresh_token": tokens["refresh_token"]})
        assert refused.status_code == 401
        alive = {"Authorization": f"Bearer {other['access_token']}"}
        assert (await elsewhere.get("/api/v1/auth/me", headers=alive)).status_code == 200

    async def test_logout_without_a_proof_is_401(self, client: httpx2.AsyncClient) -> None:
        assert (await client.post("/api/v1/auth/logout")).status_code == 401
