"""Row 3 of what real clients showed: who names no language is narrated in that of the text, door by door."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import httpx2
import pytest
from fastapi import FastAPI

from app.core.settings import Settings
from app.shows.domain import Door
from app.shows.service import ShowService
from tests.conftest import MakeSettings
from tests.scripted_house import app, kit, vendor

__all__ = ["app", "kit", "vendor"]

Json = dict[str, Any]
OWN_PAGE = "http://127.0.0.1:8000"
TEXTS = {
    "en": "A fox carries a lantern through the fog and finds the way home.",
    "pl": "Lis niesie latarnię przez mgłę i znajduje drogę do domu.",
    "de": "Ein Fuchs trägt eine Laterne durch den Nebel und findet den Weg nach Hause.",
}
UNCLEAR = "Zorro 1984"
Make = Callable[[httpx2.AsyncClient, str], Awaitable[httpx2.Response]]


@pytest.fixture
def settings(make_settings: MakeSettings, database_url: str) -> Settings:
    return make_settings(
        database={"database_url": database_url},
        security={"local_user": True},
        projects={"default_language": "pl"},
        work={"client_wait_seconds": 1},
    )


@pytest.fixture
async def page(app: FastAPI) -> AsyncIterator[httpx2.AsyncClient]:
    """A page on this machine that sends no credentials."""
    transport = httpx2.ASGITransport(app=app, raise_app_exceptions=False, client=("127.0.0.1", 1))
    async with httpx2.AsyncClient(transport=transport, base_url=OWN_PAGE, headers={"Origin": OWN_PAGE}) as http:
        yield http


def posting(path: str, body: Callable[[str], Json]) -> Make:
    async def made(page: httpx2.AsyncClient, text: str) -> httpx2.Response:
        return await page.post(path, json=body(text))

    return made


PROJECT_DOORS = {
    "B": posting("/api/v1/video/generate", lambda text: {"prompt": text}),
    "D": posting("/hub/api/v1/projects", lambda text: {"title": "X", "script": text}),
    "/v1": posting("/v1/videos", lambda text: {"prompt": text}),
    "native one-shot": posting("/api/v1/videos/generate", lambda text: {"prompt": text}),
    "movies": posting("/api/v1/movies", lambda text: {"title": "1", "chapters": [{"title": "2", "prompt": text}]}),
}


async def newest_language(page: httpx2.AsyncClient) -> str:
    listed = await page.get("/api/v1/projects", params={"limit": 1})
    assert listed.status_code == 200, listed.text
    language: str = listed.json()["projects"][0]["language"]
    return language


@pytest.mark.parametrize("door", PROJECT_DOORS)
async def test_on_every_door_but_the_creator_flow_a_missing_language_is_the_language_of_the_text_else_en(
    page: httpx2.AsyncClient, door: str
) -> None:
    for text, language in [*((text, language) for language, text in TEXTS.items()), (UNCLEAR, "en")]:
        made = await PROJECT_DOORS[door](page, text)
        assert made.is_success, made.text
        assert await newest_language(page) == language, (door, text)


async def test_c_sends_no_language_and_gets_the_language_of_its_title_or_content(
    page: httpx2.AsyncClient, app: FastAPI
) -> None:
    owner_id = (await page.get("/api/v1/auth/me")).json()["id"]
    for language, text in TEXTS.items():
        # Nobody works here, so the reply is the end of patience; the show has begun all the same.
        await page.post("/api/video/content", json={"title": text})
        async with app.state.resources.database.reading() as session:
            show = await ShowService.over(session, app.state.resources).newest(owner_id, Door.WIZARD)
        assert show is not None
        assert show.language == language


async def test_e_without_a_language_follows_its_text_until_one_is_chosen(page: httpx2.AsyncClient) -> None:
    made = await page.post("/studio-api/projects", json={"title": UNCLEAR, "language": None})
    assert (made.status_code, made.json()["language"]) == (201, "en")
    path = f"/studio-api/projects/{made.json()['id']}"
    # The page sends the whole object back, with the language that it was told.
    written = await page.put(path, json=made.json() | {"script_text": TEXTS["pl"]})
    assert written.json()["language"] == "pl"
    chosen = await page.put(path, json=written.json() | {"language": "fr"})
    assert chosen.json()["language"] == "fr"
    again = await page.put(path, json={"script_text": TEXTS["de"]})
    assert again.json()["language"] == "fr"


async def test_a_script_that_is_written_anew_on_d_is_spoken_in_its_own_language(page: httpx2.AsyncClient) -> None:
    made = await page.post("/hub/api/v1/projects", json={"title": "X", "script": TEXTS["en"]})
    await page.put(f"/hub/api/v1/projects/{made.json()['id']}", json={"title": "Y"})
    assert await newest_language(page) == "en"
    await page.put(f"/hub/api/v1/projects/{made.json()['id']}", json={"script": TEXTS["de"]})
    assert await newest_language(page) == "de"


@pytest.mark.parametrize("prefix", ["/api/v1", "/spa/api/v1"])
async def test_the_creator_flow_keeps_default_language_and_takes_language_auto(
    page: httpx2.AsyncClient, prefix: str
) -> None:
    for wish, language in (
        ({"story_prompt": TEXTS["en"]}, "pl"),
        ({"story_prompt": TEXTS["en"], "language": "auto"}, "en"),
        ({"story_prompt": TEXTS["de"], "language": "auto"}, "de"),
        ({"name": TEXTS["de"], "language": "auto"}, "de"),
        ({"name": UNCLEAR, "language": "auto"}, "en"),
        ({"story_prompt": TEXTS["en"], "language": "de"}, "de"),
    ):
        made = await page.post(f"{prefix}/projects", json={"name": "Film"} | wish)
        assert made.status_code == 201, made.text
        assert await newest_language(page) == language, wish
    edited = await page.put(f"{prefix}/projects/{made.json()['id']}", json={"language": "auto"})
    assert edited.status_code == 200, edited.text
