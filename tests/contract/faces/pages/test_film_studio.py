"""Client D in a browser, on another origin: a script becomes a film that is played and saved; another is cancelled."""

from pathlib import Path

import pytest

from tests.contract.faces.pages.browser import Visit, needs_browser, visit
from tests.contract.faces.pages.looks import look_at
from tests.contract.faces.pages.serving import address_of, pages
from tests.e2e.conftest import service

pytestmark = [needs_browser, pytest.mark.timeout(600)]
SCRIPT = "A fox wakes at dawn.\nIt finds a lantern in the fog."
SCENES, SCENE_SECONDS = 2, 6


async def test_a_script_becomes_a_film_that_is_played_and_downloaded_and_another_is_cancelled(tmp_path: Path) -> None:
    environment: dict[str, str] = {}
    async with pages(environment) as origin, service(tmp_path, CORS_ORIGINS=origin) as person:
        environment["API_URL"] = f"{address_of(person)}/hub/api/v1"
        async with visit(f"{origin}/pages/film_studio/") as guest:
            await register(guest)
            # The preview asks for the film when the job has just begun.
            guest.expect_refusal(400, "/download-url")
            await begin(guest, "The fox")
            await guest.until("#status", "completed")
            await receive(guest, tmp_path / "film.mp4")
            await begin(guest, "The owl")
            await guest.click("#cancel")
            await guest.until("#status", "cancelled")
            assert await guest.find("#projects li").all_inner_texts() == ["The owl", "The fox"]


async def register(guest: Visit) -> None:
    await guest.fill("#signing-in [name=email]", "ada@example.org")
    await guest.fill("#signing-in [name=password]", "three small apples")
    await guest.fill("#signing-in [name=full_name]", "Ada")
    await guest.click("#signing-in button")
    await guest.until("#person", "ada@example.org")


async def begin(guest: Visit, title: str) -> None:
    await guest.fill("#script [name=title]", title)
    await guest.fill("#script [name=script]", SCRIPT)
    await guest.fill("#script [name=music_prompt]", "calm piano")
    await guest.fill("#script [name=video_duration]", str(SCENE_SECONDS))
    await guest.click("#script button")
    await guest.find("#preview:not(:empty)").wait_for()


async def receive(guest: Visit, target: Path) -> None:
    """Thumbnail and film on the page, and the same film as a file."""
    await guest.shown("#thumbnail")
    seen = await guest.play("#film", rate=4)
    await guest.download("#download", target)
    film = await look_at(target)
    assert film.seconds == pytest.approx(SCENES * SCENE_SECONDS, abs=0.5)
    assert film.seconds == pytest.approx(seen["length"], abs=0.3)
    assert film.is_worth_seeing(), film
    assert film.loudness_db is not None
