"""Client C in a browser, on the service's own origin, because films and gallery come by the session cookie alone."""

from pathlib import Path

import pytest

from tests import factories
from tests.contract.faces.pages.browser import Visit, needs_browser, visit
from tests.contract.faces.pages.looks import look_at
from tests.contract.faces.pages.serving import address_of, pages
from tests.e2e.conftest import service

pytestmark = [needs_browser, pytest.mark.timeout(600)]
ITEM = "#gallery article"
ENVIRONMENT = {"PIPELINE_URL": "/api/video", "AUTH_URL": "/api/auth", "ASSET_URL": ""}


async def test_the_wizard_ends_with_a_captioned_film_that_is_seen_renamed_and_deleted(tmp_path: Path) -> None:
    async with (
        service(tmp_path) as person,
        pages(ENVIRONMENT, before=address_of(person)) as origin,
        visit(f"{origin}/pages/wizard/") as guest,
    ):
        await register(guest)
        await write(guest)
        await show_and_speak(guest)
        await make_film(guest, tmp_path / "film.mp4")
        await look_at_profile(guest)


async def stage(guest: Visit, button: str, name: str) -> None:
    """Presses a button and waits for the reply of its stage."""
    await guest.click(button)
    await guest.until("#stage", f"/{name} done")


async def register(guest: Visit) -> None:
    await guest.fill("#signing-in [name=email]", "ada@example.org")
    await guest.fill("#signing-in [name=password]", "three small apples")
    await guest.fill("#signing-in [name=display_name]", "Ada")
    await guest.click("#signing-in button")
    await guest.until("#person", "Ada")


async def write(guest: Visit) -> None:
    """Content and script; the person keeps two scenes of them."""
    await guest.fill("#start [name=title]", "Two lights shine over the bay. Whales follow them home.")
    await guest.find("#start [name=wide]").check()
    await stage(guest, "#start button", "content")
    assert "\n" in await guest.find("#content").input_value()
    await stage(guest, "#write-scripts", "scripts")
    for area in ("#sentences", "#prompts"):
        lines = (await guest.find(area).input_value()).splitlines()
        assert len(lines) >= 2
        await guest.fill(area, "\n".join(lines[:2]))


async def show_and_speak(guest: Visit) -> None:
    """Two pictures, the second of which is changed at its own address, and two spoken sentences."""
    await stage(guest, "#draw", "images")
    second = "#pictures article:nth-child(2)"
    await guest.shown("#pictures article:nth-child(1) img")
    await guest.shown(f"{second} img")
    before = await guest.link(f"{second} img")
    await guest.fill(f"{second} input", "A lighthouse in fog at noon.")
    await stage(guest, f"{second} button", "modify-image")
    changed = await guest.changed(f"{second} img", before)
    await guest.shown(f"{second} img")
    assert changed.partition("?")[0] == before.partition("?")[0]
    await stage(guest, "#speak", "voices")
    await guest.play("#voices audio:nth-child(1)")


async def make_film(guest: Visit, target: Path) -> None:
    """The film, with music, with captions; each is fetched by script and played."""
    guest.expect_refusal(404, "/avatar")
    await stage(guest, "#edit", "edit")
    await guest.click("#show-film")
    before = await guest.changed("#film", "")
    plain = await guest.play("#film", rate=4)
    await guest.send_file("#track", "song.wav", "audio/wav", factories.sound(5))
    await guest.until("#stage", "/upload-music done")
    await stage(guest, "#add-music", "bgmusic")
    await stage(guest, "#add-captions", "captions")
    await guest.click("#show-film")
    await guest.changed("#film", before)
    seen = await guest.play("#film", rate=4)
    assert seen["length"] == pytest.approx(plain["length"], abs=0.5)
    await guest.click("#open-profile")
    film = await look_at(await guest.fetch(await guest.link(f"{ITEM} video"), target))
    assert film.seconds == pytest.approx(seen["length"], abs=0.3)
    assert film.width_px > film.height_px
    assert film.is_worth_seeing(), film


async def look_at_profile(guest: Visit) -> None:
    """Account, picture and gallery: all that comes without a token."""
    await guest.find("#me:not(:empty)").wait_for()
    assert await guest.find(ITEM).count() == 1
    await guest.send_file("#avatar-file", "me.jpg", "image/jpeg", factories.picture(64, 64))
    await guest.shown("#avatar")
    await guest.play(f"{ITEM} video", rate=4)
    opened = await guest.play_as_page(f'{ITEM} [data-part="open"]')
    assert opened["frames"] > 0
    await guest.fill(f'{ITEM} [data-part="new-name"]', "The whales")
    await guest.click(f'{ITEM} [data-part="rename"]')
    await guest.until(f'{ITEM} [data-part="name"]', "The-whales.mp4")
    await guest.click(f'{ITEM} [data-part="remove"]')
    await guest.find(ITEM).wait_for(state="detached")
