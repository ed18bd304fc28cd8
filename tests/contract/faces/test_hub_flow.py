"""Client D from registration to the downloaded film: its own requests in its own order, offline, at a real worker."""

import asyncio
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

import httpx2
import pytest
from fastapi import FastAPI

from app.accounts.dependencies import SESSION_COOKIE
from app.core.settings import Settings
from app.resources import Resources
from tests.conftest import MakeSettings
from tests.doubles.signing_store import SigningStore

HUB = "/hub/api/v1"
Json = dict[str, Any]
SCRIPT = "Lis budzi się o świcie.\n\nLis znajduje latarnię.\n"
WISH = {"music_prompt": "calm piano", "video_duration": 5, "audio_volume": 0.5, "title": "Lis"}
PROGRESS = {
    **dict.fromkeys(("pending", "validating", "queued", "processing"), 0),
    "generating_images": 10,
    "generating_video": 40,
    "generating_audio": 70,
    "composing": 85,
    "completed": 100,
}


@pytest.fixture
def settings(make_settings: MakeSettings, database_url: str) -> Settings:
    return make_settings(database={"database_url": database_url}, work={"embedded_worker": True})


async def signed_in(page: httpx2.AsyncClient) -> None:
    """Registers, and logs in with the password in the query and an empty form."""
    body = {"email": "ada@example.com", "password": "three small apples", "full_name": "Ada"}
    made = await page.post(f"{HUB}/auth/register", json=body)
    assert made.status_code == 201, made.text
    assert made.json().keys() >= {"id", "email", "full_name", "created_at"}
    query = {"email": body["email"], "password": body["password"]}
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    told = await page.post(f"{HUB}/auth/login", params=query, content=b"", headers=form)
    assert told.status_code == 200, told.text
    assert (told.json()["token_type"], told.json()["expires_in"]) == ("bearer", 1440 * 60)
    assert SESSION_COOKIE in page.cookies
    page.cookies.clear()
    page.headers["Authorization"] = f"Bearer {told.json()['access_token']}"
    assert (await page.get(f"{HUB}/auth/me")).json()["email"] == body["email"]


async def followed(page: httpx2.AsyncClient, job: Json) -> list[Json]:
    """What polling shows until the job has ended."""
    seen: list[Json] = []
    async with asyncio.timeout(180):
        while not seen or seen[-1]["status"] not in {"completed", "failed", "cancelled"}:
            seen.append((await page.get(f"{HUB}/jobs/{job['id']}")).json())
            await asyncio.sleep(0.1)
    return seen


async def test_a_script_becomes_a_film_that_is_downloaded(client: httpx2.AsyncClient, app: FastAPI) -> None:
    await signed_in(client)
    project = await client.post(f"{HUB}/projects", json={"title": "Lis", "script": SCRIPT})
    assert project.status_code == 201, project.text
    assert (await client.get(f"{HUB}/projects?skip=0&limit=20")).json() == [project.json()]
    started = await client.post(f"{HUB}/jobs", json={"project_id": project.json()["id"], "config": WISH})
    assert started.status_code == 201, started.text
    job = started.json()
    early = await client.get(f"{HUB}/jobs/{job['id']}/download-url")
    assert (early.status_code, isinstance(early.json()["detail"], str)) == (400, True)
    again = await client.post(f"{HUB}/jobs", json={"project_id": project.json()["id"], "config": WISH})
    assert again.json()["id"] == job["id"], "the same film is not made twice at once"

    seen = await followed(client, job)
    assert seen[-1]["status"] == "completed", seen[-1]
    assert [shown["progress"] for shown in seen] == [PROGRESS[shown["status"]] for shown in seen]
    assert [shown["progress"] for shown in seen] == sorted(shown["progress"] for shown in seen)
    assert all(shown["output_video_url"] is None for shown in seen[:-1])
    await check_film(client, seen[-1])
    await check_straight_link(app, client, job)

    segments = (await client.get(f"/api/v1/projects/{project.json()['id']}/segments")).json()
    assert [s["narration_text"] for s in segments] == ["Lis budzi się o świcie.", "Lis znajduje latarnię."]
    listed = (await client.get(f"{HUB}/jobs?project_id={project.json()['id']}&status=completed")).json()
    assert [(shown["id"], shown["progress"]) for shown in listed] == [(job["id"], 100)]
    assert (await client.delete(f"{HUB}/projects/{project.json()['id']}")).status_code == 204
    assert (await client.get(f"{HUB}/projects/{project.json()['id']}")).status_code == 404


async def check_film(client: httpx2.AsyncClient, job: Json) -> None:
    """The film, its still and its download, each by its link alone."""
    assert (job["error_message"], job["config"]["music_prompt"]) == (None, "calm piano")
    assert None not in (job["started_at"], job["completed_at"])
    download = (await client.get(f"{HUB}/jobs/{job['id']}/download-url")).json()
    assert download["expires_in"] == 3600
    bearer = client.headers.pop("Authorization")
    kinds = {}
    for link in (job["output_video_url"], job["thumbnail_url"], download["download_url"]):
        assert link.startswith("http://testserver/hub/media/"), link
        found = await client.get(urlsplit(link).path)
        assert found.status_code == 200
        kinds[link] = found.headers["content-type"].split("/")[0]
    assert list(kinds.values()) == ["video", "image", "video"]
    part = await client.get(urlsplit(job["output_video_url"]).path, headers={"Range": "bytes=0-9"})
    assert (part.status_code, len(part.content)) == (206, 10)
    client.headers["Authorization"] = bearer


async def check_straight_link(app: FastAPI, client: httpx2.AsyncClient, job: Json) -> None:
    """The download leads on to an object store that serves it by itself."""
    resources: Resources = app.state.resources
    store = SigningStore(resources.settings.storage.storage_path, resources.threads)
    app.state.resources = replace(resources, store=store)
    download = (await client.get(f"{HUB}/jobs/{job['id']}/download-url")).json()
    pointed = await client.get(download["download_url"])
    app.state.resources = resources
    assert (pointed.status_code, pointed.headers["location"][:23]) == (307, "https://bucket.example/")
