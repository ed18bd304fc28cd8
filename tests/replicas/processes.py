"""Replicas as real processes: how they are configured, started and ended, and an account to use them with."""

import asyncio
import os
import signal
import socket
import sys
from pathlib import Path

import httpx2

SECRET = "replicas-secret-0123456789-abcdefghijklmnopqrstuvwxyz"
START_SECONDS = 60.0


def free_port() -> int:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return int(listening.getsockname()[1])


class Replica:
    """One process of the service on a port of its own."""

    def __init__(self, port: int, environment: dict[str, str]) -> None:
        self.port = port
        self._environment = environment | {"PORT": str(port)}
        self.process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        self.process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tests.replicas.server", env=self._environment, stdout=asyncio.subprocess.DEVNULL
        )

    @property
    def pid(self) -> int:
        assert self.process is not None
        return self.process.pid

    async def until_ready(self) -> None:
        async with asyncio.timeout(START_SECONDS), httpx2.AsyncClient() as client:
            while True:
                try:
                    answer = await client.get(f"http://127.0.0.1:{self.port}/readyz")
                except httpx2.ConnectError:
                    answer = None
                if answer is not None and answer.status_code == 200:
                    return
                await asyncio.sleep(0.1)

    async def stop(self) -> int:
        assert self.process is not None
        if self.process.returncode is None:
            self.process.send_signal(signal.SIGTERM)
        return await asyncio.wait_for(self.process.wait(), START_SECONDS)


def environment_of(database_url: str, folder: Path) -> dict[str, str]:
    """What a replica in production reads from its environment."""
    limits = dict.fromkeys(("RATE_LIMIT_READS", "RATE_LIMIT_JOBS", "RATE_LIMIT_LOGIN"), "1000000")
    return {
        "PATH": os.environ["PATH"],
        "APP_ENV": "production",
        "SECRET_KEY": SECRET,
        "PUBLIC_BASE_URL": "http://localhost",
        "DATABASE_URL": database_url,
        "STORAGE_PATH": str(folder / "storage"),
        "STORAGE_RESERVE_MB": "0",
        "LOG_LEVEL": "ERROR",
        "CORS_ORIGINS": "",
        **limits,
    }


async def account(address: str) -> str:
    """The token of a new user."""
    async with httpx2.AsyncClient(base_url=address) as client:
        wish = {"email": "alice@example.com", "password": "a long pass phrase 1"}
        (await client.post("/api/v1/auth/register", json=wish)).raise_for_status()
        answer = await client.post("/api/v1/auth/login", json=wish)
        return str(answer.json()["access_token"])
