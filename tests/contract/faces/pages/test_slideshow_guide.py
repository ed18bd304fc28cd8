"""Client E1 in a browser, on another origin and without credentials: the editor, and cards that make things."""

from pathlib import Path

import pytest

from tests.contract.faces.pages.browser import Visit, needs_browser, visit
from tests.contract.faces.pages.looks import look_at
from tests.contract.faces.pages.serving import address_of, pages
from tests.e2e.conftest import service

pytestmark = [needs_browser, pytest.mark.timeout(600)]
SCRIPT = "A lantern shone. The fox came home."
CARD = "#cards article"


async def test_the_editor_makes_script_sound_pictures_and_a_film_and_a_card_makes_it_anew(tmp_path: Path) -> None:
    environment: dict[str, str] = {}
    async with pages(environment) as origin, service(tmp_path, LOCAL_USER="true", CORS_ORIGINS=origin) as person:
        environment["API_URL"] = f"{address_of(person)}/studio-api"
        async with visit(f"{origin}/pages/slideshow_guide/") as guest:
            await edit(guest)
            await make(guest, tmp_path / "film.mp4")
            await use_card(guest)


async def edit(guest: Visit) -> None:
    """A new project, its script written, shortened and saved."""
    await guest.click("#new")
    await guest.fill("#title", "The fox and the lantern")
    await guest.fill("#description", "A fox finds a lantern in the fog.")
    await guest.click("#save")
    await guest.find("#project:not(:empty)").wait_for(state="attached")
    await guest.click("#make-script")
    await guest.until("#status", "script_generated")
    assert await guest.find("#script").input_value()
    assert await guest.find("#images article").count() > 0
    await guest.fill("#script", SCRIPT)
    async with guest.page.expect_response(lambda reply: reply.request.method == "PUT"):
        await guest.click("#save")


async def make(guest: Visit, target: Path) -> None:
    """The button of the film can be pressed once there is a sound that plays."""
    assert await guest.find("#make-video").is_disabled()
    await guest.click("#make-audio")
    await guest.until("#status", "audio_generated")
    await guest.play("#audio")
    await guest.click("#make-images")
    await guest.until("#status", "images_ready")
    first = "#images article:nth-child(1)"
    await guest.shown(f"{first} img")
    before = await guest.link(f"{first} img")
    await guest.fill(f"{first} input", "A red lantern in the fog")
    await guest.click(f"{first} button")
    await guest.changed(f"{first} img", before)
    await guest.shown(f"{first} img")
    await guest.click("#make-video")
    await guest.until("#status", "video_ready")
    seen = await guest.play("#video", rate=4)
    film = await look_at(await guest.fetch(await guest.link("#video"), target))
    assert film.seconds == pytest.approx(seen["length"], abs=0.3)
    assert film.height_px == 720
    assert film.is_worth_seeing(), film
    assert film.loudness_db is not None


async def use_card(guest: Visit) -> None:
    """The list shows what the editor has made; its buttons send hardly anything and replace the card."""
    await guest.click("#back")
    await guest.until(f'{CARD} [data-part="status"]', "video_ready")
    await guest.shown(f'{CARD} [data-part="thumbnail"]')
    for name in ("images", "make"):
        async with guest.page.expect_response(lambda reply: reply.request.method == "POST") as answered:
            await guest.click(f'{CARD} [data-part="{name}"]')
        assert (await answered.value).ok
    await guest.until(f'{CARD} [data-part="status"]', "video_ready")
    await guest.play(f'{CARD} [data-part="video"]', rate=4)
    await guest.click(f'{CARD} [data-part="edit"]')
    await guest.until("#status", "video_ready")
    assert await guest.find("#script").input_value() == SCRIPT
    await guest.click("#back")
    await guest.click(f'{CARD} [data-part="remove"]')
    await guest.find(CARD).wait_for(state="detached")
