"""Client B in its own order: reference, generate, poll, play, list, delete; without a token, as the local user."""

import asyncio
import base64
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Any

import httpx2
import pytest
from fastapi import FastAPI

from app.core.settings import Settings
from tests import factories
from tests.conftest import MakeSettings
from tests.people import alice, bob, signed_in
from tests.scripted_house import Vendor, app, kit, vendor

__all__ = ["alice", "app", "bob", "kit", "signed_in", "vendor"]

VIDEO, IMAGE, MUSIC = "/api/v1/video", "/api/v1/image", "/api/v1/music"
OWN_PAGE = "http://127.0.0.1:8000"
Json = dict[str, Any]
WISH: Json = {
    "prompt": "A fox carries a lantern through the fog",
    "style": "vintage",
    "aspectRatio": "16:9",
    "duration": 4,
    "fps": 30,
    "resolution": "4K",
    "motionIntensity": "high",
    "cameraMovement": "drone",
    "temperature": 0.7,
    "negativePrompt": "people, text",
    "seed": 42,
    "somethingElse": {"new": True},
}


@pytest.fixture
def settings(make_settings: MakeSettings, database_url: str) -> Settings:
    return make_settings(
        database={"database_url": database_url}, work={"embedded_worker": True}, security={"local_user": True}
    )


@pytest.fixture
async def page(app: FastAPI) -> AsyncIterator[httpx2.AsyncClient]:
    """The page on this machine: same origin, no Authorization, nothing stored."""
    transport = httpx2.ASGITransport(app=app, raise_app_exceptions=False, client=("127.0.0.1", 1))
    headers = {"Origin": OWN_PAGE}
    async with httpx2.AsyncClient(transport=transport, base_url=OWN_PAGE, headers=headers) as http:
        yield http


async def ended(page: httpx2.AsyncClient, path: str) -> Json:
    """Polls as the page does, which stops on completed and failed alone."""
    async with asyncio.timeout(120):
        while True:
            told: Json = (await page.get(path)).json()
            if told["status"] in {"completed", "failed"}:
                return told
            await asyncio.sleep(0.05)


async def reference_of(page: httpx2.AsyncClient) -> str:
    # PNG bytes under another name and label are normal for this page.
    files = {"file": ("photo.jpg", factories.picture(800, 600), "image/jpeg")}
    answer = await page.post(f"{VIDEO}/upload-reference", files=files)
    assert answer.status_code == 200, answer.text
    text: str = answer.json()["image_base64"]
    return text


async def test_a_video_from_a_prompt_and_a_reference_is_polled_played_listed_and_deleted(
    page: httpx2.AsyncClient, vendor: Vendor
) -> None:
    assert (await page.get(f"{VIDEO}/health")).json()["status"] == "healthy"
    reference = await reference_of(page)
    assert base64.b64decode(reference).startswith(b"\xff\xd8"), "handed back as a small JPEG"

    started = await page.post(f"{VIDEO}/generate", json=WISH | {"reference_image": reference})
    assert started.status_code == 200, started.text
    job_id = started.json()["job_id"]
    assert isinstance(job_id, str)

    told = await ended(page, f"{VIDEO}/status/{job_id}")
    assert (told["status"], told["progress"], told["error_message"]) == ("completed", 100, None), told

    film = await page.get(f"{VIDEO}/download/{job_id}", headers={"Range": "bytes=0-1023"})
    assert (film.status_code, film.headers["content-type"], len(film.content)) == (206, "video/mp4", 1024)
    assert film.content[4:8] == b"ftyp"
    whole = await page.head(f"{VIDEO}/download/{job_id}")
    assert whole.headers["accept-ranges"] == "bytes"

    jobs = (await page.get(f"{VIDEO}/jobs")).json()
    assert jobs["total"] == 1
    assert jobs["jobs"][0].items() >= {"job_id": job_id, "status": "completed", "progress": 100}.items()
    assert jobs["jobs"][0]["completed_at"].endswith("Z")

    assert (await page.delete(f"{VIDEO}/jobs/{job_id}")).status_code == 200
    assert (await page.get(f"{VIDEO}/status/{job_id}")).status_code == 404
    assert (await page.get(f"{VIDEO}/jobs")).json() == {"jobs": [], "total": 0}
    assert (await page.get(f"{VIDEO}/download/{job_id}")).status_code == 404


