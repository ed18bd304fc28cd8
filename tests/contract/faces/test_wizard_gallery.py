"""The wizard client's gallery, as recorded: no credentials but the cookie, links from the root, repeats harmless."""

import re
from datetime import datetime
from typing import Any

import httpx2
import pytest
from fastapi import FastAPI

from app.resources import Resources
from tests import factories

Json = dict[str, Any]


@pytest.fixture
def resources(app: FastAPI) -> Resources:
    found: Resources = app.state.resources
    return found


async def gallery_of(person: httpx2.AsyncClient) -> str:
    return f"/api/video/user/{(await person.get('/api/auth/me')).json()['user_id']}/gallery"


async def hung(person: httpx2.AsyncClient, resources: Resources, title: str = "Mój 'pierwszy' film (1)") -> str:
    path = await gallery_of(person)
    await factories.film(resources, path.split("/")[4], title)
    return path


async def test_films_are_listed_with_links_that_need_no_proof(
    alice: httpx2.AsyncClient, client: httpx2.AsyncClient, resources: Resources
) -> None:
    path = await hung(alice, resources)
    items = (await alice.get(path)).json()["items"]
    assert [sorted(item) for item in items] == [["modified", "name", "size", "thumbnail", "title", "url"]]
    item = items[0]
    assert item["size"] == 4
    for link in (item["url"], item["thumbnail"]):
        assert re.fullmatch(r"/[A-Za-z0-9/_.~%-]+", link), link
        assert (await client.get(f"{link}?t=1&t=1")).status_code == 200
    part = await client.get(item["url"], headers={"Range": "bytes=1-2"})
    assert (part.status_code, part.content) == (206, b"il")


async def test_gallery_modified_is_an_iso_8601_string(alice: httpx2.AsyncClient, resources: Resources) -> None:
    path = await hung(alice, resources)
    modified = (await alice.get(path)).json()["items"][0]["modified"]
    assert datetime.fromisoformat(modified).tzinfo is not None


async def test_files_answer_under_the_names_of_the_list(alice: httpx2.AsyncClient, resources: Resources) -> None:
    path = await hung(alice, resources)
    name = (await alice.get(path)).json()["items"][0]["name"]
    assert re.fullmatch(r"[A-Za-z0-9._-]+\.mp4", name)
    film = await alice.get(f"{path}/file/{name}?t=5")
    assert (film.status_code, film.content, film.headers["content-type"]) == (200, b"film", "video/mp4")
    alias = await alice.get(f"/api/gallery/{path.split('/')[4]}/video/{name}")
    assert (alias.status_code, alias.content) == (200, b"film")
    thumbnail = await alice.get(f"{path}/thumb/{name}.jpg")
    assert (thumbnail.status_code, thumbnail.headers["content-type"]) == (200, "image/jpeg")


async def test_renaming_and_deleting_may_be_repeated(alice: httpx2.AsyncClient, resources: Resources) -> None:
    path = await hung(alice, resources)
    name = (await alice.get(path)).json()["items"][0]["name"]
    for _ in range(3):
        renamed = await alice.post(f"{path}/rename/{name}", json={"new_name": "The end"})
        assert (renamed.status_code, renamed.json()) == (200, {"status": "success", "new": "The-end.mp4"})
    for _ in range(3):
        deleted = await alice.delete(f"{path}/file/The-end.mp4")
        assert (deleted.status_code, deleted.json()) == (200, {"status": "success"})
    assert (await alice.get(path)).json() == {"items": []}
    gone = await alice.post(f"{path}/rename/The-end.mp4", json={"new_name": "Another"})
    assert gone.status_code == 404
    assert gone.json()["message"] == gone.json()["detail"]


async def test_nobody_reaches_anothers_gallery(
    alice: httpx2.AsyncClient, bob: httpx2.AsyncClient, client: httpx2.AsyncClient, resources: Resources
) -> None:
    path = await hung(bob, resources)
    name = (await bob.get(path)).json()["items"][0]["name"]
    asked: list[tuple[str, str, Json | None]] = [
        ("GET", path, None),
        ("GET", f"{path}/file/{name}", None),
        ("GET", f"{path}/thumb/{name}.jpg", None),
    ]
    asked += [("POST", f"{path}/rename/{name}", {"new_name": "Mine"}), ("DELETE", f"{path}/file/{name}", None)]
    for method, address, body in asked:
        pretending = {"x_user_id": path.split("/")[4]}
        assert (await alice.request(method, address, json=body, headers=pretending)).status_code == 404
        assert (await client.request(method, address, json=body, headers=pretending)).status_code == 401
    assert [item["name"] for item in (await bob.get(path)).json()["items"]] == [name]
