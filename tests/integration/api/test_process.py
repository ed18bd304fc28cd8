"""The service as a process: start, refusals to start, and the end."""

import asyncio
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from itertools import repeat
from pathlib import Path

import httpx2
import pytest

ROOT = Path(__file__).resolve().parents[3]
LIMIT_SECONDS = 30


def environment(folder: Path, **more: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name in {"PATH", "HOME", "LANG", "TMPDIR"}}
    database = f"sqlite:///{folder}/video_creator.db"
    return {**kept, "PYTHONPATH": str(ROOT), "DATABASE_URL": database, "STORAGE_PATH": str(folder / "storage"), **more}


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


async def start(folder: Path, *arguments: str, **variables: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", *arguments),
        cwd=folder,
        env=environment(folder, **variables),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )


@asynccontextmanager
async def serving(
    folder: Path, **variables: str
) -> AsyncIterator[tuple[asyncio.subprocess.Process, httpx2.AsyncClient]]:
    port = free_port()
    arguments = ("uvicorn", "--factory", "tests.integration.api.slow_app:make", "--port", str(port))
    process = await start(folder, *arguments, "--timeout-graceful-shutdown", "25", **variables)
    try:
        async with httpx2.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client:
            await until(lambda: answers(client, "/readyz"))
            yield process, client
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def answers(client: httpx2.AsyncClient, path: str) -> bool:
    try:
        return (await client.get(path)).status_code == 200
    except httpx2.TransportError:
        return False


async def until(seen: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(LIMIT_SECONDS):
        for pause_seconds in repeat(0.05):
            if await seen():
                return
            await asyncio.sleep(pause_seconds)


async def ended(process: asyncio.subprocess.Process) -> tuple[int | None, str]:
    async with asyncio.timeout(LIMIT_SECONDS):
        said, _ = await process.communicate()
    return process.returncode, said.decode()


async def test_sigterm_lets_a_running_request_finish_and_ends_in_time(tmp_path: Path) -> None:
    async with serving(tmp_path) as (process, client):
        running = asyncio.create_task(client.get("/slow?seconds=1", timeout=LIMIT_SECONDS))
        await asyncio.sleep(0.3)
        process.send_signal(signal.SIGTERM)
        answer = await running
        await ended(process)
    assert (answer.status_code, answer.json()) == (200, "done")


async def test_production_says_that_it_is_draining_before_it_ends(tmp_path: Path) -> None:
    upgraded = await ended(await start(tmp_path, "app.cli", "db", "upgrade"))
    assert upgraded[0] == 0, upgraded[1]
    secret = "q8Zk3vT1mYb7Rw5Xc9Ln2Jd6Hf4Gs0PaUe"
    async with serving(tmp_path, APP_ENV="production", SECRET_KEY=secret) as (process, client):
        process.send_signal(signal.SIGTERM)
        await until(lambda: _draining(client))
        assert (await client.get("/healthz")).status_code == 200
        code, _ = await ended(process)
    assert code in {0, -signal.SIGTERM}


async def _draining(client: httpx2.AsyncClient) -> bool:
    answer = await client.get("/readyz")
    return answer.status_code == 503 and answer.json()["status"] == "draining"


async def test_a_second_process_on_the_same_sqlite_file_is_refused(tmp_path: Path) -> None:
    async with serving(tmp_path):
        code, said = await ended(await start(tmp_path, "app.cli", "serve", PORT=str(free_port())))
    assert code not in {0, None}
    assert "Another process already uses the SQLite database" in said
    assert "DATABASE_URL" in said
    assert "Traceback" not in said


@pytest.mark.parametrize(
    ("setting", "variables"),
    [
        ("SECRET_KEY", {"APP_ENV": "production"}),
        ("SECRET_KEY", {"APP_ENV": "production", "SECRET_KEY": "changeme-changeme-changeme-changeme"}),
        ("CORS_ORIGINS", {"CORS_ORIGINS": "*"}),
        ("LOCAL_USER", {"LOCAL_USER": "true", "HOST": "0.0.0.0"}),
        ("REDIS_URL", {"REDIS_URL": "http://localhost"}),
        ("avc db upgrade", {"APP_ENV": "production", "SECRET_KEY": "q8Zk3vT1mYb7Rw5Xc9Ln2Jd6Hf4Gs0PaUe"}),
    ],
)
async def test_an_unsafe_start_is_refused_by_name(tmp_path: Path, setting: str, variables: dict[str, str]) -> None:
    code, said = await ended(await start(tmp_path, "app.cli", "serve", **{"PORT": str(free_port()), **variables}))
    assert code not in {0, None}
    assert setting in said
    assert "Traceback" not in said


async def test_importing_the_application_stays_light(tmp_path: Path) -> None:
    heavy = "openai agents google numpy PIL mcp httpx2"
    program = f"import sys, app.main; print([m for m in '{heavy}'.split() if m in sys.modules])"
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", program),
        cwd=tmp_path,
        env=environment(tmp_path),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    assert await ended(process) == (0, "[]\n")
