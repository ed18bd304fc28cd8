"""FastAPI dependencies: who calls, what they may do, and the session cookie."""

import hmac
import ipaddress
from collections.abc import AsyncIterator
from typing import Annotated, Final
from urllib.parse import urlsplit

from fastapi import Depends, Request, Response
from fastapi.openapi.models import HTTPBearer as DocumentedBearer
from fastapi.security.base import SecurityBase

from app.accounts.domain import Account, Caller, Scope, SignedIn, Via
from app.accounts.errors import (
    LocalCredentialRefused,
    OriginNotAllowed,
    ScopeMissing,
    SignInNeeded,
    TokenRefused,
    UserNotFound,
)
from app.accounts.identity import Identities
from app.accounts.provider_keys import resources_of
from app.core.acting import act_with
from app.core.errors import AppError, NotSignedIn
from app.core.fairness import work_for
from app.resources import Resources

API_KEY_SCHEME = "ApiKey"
# Tells the secret that a running service leaves for commands on its machine from API keys and tokens.
LOCAL_CREDENTIAL_PREFIX: Final = "avcl_"
SESSION_COOKIE = "avc_session"
# Browsers take a cookie of this name only over https, for this host alone, so that no other host can plant one.
SECURE_SESSION_COOKIE = f"__Host-{SESSION_COOKIE}"
# With it a person whom Entra knows comes in where only the invited may; other doors take it in the body.
INVITATION_HEADER = "x-invitation"
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
MAX_AGENT_CHARACTERS = 500
LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})
# What proxies add: behind one, everybody seems to come from this machine.
FORWARDING_HEADERS = frozenset({"forwarded", "via", "x-real-ip"})
FORWARDING_PREFIX = "x-forwarded-"


def app_resources(request: Request) -> Resources:
    """What this process holds open."""
    found: Resources = request.app.state.resources
    return found


async def resources_of_request(request: Request) -> Resources:
    """The same for routes, on the loop."""
    return app_resources(request)


ResourcesDep = Annotated[Resources, Depends(resources_of_request)]


async def public() -> None:
    """Marks a route that anybody may call; a route with neither this nor an account fails the build."""


Public = Depends(public)


async def caller(request: Request) -> Caller:
    """Where the request comes from, as far as the configured proxies are believed."""
    address = request.client.host if request.client else ""
    return Caller(address=address, agent=request.headers.get("user-agent", "")[:MAX_AGENT_CHARACTERS])


CallerDep = Annotated[Caller, Depends(caller)]


def bearer_proof(request: Request) -> str | None:
    """The proof in the Authorization header; a header of another form is refused, never skipped."""
    headers = request.headers.getlist("authorization")
    if not headers:
        return None
    scheme, _, proof = headers[0].strip().partition(" ")
    if len(headers) > 1 or scheme.lower() != "bearer" or not proof.strip():
        raise TokenRefused
    return proof.strip()


async def bearer_token(request: Request) -> str | None:
    """The same for routes, on the loop."""
    return bearer_proof(request)


BearerToken = Annotated[str | None, Depends(bearer_token)]


class Authentication(SecurityBase):
    """The caller by header, else by cookie, else as the local user; with a right of this scope.

    Without a scope the method decides: reading for safe ones, else writing. It is the document's scheme itself,
    because each dependency beside it would be read and kept again for every route.
    """

    def __init__(self, scope: Scope | None = None) -> None:
        self.model = DocumentedBearer(description="An API key (avc_…) or an Entra ID access token")
        self.scheme_name = API_KEY_SCHEME
        self._scope = scope

    async def __call__(self, request: Request) -> Account:
        """Refuses whoever proves nothing, and whose proof does not go as far."""
        account = await identified(request)
        if not account.may(self._scope or (Scope.READ if is_safe(request) else Scope.WRITE)):
            raise ScopeMissing
        return account


async def identified(request: Request) -> Account:
    """The caller, whatever its scopes are."""
    account = await proven_account(request, app_resources(request))
    # The edge counts requests by account once a route has found out whose proof it is.
    request.state.account_id = account.id
    work_for(account.id)
    act_with(account.key_id)
    return account


async def proven_account(request: Request, resources: Resources) -> Account:
    """The account that a request proves by its headers alone; whoever asks again gets the same answer."""
    state = request.state
    if not hasattr(state, "proof"):
        try:
            state.proof = await _proven(request, resources)
        except AppError as refusal:
            state.proof = refusal
    if isinstance(state.proof, AppError):
        raise state.proof
    proven: Account = state.proof
    return proven


async def _proven(request: Request, resources: Resources) -> Account:
    identities = Identities.over(resources)
    bearer = bearer_proof(request)
    if bearer is not None:
        return await account_of_bearer(request, resources, bearer)
    cookie = session_cookie(request, resources)
    if cookie:
        check_cookie_origin(request, resources)
        return await identities.by_cookie(cookie)
    if resources.settings.security.local_user and _is_local(request, resources):
        return await identities.local()
    raise NotSignedIn


async def account_of_bearer(request: Request, resources: Resources, proof: str) -> Account:
    """The account of a proof in the header; the local credential is one of the local user, on this machine only."""
    identities = Identities.over(resources)
    if not proof.startswith(LOCAL_CREDENTIAL_PREFIX):
        return await identities.by_bearer(proof, request.headers.get(INVITATION_HEADER))
    accepted: str = getattr(request.app.state, "local_secret", "")
    is_right = bool(accepted) and hmac.compare_digest(accepted.encode(), proof.encode())
    if not is_right or resources.settings.is_production() or not _is_local(request, resources):
        raise LocalCredentialRefused
    return await identities.local()


