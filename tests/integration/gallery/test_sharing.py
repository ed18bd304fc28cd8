"""Links that share a film: anybody may watch until they end or are taken back."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta

import httpx2
import pytest
from fastapi import FastAPI
from typing_extensions import override

from app.core.clock import SystemClock
from app.core.settings import Settings
from app.library.gallery.errors import ShareEnded, TooManyShares
from app.main import create_app
from tests.integration.gallery.conftest import GALLERY, Hang


class LateClock(SystemClock):
    """The real clock, set forward by the test."""

    late = timedelta()

    @override
    def now(self) -> datetime:
        return super().now() + self.late


@pytest.fixture
def clock() -> LateClock:
    return LateClock()


@pytest.fixture
async def app(settings: Settings, clock: LateClock) -> AsyncIterator[FastAPI]:
    application = create_app(settings, clock=clock)
    async with application.router.lifespan_context(application):
        yield application


async def test_a_link_shows_the_film_to_anybody_until_it_ends(
    hang: Hang, alice: httpx2.AsyncClient, client: httpx2.AsyncClient, clock: LateClock
) -> None:
    asset_id = await hang(alice, "Fox")
    made = await alice.post(f"{GALLERY}/{asset_id}/share", json={"expires_in": 600})
    assert made.status_code == 201
    link = made.json()["url"]
    part = await client.get(link, headers={"Range": "bytes=4-7"})
    assert (part.status_code, part.content) == (206, b"ftyp")
    assert (await client.head(link)).status_code == 200
    clock.late += timedelta(seconds=601)
    ended = await client.get(link)
    assert (ended.status_code, ended.json()["code"]) == (403, ShareEnded.code)


async def test_links_can_be_taken_back(hang: Hang, alice: httpx2.AsyncClient, client: httpx2.AsyncClient) -> None:
    asset_id, other_id = await hang(alice, "Fox"), await hang(alice, "Moon")
    links = [(await alice.post(f"{GALLERY}/{each}/share")).json()["url"] for each in (asset_id, asset_id, other_id)]
    assert (await alice.delete(f"{GALLERY}/{asset_id}/share")).status_code == 204
    assert [(await client.get(link)).status_code for link in links] == [403, 403, 200]
    await alice.delete(f"{GALLERY}/{other_id}")
    assert (await client.get(links[2])).status_code == 403


async def test_a_guessed_link_shows_nothing(client: httpx2.AsyncClient) -> None:
    refused = await client.get("/media/shared/AAAA/film.mp4")
    assert (refused.status_code, refused.json()["code"]) == (403, ShareEnded.code)


async def test_a_film_has_so_many_living_links_at_most(hang: Hang, alice: httpx2.AsyncClient, clock: LateClock) -> None:
    asset_id = await hang(alice, "Fox")
    for _ in range(50):
        made = await alice.post(f"{GALLERY}/{asset_id}/share", json={"expires_in": 600})
        assert made.status_code == 201
    refused = await alice.post(f"{GALLERY}/{asset_id}/share")
    assert (refused.status_code, refused.json()["code"]) == (409, TooManyShares.code)
    clock.late += timedelta(seconds=601)
    assert (await alice.post(f"{GALLERY}/{asset_id}/share")).status_code == 201


@pytest.mark.parametrize("seconds", [0, 59, 365 * 86_400 + 1])
async def test_the_life_of_a_link_is_bounded(hang: Hang, alice: httpx2.AsyncClient, seconds: int) -> None:
    answer = await alice.post(f"{GALLERY}/{await hang(alice, 'Fox')}/share", json={"expires_in": seconds})
    assert answer.status_code == 422
