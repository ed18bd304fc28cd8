"""No forged token opens anything, and none breaks anything."""

from datetime import timedelta

import httpx2
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from fastapi import FastAPI
from sqlalchemy import event

from app.accounts.identity import local_tokens
from app.accounts.tokens import LocalClaims, TokenUse
from app.core.clock import SystemClock
from tests.conftest import SECRET
from tests.contract.accounts.forging import Forger, hs, segment, token

HOUR = 3600


@pytest.fixture
def settings(make_settings, sqlite_url):
    return make_settings(database={"database_url": sqlite_url}, work={"embedded_worker": False})


@pytest.fixture
def forger(alice: httpx2.AsyncClient, rsa_key: rsa.RSAPrivateKey) -> Forger:
    genuine = alice.headers["authorization"].removeprefix("Bearer ")
    return Forger(SECRET, genuine, rsa_key)


async def test_the_forger_can_make_a_genuine_token(alice: httpx2.AsyncClient, forger: Forger) -> None:
    by_hand = token(segment(forger.header), segment(forger.claims), hs(forger.key))
    reply = await alice.get("/api/v1/auth/me", headers={"Authorization": f"Bearer {by_hand}"})
    assert reply.status_code == 200, "otherwise the refusals below prove nothing"


async def test_no_forged_token_is_accepted_and_none_is_a_fault_of_ours(
    client: httpx2.AsyncClient, forger: Forger
) -> None:
    forged = list(forger.all())
    assert len({name for name, _ in forged}) == len(forged) >= 90
    wrong = []
    for name, text in forged:
        headers = {"Authorization": f"Bearer {text}"}
        reading = await client.get("/api/v1/auth/me", headers=headers)
        writing = await client.post("/api/v1/projects", json={"name": "forged"}, headers=headers)
        renewing = await client.post("/api/v1/auth/refresh", headers=headers)
        statuses = (reading.status_code, writing.status_code, renewing.status_code)
        if statuses != (401, 401, 401):
            wrong.append((name, statuses))
    assert wrong == []


async def test_no_forged_token_passes_as_a_cookie(client: httpx2.AsyncClient, forger: Forger) -> None:
    wrong = []
    for name, text in [*forger.all(), ("a genuine access token", forger.genuine)]:
        # Signed with the real secret and meant as a cookie: that one is genuine here.
        if len(text) < 10_000 and " " not in text and name != "token_use 'cookie'":
            reply = await client.get("/api/v1/auth/me", headers={"Cookie": f"avc_session={text}"})
            if reply.status_code != 401:
                wrong.append((name, reply.status_code))
    assert wrong == []


async def test_a_token_of_one_account_does_not_fit_the_session_of_another(
    client: httpx2.AsyncClient, bob: httpx2.AsyncClient, forger: Forger
) -> None:
    bobs = (await bob.get("/api/v1/auth/me")).json()["id"]
    crossed = forger.with_claims(sub=bobs)
    reply = await client.get("/api/v1/auth/me", headers={"Authorization": f"Bearer {crossed}"})
    assert reply.status_code == 401


@pytest.mark.parametrize(
    "header",
    ["", "Bearer", "Bearer ", "Basic YTpi", "Bearer a b", "Token x", "bearer\tx", "Bearer avc_", "Bearer avc_\xe9"],
)
async def test_a_header_of_another_form_is_refused(client: httpx2.AsyncClient, header: str) -> None:
    reply = await client.get("/api/v1/auth/me", headers=[(b"Authorization", header.encode("latin-1"))])
    assert reply.status_code == 401
    assert reply.headers["www-authenticate"] == "Bearer"


async def test_two_authorization_headers_are_refused(alice: httpx2.AsyncClient, forger: Forger) -> None:
    headers = [("Authorization", f"Bearer {forger.genuine}"), ("Authorization", "Bearer x")]
    request = httpx2.Request("GET", "http://testserver/api/v1/auth/me", headers=headers)
    assert (await alice.send(request)).status_code == 401


async def test_a_token_in_the_address_proves_nothing(client: httpx2.AsyncClient, forger: Forger) -> None:
    for name in ("access_token", "token", "authorization", "api_key"):
        assert (await client.get("/api/v1/auth/me", params={name: forger.genuine})).status_code == 401


async def test_a_cookie_token_is_no_bearer_token(app: FastAPI, client: httpx2.AsyncClient, forger: Forger) -> None:
    claims = LocalClaims(forger.claims["sub"], forger.claims["sid"])
    cookie = app.state.resources.once(local_tokens).issue(claims, use=TokenUse.COOKIE, life=timedelta(hours=1))
    as_bearer = await client.get("/api/v1/auth/me", headers={"Authorization": f"Bearer {cookie}"})
    as_cookie = await client.get("/api/v1/auth/me", headers={"Cookie": f"avc_session={cookie}"})
    assert (as_bearer.status_code, as_cookie.status_code) == (401, 200)


async def test_a_bad_token_is_refused_without_the_database(app: FastAPI, client: httpx2.AsyncClient) -> None:
    statements: list[str] = []
    engine = app.state.resources.database.reader.sync_engine
    event.listen(engine, "before_cursor_execute", lambda *facts: statements.append(facts[2]))
    expired = Forger(SECRET, "x", None)  # type: ignore[arg-type]  # Only its key is used here.
    now = int(SystemClock().now().timestamp())
    old = {"iss": "ai-video-creator", "aud": "ai-video-creator-api", "sub": "a", "sid": "b", "jti": "c"}
    claims = old | {"iat": now - HOUR, "exp": now - 1, "token_use": "access"}
    for text in ("garbage", token(segment(expired.header), segment(claims), hs(expired.key))):
        reply = await client.get("/api/v1/auth/me", headers={"Authorization": f"Bearer {text}"})
        assert reply.status_code == 401
    assert statements == []
