"""The wizard client from title to captioned film, as recorded, with a worker and scripted engines."""

from collections.abc import AsyncIterator
from typing import Any

import httpx2
import pytest
from fastapi import FastAPI

from app.core.settings import Settings
from app.main import create_app
from app.media.probe import Probes
from app.resources import Resources
from tests import factories
from tests.conftest import MakeSettings
from tests.contract.faces.wizard import WizardClient, opened
from tests.doubles.engines import ScriptedKit
from tests.doubles.visuals import VENDOR
from tests.integration.shows.conftest import Vendor

Json = dict[str, Any]
TITLE = "Seven lights that whales follow"
PROMPTS = ["A whale under stars.", "A lighthouse in fog."]
SENTENCES = ["A whale rises.", "A light answers."]
VOICE = "Fritz-PlayAI"
CAPTIONED, SCORED, PLAIN = (
    "output_with_glowing_captions.mp4",
    "youtube_shorts_with_music.mp4",
    "youtube_shorts.mp4",
)


@pytest.fixture
def vendor() -> Vendor:
    return Vendor()


@pytest.fixture
def kit() -> ScriptedKit:
    return ScriptedKit()


@pytest.fixture
def settings(make_settings: MakeSettings, database_url: str) -> Settings:
    return make_settings(database={"database_url": database_url}, work={"embedded_worker": True})


@pytest.fixture
async def app(settings: Settings, vendor: Vendor, kit: ScriptedKit) -> AsyncIterator[FastAPI]:
    application = create_app(settings, kits={"local": kit, VENDOR: vendor})
    async with application.router.lifespan_context(application):
        yield application


@pytest.fixture
async def page(client: httpx2.AsyncClient) -> WizardClient:
    return await opened(client, "ada")


async def written(page: WizardClient) -> Json:
    """The first two steps of the wizard."""
    content = await page.done("content", title=TITLE, video_mode=True, channel_type="nature")
    return await page.done(
        "scripts",
        title=TITLE,
        content=content["content"],
        video_mode=True,
        channel_type="nature",
        job_id=content["job_id"],
    )


async def filmed(page: WizardClient) -> Json:
    """All steps up to the plain film."""
    job_id = (await written(page))["job_id"]
    await page.done("images", prompts=PROMPTS, video_mode=True, job_id=job_id)
    await page.done("voices", sentences=SENTENCES, voice=VOICE, own_voice=False, video_mode=True, job_id=job_id)
    return await page.done("edit", video_mode=True, job_id=job_id)


async def test_the_whole_way_in_the_order_of_the_wizard(page: WizardClient, app: FastAPI, vendor: Vendor) -> None:
    await page.done("set-video-mode", video_mode=True)
    content = await page.done("content", title=TITLE, video_mode=True, channel_type="nature")
    assert isinstance(content["content"], str)
    assert len(content["content"].splitlines()) == 5
    job_id = content["job_id"]
    script = await page.done(
        "scripts", title=TITLE, content=content["content"], video_mode=True, channel_type="nature", job_id=job_id
    )
    assert isinstance(script["script"], str)
    assert len(script["voice_scripts"]) == len(script["image_prompts"]) == 5
    assert script["job_id"] == job_id

    drawn = await page.done("images", prompts=PROMPTS, video_mode=True, job_id=job_id)
    assert all(path.startswith("/media/") for path in drawn["image_paths"])
    before = [await page.bytes_of(path) for path in drawn["image_paths"]]
    assert len(before) == 2
    path = drawn["image_paths"][1]
    body = {"image_path": f"{path.removeprefix('/')}?t=1763700000000", "prompt": "A lighthouse at noon."}
    assert (await page.call("modify-image", body | {"video_mode": True})).is_success
    assert vendor.image.requests[-1].prompt.startswith("A lighthouse at noon.")
    changed = await page.http.get(f"{path}?t=2")
    assert changed.status_code == 200
    assert "no-store" in changed.headers["cache-control"]

    spoken = await page.done(
        "voices", sentences=SENTENCES, voice=VOICE, own_voice=False, video_mode=True, job_id=job_id
    )
    assert [await page.bytes_of(path) for path in spoken["voice_paths"]]
    assert len(spoken["notes"]) == 1
    cut = await page.done("edit", video_mode=True, job_id=job_id)
    assert cut["video_path"].startswith("/media/")
    plain = await page.film(PLAIN)
    assert (plain.status_code, plain.headers["content-type"]) == (200, "video/mp4")
    # A later stage that was skipped is no reason to show nothing.
    assert (await page.film(CAPTIONED)).content == plain.content

    sent = await page.upload("upload-music", "music_file", "song.mp3", factories.sound(2), "audio/mpeg")
    track = sent.json()["music_path"]
    scored = await page.done("bgmusic", music_path=track, video_mode=True)
    assert scored["job_id"] == job_id
    captioned = await page.done("captions", video_mode=True)
    assert captioned["job_id"] == job_id
    films = [(await page.film(name)).content for name in (PLAIN, SCORED, CAPTIONED)]
    assert len(set(films)) == 3
    assert films[0] == plain.content
    part = await page.film(CAPTIONED, Range="bytes=0-99")
    assert (part.status_code, part.content) == (206, films[2][:100])
    await lasts(app.state.resources, films[2], 2.0)


