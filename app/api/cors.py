"""Cross-origin rules: an exact list of origins, no credentials, preflights answered here."""

from collections.abc import Collection

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.api.problems import problem

__all__ = ["Cors"]

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


class Cors:
    """Lets the listed origins read answers; an unlisted origin is told nothing."""

    def __init__(self, app: ASGIApp, origins: Collection[str]) -> None:
        self._app = app
        self._origins = frozenset(origins)

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
        allowed = origin if origin in self._origins else None

        async def send_readable(message: Message) -> None:
            if message["type"] == "http.response.start":
                answer = MutableHeaders(scope=message)
                answer.add_vary_header("Origin")
                if allowed is not None:
                    answer["Access-Control-Allow-Origin"] = allowed
                    answer["Access-Control-Expose-Headers"] = ANSWER_HEADERS
            await send(message)

        await self._app(scope, receive, send_readable)

    def _preflight(self, scope: Scope, origin: str) -> Response:
        if origin not in self._origins:
            detail = "This origin may not call the API from a browser. Add it to CORS_ORIGINS on the server."
            return problem(scope, 403, "request.origin_not_allowed", detail, headers={"Vary": "Origin"})
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
