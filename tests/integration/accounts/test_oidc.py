"""Sign-in by an OpenID Connect provider that really answers: PKCE, state, nonce, groups, registration, forgeries."""

import base64
import hashlib
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from typing import Annotated, Any
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from fastapi import FastAPI, Form
from fastapi.responses import JSONResponse

from app.accounts.dependencies import SECURE_SESSION_COOKIE
from app.core.clock import SystemClock
from app.core.settings import Settings
from app.core.startup import UnsafeSettings, check
from tests.conftest import MakeSettings
from tests.contract.accounts.forging import changed, jwk, rs, segment, token
from tests.standins.running import served

pytestmark = pytest.mark.flow

PUBLIC = "https://films.example.com"
API = "/api/v1"
LOGIN, CALLBACK = f"{API}/auth/oidc/login", f"{API}/auth/oidc/callback"
CLIENT, CLIENT_SECRET = "films", "the secret of films"
KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
OTHER_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)


@dataclass
class Provider:
    """A provider of one person, whose claims and manners a test changes."""

    base_url: str = ""
    claims: dict[str, Any] = field(default_factory=dict)
    metadata: dict[str, Any] = field(default_factory=dict)
    signs_with: rsa.RSAPrivateKey = KEY
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    forms: list[dict[str, str]] = field(default_factory=list)

    def authorize(self, location: str) -> tuple[str, str]:
        """What the person's browser brings back after signing in here."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(location).query).items()}
        assert (asked["response_type"], asked["client_id"], asked["code_challenge_method"]) == ("code", CLIENT, "S256")
        assert asked["redirect_uri"] == PUBLIC + CALLBACK
        code = f"code-{len(self.codes)}"
        self.codes[code] = asked
        return code, asked["state"]

    def id_token(self, asked: dict[str, str]) -> str:
        now = int(SystemClock().now().timestamp())
        base = {
            "iss": self.base_url,
            "aud": CLIENT,
            "sub": "ada-at-the-provider",
            "nonce": asked["nonce"],
            "iat": now,
            "exp": now + 300,
            "name": "Ada",
            "email": "ada@example.com",
        }
        head = {"alg": "RS256", "typ": "JWT", "kid": "k1"}
        return token(segment(head), segment(changed(base, **self.claims)), rs(self.signs_with))


def provider_app(provider: Provider) -> FastAPI:
    app = FastAPI()

    @app.get("/.well-known/openid-configuration")
    async def metadata() -> dict[str, Any]:
        return {
            "issuer": provider.base_url,
            "authorization_endpoint": f"{provider.base_url}/authorize",
            "token_endpoint": f"{provider.base_url}/token",
            "jwks_uri": f"{provider.base_url}/keys",
        } | provider.metadata

    @app.get("/keys")
    async def keys() -> dict[str, Any]:
        return {"keys": [jwk(KEY, "k1")]}

    @app.post("/token")
    async def exchange(
        code: Annotated[str, Form()],
        code_verifier: Annotated[str, Form()],
        client_secret: Annotated[str, Form()],
        redirect_uri: Annotated[str, Form()],
    ) -> JSONResponse:
        asked = provider.codes.pop(code, None)
        digest = hashlib.sha256(code_verifier.encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).decode().rstrip("=")
        known = asked is not None and asked["code_challenge"] == challenge and redirect_uri == asked["redirect_uri"]
        if asked is None or not known or client_secret != CLIENT_SECRET:
            return JSONResponse({"error": "invalid_grant"}, 400)
        return JSONResponse({"id_token": provider.id_token(asked), "token_type": "Bearer"})

    return app


@pytest.fixture
def provider() -> Iterator[Provider]:
    known = Provider()
    with served(provider_app(known)) as address:
        known.base_url = address
        yield known


@pytest.fixture
def more_security(request: pytest.FixtureRequest) -> dict[str, Any]:
    return dict(getattr(request, "param", {}))


@pytest.fixture
def settings(
    make_settings: MakeSettings, database_url: str, provider: Provider, more_security: dict[str, Any]
) -> Settings:
    oidc = {"oidc_issuer": provider.base_url, "oidc_client_id": CLIENT, "oidc_client_secret": CLIENT_SECRET}
    return make_settings(
        database={"database_url": database_url},
        server={"public_base_url": PUBLIC},
        security=oidc | more_security,
    )


@pytest.fixture
async def client(app: FastAPI) -> AsyncIterator[httpx2.AsyncClient]:
    transport = httpx2.ASGITransport(app=app, raise_app_exceptions=False)
    async with httpx2.AsyncClient(transport=transport, base_url=PUBLIC) as http:
        yield http


async def begin(client: httpx2.AsyncClient, provider: Provider, **query: str) -> dict[str, str]:
    reply = await client.get(LOGIN, params=query)
    assert reply.status_code == 303, reply.text
    code, state = provider.authorize(reply.headers["location"])
    return {"code": code, "state": state}


async def sign_in(client: httpx2.AsyncClient, provider: Provider, **query: str) -> httpx2.Response:
    return await client.get(CALLBACK, params=await begin(client, provider, **query))


async def me(client: httpx2.AsyncClient) -> dict[str, Any]:
    reply = await client.get(f"{API}/auth/me")
    assert reply.status_code == 200, reply.text
    found: dict[str, Any] = reply.json()
    return found


def assert_refused(reply: httpx2.Response, client: httpx2.AsyncClient, code: str = "auth.oidc_refused") -> None:
    assert reply.json()["code"] == code, reply.text
    assert SECURE_SESSION_COOKIE not in client.cookies


async def test_a_person_signs_in_and_is_found_again(client: httpx2.AsyncClient, provider: Provider) -> None:
    reply = await sign_in(client, provider)
    assert (reply.status_code, reply.headers["location"]) == (303, "/")
    first = await me(client)
    assert (first["name"], first["email"], first["role"]) == ("Ada", "ada@example.com", "admin")
    client.cookies.clear()
    provider.claims = {"email": "countess@example.com"}
    await sign_in(client, provider)
    assert (await me(client))["id"] == first["id"], "issuer and subject are the identity"


async def test_nobody_is_linked_by_e_mail(client: httpx2.AsyncClient, provider: Provider) -> None:
    await client.post(f"{API}/auth/register", json={"email": "ada@example.com", "password": "three small green apples"})
    await sign_in(client, provider)
    assert (await me(client))["role"] == "user", "the account with this address is another one, and the first"


@pytest.mark.parametrize("more_security", [{"oidc_admin_group": "film-admins"}], indirect=True)
async def test_groups_give_and_take_the_administrators_role(client: httpx2.AsyncClient, provider: Provider) -> None:
    for groups, role in ((["film-admins", "x"], "admin"), (["x"], "user"), ("film-admins", "user"), (None, "user")):
        provider.claims = {"groups": groups}
        client.cookies.clear()
        await sign_in(client, provider)
        assert (await me(client))["role"] == role


WRONG_CLAIMS: dict[str, dict[str, Any]] = {
    "another audience": {"aud": "another"},
    "another issuer": {"iss": "https://evil.example.com"},
    "another nonce": {"nonce": "another"},
    "no nonce": {"nonce": None},
    "expired": {"exp": 1_000_000_000},
    "no subject": {"sub": ""},
}


@pytest.mark.parametrize("claims", list(WRONG_CLAIMS.values()), ids=list(WRONG_CLAIMS))
async def test_a_token_that_is_not_for_this_sign_in_is_refused(
    client: httpx2.AsyncClient, provider: Provider, claims: dict[str, Any]
) -> None:
    provider.claims = claims
    assert_refused(await sign_in(client, provider), client)


async def test_a_token_with_a_foreign_signature_is_refused(client: httpx2.AsyncClient, provider: Provider) -> None:
    provider.signs_with = OTHER_KEY
    assert_refused(await sign_in(client, provider), client)


async def test_only_the_browser_that_began_comes_back(client: httpx2.AsyncClient, provider: Provider) -> None:
    brought = await begin(client, provider)
    kept = client.cookies["avc_oidc"]
    client.cookies.clear()
    assert_refused(await client.get(CALLBACK, params=brought), client)
    other = await begin(client, provider)
    assert_refused(await client.get(CALLBACK, params=other | {"state": brought["state"]}), client)
    client.cookies.clear()
    forged = {"Cookie": f"avc_oidc={kept[:-4]}AAAA"}
    assert_refused(await client.get(CALLBACK, params=brought, headers=forged), client)


async def test_a_code_is_used_once_and_by_its_own_verifier(client: httpx2.AsyncClient, provider: Provider) -> None:
    first = await begin(client, provider)
    second = await begin(client, provider)
    assert_refused(await client.get(CALLBACK, params=second | {"code": first["code"]}), client)
    assert_refused(await client.get(CALLBACK, params=second | {"code": first["code"]}), client)


async def test_a_provider_that_calls_itself_another_is_not_asked(
    client: httpx2.AsyncClient, provider: Provider
) -> None:
    provider.metadata = {"issuer": "https://evil.example.com"}
    reply = await client.get(LOGIN)
    assert (reply.status_code, reply.json()["code"]) == (503, "auth.oidc_unavailable")


@pytest.mark.parametrize("more_security", [{"registration": "closed"}], indirect=True)
async def test_registration_may_be_closed_for_them_too(client: httpx2.AsyncClient, provider: Provider) -> None:
    assert_refused(await sign_in(client, provider), client, "accounts.registration_closed")


@pytest.mark.parametrize("more_security", [{"registration": "invite"}], indirect=True)
async def test_an_invitation_comes_along(client: httpx2.AsyncClient, provider: Provider) -> None:
    await sign_in(client, provider)
    headers = {"Origin": PUBLIC}
    code = (await client.post(f"{API}/invitations", json={}, headers=headers)).json()["code"]
    client.cookies.clear()
    provider.claims = {"sub": "grace-at-the-provider"}
    assert_refused(await sign_in(client, provider), client, "accounts.invitation_needed")
    assert (await sign_in(client, provider, invitation=code)).status_code == 303
    assert (await me(client))["role"] == "user"


@pytest.mark.parametrize("more_security", [{"oidc_issuer": "", "oidc_client_id": ""}], indirect=True)
async def test_without_a_provider_the_door_is_not_there(client: httpx2.AsyncClient) -> None:
    for path in (LOGIN, CALLBACK):
        reply = await client.get(path)
        assert (reply.status_code, reply.json()["code"]) == (404, "auth.oidc_off")


@pytest.mark.parametrize("wrong", [{"oidc_client_id": "films"}, {"oidc_issuer": "https://login.example.com"}])
def test_half_a_provider_stops_the_start(make_settings: MakeSettings, wrong: dict[str, str]) -> None:
    with pytest.raises(UnsafeSettings, match="OIDC_ISSUER"):
        check(make_settings(security=wrong))
