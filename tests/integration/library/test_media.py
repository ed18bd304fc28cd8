"""Signed links over HTTP: only ours open, every answer is guarded, names stay names."""

import hashlib
import random
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx2
import pytest
from fastapi import FastAPI

from app.library.domain import AssetKind, AssetView
from app.library.intake import Intake, MadeFile
from app.library.links import MediaLinks
from app.library.service import LibraryService
from app.resources import Resources
from app.storage.base import FileMissing, FileTooLarge
from app.storage.signing import Grant, LinkRefused, MediaSigner, Purpose
from tests import factories
from tests.doubles.signing_store import SigningStore
from tests.integration.library.conftest import Files

pytestmark = pytest.mark.flow

GUARDS = {
    "x-content-type-options": "nosniff",
    "content-security-policy": "default-src 'none'; media-src 'self'; img-src 'self'; style-src 'unsafe-inline'",
    "cross-origin-resource-policy": "cross-origin",
    "access-control-allow-origin": "*",
    "accept-ranges": "bytes",
}
HOSTILE_PARTS = ("..", "/", "\\", "\r\n", "\r\nSet-Cookie: a=b", '"', ";", "filename=x", "%0d%0a", "%2e%2e", "\0")
HOSTILE_PARTS += (
    "\u202e",
    "\u2066",
    "é",
    "漢",
    "😀",
    " ",
    ".",
    "CON",
    "a" * 90,
    "\x7f",
    "\x1b[2J",
    "<script>",
    "'",
    "|",
)


@pytest.fixture
def resources(app: FastAPI) -> Resources:
    found: Resources = app.state.resources
    return found


@pytest.fixture
async def asset(resources: Resources, owner: str) -> AssetView:
    asset_id = await factories.asset(resources, owner)
    async with resources.database.reading() as session:
        return await LibraryService.over(session, resources).owned(asset_id, owner)


@pytest.fixture
def link(resources: Resources, asset: AssetView) -> str:
    return MediaLinks.over(resources).to(asset)


def token_of(link: str) -> str:
    return link.split("/")[2]


def path_of(token: str) -> str:
    return f"/media/{token}/frame.png"


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"Range": "bytes=0-9"}, 206),
        ({"Range": "bytes=-9"}, 206),
        ({"Range": "bytes=999999-"}, 416),
        ({"Range": "bytes=0-1,4-5"}, 200),
        ({"If-None-Match": "*"}, 304),
        ({"Range": "bytes=0-9", "If-Range": '"other"'}, 200),
        ({"Origin": "https://elsewhere.example"}, 200),
    ],
)
async def test_every_answer_is_guarded(
    client: httpx2.AsyncClient, link: str, method: str, headers: dict[str, str], status: int
) -> None:
    reply = await client.request(method, link, headers=headers)
    assert reply.status_code == status
    assert {name: reply.headers.get(name) for name in GUARDS} == GUARDS
    assert reply.headers["cache-control"].startswith("private, max-age=")
    assert len(reply.headers.get_list("content-security-policy")) == 1
    assert (method == "HEAD" or status in {304, 416}) == (reply.content == b"")


async def test_parts_together_are_the_whole(client: httpx2.AsyncClient, asset: AssetView, link: str) -> None:
    parts = [
        (await client.get(link, headers={"Range": f"bytes={begin}-{begin + 999}"})).content
        for begin in range(0, asset.size_bytes, 1000)
    ]
    assert hashlib.sha256(b"".join(parts)).hexdigest() == asset.sha256
    assert len(parts) > 2


async def test_no_forged_token_opens_a_file(client: httpx2.AsyncClient, link: str) -> None:
    token = token_of(link)
    chance = random.Random(7)
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    forged = {token[:-1], token[1:], token + "A", token * 2, token.swapcase(), "x", "%00", "é", token + "="}
    while len(forged) < 200:
        place = chance.randrange(len(token))
        forged.add(token[:place] + chance.choice(letters) + token[place + 1 :])
    statuses = {(await client.get(path_of(other))).status_code for other in forged - {token}}
    assert (await client.get(path_of(token))).status_code == 200
    assert statuses <= {403, 422}


