"""Sign-in by an OpenID Connect provider: discovery, authorization code with PKCE, and whom the id token names."""

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from typing import Any, Final
from urllib.parse import urlencode, urlsplit

from pydantic import JsonValue

from app.accounts.domain import AccountRole
from app.accounts.entra import EntraKeys, PublishedKeys
from app.accounts.errors import OidcOff, OidcRefused, OidcUnavailable, TokenRefused
from app.accounts.tokens import ENTRA_ALGORITHM, Claims, Verifier, header_of
from app.core.clock import Clock
from app.core.http import OutboundClient, OutboundFailed, OutboundRequest
from app.core.sealing import SealBroken, Sealer
from app.core.settings import SecuritySettings
from app.resources import Resources

BEGUN_SECONDS: Final = 600
METADATA_SECONDS: Final = 24 * 3600
MAX_DOCUMENT_BYTES: Final = 256 * 1024
TIMEOUT_SECONDS: Final = 10.0
LEEWAY_SECONDS: Final = 60
MAX_SHOWN_CHARACTERS: Final = 200
MAX_CODE_CHARACTERS: Final = 4096
SEALED_AT: Final = "oidc_sign_in"


@dataclass(frozen=True)
class OidcPerson:
    """Whom a verified id token names: issuer and subject are the identity, the rest is for show."""

    issuer: str
    sub: str
    name: str | None
    email: str | None
    role: AccountRole | None

    @property
    def subject(self) -> str:
        """The stable name of this identity among ours; both parts may be long."""
        return f"oidc:{hashlib.sha256(f'{self.issuer} {self.sub}'.encode()).hexdigest()}"


@dataclass(frozen=True, kw_only=True)
class Begun:
    """A sign-in that a browser has begun; it stands sealed in a cookie of that browser."""

    state: str
    nonce: str
    verifier: str = field(repr=False)
    expires: int
    invitation: str = field(default="", repr=False)

    def challenge(self) -> str:
        """What the provider keeps of the verifier until the code is fetched."""
        return base64.urlsafe_b64encode(hashlib.sha256(self.verifier.encode()).digest()).decode().rstrip("=")


@dataclass(frozen=True)
class BroughtBack:
    """What a browser brings back from the provider, and the cookie that it was given before."""

    code: str = field(repr=False)
    state: str = field(repr=False)
    cookie: str = field(repr=False)


@dataclass(frozen=True)
class Endpoints:
    """What discovery found."""

    authorization: str
    token: str
    keys: EntraKeys


