"""`avc serve` as a child process, its memory, and clients that speak HTTP by hand."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx2
import psutil

from tests.integration.api.test_process import answers, free_port, start, until

MEBIBYTE = 1024 * 1024


@dataclass(frozen=True)
class Server:
    """A service that answers at a port of this machine."""

    port: int
    process: asyncio.subprocess.Process
    client: httpx2.AsyncClient

    def memory_bytes(self) -> int:
        """What the process holds of the machine's memory, without what it shares with others."""
        return int(psutil.Process(self.process.pid).memory_info().rss)


@asynccontextmanager
async def served(folder: Path, **variables: str) -> AsyncIterator[Server]:
    """The service with these settings, once it is ready."""
    port = free_port()
    quiet = {"EMBEDDED_WORKER": "false", "STORAGE_RESERVE_MB": "0", "LOG_LEVEL": "ERROR"}
    process = await start(folder, "app.cli", "serve", PORT=str(port), **(quiet | variables))
    try:
        async with httpx2.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=60) as client:
            await until(lambda: answers(client, "/readyz"))
            yield Server(port, process, client)
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()