async def lasts(resources: Resources, film: bytes, seconds: float) -> None:
    path = resources.settings.storage.storage_path / "probed.mp4"
    await resources.threads.run(path.write_bytes, film)
    found = await Probes(resources.tools, resources.threads).probe(path)
    assert abs(float(found.duration_seconds) - seconds) < 0.5
    assert {stream.kind for stream in found.streams} >= {"video", "audio"}


async def test_the_manifest_tells_what_happened_and_where_the_files_are(page: WizardClient) -> None:
    cut = await filmed(page)
    manifest = (await page.http.get(f"/api/video/jobs/{cut['job_id']}", headers=page.headers)).json()
    assert {name: manifest[name] for name in ("title", "status", "video_mode", "user_id", "channel_type")} == {
        "title": TITLE,
        "status": "completed",
        "video_mode": True,
        "user_id": page.user_id,
        "channel_type": "nature",
    }
    assert manifest["complete"] is True
    assert list(manifest["stages"]) == ["content", "scripts", "images", "voices", "edit"]
    for stage in manifest["stages"].values():
        assert stage["success"] is True
        assert stage["ts"] >= manifest["created_ts"]
        assert stage["info"]["seconds"] > 0
    assert len(manifest["artifacts"]["images"]) == len(manifest["artifacts"]["voices"]) == 2
    assert await page.bytes_of(manifest["artifacts"]["edit"]) == (await page.film(PLAIN)).content
    listed = (await page.http.get(f"/api/video/user/{page.user_id}/jobs", headers=page.headers)).json()["jobs"]
    assert [(job["job_id"], job["status"]) for job in listed] == [(cut["job_id"], "completed")]
    gallery = (await page.http.get(f"/api/video/user/{page.user_id}/gallery")).json()["items"]
    assert [item["title"] for item in gallery] == [TITLE]


async def test_everything_with_one_call(page: WizardClient) -> None:
    found = await page.done("pipeline", topic=TITLE, video_mode=False, duration=8, language="en")
    assert found["content"]
    assert len(found["image_paths"]) == len(found["voice_paths"]) == len(found["scripts"]) == 1
    assert await page.bytes_of(found["video_path"]) == (await page.film(CAPTIONED)).content
    assert (await page.bytes_of(found["captions_path"])).startswith(b"1\n00:00:00")
    manifest = (await page.http.get(f"/api/video/jobs/{found['job_id']}", headers=page.headers)).json()
    assert (manifest["video_mode"], manifest["complete"]) == (False, True)
    assert "captions" in manifest["artifacts"]