async def test_what_cannot_be_made_is_brought_to_the_nearest_and_said(page: httpx2.AsyncClient, vendor: Vendor) -> None:
    started = (await page.post(f"{VIDEO}/generate", json=WISH)).json()
    notes = " ".join(started["notes"])
    for word in (
        "6 seconds",
        "768p, the largest size",
        "24 frames",
        "temperature",
        "repeat a film",
        "rising tracking shot",
    ):
        assert word in notes
    told = await ended(page, f"{VIDEO}/status/{started['job_id']}")
    assert told["notes"] == started["notes"]
    project_id = (await page.get(f"/api/v1/videos/{started['job_id']}")).json()["project_id"]
    project = (await page.get(f"/api/v1/projects/{project_id}")).json()
    assert project["target_duration_sec"] == 6
    assert project["resolution"] == "768P"
    for direction in ("vintage", "energetic", "Tracking shot", "Avoid: people, text"):
        assert direction in project["style"]
    jobs = (await page.get("/api/v1/jobs", params={"project_id": project_id, "kind": "film.produce"})).json()["jobs"]
    assert jobs[0]["result"]["notes"] == started["notes"], "the job says it too"


async def test_snake_case_and_the_fewest_words_are_enough(page: httpx2.AsyncClient, vendor: Vendor) -> None:
    body = {"prompt": "A lighthouse", "aspect_ratio": "", "camera_movement": None, "motion_intensity": "low"}
    answer = await page.post(f"{VIDEO}/generate", json=body)
    assert (answer.status_code, answer.json()["notes"]) == (200, [])
    assert (await page.delete(f"{VIDEO}/jobs/{answer.json()['job_id']}")).status_code == 200


async def test_a_reference_that_is_no_picture_is_refused(page: httpx2.AsyncClient) -> None:
    answer = await page.post(f"{VIDEO}/generate", json=WISH | {"reference_image": "not base64!"})
    assert (answer.status_code, answer.json()["code"]) == (422, "video.reference_garbled")
    text = base64.b64encode(b"plain words, no picture at all").decode()
    answer = await page.post(f"{VIDEO}/generate", json=WISH | {"reference_image": f"data:image/png;base64,{text}"})
    assert answer.status_code == 422
    assert isinstance(answer.json()["detail"], str)
    assert (await page.get(f"{VIDEO}/jobs")).json()["total"] == 0


async def test_a_picture_is_drawn_listed_varied_and_deleted(page: httpx2.AsyncClient, vendor: Vendor) -> None:
    body = {"prompt": "A red fox in the snow", "style": "realistic", "aspect_ratio": "1:1", "quality": "high"}
    asked = (await page.post(f"{IMAGE}/generate", json=body)).json()
    image = await ended(page, f"{IMAGE}/{asked['id']}")
    assert image["status"] == "completed", image
    assert image["notes"] == ["The engine draws in one quality."]
    listed = await page.get(f"{IMAGE}/", params={"skip": 0, "limit": 20, "style": "realistic", "quality": "high"})
    assert [entry["id"] for entry in listed.json()] == [asked["id"]], "a bare array"
    assert (await page.get(f"{IMAGE}/", params={"style": "abstract"})).json() == []
    picture = await page.get(image["image_url"].removeprefix(OWN_PAGE))
    assert picture.headers["content-type"].startswith("image/")

    usage = (await page.get("/api/v1/usage", params={"group_by": "kind"})).json()
    assert "piece.picture" in str(usage), "the picture stands in the books"

    told = (await page.post(f"{IMAGE}/{asked['id']}/variations", params={"variation_count": 2})).json()
    others = [await ended(page, f"{IMAGE}/{entry['id']}") for entry in told["variations"]]
    assert [other["status"] for other in others] == ["completed", "completed"]
    again = (await page.post(f"{IMAGE}/{asked['id']}/regenerate")).json()
    assert (await ended(page, f"{IMAGE}/{again['id']}"))["status"] == "completed"
    assert len((await page.get(f"{IMAGE}/")).json()) == 4
    prompts = [request.prompt for request in vendor.image.requests]
    assert len(set(prompts)) == len(prompts) - 1, "variations differ; the same turn asks for the same"

    download = (await page.get(f"{IMAGE}/{asked['id']}/download", params={"format": "png"})).json()
    file = await page.get(download["download_url"].removeprefix(OWN_PAGE))
    assert file.headers["content-disposition"].startswith("attachment")
    assert (await page.delete(f"{IMAGE}/{asked['id']}")).status_code == 200
    assert (await page.get(f"{IMAGE}/{asked['id']}")).json()["code"] == "piece.not_found"
    assert (await page.get(image["image_url"].removeprefix(OWN_PAGE))).status_code == 404


