"""The service as people run it: a process of its own, reached over HTTP by somebody who has just registered."""

import asyncio
import io
import math
import os
import signal
import struct
import sys
import wave
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2

from tests.replicas.processes import free_port

Json = dict[str, Any]
START_SECONDS, WORK_SECONDS = 60.0, 240.0
ENDED = {"succeeded", "failed", "cancelled"}


def voice_sample(seconds: float = 12.0) -> bytes:
    """Something like a voice: a tone that swells and rests."""
    file = io.BytesIO()
    with wave.open(file, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(16_000)
        moments = (index / 16_000 for index in range(round(16_000 * seconds)))
        loud = (9000 * abs(math.sin(2 * math.pi * t)) * math.sin(2 * math.pi * 140 * t) for t in moments)
        sound.writeframes(b"".join(struct.pack("<h", int(sample)) for sample in loud))
    return file.getvalue()


@dataclass
class Person:
    """Somebody with an account, and what they do over HTTP."""

    http: httpx2.AsyncClient

    async def call(self, method: str, path: str, **request: Any) -> Any:
        answer = await self.http.request(method, f"/api/v1{path}", **request)
        assert answer.is_success, (path, answer.status_code, answer.text)
        return answer.json() if answer.content else None

    async def get(self, path: str) -> Any:
        return await self.call("GET", path)

    async def post(self, path: str, body: Json | None = None, **request: Any) -> Any:
        return await self.call("POST", path, json=body, **request)

    async def upload(self, path: str, name: str, content: bytes, media_type: str) -> Any:
        return await self.call("POST", path, files={"file": (name, content, media_type)})

    async def done(self, job_id: str, *, within_seconds: float = WORK_SECONDS) -> Json:
        """The job once it has ended well."""
        async with asyncio.timeout(within_seconds):
            while (job := await self.get(f"/jobs/{job_id}"))["phase"] not in ENDED:
                await asyncio.sleep(0.2)
        assert job["phase"] == "succeeded", job
        found: Json = job
        return found

    async def file(self, path: str, target: Path) -> Path:
        """What a path delivers, in a file."""
        answer = await self.http.get(f"/api/v1{path}")
        assert answer.status_code == 200, answer.text
        await asyncio.to_thread(target.write_bytes, answer.content)
        return target


@asynccontextmanager
async def service(
    folder: Path, *, ending: signal.Signals = signal.SIGTERM, stderr: int | None = None, **environment: str
) -> AsyncIterator[Person]:
    """`avc serve` in a folder, and a person who has registered there; it ends as a deploy, or a fault, ends it."""
    port = free_port()
    known = {"PATH": os.environ["PATH"], "PORT": str(port), "LOG_LEVEL": "ERROR", "STORAGE_RESERVE_MB": "0"}
    command = (sys.executable, "-m", "app.cli", "serve")
    root = Path(__file__).parents[2]
    known |= {
        "PYTHONPATH": str(root),
        "DATABASE_URL": f"sqlite+aiosqlite:///{folder}/film.db",
        "STORAGE_PATH": f"{folder}/storage",
    }
    process = await asyncio.create_subprocess_exec(*command, env=known | environment, cwd=root, stderr=stderr)
    try:
        async with httpx2.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=120) as http:
            await _until_ready(http)
            wish = {"email": "ala@example.com", "password": "a long pass phrase 1"}
            await http.post("/api/v1/auth/register", json=wish)
            token = (await http.post("/api/v1/auth/login", json=wish)).raise_for_status().json()["access_token"]
            http.headers["Authorization"] = f"Bearer {token}"
            yield Person(http)
    finally:
        process.send_signal(ending)
        await asyncio.wait_for(process.wait(), START_SECONDS)


async def _until_ready(http: httpx2.AsyncClient) -> None:
    async with asyncio.timeout(START_SECONDS):
        while True:
            try:
                if (await http.get("/readyz")).status_code == 200:
                    return
            except httpx2.ConnectError:
                pass
            await asyncio.sleep(0.1)
