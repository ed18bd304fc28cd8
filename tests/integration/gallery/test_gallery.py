"""Finished films: listed, searched, named, shown small, deleted; nobody reaches another's."""

import io
import os
from collections.abc import Awaitable, Callable

import httpx2
import pytest
from PIL import Image

from app.core.pagination import Window
from app.library.gallery.domain import GalleryWish
from app.library.gallery.errors import FilmNameTaken, FilmNotFound
from app.library.gallery.repository import FilmRepository
from app.library.gallery.service import GalleryService
from app.library.jobs import SweepLibrary
from app.resources import Resources, open_resources
from tests import factories
from tests.conftest import MakeSettings
from tests.integration.gallery.conftest import GALLERY, Hang, Json, own_id


async def titles(person: httpx2.AsyncClient, **query: str | int) -> list[str]:
    answer = await person.get(GALLERY, params=query)
    assert answer.status_code == 200, answer.text
    return [film["title"] for film in answer.json()["videos"]]


async def shown(person: httpx2.AsyncClient, asset_id: str) -> Json:
    answer = await person.get(f"{GALLERY}/{asset_id}")
    assert answer.status_code == 200, answer.text
    film: Json = answer.json()
    return film


async def test_films_are_listed_searched_sorted_and_paged(hang: Hang, alice: httpx2.AsyncClient) -> None:
    for title in ("Fox in the mist", "A lantern", "The fox returns"):
        await hang(alice, title)
    assert await titles(alice) == ["The fox returns", "A lantern", "Fox in the mist"]
    assert await titles(alice, search="FOX") == ["The fox returns", "Fox in the mist"]
    assert await titles(alice, search="%") == []
    await hang(alice, "Łoś w ŻÓŁTEJ mgle")
    assert await titles(alice, search="żółtej łoś") == ["Łoś w ŻÓŁTEJ mgle"]
    assert await titles(alice, search="LOS zoltej") == ["Łoś w ŻÓŁTEJ mgle"]
    assert await titles(alice, sort="title") == ["A lantern", "Fox in the mist", "The fox returns", "Łoś w ŻÓŁTEJ mgle"]
    first = await alice.get(GALLERY, params={"limit": 2, "sort": "title"})
    assert first.json()["total"] == 4
    following = first.headers["link"].partition(">")[0].removeprefix("<")
    assert next(film["title"] for film in (await alice.get(following)).json()["videos"]) == "The fox returns"


async def test_a_film_says_what_it_is_and_its_link_serves_ranges(hang: Hang, alice: httpx2.AsyncClient) -> None:
    film = await shown(alice, await hang(alice, 'Łoś "w" (mgle) [1]'))
    assert film["name"].startswith("Los-w-mgle-1-")
    assert film["duration"] == 1.0
    part = await alice.get(film["url"], headers={"Range": "bytes=4-7"})
    assert (part.status_code, part.content) == (206, b"ftyp")
    whole = await alice.get(film["url"])
    assert len(whole.content) == film["size_bytes"]


async def test_only_films_hang_in_the_gallery(resources: Resources, alice: httpx2.AsyncClient) -> None:
    picture = await factories.asset(resources, await own_id(alice))
    assert await titles(alice) == []
    refused = await alice.get(f"{GALLERY}/{picture}")
    assert (refused.status_code, refused.json()["code"]) == (404, FilmNotFound.code)


async def test_a_thumbnail_is_a_frame_of_the_film_and_is_made_once(
    resources: Resources, hang: Hang, alice: httpx2.AsyncClient, client: httpx2.AsyncClient
) -> None:
    asset_id = await hang(alice, "Fox")
    film = await shown(alice, asset_id)
    first = await client.get(film["thumb_url"])
    assert (first.status_code, first.headers["content-type"]) == (200, "image/jpeg")
    with Image.open(io.BytesIO(first.content)) as picture:
        assert picture.size == (480, 270)
        assert len(picture.getcolors(480 * 270) or []) > 1000
    async with resources.database.reading() as session:
        view = await GalleryService.over(session, resources).film(await own_id(alice), asset_id)
    # Without the film's bytes nothing can be drawn any more, so a second picture can only be the kept one.
    await resources.store.delete(view.asset.store_key)
    again = await client.get(film["thumb_url"], headers={"If-None-Match": first.headers["etag"]})
    assert again.status_code == 304
    assert (await client.get(f"{film['thumb_url']}?t=1")).content == first.content


