"""What people without an account cost: no memory, no disk."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import httpx2
import pytest

from tests.integration.door.server import MEBIBYTE, Server, served

ARCHIVES = "/api/v1/projects/import"
PARTS = 400


async def form(parts: int) -> AsyncIterator[bytes]:
    """A form of many fields, each as large as the parser lets a field be."""
    for number in range(parts):
        yield f'--x\r\nContent-Disposition: form-data; name="field{number}"\r\n\r\n'.encode()
        for _ in range(16):
            yield b"x" * (MEBIBYTE // 16 - 16)
        yield b"\r\n"
    yield b"--x--\r\n"


async def sent(server: Server, parts: int) -> int | None:
    """The status of the answer; None when the server has closed the connection before the last byte was sent."""
    headers = {"Content-Type": "multipart/form-data; boundary=x"}
    try:
        return (await server.client.post(ARCHIVES, content=form(parts), headers=headers)).status_code
    except httpx2.TransportError:
        return None


async def most_memory(server: Server, until: asyncio.Task[list[int | None]]) -> int:
    most = 0
    while not until.done():
        most = max(most, server.memory_bytes())
        await asyncio.sleep(0.01)
    return most


@pytest.mark.parametrize(("callers", "parts", "most_mebibytes"), [(1, PARTS, 20), (50, 40, 50)])
async def test_a_large_form_of_a_stranger_takes_no_memory(
    tmp_path: Path, callers: int, parts: int, most_mebibytes: int
) -> None:
    async with served(tmp_path) as server:
        assert await sent(server, 1) == 401
        before = server.memory_bytes()

        async def all_at_once() -> list[int | None]:
            return list(await asyncio.gather(*(sent(server, parts) for _ in range(callers))))

        sending = asyncio.create_task(all_at_once())
        most = await most_memory(server, sending)
        statuses = await sending
    assert set(statuses) <= {401, None}, statuses
    assert (most - before) / MEBIBYTE < most_mebibytes