current_user = Authentication()
CurrentUser = Annotated[Account, Depends(current_user)]
AdminUser = Annotated[Account, Depends(Authentication(Scope.ADMIN))]
WorkerKey = Annotated[Account, Depends(Authentication(Scope.WORKER))]
Writer = Annotated[Account, Depends(Authentication(Scope.WRITE))]


async def own_resources(resources: ResourcesDep, account: CurrentUser) -> AsyncIterator[Resources]:
    """What this process holds open, with the caller's engines: on keys of their own where they keep some."""
    async with resources_of(resources, account.id) as own:
        yield own


OwnResources = Annotated[Resources, Depends(own_resources, scope="function")]


async def session_user(account: CurrentUser) -> Account:
    """The caller who signed in; keys may not manage accounts and keys."""
    if account.via is Via.API_KEY:
        raise SignInNeeded
    return account


SessionUser = Annotated[Account, Depends(session_user)]


async def named_user(user_id: str, account: CurrentUser) -> Account:
    """The caller, if the path names the caller; a path proves nothing, so anybody else is not found."""
    if user_id != account.id:
        raise UserNotFound
    return account


Oneself = Annotated[Account, Depends(named_user)]


async def starting_by_get(request: Request, account: Writer, resources: ResourcesDep) -> Account:
    """The caller of a GET that starts work, because its client knows no other way: allowed to whom a POST would be."""
    if "authorization" not in request.headers and not _asks_itself(request, resources, account):
        raise OriginNotAllowed
    return account


StartingByGet = Depends(starting_by_get)


def is_safe(request: Request) -> bool:
    """Whether the method only reads."""
    return request.method in SAFE_METHODS


def check_cookie_origin(request: Request, resources: Resources) -> None:
    """Lets a cookie count for a change only when our own pages, or listed ones, asked for it."""
    if not is_safe(request) and not is_trusted_origin(request, resources):
        raise OriginNotAllowed


def session_cookie(request: Request, resources: Resources) -> str | None:
    """The proof in the cookie of a browser."""
    return request.cookies.get(session_cookie_name(is_secure=_is_https(request, resources)))


def session_cookie_name(*, is_secure: bool) -> str:
    """What the cookie is called over https, and over http."""
    return SECURE_SESSION_COOKIE if is_secure else SESSION_COOKIE


def set_session_cookie(request: Request, response: Response, signed_in: SignedIn) -> None:
    """Lets the pages of this origin act without a token of their own; a foreign page signs nobody in here."""
    response.headers["Cache-Control"] = "no-store"
    resources = app_resources(request)
    if "origin" in request.headers and not is_trusted_origin(request, resources):
        return
    is_secure = _is_https(request, resources)
    response.set_cookie(
        session_cookie_name(is_secure=is_secure),
        signed_in.cookie_token,
        max_age=signed_in.cookie_seconds,
        path="/",
        httponly=True,
        samesite="lax",
        secure=is_secure,
    )


def clear_session_cookie(request: Request, response: Response) -> None:
    """Takes the cookie back."""
    is_secure = _is_https(request, app_resources(request))
    name = session_cookie_name(is_secure=is_secure)
    response.delete_cookie(name, path="/", httponly=True, samesite="lax", secure=is_secure)


def is_trusted_origin(request: Request, resources: Resources) -> bool:
    """Whether a page of our own, or of a listed origin, asks."""
    return _is_trusted(request.headers.get("origin", "").rstrip("/"), request, resources)


def _is_trusted(origin: str, request: Request, resources: Resources) -> bool:
    server = resources.settings.server
    own = {f"{request.url.scheme}://{request.headers.get('host', '')}".lower()}
    if server.public_base_url:
        public_url = urlsplit(server.public_base_url)
        own.add(f"{public_url.scheme}://{public_url.netloc}".lower())
    return origin.lower() in own | {allowed.lower() for allowed in server.cors_origins}


def _is_https(request: Request, resources: Resources) -> bool:
    """Whether browsers reach this service by https; a proxy may speak http to it."""
    return request.url.scheme == "https" or resources.settings.server.public_base_url.startswith("https://")


def _asks_itself(request: Request, resources: Resources, account: Account) -> bool:
    """Whether one of our own pages sent this GET: browsers add no Origin where page and service share it."""
    if "origin" in request.headers:
        return is_trusted_origin(request, resources)
    site, referer = request.headers.get("sec-fetch-site"), request.headers.get("referer")
    if site is not None:
        return site == "same-origin"
    if referer is not None:
        return _is_trusted("/".join(referer.split("/", 3)[:3]), request, resources)
    return account.via is Via.LOCAL


def _is_local(request: Request, resources: Resources) -> bool:
    """Whether a request without credentials comes from this machine and not from a foreign page in its browser."""
    if any(name in FORWARDING_HEADERS or name.startswith(FORWARDING_PREFIX) for name in request.headers):
        return False
    host = urlsplit(f"//{request.headers.get('host', '')}").hostname or ""
    if request.client is None or not _is_loopback(request.client.host) or host not in LOOPBACK_NAMES:
        return False
    if is_safe(request) or "origin" not in request.headers:
        return True
    return is_trusted_origin(request, resources)


def _is_loopback(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False
