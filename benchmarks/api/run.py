"""Measures GET of a project and of a list beside a bare FastAPI service with the same queries and token check.

Run it with `python -m benchmarks.api.run`; it ends with 1 when a median breaks a limit. Processor time is that of the
server's process alone; the two servers take turns, so that the rest of the machine disturbs both alike.
"""

import argparse
import asyncio
import io
import os
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import httpx2
import psutil
from jose import jwt
from PIL import Image

from benchmarks.api.bare import ALGORITHM, AUDIENCE, ISSUER, SECRET
from benchmarks.jobs.server import postgres
from tests.e2e.conftest import Person, service
from tests.replicas.processes import free_port

MOST_CPU, LEAST_THROUGHPUT = 1.5, 0.6
FILMS, SECONDS_OF_FILM = 25, 60
CONNECTIONS = (1, 16)
START_TRIES = 600


@dataclass(frozen=True)
class Server:
    """One of the two: its process, its port and the head of a request to it, as far as its path."""

    process: psutil.Process
    port: int
    prefix: str
    token: str

    def request(self, path: str) -> bytes:
        """What a client sends."""
        head = f"GET {self.prefix}{path} HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\n"
        return f"{head}Authorization: Bearer {self.token}\r\nAccept: */*\r\nUser-Agent: benchmark\r\n\r\n".encode()

    async def round(self, path: str, connections: int, requests: int) -> tuple[float, float]:
        """Microseconds of processor time for a request, and requests in a second."""
        before, begun = self._spent(), time.perf_counter()
        async with asyncio.TaskGroup() as group:
            for _ in range(connections):
                group.create_task(self._ask(self.request(path), requests // connections))
        elapsed = time.perf_counter() - begun
        done = requests // connections * connections
        return (self._spent() - before) / done * 1e6, done / elapsed

    def _spent(self) -> float:
        times = self.process.cpu_times()
        return times.user + times.system

    async def _ask(self, request: bytes, times: int) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        for _ in range(times):
            writer.write(request)
            head = await reader.readuntil(b"\r\n\r\n")
            if not head.startswith(b"HTTP/1.1 200"):
                raise RuntimeError(head.decode())
            await reader.readexactly(int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0]))
        writer.close()


@asynccontextmanager
async def bare(database_url: str, token: str) -> AsyncIterator[Server]:
    """The bare service on that database, in a process of its own."""
    port = free_port()
    command = (sys.executable, "-m", "uvicorn", "--factory", "benchmarks.api.bare:application", "--port", str(port))
    options = ("--loop", "uvloop", "--http", "httptools", "--no-access-log", "--log-level", "error")
    environment = os.environ | {"DATABASE_URL": database_url, "PYTHONPATH": str(Path(__file__).parents[2])}
    process = await asyncio.create_subprocess_exec(*command, *options, env=environment)
    try:
        await _listening(port)
        yield Server(psutil.Process(process.pid), port, "", token)
    finally:
        process.terminate()
        await process.wait()


async def _listening(port: int) -> None:
    for _ in range(START_TRIES):
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            await asyncio.sleep(0.1)
        else:
            writer.close()
            return
    raise TimeoutError


async def fill(person: Person) -> str:
    """Stores films with a first picture; gives the id of one of them."""
    wish = {"story_prompt": "A fox crosses the dark forest at dawn and meets an owl. " * 8}
    picture = io.BytesIO()
    Image.new("RGB", (640, 360), "navy").save(picture, "PNG")
    film_id = ""
    for number in range(FILMS):
        film = await person.post("/projects", {**wish, "name": f"F {number}", "target_duration_sec": SECONDS_OF_FILM})
        film_id = film["id"]
        await person.upload(f"/projects/{film_id}/first-frame", "first.png", picture.getvalue(), "image/png")
    return film_id


def bare_token(service_token: str) -> str:
    """A token of the bare service for the session that the service has opened."""
    said = jwt.get_unverified_claims(service_token)
    claims = {name: said[name] for name in ("sub", "sid", "jti", "iat", "exp", "token_use")}
    return jwt.encode({**claims, "iss": ISSUER, "aud": AUDIENCE}, SECRET, algorithm=ALGORITHM)


