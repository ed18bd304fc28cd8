"""The wizard client from title to captioned film, as recorded, with a worker and scripted engines."""

import io

import httpx2
import pytest
from fastapi import FastAPI
from PIL import Image

from app.core.settings import Settings
from app.main import create_app
from app.media.mp4_reading import MediaInfo
from app.media.probe import Probes
from app.providers.image import ImageRequest, MadePictures, Still
from app.providers.values import MediaType
from app.resources import Resources
from tests import factories
from tests.contract.faces.wizard import WizardClient, opened, page, vendor
from tests.scripted_house import Vendor, app, kit, settings

__all__ = ["app", "kit", "page", "settings", "vendor"]

TITLE = "Seven lights that whales follow"
PROMPTS = ["A whale under stars.", "A lighthouse in fog."]
SENTENCES = ["A whale rises.", "A light answers."]
VOICE = "Fritz-PlayAI"
CAPTIONED, SCORED, PLAIN = (
    "output_with_glowing_captions.mp4",
    "youtube_shorts_with_music.mp4",
    "youtube_shorts.mp4",
)


async def test_the_whole_way_in_the_order_of_the_wizard(page: WizardClient, app: FastAPI, vendor: Vendor) -> None:
    await page.done("set-video-mode", video_mode=True)
    job_id = await told(page)
    await shown(page, job_id, vendor)
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
    await finished(page, job_id)
    films = [(await page.film(name)).content for name in (PLAIN, SCORED, CAPTIONED)]
    assert len(set(films)) == 3
    assert films[0] == plain.content
    part = await page.film(CAPTIONED, Range="bytes=0-99")
    assert (part.status_code, part.content) == (206, films[2][:100])
    looked_at = await probed(app.state.resources, films[2])
    assert abs(float(looked_at.duration_seconds) - 2.0) < 0.5
    assert looked_at.audio is not None
    await recorded(page, job_id)


async def told(page: WizardClient) -> str:
    """Content and script: texts that the page can split and list."""
    content = await page.done("content", title=TITLE, video_mode=True, channel_type="nature")
    assert isinstance(content["content"], str)
    assert len(content["content"].splitlines()) == 5
    script = await page.done(
        "scripts",
        title=TITLE,
        content=content["content"],
        video_mode=True,
        channel_type="nature",
        job_id=content["job_id"],
    )
    assert isinstance(script["script"], str)
    assert len(script["voice_scripts"]) == len(script["image_prompts"]) == 5
    assert script["job_id"] == content["job_id"]
    return str(script["job_id"])


async def shown(page: WizardClient, job_id: str, vendor: Vendor) -> None:
    """Pictures, one of which is changed and keeps its address."""
    drawn = await page.done("images", prompts=PROMPTS, video_mode=True, job_id=job_id)
    assert [path.partition("/media/")[0] for path in drawn["image_paths"]] == ["", ""]
    address = drawn["image_paths"][1]
    before = await page.bytes_of(address)
    vendor.image.script = [in_green]
    link = f"{address.removeprefix('/')}?t=1763700000000"
    await page.done("modify-image", image_path=link, prompt="A lighthouse at noon.", video_mode=True)
    assert vendor.image.requests[-1].prompt.startswith("A lighthouse at noon.")
    changed = await page.http.get(f"{address}?t=2")
    assert changed.status_code == 200
    assert changed.content != before
    assert "private" in changed.headers["cache-control"]


def in_green(_request: ImageRequest) -> MadePictures:
    drawing = io.BytesIO()
    Image.new("RGB", (1280, 720), (20, 120, 60)).save(drawing, "PNG")
    return MadePictures((Still(drawing.getvalue(), MediaType.PNG),))


async def finished(page: WizardClient, job_id: str) -> None:
    """Music and captions, both without a word about the job."""
    sent = await page.upload("upload-music", "music_file", "song.mp3", factories.sound(2), "audio/mpeg")
    scored = await page.done("bgmusic", music_path=sent.json()["music_path"], video_mode=True)
    captioned = await page.done("captions", video_mode=True)
    assert scored["job_id"] == captioned["job_id"] == job_id


async def recorded(page: WizardClient, job_id: str) -> None:
    """The manifest of the job, the list of jobs, and the gallery."""
    manifest = (await page.http.get(f"/api/video/jobs/{job_id}", headers=page.headers)).json()
    known = {"title": TITLE, "status": "completed", "video_mode": True, "user_id": page.user_id, "complete": True}
    assert known.items() <= manifest.items()
    assert manifest["channel_type"] == "nature"
    stages = ["content", "scripts", "images", "modify-image", "voices", "edit", "bgmusic", "captions"]
    assert list(manifest["stages"]) == stages
    for stage in manifest["stages"].values():
        assert stage["success"] is True
        assert stage["ts"] >= manifest["created_ts"]
        assert stage["info"]["run_seconds"] > 0
    assert len(manifest["artifacts"]["images"]) == len(manifest["artifacts"]["voices"]) == 2
    assert await page.bytes_of(manifest["artifacts"]["edit"]) == (await page.film(PLAIN)).content
    lengths = [manifest["stages"][name]["info"]["seconds"] for name in ("edit", "bgmusic")]
    assert lengths == [pytest.approx(2.0, abs=0.5)] * 2, "a manifest keeps seconds (length) and run_seconds apart"
    assert "seconds" not in manifest["stages"]["content"]["info"]
    listed = (await page.http.get(f"/api/video/user/{page.user_id}/jobs", headers=page.headers)).json()["jobs"]
    assert [(job["job_id"], job["status"]) for job in listed] == [(job_id, "completed")]
    items = (await page.http.get(f"/api/video/user/{page.user_id}/gallery")).json()["items"]
    # The films that the last one was made from are no films of their own.
    assert [item["title"] for item in items] == [TITLE]
    assert await page.bytes_of(items[0]["url"]) == (await page.film(CAPTIONED)).content


async def probed(resources: Resources, film: bytes) -> MediaInfo:
    path = resources.settings.storage.storage_path / "probed.mp4"
    await resources.threads.run(path.write_bytes, film)
    return await Probes(resources.tools, resources.threads).probe(path)


async def test_everything_with_one_call_offline(settings: Settings) -> None:
    application = create_app(settings)
    async with application.router.lifespan_context(application):
        transport = httpx2.ASGITransport(app=application)
        async with httpx2.AsyncClient(transport=transport, base_url="http://testserver") as http:
            film = await piped(await opened(http, "ada"))
        looked_at = (await probed(application.state.resources, film)).video
        assert looked_at is not None
        assert (looked_at.width_px, looked_at.height_px) == (1080, 1920)


async def piped(page: WizardClient) -> bytes:
    """One call makes all; the film is the captioned one, and it stands upright."""
    found = await page.done("pipeline", topic=TITLE, video_mode=False, duration=8, language="en")
    assert found["content"]
    assert len(found["image_paths"]) == len(found["voice_paths"]) == len(found["scripts"]) == 1
    assert await page.bytes_of(found["video_path"]) == (await page.film(CAPTIONED)).content
    assert (await page.bytes_of(found["captions_path"])).startswith(b"1\n00:00:00")
    manifest = (await page.http.get(f"/api/video/jobs/{found['job_id']}", headers=page.headers)).json()
    assert (manifest["video_mode"], manifest["complete"]) == (False, True)
    assert "captions" in manifest["artifacts"]
    return await page.bytes_of(found["video_path"])
