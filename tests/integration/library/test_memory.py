"""Twenty of the largest uploads at once hardly grow the process."""

import asyncio
import os
import sys
from pathlib import Path

import httpx2
import psutil
from PIL import Image

from tests.integration.api.test_process import answers, environment, free_port, until

UPLOADS = 20
MEBIBYTE = 1024 * 1024
MOST_GROWTH_BYTES = 32 * MEBIBYTE


def noise(path: Path) -> bytes:
    """A picture that no packing makes smaller, just under the limit."""
    side = 2600
    Image.frombytes("RGB", (side, side), os.urandom(side * side * 3)).save(path, "PNG", compress_level=0)
    return path.read_bytes()


async def peak_of(process: psutil.Process, stop: asyncio.Event) -> int:
    peak = 0
    while not stop.is_set():
        peak = max(peak, process.memory_info().rss)
        await asyncio.sleep(0.02)
    return peak


async def test_twenty_parallel_uploads_of_the_largest_size_stay_small(tmp_path: Path) -> None:
    content = noise(tmp_path / "noise.png")
    assert 19 * MEBIBYTE < len(content) < 20 * MEBIBYTE
    port = free_port()
    more = {"LOCAL_USER": "true", "STORAGE_RESERVE_MB": "0", "EMBEDDED_WORKER": "false"}
    server = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "uvicorn", "app.main:app", "--port", str(port), "--no-access-log"),
        cwd=tmp_path,
        env=environment(tmp_path, **more),
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        async with httpx2.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=120) as client:
            await until(lambda: answers(client, "/readyz"))
            project = (await client.post("/api/v1/projects", json={"name": "Film"})).json()
            path = f"/api/v1/projects/{project['id']}/first-frame"

            async def upload(body: bytes) -> int:
                return (await client.post(path, files={"file": ("frame.png", body, "image/png")})).status_code

            assert await upload(content) == 200
            watched = psutil.Process(server.pid)
            before = watched.memory_info().rss
            stop = asyncio.Event()
            peak = asyncio.ensure_future(peak_of(watched, stop))
            statuses = await asyncio.gather(*(upload(content) for _ in range(UPLOADS)))
            stop.set()
            growth = await peak - before
    finally:
        server.terminate()
        await server.wait()
    print(
        f"{UPLOADS} parallel uploads of {len(content) / MEBIBYTE:.1f} MB grew the process by {growth / MEBIBYTE:.1f} MB"
    )
    assert set(statuses) == {200}
    assert growth < MOST_GROWTH_BYTES
    assert not any((tmp_path / "storage" / ".work").iterdir())
