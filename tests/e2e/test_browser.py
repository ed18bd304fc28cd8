"""Pages and a finished film in a real browser: Debian's Chromium, without a window."""

import asyncio
import re
import shutil
from pathlib import Path

import pytest

from benchmarks.assembly.play import play
from tests.e2e.conftest import Person, service

CHROMIUM = shutil.which("chromium")
PAGE_SECONDS = 60.0
FLAGS = ("--headless", "--no-sandbox", "--disable-gpu", "--virtual-time-budget=15000")

pytestmark = [
    pytest.mark.timeout(300),
    pytest.mark.skipif(CHROMIUM is None, reason="there is no `chromium` on this machine, so no page is looked at"),
]


async def shown(person: Person, path: str, profile: Path) -> str:
    """The document of a page once its scripts have run."""
    address = f"{str(person.http.base_url).rstrip('/')}{path}"
    command = (str(CHROMIUM), *FLAGS, f"--user-data-dir={profile}", "--dump-dom", address)
    browser = await asyncio.create_subprocess_exec(
        *command, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL
    )
    try:
        async with asyncio.timeout(PAGE_SECONDS):
            told, _ = await browser.communicate()
    finally:
        if browser.returncode is None:
            browser.kill()
            await browser.wait()
    return told.decode()


async def test_pages_come_alive_and_a_film_plays_to_its_end(tmp_path: Path) -> None:
    async with service(tmp_path) as person:
        front = await shown(person, "/", tmp_path / "front")
        assert "A story goes in." in front
        # The names of the engines come from the service, by the page's own script.
        assert re.search(r"data-health[^>]*>\s*(?!Health\s*<)\w", front)
        documents = await shown(person, "/docs", tmp_path / "documents")
        assert documents.count("opblock-tag-section") > 20
        body = {"name": "Latarnia", "target_duration_sec": 6, "story_prompt": "Lis szuka latarni."}
        project = await person.post("/projects", body)
        job = await person.post(f"/projects/{project['id']}/produce", {"auto_approve": True})
        await person.done(job["id"])
        film = await person.file(f"/media/download/{project['id']}/final", tmp_path / "film.mp4")
    seen = await asyncio.to_thread(play, str(CHROMIUM), film)
    assert (seen["event"], seen["corrupted"]) == ("ended", 0)
    assert seen["at"] == pytest.approx(6.0, abs=0.3)
    assert seen["frames"] > 100