@pytest.mark.parametrize("change", ["expired", "foreign secret", "other owner", "other asset", "for writing"])
async def test_a_token_opens_one_file_for_one_purpose_for_a_while(
    resources: Resources, client: httpx2.AsyncClient, asset: AssetView, change: str
) -> None:
    grant = Grant(asset.id, asset.owner_id, resources.clock.now() + timedelta(hours=1))
    past = resources.clock.now() - timedelta(seconds=1)
    changed: dict[str, tuple[MediaSigner, Grant, set[int]]] = {
        "expired": (resources.signer, replace(grant, expires_at=past), {403}),
        "foreign secret": (MediaSigner(resources.clock, "another" * 9), grant, {403}),
        "other owner": (resources.signer, replace(grant, owner_id=resources.clock.new_id()), {404}),
        "other asset": (resources.signer, replace(grant, asset_id=resources.clock.new_id()), {404}),
        "for writing": (resources.signer, replace(grant, purpose=Purpose.WRITE), {403}),
    }
    signer, wanted, statuses = changed[change]
    for method in ("GET", "HEAD"):
        reply = await client.request(method, path_of(signer.token(wanted)))
        assert reply.status_code in statuses
        assert reply.headers["content-type"] == "application/problem+json"
    assert (await client.get(path_of(resources.signer.token(grant)))).status_code == 200


async def test_a_link_for_reading_takes_no_bytes(client: httpx2.AsyncClient, link: str) -> None:
    before = (await client.get(link)).content
    sent = await client.put(link, content=b"other bytes")
    assert (sent.status_code, sent.json()["code"]) == (403, LinkRefused.code)
    assert (await client.get(link)).content == before


async def test_three_hundred_hostile_names_add_no_header(
    resources: Resources, client: httpx2.AsyncClient, owner: str
) -> None:
    chance = random.Random(11)
    names = {"".join(chance.choices(HOSTILE_PARTS, k=chance.randint(1, 6))) for _ in range(500)}
    links = MediaLinks.over(resources)
    expected: set[str] | None = None
    async with Intake(resources).temp_dir() as temp_dir:
        for name in sorted(names)[:300]:
            made = temp_dir / "made"
            made.write_bytes(b"WEBVTT\n")
            asset = await Intake(resources).keep(owner, AssetKind.CAPTIONS, name, MadeFile(made, "vtt", {}))
            reply = await client.head(links.to(asset))
            assert reply.status_code == 200, name
            expected = expected or set(reply.headers)
            assert set(reply.headers) == expected
            shown = reply.headers["content-disposition"]
            assert shown.isascii()
            assert shown.isprintable()
            assert shown.count('"') == 2
            assert not set(shown) & set("/\\|<>")
            assert ".." not in shown


async def test_a_store_that_serves_by_itself_is_only_pointed_to(
    app: FastAPI, resources: Resources, client: httpx2.AsyncClient, asset: AssetView, link: str
) -> None:
    root = resources.settings.storage.storage_path
    app.state.resources = replace(resources, store=SigningStore(root, resources.threads))
    reply = await client.get(link)
    assert (reply.status_code, reply.headers["location"]) == (307, f"https://bucket.example/{asset.store_key}?get")
    assert reply.headers["cache-control"] == "private, no-store"
    assert (await client.head(link)).headers["content-length"] == str(asset.size_bytes)
    script = await client.get(link, headers={"Origin": "https://pages.example"})
    assert (script.status_code, len(script.content)) == (200, asset.size_bytes)


async def test_a_row_without_bytes_is_gone_and_not_a_broken_answer(
    resources: Resources, client: httpx2.AsyncClient, asset: AssetView, link: str
) -> None:
    await resources.store.delete(asset.store_key)
    reply = await client.get(link)
    assert (reply.status_code, reply.json()["code"]) == (404, FileMissing.code)
    assert reply.headers["x-content-type-options"] == "nosniff"


def wish(content: bytes, **more: Any) -> dict[str, Any]:
    digest = hashlib.sha256(content).hexdigest()
    sent = {"purpose": "first_frame", "content_type": "image/png", "size_bytes": len(content), "sha256": digest}
    return sent | more