async def test_music_is_composed_remixed_and_deleted(page: httpx2.AsyncClient) -> None:
    wish = {"prompt": "Rain on a window", "style": "jazz", "mood": "calm", "duration": 2, "tempo": "90 bpm"}
    extra = {"musical_key": "C minor", "vocal_style": "female"}
    asked = (await page.post(f"{MUSIC}/generate", json=wish | extra)).json()
    said = " ".join(asked["notes"])
    assert "5 seconds" in said
    assert "no singers" in said
    music = await ended(page, f"{MUSIC}/{asked['id']}")
    assert (music["status"], music["duration"]) == ("completed", 5.0)
    assert [entry["id"] for entry in (await page.get(f"{MUSIC}/", params={"skip": 0, "limit": 20})).json()] == [
        asked["id"]
    ]
    sound = await page.get(music["audio_url"].removeprefix(OWN_PAGE))
    assert sound.headers["content-type"] == "audio/mpeg"
    assert len(sound.content) > 5 * 20_000, "five seconds at 192 kbit/s"

    remix = (await page.post(f"{MUSIC}/{asked['id']}/remix", json={"remix_style": "rock"})).json()
    other = await ended(page, f"{MUSIC}/{remix['id']}")
    assert (other["style"], other["status"]) == ("rock", "completed")
    remade = await page.get(other["audio_url"].removeprefix(OWN_PAGE))
    assert remade.content != sound.content
    download = (await page.get(f"{MUSIC}/{asked['id']}/download", params={"format": "mp3"})).json()["download_url"]
    assert (await page.get(download.removeprefix(OWN_PAGE))).content == sound.content
    again = (await page.post(f"{MUSIC}/{asked['id']}/regenerate")).json()
    assert again["id"] != asked["id"]
    assert (await ended(page, f"{MUSIC}/{again['id']}"))["prompt"] == "Rain on a window"
    assert (await page.delete(f"{MUSIC}/{asked['id']}")).status_code == 200
    assert (await page.get(f"{MUSIC}/{asked['id']}")).status_code == 404


async def test_fixed_names_come_before_ids_and_everything_else_the_page_asks_is_there(
    page: httpx2.AsyncClient,
) -> None:
    for path in (f"{IMAGE}/styles/", f"{IMAGE}/qualities/", f"{MUSIC}/styles/", f"{MUSIC}/moods/"):
        assert len((await page.get(path)).json()) >= 3, path
    assert (await page.get("/api/v1/chat/personas")).json() == []
    placeholder = await page.get("/api/placeholder/400/300")
    assert placeholder.headers["content-type"].startswith("image/svg+xml")
    assert 'width="400" height="300"' in placeholder.text


async def test_settings_are_kept_and_keys_come_back_as_masks(page: httpx2.AsyncClient) -> None:
    path = "/api/v1/settings"
    assert (await page.get(path)).json()["google_api_key"] == ""
    body = {"google_api_key": "AIzaSecret-0123456789", "default_style": "cinematic", "auto_save": True, "theme": "dark"}
    kept = (await page.post(path, json=body)).json()
    assert kept.items() >= {"google_api_key": "••••6789", "default_style": "cinematic", "auto_save": True}.items()
    assert (await page.get("/api/v1/auth/me")).json()["theme_pref"] == "dark"

    # The page sends the whole object back, with the mask in it.
    again = (await page.post(path, json=kept | {"default_duration": 12})).json()
    assert again.items() >= {"google_api_key": "••••6789", "default_duration": 12, "auto_save": True}.items()
    assert "Secret" not in (await page.get(path)).text
    one = (await page.post(f"{path}/volume", json={"value": 0.5, "type": "number"})).json()
    assert one == {"key": "volume", "value": 0.5, "type": "number"}
    assert (await page.get(f"{path}/volume")).json()["value"] == 0.5
    assert (await page.get(f"{path}/google_api_key")).json()["value"] == "••••6789"
    missing = await page.get(f"{path}/nothing")
    assert (missing.status_code, missing.json()["code"]) == (404, "setting.not_found")


