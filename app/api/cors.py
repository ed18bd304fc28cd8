"""Cross-origin rules: an exact list of origins, no credentials, preflights answered here."""

import re
from collections.abc import Collection

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.api.problems import at_the_edge

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
