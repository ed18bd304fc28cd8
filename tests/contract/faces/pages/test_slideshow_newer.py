"""Client E2 in a browser, on another origin and without credentials: descriptions, subtitles and templates."""

from pathlib import Path

import pytest

from tests.contract.faces.pages.browser import Visit, needs_browser, visit
from tests.contract.faces.pages.looks import look_at
from tests.contract.faces.pages.serving import address_of, pages
from tests.e2e.conftest import service

pytestmark = [needs_browser, pytest.mark.timeout(600)]
SCRIPT = "Breathe in. The sea is calm."
CARD = "#cards article"


async def test_the_newer_paths_describe_speak_draw_film_and_caption_a_project(tmp_path: Path) -> None:
    environment: dict[str, str] = {}
    async with pages(environment) as origin, service(tmp_path, LOCAL_USER="true", CORS_ORIGINS=origin) as person:
        base = f"{address_of(person)}/studio-api"
        environment |= {"API_URL": base, "YOUTUBE_URL": f"{base}/youtube"}
        async with visit(f"{origin}/pages/slideshow_newer/") as guest:
            await guest.until("#channel", "not connected")
            await write(guest)
            await make(guest, tmp_path / "film.mp4")
            await look_at_list(guest)


async def write(guest: Visit) -> None:
    """A description before there is a project; a project; its script, shortened and saved."""
    await guest.click("#new")
    await guest.fill("#title", "Calm thoughts")
    await guest.fill("#keywords", "calm, sea")
    await guest.fill("#duration", "1")
    await guest.click("#describe")
    await guest.page.wait_for_function("document.querySelector('#description').value")
    await guest.click("#save")
    await guest.find("#project:not(:empty)").wait_for(state="attached")
    await guest.click("#make-script")
    await guest.until("#status", "script_generated")
    await guest.fill("#script", SCRIPT)
    async with guest.page.expect_response(lambda reply: reply.request.method == "PUT"):
        await guest.click("#save")
    assert await guest.find("#duration").input_value() == "1"


async def make(guest: Visit, target: Path) -> None:
    """Sound, subtitles, pictures, film, and the film with its captions in the picture."""
    assert await guest.find("#make-video").is_disabled()
    await guest.click("#make-audio")
    await guest.until("#status", "audio_generated")
    await guest.play("#audio")
    await guest.click("#make-subtitles")
    await guest.find("#subtitles[href]").wait_for()
    subtitles = await guest.fetch(await guest.link("#subtitles", "href"), target.with_suffix(".srt"))
    assert "calm" in subtitles.read_text()
    await guest.click("#make-images")
    await guest.until("#status", "images_ready")
    await guest.shown("#images article:nth-child(1) img")
    await guest.find("#template").select_option("zoom_in")
    await guest.click("#make-video")
    await guest.until("#status", "video_ready")
    plain = await guest.link("#video")
    seen = await guest.play("#video", rate=4)
    assert await guest.find("#duration").input_value() == str(round(seen["length"]))
    await guest.find("#position").select_option(index=1)
    await guest.click("#burn")
    await guest.until("#status", "video_subtitled")
    assert await guest.link("#video") != plain
    await guest.play("#video", rate=4)
    await guest.shown("#thumbnail")
    film = await look_at(await guest.fetch(await guest.link("#video"), target))
    assert film.seconds == pytest.approx(seen["length"], abs=0.3)
    assert film.is_worth_seeing(), film
    assert film.loudness_db is not None


async def look_at_list(guest: Visit) -> None:
    await guest.click("#back")
    await guest.until(f'{CARD} [data-part="status"]', "video_subtitled")
    await guest.shown(f'{CARD} [data-part="thumbnail"]')
    await guest.play(f'{CARD} [data-part="video"]', rate=4)
    await guest.click(f'{CARD} [data-part="edit"]')
    await guest.until("#status", "video_subtitled")
    assert await guest.find("#template").input_value() == "zoom_in"
    await guest.click("#back")
    await guest.click(f'{CARD} [data-part="remove"]')
    await guest.find(CARD).wait_for(state="detached")
