"""Connections that say nothing, say it slowly, or are too many."""

import asyncio
import resource
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.integration.door.server import MEBIBYTE, Server, served

SILENT = 1005
HEAD = b"GET /api/v1/projects HTTP/1.1\r\nHost: localhost\r\n"
LOGIN = b"POST /api/v1/auth/login HTTP/1.1\r\nHost: localhost\r\n"
FORM = LOGIN + b"Content-Type: application/json\r\nContent-Length: 100\r\n\r\n"
# Everybody here comes from the same address, which must not count as a proxy's where addresses are told apart.
NO_PROXY = {"FORWARDED_ALLOW_IPS": "192.0.2.1"}


@dataclass(frozen=True)
class Wire:
    """One connection, byte by byte."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def send(self, content: bytes) -> None:
        self.writer.write(content)
        await self.writer.drain()

    async def status(self) -> int:
        """The status of the answer that comes next; 0 when the connection was closed without one."""
        try:
            line = await asyncio.wait_for(self.reader.readline(), 30)
        except ConnectionError:
            return 0
        return int(line.split()[1]) if line else 0

    async def closed_after(self) -> float:
        """How long the connection stays open."""
        began = time.monotonic()
        try:
            async with asyncio.timeout(20):
                while await self.reader.read(65536):
                    pass
        except ConnectionError:
            pass
        return time.monotonic() - began


@asynccontextmanager
async def wires(server: Server, count: int = 1) -> AsyncIterator[list[Wire]]:
    opened = [Wire(*await asyncio.open_connection("127.0.0.1", server.port)) for _ in range(count)]
    try:
        yield opened
    finally:
        for wire in opened:
            wire.writer.close()


@pytest.fixture(autouse=True)
def many_files() -> None:
    """Each silent connection is a file of this process too."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


async def answered(server: Server, path: str) -> tuple[int, float]:
    """Status and seconds of a request on a connection of its own."""
    began = time.monotonic()
    async with wires(server) as (wire,):
        await wire.send(f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())
        return await wire.status(), time.monotonic() - began


async def test_silent_connections_keep_nobody_out(tmp_path: Path) -> None:
    async with served(tmp_path) as server, wires(server, SILENT):
        for path in ("/livez", "/readyz", "/version"):
            status, seconds = await answered(server, path)
            assert (status, seconds <= 1) == (200, True), (path, status, seconds)
        assert (await answered(server, "/api/v1/auth/me"))[0] == 401


async def test_health_is_told_when_every_connection_is_busy(tmp_path: Path) -> None:
    async with served(tmp_path, MAX_CONNECTIONS="10") as server, wires(server, 10) as busy:
        for wire in busy:
            await wire.send(FORM)
        async with asyncio.timeout(30):
            while (await answered(server, "/api/v1/auth/me"))[0] != 503:
                await asyncio.sleep(0.1)
        for path in ("/livez", "/readyz"):
            assert (await answered(server, path))[0] == 200


async def test_an_address_has_its_share(tmp_path: Path) -> None:
    async with served(tmp_path, MAX_CONNECTIONS_PER_ADDRESS="20", **NO_PROXY) as server:
        await server.client.aclose()
        async with wires(server, 20):
            await asyncio.sleep(0.2)
            async with wires(server) as (refused,):
                assert await refused.closed_after() < 5
        await asyncio.sleep(0.2)
        assert (await answered(server, "/livez"))[0] == 200


async def test_connections_of_a_proxy_are_those_of_many(tmp_path: Path) -> None:
    async with served(tmp_path, MAX_CONNECTIONS_PER_ADDRESS="5") as server, wires(server, 20) as opened:
        for wire in opened:
            await wire.send(HEAD + b"Authorization: Bearer x\r\n\r\n")
        assert {await wire.status() for wire in opened} == {401}


QUICK = {"FIRST_BYTE_SECONDS": "1", "HEADER_SECONDS": "2", "BODY_SECONDS": "1"}


@pytest.mark.parametrize(
    ("said", "drip"),
    [(b"", b""), (b"", b"\r\n"), (HEAD, b""), (HEAD, b"X-A: b\r\n"), (FORM, b""), (HEAD + b"\r\n", b"\r\n")],
    ids=["silent", "empty lines", "half a head", "a head without end", "no body", "empty lines after an answer"],
)
async def test_a_request_that_does_not_come_ends_the_connection(tmp_path: Path, said: bytes, drip: bytes) -> None:
    async with served(tmp_path, **QUICK) as server, wires(server) as (wire,):
        await wire.send(said)

        async def dripping() -> None:
            while drip and not wire.writer.is_closing():
                await wire.send(drip)
                await asyncio.sleep(0.2)

        drips = asyncio.create_task(dripping())
        assert await wire.closed_after() < 10
        drips.cancel()
        await asyncio.gather(drips, return_exceptions=True)


async def test_a_slow_body_that_goes_on_is_waited_for(tmp_path: Path) -> None:
    async with served(tmp_path, **QUICK) as server, wires(server) as (wire,):
        await wire.send(FORM)
        for _ in range(10):
            await wire.send(b" " * 10)
            await asyncio.sleep(0.3)
        assert await wire.status() in {401, 422}


async def test_a_head_without_end_takes_no_memory(tmp_path: Path) -> None:
    async with served(tmp_path) as server, wires(server) as (wire,):
        before = server.memory_bytes()
        try:
            await wire.send(HEAD)
            for number in range(100_000):
                await wire.send(f"X-{number}: ".encode() + b"a" * 1000 + b"\r\n")
        except ConnectionError:
            pass
        assert (server.memory_bytes() - before) / MEBIBYTE < 10
        assert (await answered(server, "/livez"))[0] == 200