class OidcProvider:
    """The configured provider; its metadata is a day old at most."""

    def __init__(self, security: SecuritySettings, clock: Clock, sealer: Sealer, redirect_uri: str) -> None:
        self._security = security
        self._clock = clock
        self._sealer = sealer
        self._redirect_uri = redirect_uri
        self._found: tuple[Endpoints, float] | None = None
        self._verifier = Verifier(
            algorithm=ENTRA_ALGORITHM, types=frozenset({"JWT", None}), clock=clock, leeway_seconds=LEEWAY_SECONDS
        )

    async def begin(self, invitation: str = "") -> tuple[str, str]:
        """Where the browser is sent, and the cookie that it keeps until it comes back."""
        endpoints = await self._endpoints()
        begun = Begun(
            state=self._clock.secret(),
            nonce=self._clock.secret(),
            verifier=self._clock.secret(48),
            expires=int((self._clock.now() + timedelta(seconds=BEGUN_SECONDS)).timestamp()),
            invitation=invitation,
        )
        asked = {
            "response_type": "code",
            "client_id": self._security.oidc_client_id,
            "redirect_uri": self._redirect_uri,
            "scope": self._security.oidc_scopes,
            "state": begun.state,
            "nonce": begun.nonce,
            "code_challenge": begun.challenge(),
            "code_challenge_method": "S256",
        }
        joint = "&" if urlsplit(endpoints.authorization).query else "?"
        return f"{endpoints.authorization}{joint}{urlencode(asked)}", self._sealer.seal(
            json.dumps(asdict(begun)), SEALED_AT
        )

    async def finish(self, back: BroughtBack) -> tuple[OidcPerson, Begun]:
        """Whom the provider names to the browser that began."""
        begun = self._opened(back.cookie)
        is_its_own = hmac.compare_digest(begun.state.encode(), back.state.encode())
        is_late = begun.expires <= int(self._clock.now().timestamp())
        if is_late or not is_its_own or not 0 < len(back.code) <= MAX_CODE_CHARACTERS:
            raise OidcRefused
        endpoints = await self._endpoints()
        token = await self._exchanged(endpoints.token, back.code, begun)
        try:
            claims = await self._verified(endpoints.keys, token)
        except TokenRefused as fault:
            raise OidcRefused from fault
        nonce = claims.get("nonce")
        if not isinstance(nonce, str) or not hmac.compare_digest(nonce.encode(), begun.nonce.encode()):
            raise OidcRefused
        return self._person(claims), begun

    def _opened(self, cookie: str) -> Begun:
        try:
            return Begun(**json.loads(self._sealer.open(cookie, SEALED_AT)))
        except SealBroken as fault:
            raise OidcRefused from fault

    async def _endpoints(self) -> Endpoints:
        if self._found is not None and self._clock.monotonic() - self._found[1] < METADATA_SECONDS:
            return self._found[0]
        address = f"{self._security.oidc_issuer}/.well-known/openid-configuration"
        document = await self._asked(OutboundRequest("GET", address, max_bytes=MAX_DOCUMENT_BYTES))
        # A document of another issuer would have its tokens believed here.
        if str(document.get("issuer", "")).rstrip("/") != self._security.oidc_issuer:
            raise OidcUnavailable
        names = ("authorization_endpoint", "token_endpoint", "jwks_uri")
        authorization, token, keys = (self._endpoint(document.get(name)) for name in names)
        found = Endpoints(authorization, token, EntraKeys(PublishedKeys(keys), self._clock))
        self._found = (found, self._clock.monotonic())
        return found

    def _endpoint(self, address: object) -> str:
        scheme = urlsplit(self._security.oidc_issuer).scheme
        if not isinstance(address, str) or urlsplit(address).scheme != scheme:
            raise OidcUnavailable
        return address

    async def _exchanged(self, endpoint: str, code: str, begun: Begun) -> str:
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self._redirect_uri,
            "client_id": self._security.oidc_client_id,
            "code_verifier": begun.verifier,
        }
        secret = self._security.oidc_client_secret.get_secret_value()
        if secret:
            form["client_secret"] = secret
        answer = await self._asked(OutboundRequest("POST", endpoint, form=form, max_bytes=MAX_DOCUMENT_BYTES))
        token = answer.get("id_token")
        if not isinstance(token, str):
            raise OidcRefused
        return token

    async def _asked(self, request: OutboundRequest) -> Mapping[str, JsonValue]:
        client = OutboundClient()
        try:
            reply = await client.send(request)
        except OutboundFailed as fault:
            raise OidcUnavailable from fault
        finally:
            await client.close()
        # The provider answers 400 to a code that is used up or not its own.
        if 400 <= reply.status < 500 and request.method == "POST":
            raise OidcRefused
        try:
            document = json.loads(reply.content) if reply.is_success else None
        except (ValueError, RecursionError) as fault:
            raise OidcUnavailable from fault
        if not isinstance(document, dict):
            raise OidcUnavailable
        return document

    async def _verified(self, keys: EntraKeys, token: str) -> Claims:
        header = header_of(token)
        self._verifier.check_header(header)
        published = await keys.find(str(header.get("kid")))
        if published is None:
            raise TokenRefused
        issuers = (self._security.oidc_issuer, f"{self._security.oidc_issuer}/")
        audiences = (self._security.oidc_client_id,)
        return self._verifier.verify(token, published.key, issuers=issuers, audiences=audiences)

    def _person(self, claims: Claims) -> OidcPerson:
        admin_group = self._security.oidc_admin_group
        groups = claims.get(self._security.oidc_groups_claim)
        is_admin = isinstance(groups, list) and admin_group in groups
        return OidcPerson(
            issuer=self._security.oidc_issuer,
            sub=str(claims["sub"]),
            name=_shown(claims, "name"),
            email=_shown(claims, "email"),
            role=None if not admin_group else AccountRole.ADMIN if is_admin else AccountRole.USER,
        )


def _shown(claims: Mapping[str, Any], name: str) -> str | None:
    value = claims.get(name)
    if not isinstance(value, str) or not value.strip() or "\0" in value:
        return None
    return value[:MAX_SHOWN_CHARACTERS]


def oidc_provider(resources: Resources) -> OidcProvider:
    """The provider of this process; OidcOff where none is configured."""
    settings = resources.settings
    if not settings.security.oidc_issuer:
        raise OidcOff
    redirect_uri = f"{settings.server.public_base_url}/api/v1/auth/oidc/callback"
    return OidcProvider(settings.security, resources.clock, resources.sealer, redirect_uri)
