"""Files over HTTP: links with ranges, direct uploads, a job's download, and refusals by name."""

import hashlib

import httpx2
import pytest
from fastapi import FastAPI

from app.accounts.errors import ScopeMissing
from app.core.errors import Forbidden, NotSignedIn
from app.jobs.domain import JobStatus
from app.jobs.errors import NotDownloadable
from app.jobs.repository import JobRepository
from app.library.errors import AssetNotFound
from app.resources import Resources
from app.storage.base import FileMissing, FileTooLarge
from app.storage.signing import LinkRefused
from tests import factories


@pytest.fixture
def resources(app: FastAPI) -> Resources:
    found: Resources = app.state.resources
    return found


async def own_id(client: httpx2.AsyncClient) -> str:
    return str((await client.get("/api/v1/auth/me")).json()["id"])


async def test_a_link_serves_the_file_to_whoever_has_it(
    resources: Resources, alice: httpx2.AsyncClient, client: httpx2.AsyncClient
) -> None:
    asset_id = await factories.asset(resources, await own_id(alice))
    asset = (await alice.get(f"/api/v1/assets/{asset_id}")).json()
    whole = await client.get(asset["url"])
    assert (whole.status_code, whole.headers["content-type"]) == (200, "image/png")
    assert hashlib.sha256(whole.content).hexdigest() == asset["sha256"]
    for prefix in ("", "/spa", "/hub", "/studio-api"):
        part = await client.get(f"{prefix}{asset['url']}?t=1&t=1", headers={"Range": "bytes=10-19"})
        assert (part.status_code, part.content) == (206, whole.content[10:20])
    head = await client.head(asset["url"])
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-length"] == str(asset["size_bytes"])
    known = await client.get(asset["url"], headers={"If-None-Match": whole.headers["etag"]})
    assert known.status_code == 304
    for reply in (whole, head, known):
        assert reply.headers["x-content-type-options"] == "nosniff"
        assert reply.headers["content-security-policy"].startswith("default-src 'none'; media-src 'self';")


async def test_a_forged_link_and_a_foreign_asset_are_refused_by_name(
    resources: Resources, alice: httpx2.AsyncClient, bob: httpx2.AsyncClient, client: httpx2.AsyncClient
) -> None:
    asset_id = await factories.asset(resources, await own_id(bob))
    refused = await client.get("/media/AAAA/x.png")
    assert (refused.status_code, refused.json()["code"]) == (403, LinkRefused.code)
    foreign = await alice.get(f"/api/v1/assets/{asset_id}")
    assert (foreign.status_code, foreign.json()["code"]) == (404, AssetNotFound.code)
    nobody = await client.get("/api/v1/assets")
    assert (nobody.status_code, nobody.json()["code"]) == (401, NotSignedIn.code)
    assert Forbidden.code != ScopeMissing.code


async def test_a_link_to_a_deleted_file_says_that_it_is_gone(
    resources: Resources, alice: httpx2.AsyncClient, client: httpx2.AsyncClient
) -> None:
    from app.library.service import LibraryService, discard

    owner = await own_id(alice)
    asset_id = await factories.asset(resources, owner)
    link = (await alice.get(f"/api/v1/assets/{asset_id}")).json()["url"]
    async with resources.database.reading() as session:
        asset = await LibraryService.over(session, resources).owned(asset_id, owner)
    await discard(resources, asset)
    gone = await client.get(link)
    assert (gone.status_code, gone.json()["code"]) == (404, FileMissing.code)


async def test_a_direct_upload_goes_past_the_form(alice: httpx2.AsyncClient, client: httpx2.AsyncClient) -> None:
    content = factories.picture()
    wish = {
        "purpose": "first_frame",
        "content_type": "image/png",
        "size_bytes": len(content),
        "sha256": hashlib.sha256(content).hexdigest(),
    }
    upload = (await alice.post("/api/v1/uploads", json=wish)).json()
    sent = await client.put(upload["upload_url"], content=content, headers=upload["headers"])
    assert sent.status_code == 204
    more = await client.put(upload["upload_url"], content=content + b"x", headers=upload["headers"])
    assert (more.status_code, more.json()["code"]) == (413, FileTooLarge.code)
    done = await alice.post(f"/api/v1/uploads/{upload['asset_id']}/complete")
    assert (done.status_code, done.json()["state"]) == (200, "ready")
    again = await alice.post(f"/api/v1/uploads/{upload['asset_id']}/complete")
    assert again.status_code == 200
    listed = (await alice.get("/api/v1/assets?kind=first_frame")).json()
    assert [asset["id"] for asset in listed["assets"]] == [upload["asset_id"]]


async def test_a_completed_job_has_a_download_and_another_has_none(
    resources: Resources, alice: httpx2.AsyncClient, client: httpx2.AsyncClient
) -> None:
    owner = await own_id(alice)
    job = await factories.job(resources, owner)
    path = f"/api/v1/jobs/{job.id}/download-url"
    early = await alice.get(path)
    assert (early.status_code, early.json()["code"]) == (409, NotDownloadable.code)
    asset_id = await factories.asset(resources, owner)
    async with resources.database.unit_of_work() as session:
        result = {"asset_id": asset_id}
        await JobRepository(session, resources.clock).move(job.id, to=JobStatus.COMPLETED, result=result)
    found = (await alice.get(path, params={"expires_in": 60})).json()
    served = await client.get(found["url"])
    assert served.status_code == 200
    assert served.headers["content-disposition"].startswith("attachment")
    assert (await alice.get(path, params={"expires_in": 86_401})).status_code == 422
