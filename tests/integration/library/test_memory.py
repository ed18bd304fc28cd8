"""Twenty of the largest uploads at once hardly grow the process."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx2
import psutil

from tests import factories
from tests.integration.api.test_process import answers, environment, free_port, until

UPLOADS = 20
MEBIBYTE = 1024 * 1024
LARGEST_BYTES = 20 * MEBIBYTE
MOST_GROWTH_BYTES = 32 * MEBIBYTE


def largest() -> bytes:
    """A small picture with so much behind it that it just may come in; only its pixels are kept."""
    picture = factories.picture()
    return picture + os.urandom(LARGEST_BYTES - len(picture))


async def peak_of(process: psutil.Process, stop: asyncio.Event) -> int:
    peak = 0
    while not stop.is_set():
        peak = max(peak, process.memory_info().rss)
        await asyncio.sleep(0.02)
    return peak


@asynccontextmanager
async def serving(folder: Path) -> AsyncIterator[tuple[psutil.Process, httpx2.AsyncClient]]:
    """A server process of its own, so that its memory is its own too; what it said is printed."""
    port = free_port()
    more = {"LOCAL_USER": "true", "STORAGE_RESERVE_MB": "0", "EMBEDDED_WORKER": "false"}
    said = folder / "server.log"
    with said.open("wb") as log:
        server = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "uvicorn", "app.main:app", "--port", str(port), "--no-access-log"),
            cwd=folder,
            env=environment(folder, **more),
            stdout=log,
            stderr=log,
        )
    try:
        async with httpx2.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=120) as client:
            await until(lambda: answers(client, "/readyz"))
            yield psutil.Process(server.pid), client
    finally:
        if server.returncode is None:
            server.terminate()
        await server.wait()
        print(said.read_text())


async def test_twenty_parallel_uploads_of_the_largest_size_stay_small(tmp_path: Path) -> None:
    content = largest()
    async with serving(tmp_path) as (watched, client):
        project = (await client.post("/api/v1/projects", json={"name": "Film"})).json()
        path = f"/api/v1/projects/{project['id']}/first-frame"

        async def upload() -> int:
            return (await client.post(path, files={"file": ("frame.png", content, "image/png")})).status_code

        assert await upload() == 200
        before = watched.memory_info().rss
        stop = asyncio.Event()
        peak = asyncio.ensure_future(peak_of(watched, stop))
        statuses = await asyncio.gather(*(upload() for _ in range(UPLOADS)))
        stop.set()
        growth = await peak - before
    print(f"{UPLOADS} parallel uploads of 20 MiB grew the process by {growth / MEBIBYTE:.1f} MiB")
    assert set(statuses) == {200}
    assert growth < MOST_GROWTH_BYTES
    assert not any((tmp_path / "storage" / ".work").iterdir())
