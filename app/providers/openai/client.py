"""One credential of the SDK and the transport under it: sent once, a total deadline, a size cap, quiet logs."""

import asyncio
import logging
import ssl
import warnings
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import cache
from typing import TypeVar

import httpx2
import structlog
from openai import APIStatusError, AsyncOpenAI
from typing_extensions import override

from app.core.clock import Clock
from app.core.database import outside_transaction
from app.core.http import redacted
from app.core.limiter import AccountLimiter, LimiterRules, LimitReached
from app.core.threads import Threads
from app.providers.errors import ProviderError, RateLimited, Unreachable
from app.providers.openai.account import NAME, OpenAIAccount
from app.providers.openai.errors import FAULTS, error_for, said_code

REPLY_BYTES = 96 * 1024 * 1024
# The SDK takes these from the environment, where they belong to another key than a user's own.
STRAY_HEADERS = ("OpenAI-Organization", "OpenAI-Project")


class ReplyTooMuch(httpx2.TransportError):
    """An answer is larger than any answer may be, or packed although nobody asked for that."""


class GuardedTransport(httpx2.AsyncBaseTransport):
    """Hands calls on and refuses answers that would fill the memory."""

    def __init__(self, inner: httpx2.AsyncBaseTransport, *, max_bytes: int = REPLY_BYTES) -> None:
        self._inner = inner
        self._max_bytes = max_bytes

    @override
    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        outside_transaction()
        for name in STRAY_HEADERS:
            request.headers.pop(name, None)
        response = await self._inner.handle_async_request(request)
        if response.headers.get("content-encoding", "identity").lower() != "identity":
            await response.aclose()
            message = "the reply is packed"
            raise ReplyTooMuch(message)
        if not isinstance(response.stream, httpx2.AsyncByteStream):
            return response
        return httpx2.Response(
            response.status_code,
            headers=response.headers,
            stream=_CappedStream(response.stream, self._max_bytes),
            extensions=response.extensions,
        )

    @override
    async def aclose(self) -> None:
        await self._inner.aclose()


class _CappedStream(httpx2.AsyncByteStream):
    def __init__(self, inner: httpx2.AsyncByteStream, max_bytes: int) -> None:
        self._inner = inner
        self._left_bytes = max_bytes

    @override
    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for chunk in self._inner:
            self._left_bytes -= len(chunk)
            if self._left_bytes < 0:
                message = "the reply is too large"
                raise ReplyTooMuch(message)
            yield chunk

    @override
    async def aclose(self) -> None:
        await self._inner.aclose()


log = structlog.get_logger(__name__)
T = TypeVar("T")
MOST_WAIT_SECONDS = 10.0
CONNECT_SECONDS = 10.0
CONNECTIONS = 64
KEEP_ALIVE_SECONDS = 4.0
READ_PAUSES_SECONDS = (1.0, 3.0)
READ_DEADLINE_SECONDS = 30.0
# Their lines carry prompts, answers and the vendor's own words.
CHATTY_LIBRARIES = ("httpx2", "httpcore2", "openai", "openai.agents")


class OpenAIClient:
    """Runs calls of the SDK; `transport` replaces the network in tests."""

    def __init__(
        self,
        account: OpenAIAccount,
        clock: Clock,
        threads: Threads,
        *,
        transport: httpx2.AsyncBaseTransport | None = None,
    ) -> None:
        for library in CHATTY_LIBRARIES:
            logging.getLogger(library).setLevel(logging.CRITICAL)
        # Such a warning quotes the model's answer on the error stream.
        warnings.filterwarnings("ignore", "Pydantic serializer warnings", UserWarning)
        self.account = account
        self.clock = clock
        self.threads = threads
        limits = httpx2.Limits(max_connections=CONNECTIONS, keepalive_expiry=KEEP_ALIVE_SECONDS)
        network = transport or httpx2.AsyncHTTPTransport(verify=_trusted_certificates(), limits=limits, trust_env=False)
        self.sdk = AsyncOpenAI(
            api_key=account.api_key.get_secret_value(),
            base_url=account.base_url,
            max_retries=0,
            # The total deadline of each call bounds the rest.
            timeout=httpx2.Timeout(None, connect=CONNECT_SECONDS, pool=CONNECT_SECONDS),
            http_client=httpx2.AsyncClient(
                transport=GuardedTransport(network),
                headers={"Accept-Encoding": "identity"},
                follow_redirects=False,
                trust_env=False,
            ),
        )

    def limiter(self, per_minute: int) -> AccountLimiter:
        """The turns of one role on this account."""
        return AccountLimiter(self.clock, LimiterRules(per_minute, self.account.limits.max_in_flight))

    async def pay(
        self, limiter: AccountLimiter, key: str, call: Callable[[], Awaitable[T]], *, total_seconds: float
    ) -> T:
        """One paid call: sent once, after its turn; raises what the outcome means for the money."""
        async with self.turn(limiter, key):
            return await self._sent(call, total_seconds, paid=True)

    @asynccontextmanager
    async def turn(self, limiter: AccountLimiter, key: str) -> AsyncIterator[None]:
        """Waits shortly for a turn, else RateLimited; a vendor that says it is too much closes the door for all."""
        try:
            async with limiter.turn(key, most_wait_seconds=MOST_WAIT_SECONDS):
                yield
        except LimitReached as full:
            raise RateLimited(provider=NAME, retry_after_seconds=full.retry_after_seconds) from full
        except RateLimited as limited:
            limiter.close_for(limited.retry_after_seconds or 0)
            raise

    async def ask(self, call: Callable[[], Awaitable[T]]) -> T:
        """One free call, repeated twice on passing trouble."""
        for pause in READ_PAUSES_SECONDS:
            try:
                return await self._sent(call, READ_DEADLINE_SECONDS, paid=False)
            except Unreachable:
                await self.clock.sleep(pause)
        return await self._sent(call, READ_DEADLINE_SECONDS, paid=False)

    async def check(self) -> None:
        """Lists the models, which is free and needs a good key."""
        await self.ask(self.sdk.models.with_raw_response.list)

    async def close(self) -> None:
        """Closes every connection; a second time does nothing."""
        await self.sdk.close()

    async def _sent(self, call: Callable[[], Awaitable[T]], total_seconds: float, *, paid: bool) -> T:
        try:
            async with asyncio.timeout(total_seconds):
                return await call()
        except FAULTS as fault:
            error = error_for(fault, paid=paid)
            self._log(fault, error)
            raise error from fault

    def _log(self, fault: Exception, error: ProviderError) -> None:
        place = {"error": error.code, "reason": error.provider_code, "trace_id": error.trace_id}
        if isinstance(fault, APIStatusError):
            sample = redacted(str(fault.body), (self.account.api_key.get_secret_value(),))
            log.warning("openai_refused", **place, status=fault.status_code, code=said_code(fault), sample=sample)
        else:
            log.warning("openai_not_answered", **place)


@cache
def _trusted_certificates() -> ssl.SSLContext:
    """One context for every client of the process: reading the certificates takes 25 ms of a processor each time."""
    return httpx2.create_ssl_context(trust_env=False)
