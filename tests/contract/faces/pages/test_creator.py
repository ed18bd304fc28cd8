"""Client A in a browser, on another origin: from registration to the downloaded film, watching clips on the way."""

from pathlib import Path
from typing import Any

import pytest

from tests import factories
from tests.contract.faces.pages.browser import Visit, needs_browser, visit
from tests.contract.faces.pages.looks import look_at
from tests.contract.faces.pages.serving import address_of, pages
from tests.e2e.conftest import service, voice_sample

pytestmark = [needs_browser, pytest.mark.timeout(600)]
STORY = "A fox leaves its den at dawn. It finds a lantern by the river. It carries the lantern home."
SEGMENTS, SEGMENT_SECONDS = 3, 10


def card(number: int, name: str) -> str:
    return f'#cards article:nth-child({number}) [data-part="{name}"]'


async def test_a_story_becomes_a_film_and_clips_are_watched_while_others_are_made(tmp_path: Path) -> None:
    # It polls each second instead of every five: a player that loses its place by that loses it sooner.
    environment: dict[str, Any] = {"POLL_MS": 1000}
    async with pages(environment) as origin, service(tmp_path, CORS_ORIGINS=origin) as person:
        environment["API_URL"] = f"{address_of(person)}/spa/api/v1"
        async with visit(f"{origin}/pages/creator/") as guest:
            await register(guest)
            await prepare(guest)
            for number in range(1, SEGMENTS + 1):
                await make(guest, number)
            await deliver(guest, tmp_path / "film.mp4")


async def register(guest: Visit) -> None:
    for name, words in (("username", "ada"), ("email", "ada@example.org"), ("name", "Ada")):
        await guest.fill(f"#register [name={name}]", words)
    await guest.fill("#register [name=password]", "three small apples")
    await guest.click("#register button")
    await guest.until("#person", "Ada (ada)")


async def prepare(guest: Visit) -> None:
    """The form of a new project, both uploads, the voice and the plan."""
    await guest.fill("#new-project [name=name]", "The fox")
    await guest.fill("#new-project [name=story]", STORY)
    await guest.find("#new-project [name=target]").select_option("30")
    await guest.find("#new-project [name=segment]").select_option(str(SEGMENT_SECONDS))
    await guest.click("#new-project button")
    await guest.until("#status", "created")
    # PNG bytes under another name and label are what this page sends.
    await guest.send_file("#first-frame", "fox.jpg", "image/jpeg", factories.picture(1280, 720))
    await guest.shown("#first-frame-shown")
    await guest.send_file("#voice-sample", "me.m4a", "audio/mpeg", voice_sample())
    await guest.until("#status", "media_uploaded")
    await guest.play("#voice-sample-shown", rate=4)
    await guest.click("#clone-voice")
    await guest.find("#voices option").first.wait_for(state="attached")
    await guest.click("#assign-voice")
    await guest.click("#plan")
    await guest.until("#status", "plan_ready")
    assert await guest.find("#cards article").count() == SEGMENTS


async def make(guest: Visit, number: int) -> None:
    """One card; while its clip is made, the clip before it is watched to its end."""
    await guest.find(card(number, "save")).wait_for()
    await guest.fill(card(number, "narration"), "The fox walks through the wood.")
    await guest.click(card(number, "save"))
    await guest.click(card(number, "approve"))
    await guest.shown(card(number, "first-frame"))
    await guest.click(card(number, "generate"))
    await guest.until(card(number, "status"), "generating")
    if number > 1:
        seen = await guest.play(card(number - 1, "video"))
        assert seen["length"] == pytest.approx(SEGMENT_SECONDS, abs=0.3)
    await guest.until(card(number, "status"), "generated")
    await guest.shown(card(number, "last-frame"))
    await guest.play(card(number, "audio"))
    await guest.click(card(number, "approve-video"))
    await guest.until(card(number, "status"), "segment_approved")


async def deliver(guest: Visit, target: Path) -> None:
    """The film plays on the page; Download saves it, and a reload shows everything again."""
    await guest.click("#finalize")
    await guest.until("#status", "completed")
    seen = await guest.play("#film", rate=4)
    await guest.download("#download", target)
    film = await look_at(target)
    assert film.seconds == pytest.approx(SEGMENTS * SEGMENT_SECONDS, abs=0.5)
    assert (film.width_px, film.height_px) == (seen["width"], seen["height"])
    assert film.is_worth_seeing(), film
    assert film.loudness_db is not None
    await guest.page.reload()
    await guest.until("#status", "completed")
    await guest.play(card(1, "video"), rate=4)
