"""One outbound client: total deadlines, size caps, no redirects, no proxies, no cookies, redacted logs."""

import asyncio
import json
import logging
import zlib
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from http.cookiejar import CookieJar, DefaultCookiePolicy

import httpx
import structlog
from pydantic import JsonValue, SecretStr
from pydantic_core import from_json

from app.core.database import outside_transaction
from app.core.http.addresses import AddressRules, parse_address
from app.core.http.faults import OutboundFailed, ReplyRefused, Witness, surely_unsent
from app.core.http.transport import PinnedTransport, Resolver, trusted_certificates

Transport = httpx.AsyncBaseTransport
log = structlog.get_logger(__name__)
CONNECT_SECONDS = 10.0
READ_SECONDS = 30.0
TOTAL_SECONDS = 60.0
REPLY_BYTES = 1024 * 1024
CONNECTIONS = 64
KEEP_ALIVE_SECONDS = 4.0
ZLIB_OR_GZIP = 47
CHATTY_LIBRARIES = ("httpx", "httpcore")


@dataclass(frozen=True)
class FormPart:
    """A file that travels as one part of a form."""

    field: str
    filename: str
    content: bytes
    media_type: str


@dataclass(frozen=True)
class OutboundRequest:
    """What is asked of an outside service; `total_seconds` bounds the whole exchange, however it drips."""

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)
    body: JsonValue | bytes = None
    form: Mapping[str, str] = field(default_factory=dict)
    upload: FormPart | None = None
    max_bytes: int = REPLY_BYTES
    total_seconds: float = TOTAL_SECONDS
    read_seconds: float = READ_SECONDS


@dataclass(frozen=True)
class OutboundReply:
    """What an outside service answered; any status counts as an answer."""

    status: int
    headers: Mapping[str, str]
    content: bytes

    @property
    def is_success(self) -> bool:
        """Whether the status is a 2xx."""
        return 200 <= self.status < 300


class OutboundClient:
    """A pooled client for one vendor or purpose; whoever builds it closes it.

    With `rules` every address is checked and only public machines are connected to; without, the base comes from the
    operator's settings. `resolver` and `transport` replace the network in tests.
    """

    def __init__(
        self,
        *,
        base_url: str = "",
        bearer: SecretStr | None = None,
        rules: AddressRules | None = None,
        resolver: Resolver | None = None,
        transport: Transport | None = None,
    ) -> None:
        for library in CHATTY_LIBRARIES:
            # Their lines carry whole addresses, and with them signatures and tokens.
            logging.getLogger(library).setLevel(logging.WARNING)
        if rules is not None:
            transport = PinnedTransport(rules, resolver=resolver, inner=transport)
        authorization = {"Authorization": f"Bearer {bearer.get_secret_value()}"} if bearer else {}
        self._client = httpx.AsyncClient(
            base_url=base_url,
            headers={"Accept-Encoding": "identity", "User-Agent": "ai-video-creator"} | authorization,
            verify=trusted_certificates(),
            transport=transport,
            limits=httpx.Limits(max_connections=CONNECTIONS, keepalive_expiry=KEEP_ALIVE_SECONDS),
            follow_redirects=False,
            trust_env=False,
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=())),
        )

    async def send(self, request: OutboundRequest) -> OutboundReply:
        """Sends once and reads the whole answer within its cap; raises OutboundFailed, never repeats."""
        async with self.open(request) as response:
            raw = bytearray()
            async for chunk in response.aiter_raw():
                raw += chunk
                if len(raw) > request.max_bytes:
                    raise ReplyRefused(reason="the reply is too large")
            content = _unpacked(bytes(raw), response.headers.get("content-encoding", ""), request.max_bytes)
            return OutboundReply(response.status_code, dict(response.headers), content)

    async def get_json(self, url: str, *, max_bytes: int = REPLY_BYTES, timeout_seconds: float = 30.0) -> JsonValue:
        """The JSON document at this address; anything but a 2xx with JSON is OutboundFailed."""
        request = OutboundRequest("GET", url, max_bytes=max_bytes, total_seconds=timeout_seconds)
        reply = await self.send(request)
        if not reply.is_success:
            raise ReplyRefused(reason=f"status {reply.status}")
        try:
            document: JsonValue = from_json(reply.content, allow_inf_nan=False)
        except ValueError as wrong:
            raise ReplyRefused(reason="the reply is not JSON") from wrong
        return document

    @asynccontextmanager
    async def open(self, request: OutboundRequest) -> AsyncIterator[httpx.Response]:
        """The answer as soon as its head is there, its body still on the way; the total deadline covers both."""
        outside_transaction()
        witness = Witness()
        built = self._built(request, witness)
        loop = asyncio.get_running_loop()
        began = loop.time()
        outcome = "cancelled"
        try:
            async with asyncio.timeout(request.total_seconds):
                response = await self._client.send(built, stream=True)
                outcome = str(response.status_code)
                try:
                    yield response
                finally:
                    await response.aclose()
        except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, TimeoutError) as fault:
            outcome = type(fault).__name__
            raise OutboundFailed(outcome, maybe_sent=not surely_unsent(fault, witness)) from fault
        finally:
            # A path behind address rules may itself be the secret of a signed link.
            path = built.url.path if self._client.base_url.host else None
            took_seconds = round(loop.time() - began, 3)
            log.debug("outbound", host=built.url.host, path=path, outcome=outcome, took_seconds=took_seconds)

    async def close(self) -> None:
        """Closes every connection."""
        await self._client.aclose()

    def _built(self, request: OutboundRequest, witness: Witness) -> httpx.Request:
        headers = dict(request.headers)
        content = request.body if isinstance(request.body, bytes) else None
        if request.body is not None and content is None:
            content = json.dumps(request.body, ensure_ascii=False, allow_nan=False).encode()
            headers.setdefault("Content-Type", "application/json")
        # The transport closes a half-made connection when its own patience ends, but not when it is cancelled.
        patience = min(CONNECT_SECONDS, request.total_seconds / 2)
        parts = request.upload
        files = {parts.field: (parts.filename, parts.content, parts.media_type)} if parts else None
        return self._client.build_request(
            request.method,
            parse_address(request.url),
            headers=headers,
            params=dict(request.query) or None,
            content=content,
            data=dict(request.form) or None,
            files=files,
            timeout=httpx.Timeout(request.read_seconds, connect=patience, pool=patience),
            extensions={"trace": witness},
        )


def _unpacked(raw: bytes, encoding: str, max_bytes: int) -> bytes:
    if encoding.lower() in {"", "identity"}:
        return raw
    if encoding.lower() not in {"gzip", "deflate", "x-gzip"}:
        raise ReplyRefused(reason="the reply is packed in an unknown way")
    try:
        content = zlib.decompressobj(ZLIB_OR_GZIP).decompress(raw, max_bytes + 1)
    except zlib.error as wrong:
        raise ReplyRefused(reason="the reply cannot be unpacked") from wrong
    if len(content) > max_bytes:
        raise ReplyRefused(reason="the reply is too large")
    return content
