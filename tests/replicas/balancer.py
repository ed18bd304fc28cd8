"""A small HTTP balancer that believes /readyz: whoever is not ready gets no new request."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

LOOK_SECONDS = 0.1
PATIENCE_SECONDS = 10.0
PIECE = 65_536


@dataclass
class Balancer:
    """One request per connection; a replica that cannot be reached at all is passed over, an answer never is."""

    ports: list[int]
    ready: set[int] = field(default_factory=set)
    served: dict[int, int] = field(default_factory=dict)
    address: str = ""

    @asynccontextmanager
    async def serving(self) -> AsyncIterator["Balancer"]:
        """Listens on a free loopback port and watches the replicas."""
        server = await asyncio.start_server(self._converse, "127.0.0.1", 0)
        self.address = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        watches = [asyncio.ensure_future(self._watch(port)) for port in self.ports]
        try:
            yield self
        finally:
            for watch in watches:
                watch.cancel()
            server.close()

    async def until_ready(self, *ports: int) -> None:
        """Waits until all of these are ready."""
        async with asyncio.timeout(60):
            while not self.ready.issuperset(ports):
                await asyncio.sleep(LOOK_SECONDS)

    async def _watch(self, port: int) -> None:
        while True:
            status = 0
            with contextlib.suppress(OSError, asyncio.IncompleteReadError, TimeoutError):
                async with asyncio.timeout(2):
                    status = await self._readiness(port)
            (self.ready.add if status == 200 else self.ready.discard)(port)
            await asyncio.sleep(LOOK_SECONDS)

    async def _readiness(self, port: int) -> int:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        try:
            writer.write(b"GET /readyz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            return int((await reader.readuntil(b"\r\n")).split()[1])
        finally:
            writer.close()

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            request = await _request(reader)
            upstream = await self._reached()
            try:
                await self._carry(request, *upstream, client=(reader, writer))
            finally:
                upstream[1].close()
        except (ConnectionError, asyncio.IncompleteReadError):
            # The client has gone, or the replica died in the middle of an answer, which the client then sees.
            pass
        finally:
            writer.close()

    async def _reached(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        async with asyncio.timeout(PATIENCE_SECONDS):
            while True:
                for port in sorted(self.ready, key=lambda port: self.served.get(port, 0)):
                    try:
                        reached = await asyncio.open_connection("127.0.0.1", port)
                    except ConnectionRefusedError:
                        self.ready.discard(port)
                        continue
                    self.served[port] = self.served.get(port, 0) + 1
                    return reached
                await asyncio.sleep(LOOK_SECONDS)

    async def _carry(
        self,
        request: bytes,
        upstream: asyncio.StreamReader,
        sink: asyncio.StreamWriter,
        *,
        client: tuple[asyncio.StreamReader, asyncio.StreamWriter],
    ) -> None:
        reader, writer = client
        sink.write(request)
        gone = asyncio.ensure_future(reader.read(1))
        try:
            while True:
                piece = asyncio.ensure_future(upstream.read(PIECE))
                await asyncio.wait({piece, gone}, return_when=asyncio.FIRST_COMPLETED)
                if not piece.done():
                    piece.cancel()
                    return
                if not piece.result():
                    return
                writer.write(piece.result())
                await writer.drain()
        finally:
            gone.cancel()


async def _request(reader: asyncio.StreamReader) -> bytes:
    head = await reader.readuntil(b"\r\n\r\n")
    lines = head.decode("latin-1").split("\r\n")
    size = next((int(line.partition(":")[2]) for line in lines if line.lower().startswith("content-length:")), 0)
    kept = [line for line in lines if line and not line.lower().startswith("connection:")]
    body = await reader.readexactly(size)
    return "\r\n".join([*kept, "Connection: close", "", ""]).encode("latin-1") + body