@pytest.mark.parametrize("content", [b"no film at all", b"\x00\x00\x00\x18ftypisom\x00\x00\x02\x00isomiso2"])
async def test_a_film_that_cannot_be_read_shows_a_gradient(
    hang: Hang, alice: httpx2.AsyncClient, client: httpx2.AsyncClient, content: bytes
) -> None:
    film = await shown(alice, await hang(alice, "Broken", content))
    answer = await client.get(film["thumb_url"])
    assert answer.status_code == 200
    with Image.open(io.BytesIO(answer.content)) as picture:
        assert picture.size == (480, 270)
        assert picture.getpixel((0, 0)) != picture.getpixel((479, 269))


async def test_a_rename_repeated_has_the_same_answer_and_old_names_still_lead_there(
    hang: Hang, alice: httpx2.AsyncClient
) -> None:
    usual = (await shown(alice, await hang(alice, "Fox")))["name"]
    mine = f"/api/gallery/{await own_id(alice)}"
    wish = {"old_name": usual, "new_name": "Summer holiday"}
    answers = [await alice.post(f"{mine}/rename", json=wish) for _ in range(3)]
    assert {answer.status_code for answer in answers} == {200}
    assert {answer.json()["name"] for answer in answers} == {"Summer-holiday.mp4"}
    assert answers[0].json()["title"] == "Summer holiday"
    await alice.post(f"{mine}/rename", json={"old_name": "Summer-holiday.mp4", "new_name": "Winter.mp4"})
    for name in (usual, "Summer-holiday.mp4", "Winter.mp4", "Winter", "Winter.jpg"):
        assert (await alice.head(f"{mine}/video/{name}")).status_code == 200
    [film] = (await alice.get(mine)).json()["videos"]
    assert film["name"] == "Winter.mp4"
    assert film["url"].startswith("/media/")
    assert film["thumb_url"].startswith("/media/")


async def test_two_films_never_share_a_name(hang: Hang, alice: httpx2.AsyncClient) -> None:
    first, second = await hang(alice, "Fox"), await hang(alice, "Fox")
    assert (await alice.patch(f"{GALLERY}/{first}", json={"title": "Lantern"})).status_code == 200
    taken = await alice.patch(f"{GALLERY}/{second}", json={"title": "Lantern.mp4"})
    assert (taken.status_code, taken.json()["code"]) == (409, FilmNameTaken.code)
    assert (await shown(alice, second))["title"] == "Fox"
    await alice.patch(f"{GALLERY}/{first}", json={"name": "Moon"})
    assert (await alice.patch(f"{GALLERY}/{second}", json={"title": "Lantern"})).json()["name"] == "Lantern.mp4"
    mine = f"/api/gallery/{await own_id(alice)}/thumb/Lantern.mp4"
    assert (await alice.get(mine)).status_code == 200


async def test_a_title_without_plain_letters_keeps_a_safe_name(hang: Hang, alice: httpx2.AsyncClient) -> None:
    asset_id = await hang(alice, "Fox")
    renamed = (await alice.patch(f"{GALLERY}/{asset_id}", json={"title": "狐の灯"})).json()
    assert renamed["title"] == "狐の灯"
    assert renamed["name"] == f"film-{asset_id[-12:]}.mp4"


async def test_a_deleted_film_is_gone_with_its_picture_and_deleting_again_is_no_error(
    resources: Resources, hang: Hang, alice: httpx2.AsyncClient, client: httpx2.AsyncClient
) -> None:
    film = await shown(alice, await hang(alice, "Fox"))
    await client.get(film["thumb_url"])
    mine = f"/api/gallery/{await own_id(alice)}"
    for _ in range(3):
        assert (await alice.delete(f"{mine}/{film['name']}")).status_code == 204
    for link in (film["url"], film["thumb_url"], f"{mine}/video/{film['name']}", f"{mine}/thumb/{film['name']}"):
        assert (await alice.get(link)).status_code == 404
    left = [stat async for stat in resources.store.walk()]
    assert left == []
    assert (await alice.delete(f"{GALLERY}/{film['id']}")).status_code == 404


