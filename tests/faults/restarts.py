"""Restarts of Postgres under event streams and traffic: when the service is ready again, and what its clients saw."""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx2

from tests.faults.matrix.services import Service, ServiceOrder, running
from tests.faults.outages import OwnPostgres

__all__ = ["Seen", "restarted"]

API = "/api/v1"
WISH = {"email": "ala@example.com", "password": "a long pass phrase 1"}
LONGEST_SECONDS = 60.0
PAUSE_SECONDS = 0.1
# The service works between two restarts, so that pools and streams are as they are in daily life.
BETWEEN_SECONDS = 1.0
STREAMS, CLIENTS = 5, 4
SECRET = "restarts-secret-0123456789-abcdefghijklmnopqrstuvwxyz"


@dataclass
class Seen:
    """What came of the restarts."""

    ready_seconds: list[float] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)
    wrongs: list[str] = field(default_factory=list)
    streams: int = 0

    def note(self, what: str, answer: httpx2.Response) -> None:
        self.statuses[answer.status_code] += 1
        if answer.status_code >= 500 and (answer.status_code != 503 or "retry-after" not in answer.headers):
            self.wrongs.append(f"{what}: {answer.status_code} {answer.text[:200]}")


async def restarted(server: OwnPostgres, folder: Path, times: int) -> Seen:
    """Restarts the database so often, each time as after a crash."""
    seen = Seen()
    limits = dict.fromkeys(("rate_limit_reads", "rate_limit_jobs", "rate_limit_login"), 1_000_000)
    settings = {
        "database": {"database_url": server.url},
        "storage": {"storage_path": folder / "storage", "storage_reserve_mb": 0},
        "security": {"secret_key": SECRET, "access_token_expire_minutes": 10_000, **limits},
        "work": {"embedded_worker": True},
    }
    async with running(ServiceOrder(settings, folder / "service.log")) as (service,), traffic(service, seen):
        for _ in range(times):
            await asyncio.sleep(BETWEEN_SECONDS)
            await server.begin()
            await server.end()
            seen.ready_seconds.append(await _until_ready(service, seen))
        seen.wrongs += [f"/livez says {status}" for status in [await service.status("/livez")] if status != 200]
    return seen


async def _until_ready(service: Service, seen: Seen) -> float:
    began = time.monotonic()
    try:
        return await service.until_status("/readyz", 200, seconds=LONGEST_SECONDS)
    except TimeoutError:
        seen.wrongs.append("/readyz did not come back")
        return time.monotonic() - began


@asynccontextmanager
async def traffic(service: Service, seen: Seen) -> AsyncIterator[None]:
    """Streams that reconnect, readers and writers; all of them end with the block."""
    async with httpx2.AsyncClient(base_url=service.address, timeout=60) as http:
        await http.post(f"{API}/auth/register", json=WISH)
        answer = (await http.post(f"{API}/auth/login", json=WISH)).raise_for_status()
        http.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"
        clients = [asyncio.ensure_future(_listen(http, seen)) for _ in range(STREAMS)]
        clients += [asyncio.ensure_future(_read_and_write(http, seen)) for _ in range(CLIENTS)]
        try:
            yield
        finally:
            for client in clients:
                client.cancel()
            done, _ = await asyncio.wait(clients)
            seen.wrongs += [repr(client.exception()) for client in done if not client.cancelled()]


async def _listen(http: httpx2.AsyncClient, seen: Seen) -> None:
    while True:
        try:
            async with http.stream("GET", f"{API}/events", timeout=None) as answer:
                if answer.status_code != 200:
                    await answer.aread()
                seen.note("stream", answer)
                seen.streams += 1
                async for _ in answer.aiter_lines():
                    pass
        except httpx2.HTTPError:
            seen.statuses[0] += 1
        await asyncio.sleep(PAUSE_SECONDS)


async def _read_and_write(http: httpx2.AsyncClient, seen: Seen) -> None:
    while True:
        for method, path, body in (("GET", "/projects", None), ("POST", "/projects", {"name": "Film"})):
            try:
                seen.note(f"{method} {path}", await http.request(method, API + path, json=body))
            except httpx2.HTTPError:
                seen.statuses[0] += 1
        await asyncio.sleep(PAUSE_SECONDS)