async def test_a_direct_upload_goes_to_a_store_that_takes_it_by_itself(
    app: FastAPI, resources: Resources, alice: httpx2.AsyncClient
) -> None:
    root = resources.settings.storage.storage_path
    app.state.resources = replace(resources, store=SigningStore(root, resources.threads))
    upload = (await alice.post("/api/v1/uploads", json=wish(b"x"))).json()
    assert upload["upload_url"].startswith("https://bucket.example/uploads/")
    assert (upload["method"], upload["headers"]) == ("PUT", {"Content-Type": "image/png"})


async def test_bytes_in_pieces_stop_at_the_announced_size(
    alice: httpx2.AsyncClient, client: httpx2.AsyncClient, files: Files
) -> None:
    upload = (await alice.post("/api/v1/uploads", json=wish(b"x" * 1000))).json()

    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(50):
            yield b"x" * 1000

    sent = await client.put(upload["upload_url"], content=pieces())
    assert (sent.status_code, sent.json()["code"]) == (413, FileTooLarge.code)
    assert files() == []


@pytest.mark.parametrize(
    ("more", "status"),
    [
        ({"size_bytes": 21 * 1024 * 1024}, 413),
        ({"size_bytes": 0}, 422),
        ({"size_bytes": -1}, 422),
        ({"purpose": "film"}, 422),
        ({"sha256": "abc"}, 422),
        ({"content_type": "text/html"}, 422),
        ({"content_type": "image/png\r\nx: y"}, 422),
    ],
)
async def test_an_upload_that_cannot_be_kept_is_refused_when_announced(
    alice: httpx2.AsyncClient, more: dict[str, Any], status: int
) -> None:
    reply = await alice.post("/api/v1/uploads", json=wish(b"x" * 10, **more))
    assert reply.status_code == status
    assert reply.headers["content-type"] == "application/problem+json"


async def test_an_upload_belongs_to_who_announced_it(
    alice: httpx2.AsyncClient, bob: httpx2.AsyncClient, client: httpx2.AsyncClient
) -> None:
    content = factories.picture()
    upload = (await alice.post("/api/v1/uploads", json=wish(content))).json()
    assert (await client.put(upload["upload_url"], content=content, headers=upload["headers"])).status_code == 204
    path = f"/api/v1/uploads/{upload['asset_id']}/complete"
    assert (await bob.post(path)).status_code == 404
    assert (await client.post(path)).status_code == 401
    assert (await alice.get(f"/api/v1/assets/{upload['asset_id']}")).json()["url"] is None
    assert (await alice.post(path)).status_code == 200
    late = await client.put(upload["upload_url"], content=b"y" * len(content), headers=upload["headers"])
    assert (late.status_code, late.json()["code"]) == (404, FileMissing.code)


async def test_files_are_listed_in_windows_with_a_total(resources: Resources, alice: httpx2.AsyncClient) -> None:
    owner = str((await alice.get("/api/v1/auth/me")).json()["id"])
    made = [await factories.asset(resources, owner) for _ in range(5)]
    first = await alice.get("/api/v1/assets?limit=2")
    second = await alice.get(first.links["next"]["url"])
    found = [asset["id"] for reply in (first, second) for asset in reply.json()["assets"]]
    assert (found, first.json()["total"]) == (made[::-1][:4], 5)
    assert (await alice.get("/api/v1/assets?kind=film")).json() == {"assets": [], "total": 0}
    assert (await alice.get("/api/v1/assets?kind=secret")).status_code == 422


async def test_a_deleted_file_is_gone_with_its_bytes_and_links(
    resources: Resources, alice: httpx2.AsyncClient, bob: httpx2.AsyncClient, client: httpx2.AsyncClient, files: Files
) -> None:
    owner = str((await alice.get("/api/v1/auth/me")).json()["id"])
    path = f"/api/v1/assets/{await factories.asset(resources, owner)}"
    link = (await alice.get(path)).json()["url"]
    assert (await bob.delete(path)).status_code == 404
    assert (await client.get(link)).status_code == 200
    assert (await alice.delete(path)).status_code == 204
    assert (await alice.get(path)).status_code == (await alice.delete(path)).status_code == 404
    assert ((await client.get(link)).status_code, files()) == (404, [])
