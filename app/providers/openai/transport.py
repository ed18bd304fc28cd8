"""The wire under the SDKs: no open transaction, no packed replies, a size cap, nothing from the environment."""

from collections.abc import AsyncIterator

import httpx2
from typing_extensions import override

from app.core.database import outside_transaction

__all__ = ["GuardedTransport", "ReplyTooMuch"]

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
