"""A bucket gives files out and takes them in as the folder does: type, name, caches, ranges, scripts, sizes."""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx2
import pytest
from fastapi import FastAPI

from app.core.settings import Settings
from app.library.domain import AssetKind, AssetView
from app.library.intake import Intake, MadeFile
from app.library.links import MediaLinks
from app.library.service import LibraryService
from app.resources import Resources
from tests import factories
from tests.conftest import MakeSettings
from tests.standins.s3.moto_server import moto_served, new_bucket

Json = dict[str, Any]
PAGE = {"Origin": "https://pages.example"}


@pytest.fixture(scope="module")
def s3_address() -> Iterator[str]:
    with moto_served() as address:
        yield address


@pytest.fixture
def settings(make_settings: MakeSettings, sqlite_url: str, s3_address: str, tmp_path_factory: Any) -> Settings:
    name = tmp_path_factory.mktemp("bucket").name
    return make_settings(database={"database_url": sqlite_url}, storage=new_bucket(s3_address, f"films-{name}"))


@pytest.fixture
def resources(app: FastAPI) -> Resources:
    found: Resources = app.state.resources
    return found


@pytest.fixture
async def browser() -> AsyncIterator[httpx2.AsyncClient]:
    """Whoever follows to the bucket: it has no key of ours and no token."""
    async with httpx2.AsyncClient() as http:
        yield http


@pytest.fixture
async def picture(resources: Resources, alice: httpx2.AsyncClient) -> AssetView:
    owner = str((await alice.get("/api/v1/auth/me")).json()["id"])
    asset_id = await factories.asset(resources, owner)
    async with resources.database.reading() as session:
        return await LibraryService.over(session, resources).owned(asset_id, owner)


def wish(content: bytes) -> Json:
    digest = hashlib.sha256(content).hexdigest()
    return {"purpose": "first_frame", "content_type": "image/png", "size_bytes": len(content), "sha256": digest}


async def test_a_bucket_says_of_a_file_what_the_folder_says(
    resources: Resources, client: httpx2.AsyncClient, browser: httpx2.AsyncClient, picture: AssetView
) -> None:
    links = MediaLinks.over(resources)
    for link, disposition in ((links.to(picture), "inline"), (links.to(picture, download=True), "attachment")):
        pointed = await client.get(link)
        assert (pointed.status_code, pointed.headers["cache-control"]) == (307, "private, no-store")
        ours, theirs = await client.head(link), await browser.get(pointed.headers["location"])
        assert theirs.status_code == 200, theirs.text
        assert hashlib.sha256(theirs.content).hexdigest() == picture.sha256
        for name in ("content-type", "content-disposition"):
            assert theirs.headers[name] == ours.headers[name]
        assert theirs.headers["content-disposition"].startswith(disposition)
        assert theirs.headers["cache-control"].startswith("private, max-age=")
        part = await browser.get(pointed.headers["location"], headers={"Range": "bytes=10-19"})
        assert (part.status_code, part.content) == (206, theirs.content[10:20])


async def test_a_bucket_is_read_at_one_address_for_as_long_as_the_link_is_the_same(
    resources: Resources, client: httpx2.AsyncClient, picture: AssetView
) -> None:
    link = MediaLinks.over(resources).to(picture)
    first = (await client.get(link)).headers["location"]
    await asyncio.sleep(1.1)
    assert (await client.get(link)).headers["location"] == first


async def test_what_could_be_a_page_never_comes_from_a_bucket(
    resources: Resources, client: httpx2.AsyncClient, picture: AssetView
) -> None:
    async with Intake(resources).temp_dir() as temp_dir:
        page = temp_dir / "page"
        page.write_bytes(b"<!doctype html>")
        kept = await Intake(resources).keep(picture.owner_id, AssetKind.REPORT, "proof", MadeFile(page, "html", {}))
    shown = await client.get(MediaLinks.over(resources).to(kept))
    assert (shown.status_code, shown.content) == (200, b"<!doctype html>")
    assert "sandbox" in shown.headers["content-security-policy"]


async def test_a_script_reads_a_bucket_through_us_whatever_the_bucket_allows(
    resources: Resources, client: httpx2.AsyncClient, picture: AssetView
) -> None:
    link = MediaLinks.over(resources).to(picture)
    for headers in (PAGE, {"Sec-Fetch-Mode": "cors"}):
        whole = await client.get(link, headers=headers)
        assert (whole.status_code, whole.headers["access-control-allow-origin"]) == (200, "*")
        assert hashlib.sha256(whole.content).hexdigest() == picture.sha256
        part = await client.get(link, headers={**headers, "Range": "bytes=0-9"})
        assert (part.status_code, part.content) == (206, whole.content[:10])


async def test_a_deleted_file_is_gone_from_the_bucket_too(
    resources: Resources, alice: httpx2.AsyncClient, browser: httpx2.AsyncClient, picture: AssetView
) -> None:
    link = MediaLinks.over(resources).to(picture)
    address = (await alice.get(link)).headers["location"]
    assert (await alice.delete(f"/api/v1/assets/{picture.id}")).status_code == 204
    assert (await alice.get(link)).status_code == 404
    assert (await browser.get(address)).status_code in {403, 404}, "a bucket does not say which names it has"


async def test_a_bucket_takes_exactly_the_upload_that_was_announced(
    alice: httpx2.AsyncClient, browser: httpx2.AsyncClient, resources: Resources
) -> None:
    content = factories.picture()
    upload = (await alice.post("/api/v1/uploads", json=wish(content))).json()
    assert upload["upload_url"].startswith(resources.settings.storage.aws_endpoint_url)
    for other in (content + b"x", content[:-1], b""):
        refused = await browser.put(upload["upload_url"], content=other, headers=upload["headers"])
        assert refused.status_code == 403, "the number of bytes is part of what is signed"
    disguised = await browser.put(upload["upload_url"], content=content, headers={"Content-Type": "text/html"})
    assert disguised.status_code == 403
    sent = await browser.put(upload["upload_url"], content=content, headers=upload["headers"])
    assert sent.status_code == 200, sent.text
    done = await alice.post(f"/api/v1/uploads/{upload['asset_id']}/complete")
    assert (done.status_code, done.json()["state"]) == (200, "ready")
