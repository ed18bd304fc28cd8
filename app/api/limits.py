"""Rate-limit policies per kind of request, counted per caller, and their IETF headers."""

import hashlib
import ipaddress
import math
import re
from collections import OrderedDict
from dataclasses import dataclass
from http.cookies import CookieError, SimpleCookie
from typing import Any, Final, cast

import structlog
from limits import RateLimitItemPerMinute
from limits.aio.storage import MemoryStorage, Storage
from limits.aio.strategies import FixedWindowRateLimiter
from limits.errors import ConfigurationError, StorageError
from limits.storage import storage_from_string
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.accounts.dependencies import SECURE_SESSION_COOKIE, SESSION_COOKIE
from app.api.middleware import HEALTH_PATHS
from app.api.problems import PLAIN, problem
from app.core.clock import Clock, SystemClock
from app.core.dependencies import CHARGE
from app.core.errors import Exhausted
from app.core.settings import SecuritySettings
from app.core.startup import UnsafeSettings

log = structlog.get_logger(__name__)
WINDOW_SECONDS: Final = 60
REDIS_PAUSE_SECONDS = 5.0
# A request must not wait for its own counting.
REDIS_PATIENCE: Final = {"socket_timeout": 0.5, "socket_connect_timeout": 0.5}
REDIS_SCHEMES = ("redis://", "rediss://", "redis+unix://")
PROBLEM_TYPE = "https://iana.org/assignments/http-problem-types#quota-exceeded"
MAX_KNOWN_CALLERS = 20_000
SAFE_METHODS = frozenset({"GET", "HEAD"})
FREE_PATHS = re.compile(r"/(auth|users)/me/?$")
SIGN_IN_PATHS = re.compile(
    r"/auth/(login|token|register|totp/(setup|confirm|disable)|password/(forgot|reset)|email/(verify(/request)?|change))/?$"
)
# A GET that starts work, because its client knows no other way.
STARTING_PATHS = re.compile(r"/audios/generate-subtitle/?$")
# Each of these asks an outside provider, whatever its method says.
OUTSIDE_SIGN_IN_PATHS = re.compile(r"/auth/oidc/(login|callback)/?$")
# Clients ask these again and again while they wait, although the method says otherwise.
POLLED_PATHS = re.compile(r"/check-complete/?$|/callbacks/|^/mcp/?$")


@dataclass(frozen=True)
class Policy:
    """How many requests of one kind a caller has per minute."""

    name: str
    quota: int

    def header(self) -> str:
        """The policy as RateLimit-Policy shows it."""
        return f'"{self.name}";q={self.quota};w={WINDOW_SECONDS}'


@dataclass(frozen=True)
class Spent:
    """What is left of a policy after one request."""

    allowed: bool
    remaining: int
    reset_seconds: int


def policy_for(method: str, path: str) -> str | None:
    """The name of the policy that counts a request; health, preflights and "who am I" are free."""
    if method == "OPTIONS" or path.rstrip("/") in HEALTH_PATHS:
        return None
    if OUTSIDE_SIGN_IN_PATHS.search(path):
        return "login"
    if method in SAFE_METHODS and not STARTING_PATHS.search(path):
        return None if FREE_PATHS.search(path) else "reads"
    if SIGN_IN_PATHS.search(path):
        return "login"
    return "reads" if POLLED_PATHS.search(path) else "jobs"


class TokenOwners:
    """Remembers whose token a digest belongs to, once a route has checked it.

    An unchecked token counts for its address, so inventing tokens buys nobody a new quota.
    """

    def __init__(self, capacity: int = MAX_KNOWN_CALLERS) -> None:
        self._known: OrderedDict[bytes, str] = OrderedDict()
        self._capacity = capacity

    def key(self, scope: Scope) -> str:
        """Who is asking: the account, else the address."""
        known = self._known.get(_digest(scope))
        return f"account:{known}" if known else address_key(scope)

    def learn(self, scope: Scope, status: int) -> None:
        """Takes note of the account that a route found, and forgets a token that was refused."""
        digest = _digest(scope)
        account = scope.get("state", {}).get("account_id")
        if status == 401:
            self._known.pop(digest, None)
        elif digest and account:
            self._known[digest] = str(account)
            self._known.move_to_end(digest)
            while len(self._known) > self._capacity:
                self._known.popitem(last=False)


