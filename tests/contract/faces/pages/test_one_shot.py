"""Client B in a browser, on the service's own origin: reference, generate, poll, play, open, list, delete."""

from pathlib import Path

import pytest

from tests import factories
from tests.contract.faces.pages.browser import Visit, needs_browser, visit
from tests.contract.faces.pages.looks import look_at
from tests.contract.faces.pages.serving import address_of, pages
from tests.e2e.conftest import service

pytestmark = [needs_browser, pytest.mark.timeout(600)]
WIDE = 16 / 9


async def test_a_prompt_and_a_reference_become_a_film_that_plays_on_the_page_and_in_a_window(tmp_path: Path) -> None:
    async with (
        service(tmp_path, LOCAL_USER="true") as person,
        pages({}, before=address_of(person)) as origin,
        visit(f"{origin}/pages/one_shot/") as guest,
    ):
        said: list[str] = []
        guest.page.on("dialog", lambda dialog: (said.append(dialog.message), dialog.accept())[1])
        await guest.until("#health", "healthy")
        await make(guest, tmp_path / "film.mp4")
        await make_pieces(guest, said)
        await keep_settings(guest)


async def make(guest: Visit, target: Path) -> None:
    """A video of six seconds in 16:9 from a picture of another shape."""
    await guest.send_file("#reference", "photo.jpg", "image/jpeg", factories.picture(474, 421))
    await guest.shown("#reference-shown")
    await guest.fill("#wish [name=prompt]", "A fox carries a lantern through the fog")
    await guest.click("#wish button")
    await guest.until("#status", "completed")
    seen = await guest.play("#film")
    assert seen["width"] / seen["height"] == pytest.approx(WIDE, abs=0.02)
    await guest.find('#jobs li [data-part="status"]:text-is("completed")').wait_for()
    opened = await guest.play_as_page("#open-film")
    assert (opened["length"], opened["frames"] > 0) == (seen["length"], True)
    film = await look_at(await guest.fetch(await guest.link("#film"), target))
    assert film.seconds == pytest.approx(6, abs=0.3)
    assert film.is_worth_seeing(), film
    await guest.click('#jobs li [data-part="remove"]')
    await guest.find("#jobs li").wait_for(state="detached")


async def make_pieces(guest: Visit, said: list[str]) -> None:
    """A picture and a piece of music; the page says that they have begun, and shows its lists when asked."""
    await guest.fill("#picture-wish [name=prompt]", "A red fox in the snow")
    await guest.click("#picture-wish button")
    await guest.fill("#music-wish [name=prompt]", "Rain on a window")
    await guest.fill("#music-wish [name=mood]", "calm")
    await guest.click("#music-wish button")
    await guest.click_until("#show-pictures", "#pictures img[src]")
    await guest.shown("#pictures img")
    await guest.click_until("#show-music", "#music li")
    assert [words.partition(":")[0] for words in said] == ["Picture", "Music"]


async def keep_settings(guest: Visit) -> None:
    await guest.find("#settings [name=theme]").select_option("dark")
    await guest.fill("#settings [name=default_duration]", "12")
    await guest.click("#settings button")
    await guest.until("#message", "Settings saved.")
    await guest.page.reload()
    await guest.until("#health", "healthy")
    await guest.find("#personas:not(:empty)").wait_for()
    await guest.page.wait_for_function("document.querySelector('#settings [name=theme]').value === 'dark'")
    assert await guest.find("#settings [name=default_duration]").input_value() == "12"
