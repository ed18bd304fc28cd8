"""Pure ASGI: request id and access log, security headers, trusted hosts, trailing slashes, cross-origin rules."""

import ipaddress
import re
from collections.abc import Collection, Mapping
from typing import Final
from urllib.parse import urlsplit

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.api.problems import at_the_edge, plain
from app.core.clock import Clock
from app.core.redaction import safe_path

log = structlog.get_logger("app.access")
HEALTH_PATHS: Final = frozenset({"/healthz", "/health", "/livez", "/readyz", "/version"})
LOOPBACK_NAMES: Final = frozenset({"localhost", "127.0.0.1", "::1"})
HOST = re.compile(r"(?:\[(?P<address>[0-9A-Fa-f:.]{2,45})\]|(?P<name>[A-Za-z0-9._-]{1,253}))(?::(?P<port>[0-9]{0,5}))?")
MAX_PORT = 65_535
REQUEST_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
ANSWER_POLICY = "default-src 'none'; frame-ancestors 'none'"
PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; media-src 'self' blob:; "
    "connect-src 'self'; font-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'"
)
ALWAYS: Mapping[str, str] = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "X-Frame-Options": "DENY",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cache-Control": "no-store",
}
YEAR_SECONDS = 31_536_000


class RequestContext:
    """Gives every request its id, one line in the log, and an answer even when everything else fails."""

    def __init__(self, app: ASGIApp, clock: Clock) -> None:
        self._app = app
        self._clock = clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began = self._clock.monotonic()
        asked = Headers(scope=scope).get("x-request-id", "")
        request_id = asked if REQUEST_ID.fullmatch(asked) else self._clock.new_id()
        scope.setdefault("state", {})["request_id"] = request_id
        status: int | None = None

        async def send_named(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)["X-Request-Id"] = request_id
            await send(message)

        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=request_id)
        try:
            await self._app(scope, receive, send_named)
        except Exception:
            # Starlette answers with 500 and raises again; this is the one place that writes the stack.
            log.exception("unknown_error", method=scope["method"], path=safe_path(scope["path"]), status=status)
            if status is None:
                await plain(scope, 500)(scope, receive, send_named)
        finally:
            self._write_line(scope, status, self._clock.monotonic() - began)
            structlog.contextvars.clear_contextvars()

    def _write_line(self, scope: Scope, status: int | None, seconds: float) -> None:
        if _is_health(scope):
            return
        client = scope.get("client")
        log.info(
            "request",
            method=scope["method"],
            path=safe_path(scope["path"]),
            status=status,
            duration_ms=round(seconds * 1000, 1),
            address=client[0] if client else None,
        )


class SecurityHeaders:
    """Puts the headers that protect a browser on every answer, unless the answer brings its own."""

    def __init__(self, app: ASGIApp, *, https_outside: bool) -> None:
        self._app = app
        self._https_outside = https_outside

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        secure = self._https_outside or scope.get("scheme") == "https"

        async def send_protected(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in ALWAYS.items():
                    headers.setdefault(name, value)
                page = headers.get("content-type", "").startswith("text/html")
                headers.setdefault("Content-Security-Policy", PAGE_POLICY if page else ANSWER_POLICY)
                if secure:
                    headers.setdefault("Strict-Transport-Security", f"max-age={YEAR_SECONDS}")
            await send(message)

        await self._app(scope, receive, send_protected)


class TrustedHosts:
    """Serves only the host of PUBLIC_BASE_URL and loopback names; without that setting any host that is well formed."""

    def __init__(self, app: ASGIApp, public_base_url: str) -> None:
        self._app = app
        public = urlsplit(public_base_url).hostname
        self._trusted = frozenset({public.lower(), *LOOPBACK_NAMES}) if public else None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        host = _host_of(scope)
        # Orchestrators ask for health by address, whatever the public name is.
        if host is None:
            await at_the_edge(scope, "request.malformed_host")(scope, receive, send)
        elif self._trusted is None or host in self._trusted or _is_health(scope):
            await self._app(scope, receive, send)
        else:
            await at_the_edge(scope, "request.unknown_host")(scope, receive, send)


class Slashes:
    """Answers every path with and without a trailing slash, without a redirect."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one request."""
        if scope["type"] == "http" and len(scope["path"]) > 1 and scope["path"].endswith("/"):
            raw = scope.get("raw_path") or b""
            scope = {**scope, "path": scope["path"][:-1], "raw_path": raw.removesuffix(b"/")}
        await self._app(scope, receive, send)


def _is_health(scope: Scope) -> bool:
    return scope["path"].rstrip("/") in HEALTH_PATHS


def _host_of(scope: Scope) -> str | None:
    """The name or address that a request is meant for; None when it is malformed."""
    named = Headers(scope=scope).getlist("host")
    if not named and scope.get("http_version") == "1.0":
        return ""
    parts = HOST.fullmatch(named[0]) if len(named) == 1 else None
    if parts is None or int(parts["port"] or 0) > MAX_PORT:
        return None
    if parts["address"] is None:
        return str(parts["name"]).lower()
    try:
        return str(ipaddress.IPv6Address(parts["address"]))
    except ValueError:
        return None


METHODS = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"
REQUEST_HEADERS = (
    "authorization, content-type, x_user_id, prefer, idempotency-key, if-match, if-none-match, last-event-id, range, "
    "x-request-id"
)
ANSWER_HEADERS = (
    "X-Total-Count, Link, Location, ETag, Retry-After, RateLimit, RateLimit-Policy, X-Request-Id, Content-Disposition, "
    "Content-Range, Accept-Ranges, Preference-Applied, Upload-Offset, Tus-Resumable, X-Moderation-Categories"
)
PREFLIGHT_SECONDS = "600"
# A front end under development: any port of this machine.
LOOPBACK = re.compile(r"https?://(localhost|127\.0\.0\.1|\[::1\])(:[0-9]{1,5})?")


class Cors:
    """Lets the listed origins read answers, in development every page of this machine too; others are told nothing."""

    def __init__(self, app: ASGIApp, origins: Collection[str], *, with_loopback: bool) -> None:
        self._app = app
        self._origins = frozenset(origins)
        self._with_loopback = with_loopback

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        origin = headers.get("origin")
        if origin is not None and scope["method"] == "OPTIONS" and "access-control-request-method" in headers:
            await self._preflight(scope, origin)(scope, receive, send)
            return
        allowed = origin if self._may_read(origin) else None

        async def send_readable(message: Message) -> None:
            if message["type"] == "http.response.start":
                answer = MutableHeaders(scope=message)
                answer.add_vary_header("Origin")
                if allowed is not None:
                    answer["Access-Control-Allow-Origin"] = allowed
                    answer["Access-Control-Expose-Headers"] = ANSWER_HEADERS
            await send(message)

        await self._app(scope, receive, send_readable)

    def _may_read(self, origin: str | None) -> bool:
        is_local = self._with_loopback and LOOPBACK.fullmatch(origin or "") is not None
        return origin in self._origins or is_local

    def _preflight(self, scope: Scope, origin: str) -> Response:
        if not self._may_read(origin):
            return at_the_edge(scope, "request.origin_not_allowed", headers={"Vary": "Origin"})
        return Response(
            status_code=204,
            headers={
                "Access-Control-Allow-Origin": origin,
                "Access-Control-Allow-Methods": METHODS,
                "Access-Control-Allow-Headers": REQUEST_HEADERS,
                "Access-Control-Max-Age": PREFLIGHT_SECONDS,
                "Vary": "Origin, Access-Control-Request-Method, Access-Control-Request-Headers",
            },
        )