class Limiter:
    """Counts requests in fixed windows of a minute, in this process or in Redis."""

    def __init__(self, settings: SecuritySettings, clock: Clock, *, shared: Storage | None = None) -> None:
        quotas = {
            "reads": settings.rate_limit_reads,
            "jobs": settings.rate_limit_jobs,
            "login": settings.rate_limit_login,
        }
        self.policies = {name: Policy(name, quota) for name, quota in quotas.items()}
        self._own = FixedWindowRateLimiter(MemoryStorage())
        self._shared = FixedWindowRateLimiter(shared) if shared else None
        self._clock = clock
        self._away_until = 0.0

    @classmethod
    def over(cls, settings: SecuritySettings, clock: Clock) -> "Limiter":
        """The limiter these settings ask for."""
        return cls(settings, clock, shared=_redis(settings.redis_url) if settings.redis_url else None)

    async def spend(self, policy: Policy, key: str) -> Spent:
        """Counts one request; while Redis does not answer, this process counts alone."""
        if self._shared is None or self._clock.monotonic() < self._away_until:
            return await _spend(self._own, policy, key)
        try:
            return await _spend(self._shared, policy, key)
        except StorageError as fault:
            self._away_until = self._clock.monotonic() + REDIS_PAUSE_SECONDS
            log.warning("rate_limit_store_away", fault=type(fault.__cause__ or fault).__name__)
            return await _spend(self._own, policy, key)


class RateLimits:
    """Refuses callers that exceed their policy and tells everybody where they stand."""

    def __init__(self, app: ASGIApp, limiter: Limiter, callers: TokenOwners) -> None:
        self._app = app
        self._limiter = limiter
        self._callers = callers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one request."""
        name = policy_for(scope["method"], scope["path"]) if scope["type"] == "http" else None
        if name is None:
            await self._app(scope, receive, send)
            return
        policy = self._limiter.policies[name]
        key = address_key(scope) if name == "login" else self._callers.key(scope)
        spent = await self._limiter.spend(policy, key)
        standing = {
            "RateLimit-Policy": policy.header(),
            "RateLimit": f'"{policy.name}";r={spent.remaining};t={spent.reset_seconds}',
        }
        if not spent.allowed:
            await _refuse(scope, policy, spent, standing)(scope, receive, send)
            return

        async def charge(named: str) -> None:
            account = scope["state"].get("account_id")
            further = await self._limiter.spend(self._limiter.policies[named], f"account:{account}" if account else key)
            if not further.allowed:
                raise Exhausted(retry_after_seconds=max(further.reset_seconds, 1))

        scope.setdefault("state", {})[CHARGE] = charge

        async def send_standing(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(standing)
                self._callers.learn(scope, message["status"])
            await send(message)

        await self._app(scope, receive, send_standing)


def address_key(scope: Scope) -> str:
    """The client's address; one IPv6 customer owns a whole /64."""
    client = scope.get("client")
    host = client[0] if client else "unknown"
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return f"address:{host}"
    if address.version == 6 and address.ipv4_mapped is None:
        return f"address:{ipaddress.ip_network((address, 64), strict=False)}"
    return f"address:{getattr(address, 'ipv4_mapped', None) or address}"


def _refuse(scope: Scope, policy: Policy, spent: Spent, standing: dict[str, str]) -> ASGIApp:
    code, detail = PLAIN[429]
    extra: dict[str, Any] = {"type": PROBLEM_TYPE, "violated-policies": [policy.name]}
    headers = {**standing, "Retry-After": str(max(spent.reset_seconds, 1))}
    return problem(scope, 429, code, detail, extra=extra, headers=headers)


async def _spend(limiter: FixedWindowRateLimiter, policy: Policy, key: str) -> Spent:
    item = RateLimitItemPerMinute(policy.quota, namespace=f"avc:{policy.name}")
    allowed = await limiter.hit(item, key)
    standing = await limiter.get_window_stats(item, key)
    # The stores count on the machine's clock, so what is left is read from the same one.
    left = standing.reset_time - SystemClock().now().timestamp()
    return Spent(allowed, standing.remaining, min(max(math.ceil(left), 0), WINDOW_SECONDS))


def _redis(url: str) -> Storage:
    if not url.startswith(REDIS_SCHEMES):
        message = f"REDIS_URL: must begin with one of {', '.join(REDIS_SCHEMES)}"
        raise UnsafeSettings(message)
    try:
        store = storage_from_string(f"async+{url}", implementation="redispy", wrap_exceptions=True, **REDIS_PATIENCE)
    except (ConfigurationError, ValueError) as fault:
        message = f"REDIS_URL: cannot be used ({fault}). Install the extra `redis`, or leave it empty."
        raise UnsafeSettings(message) from fault
    return cast("Storage", store)


def _digest(scope: Scope) -> bytes:
    headers = Headers(scope=scope)
    proof = headers.get("authorization") or _session(headers.get("cookie", ""))
    return hashlib.sha256(proof.encode()).digest() if proof else b""


def _session(cookies: str) -> str:
    try:
        sent = SimpleCookie(cookies)
    except CookieError:
        return ""
    found = sent.get(SECURE_SESSION_COOKIE) or sent.get(SESSION_COOKIE)
    return found.value if found else ""
