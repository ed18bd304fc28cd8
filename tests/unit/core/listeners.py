"""Raw servers on loopback that answer as a test wants."""

import asyncio
import contextlib
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from app.core.http import OutboundClient

Answer = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def listening(answer: Answer) -> AsyncIterator[tuple[str, list[bytes]]]:
    """The address of a server and what each connection sent; leaves no socket behind."""
    heard: list[bytes] = []
    conversations: set[asyncio.Future[None]] = set()

    async def converse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            head = await reader.readuntil(b"\r\n\r\n")
            length = re.search(rb"content-length: (\d+)", head.lower())
            heard.append(head + await reader.readexactly(int(length[1]) if length else 0))
            await answer(reader, writer)
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()

    def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        conversations.add(asyncio.ensure_future(converse(reader, writer)))

    server = await asyncio.start_server(connected, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", heard
    async with asyncio.timeout(5):
        await asyncio.gather(*conversations)


def replying(body: bytes, *headers: str, status: str = "200 OK") -> Answer:
    """Answers every request with this body."""

    async def answer(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", "Connection: close", *headers, "", ""]
        writer.write("\r\n".join(lines).encode() + body)
        await writer.drain()

    return answer


@asynccontextmanager
async def calling(client: OutboundClient) -> AsyncIterator[OutboundClient]:
    """The client, closed afterwards."""
    try:
        yield client
    finally:
        await client.close()