async def test_another_users_gallery_does_not_exist(
    hang: Hang, alice: httpx2.AsyncClient, bob: httpx2.AsyncClient
) -> None:
    asset_id = await hang(bob, "Bob's film")
    name = (await shown(bob, asset_id))["name"]
    bobs = f"/api/gallery/{await own_id(bob)}"
    tries: list[Callable[[], Awaitable[httpx2.Response]]] = [
        lambda: alice.get(f"{GALLERY}/{asset_id}"),
        lambda: alice.patch(f"{GALLERY}/{asset_id}", json={"title": "mine"}),
        lambda: alice.post(f"{GALLERY}/{asset_id}/share"),
        lambda: alice.delete(f"{GALLERY}/{asset_id}/share"),
        lambda: alice.delete(f"{GALLERY}/{asset_id}"),
        lambda: alice.get(bobs),
        lambda: alice.get(f"{bobs}/video/{name}"),
        lambda: alice.get(f"{bobs}/thumb/{name}"),
        lambda: alice.post(f"{bobs}/rename", json={"old_name": name, "new_name": "mine"}),
        lambda: alice.delete(f"{bobs}/{name}"),
    ]
    for attempt in tries:
        refused = await attempt()
        assert (refused.status_code, refused.json()["code"]) == (404, FilmNotFound.code)
    alices = f"/api/gallery/{await own_id(alice)}"
    assert (await alice.get(f"{alices}/video/{name}")).status_code == 404
    assert (await alice.delete(f"{alices}/{name}")).status_code == 204
    assert (await shown(bob, asset_id))["name"] == name


async def test_pictures_of_films_that_are_gone_are_swept(
    resources: Resources, hang: Hang, alice: httpx2.AsyncClient
) -> None:
    asset_id = await hang(alice, "Fox")
    film = await shown(alice, asset_id)
    assert (await alice.get(film["thumb_url"])).status_code == 200
    orphan = f"thumbs/ab/{resources.clock.new_id()}.jpg"
    await resources.store.put(orphan, factories.stream(b"x"))
    assert await SweepLibrary(resources).delete_thumbnails() == 0
    for key in (orphan, f"thumbs/{asset_id[-2:]}/{asset_id}.jpg"):
        path = resources.settings.storage.storage_path / key
        os.utime(path, (0, 0))
    assert await SweepLibrary(resources).delete_thumbnails() == 1
    assert await resources.store.stat(orphan) is None
    assert await resources.store.stat(f"thumbs/{asset_id[-2:]}/{asset_id}.jpg") is not None


async def test_names_and_searches_work_on_postgres(make_settings: MakeSettings, postgres_database_url: str) -> None:
    settings = make_settings(database={"database_url": postgres_database_url})
    async with open_resources(settings) as resources:
        owner = await factories.user(resources)
        one, other = [await factories.film(resources, owner, title) for title in ("Łoś 50%", "Fox")]
        async with resources.database.unit_of_work() as session:
            gallery = GalleryService.over(session, resources)
            film = await gallery.rename(await gallery.film(owner, one), "Moose 50%")
            assert (film.name, film.title) == ("Moose-50.mp4", "Moose 50%")
            await gallery.succeed(one, other)
        async with resources.database.reading() as session:
            gallery = GalleryService.over(session, resources)
            assert (await gallery.get(owner, "Moose-50.mp4")).asset.id == other
            page, total = await gallery.listed(owner, GalleryWish(search="moose 50%"), Window())
            assert (total, {found.asset.id for found in page.items}) == (2, {one, other})
            assert (await FilmRepository(session, resources.clock).present([one, "gone"])) == {one}


async def test_the_methods_of_an_address_are_those_of_its_own_name(alice: httpx2.AsyncClient) -> None:
    refused = await alice.put(f"/api/gallery/{await own_id(alice)}/rename", json={})
    assert (refused.status_code, refused.headers["allow"]) == (405, "POST")