async def compare(name: str, database_url: str, folder: Path, wish: argparse.Namespace) -> bool:
    """Prints every case on one database; says whether all stay within the limits."""
    environment = {"RATE_LIMIT_READS": "1000000000", "LOG_LEVEL": "INFO", "EMBEDDED_WORKER": "false"}
    async with AsyncExitStack() as stack:
        started = service(folder, stderr=asyncio.subprocess.DEVNULL, DATABASE_URL=database_url, **environment)
        person = await stack.enter_async_context(started)
        film_id = await fill(person)
        token = person.http.headers["authorization"].removeprefix("Bearer ")
        process = next(child for child in psutil.Process().children() if "serve" in child.cmdline())
        port = urlsplit(str(person.http.base_url)).port or 0
        ours = Server(process, port, "/api/v1", token)
        theirs = await stack.enter_async_context(bare(database_url, bare_token(token)))
        fine = True
        for path in (f"/projects/{film_id}", "/projects"):
            await _check_size(ours, theirs, path)
            for connections in CONNECTIONS:
                fine = await _case(name, path, connections, (ours, theirs), wish) and fine
    return fine


async def _check_size(ours: Server, theirs: Server, path: str) -> None:
    sizes = []
    async with httpx2.AsyncClient() as http:
        for each in (ours, theirs):
            address = f"http://127.0.0.1:{each.port}{each.prefix}{path}"
            answer = await http.get(address, headers={"Authorization": f"Bearer {each.token}"})
            sizes.append(len(answer.raise_for_status().content))
    if abs(sizes[0] - sizes[1]) > sizes[0] * 0.02:
        message = f"the replies of {path} are not alike: {sizes}"
        raise RuntimeError(message)


async def _case(
    name: str, path: str, connections: int, servers: tuple[Server, Server], wish: argparse.Namespace
) -> bool:
    for server in servers:
        await server.round(path, connections, wish.requests // 4)
    rounds = [[await server.round(path, connections, wish.requests) for server in servers] for _ in range(wish.rounds)]
    cpu = statistics.median(ours[0] / theirs[0] for ours, theirs in rounds)
    throughput = statistics.median(ours[1] / theirs[1] for ours, theirs in rounds)
    (our_cpu, our_rate), (their_cpu, their_rate) = (
        [statistics.median(each[which][figure] for each in rounds) for figure in (0, 1)] for which in (0, 1)
    )
    what = "list" if path.endswith("/projects") else "project"
    print(
        f"{name:9} {what:8} {connections:3} connections   processor {our_cpu:6.0f} us and {their_cpu:6.0f} us, "
        f"ratio {cpu:5.2f}   throughput {our_rate:6.0f}/s and {their_rate:6.0f}/s, ratio {throughput:5.2f}",
        flush=True,
    )
    return cpu <= MOST_CPU and throughput >= LEAST_THROUGHPUT


async def run(wish: argparse.Namespace) -> bool:
    """Both databases, one after the other."""
    fine = True
    with tempfile.TemporaryDirectory(prefix="avc-api-") as place:
        folder = Path(place)
        if wish.database != "postgres":
            fine = await compare("SQLite", f"sqlite+aiosqlite:///{folder}/film.db", folder, wish)
        if wish.database != "sqlite":
            with postgres() as server:
                url = f"postgresql+asyncpg://postgres@/postgres?host={server}"
                fine = await compare("Postgres", url, folder, wish) and fine
    return fine


def main() -> int:
    """Runs the comparison; 1 when a limit is broken."""
    wish = argparse.ArgumentParser(description=__doc__)
    wish.add_argument("--requests", type=int, default=400, help="requests of one round")
    wish.add_argument("--rounds", type=int, default=7, help="rounds of each server, of which the median counts")
    wish.add_argument("--database", choices=("both", "sqlite", "postgres"), default="both")
    chosen = wish.parse_args()
    print(f"load of this machine {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors; ratios are ours to bare")
    fine = asyncio.run(run(chosen))
    limits = f"at most {MOST_CPU} times the processor time and at least {LEAST_THROUGHPUT} times the throughput"
    print(f"every case takes {limits}" if fine else f"not every case takes {limits}")
    return 0 if fine else 1


if __name__ == "__main__":
    sys.exit(main())