async def test_two_users_see_nothing_of_each_other(
    alice: httpx2.AsyncClient, bob: httpx2.AsyncClient, vendor: Vendor
) -> None:
    video = (await alice.post(f"{VIDEO}/generate", json={"prompt": "A lighthouse"})).json()["job_id"]
    image = (await alice.post(f"{IMAGE}/generate", json={"prompt": "A red fox"})).json()["id"]
    music = (await alice.post(f"{MUSIC}/generate", json={"prompt": "Rain", "duration": 5})).json()["id"]
    await alice.post("/api/v1/settings", json={"default_style": "vintage", "gemini_api_key": "AIza-0123456789"})
    await ended(alice, f"{IMAGE}/{image}")
    reads = (f"{VIDEO}/status/{video}", f"{VIDEO}/download/{video}", f"{IMAGE}/{image}", f"{MUSIC}/{music}")
    for path in (*reads, f"{IMAGE}/{image}/download", f"{MUSIC}/{music}/download"):
        assert (await bob.get(path)).status_code == 404, path
    for path in (f"{IMAGE}/{image}/regenerate", f"{IMAGE}/{image}/variations", f"{MUSIC}/{music}/regenerate"):
        assert (await bob.post(path)).status_code == 404, path
    assert (await bob.post(f"{MUSIC}/{music}/remix", json={"remix_style": "rock"})).status_code == 404
    for path in (f"{VIDEO}/jobs/{video}", f"{IMAGE}/{image}", f"{MUSIC}/{music}"):
        assert (await bob.delete(path)).status_code == 404, path
    assert (await bob.get(f"{VIDEO}/jobs")).json()["total"] == 0
    assert (await bob.get(f"{IMAGE}/")).json() == (await bob.get(f"{MUSIC}/")).json() == []
    theirs = (await bob.get("/api/v1/settings")).json()
    assert (theirs["default_style"], theirs["gemini_api_key"]) == ("cinematic", "")
    assert (await alice.get(f"{IMAGE}/{image}")).status_code == 200


async def test_without_any_proof_nothing_is_told(app: FastAPI) -> None:
    """A caller from elsewhere is not the local user."""
    async with AsyncExitStack() as opened:
        transport = httpx2.ASGITransport(app=app, raise_app_exceptions=False, client=("192.0.2.7", 1))
        http = await opened.enter_async_context(httpx2.AsyncClient(transport=transport, base_url=OWN_PAGE))
        for path in (f"{VIDEO}/jobs", f"{IMAGE}/", f"{MUSIC}/", "/api/v1/settings", "/api/v1/chat/personas"):
            assert (await http.get(path)).status_code == 401, path
        assert (await http.get(f"{VIDEO}/health")).status_code == 200
        assert (await http.get("/api/placeholder/4/3")).status_code == 200


async def test_settings_answer_in_both_spellings_with_defaults_instead_of_null(page: httpx2.AsyncClient) -> None:
    path = "/api/v1/settings"
    first = (await page.get(path)).json()
    assert None not in first.values()
    pairs = {"default_style": "defaultStyle", "auto_save": "autoSave", "google_api_key": "googleApiKey"}
    assert all(first[snake] == first[camel] for snake, camel in pairs.items())
    # The page changes the spelling that it knows and sends the whole object back.
    for spelling in ("defaultStyle", "default_style"):
        shown = (await page.get(path)).json()
        kept = (await page.post(path, json=shown | {spelling: f"from {spelling}"})).json()
        assert kept["default_style"] == kept["defaultStyle"] == f"from {spelling}"
    kept = (await page.post(path, json=kept | {"googleApiKey": "AIzaSecret-0123456789"})).json()
    assert kept["google_api_key"] == kept["googleApiKey"] == "••••6789"
    assert (await page.get(f"{path}/default_aspect_ratio")).json()["value"] == "16:9"


async def test_mood_filters_music(page: httpx2.AsyncClient) -> None:
    for mood in ("calm", "epic"):
        wish = {"prompt": "Rain on a window", "mood": mood, "duration": 5}
        assert (await page.post(f"{MUSIC}/generate", json=wish)).status_code == 200
    for asked, found in (("calm", ["calm"]), ("epic", ["epic"]), ("sad", []), ("", ["epic", "calm"])):
        listed = (await page.get(f"{MUSIC}/", params={"mood": asked})).json()
        assert [entry["mood"] for entry in listed] == found


async def test_chat_without_personas_is_a_sentence_never_404(page: httpx2.AsyncClient) -> None:
    asked = (
        ("POST", "message", {"persona_id": "x", "message": "Hello"}),
        ("GET", "conversations", None),
        ("GET", "conversations/1/messages", None),
        ("DELETE", "conversations/1", None),
    )
    for method, path, body in asked:
        answer = await page.request(method, f"/api/v1/chat/{path}", json=body)
        assert answer.status_code == 200, path
        assert answer.json()["message"].endswith(".")
