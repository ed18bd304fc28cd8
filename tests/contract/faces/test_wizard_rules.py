"""What the wizard client's face does with forgetful, repeated, hasty, faulty and foreign requests."""

import asyncio
from typing import Any

import httpx2
import pytest
from fastapi import FastAPI

from app.core.settings import Settings
from app.main import create_app
from app.resources import Outside
from app.shows.errors import NoShowYet, StagedFilmUnknown
from tests import factories
from tests.conftest import MakeSettings
from tests.contract.faces.wizard import API, WizardClient, opened, page, vendor
from tests.doubles.engines import ScriptedKit
from tests.doubles.visuals import VENDOR
from tests.scripted_house import Vendor, app, kit, settings

__all__ = ["app", "kit", "page", "settings", "vendor"]

Json = dict[str, Any]
STAGES: dict[str, Json] = {
    "images": {"prompts": ["A whale."], "video_mode": True},
    "voices": {"sentences": ["A whale."], "own_voice": False, "video_mode": True},
    "edit": {"video_mode": True},
    "bgmusic": {"music_path": "", "video_mode": True},
    "captions": {"video_mode": True},
    "scripts": {"video_mode": True},
}


async def test_without_a_job_a_sentence_says_what_to_do(page: WizardClient) -> None:
    for path, body in STAGES.items():
        refused = await page.call(path, body)
        assert (refused.status_code, refused.json()["code"]) == (409, NoShowYet.code), path
        assert refused.json()["message"] == refused.json()["detail"] == NoShowYet.message
    for name in ("youtube_shorts.mp4", "output_with_glowing_captions.mp4"):
        assert (await page.film(name)).status_code == 409
    sample = await page.upload("custom-voice", "voice_file", "me.wav", factories.sound(11), "audio/wav")
    assert sample.status_code == 409


async def test_bodies_on_c_carry_no_error_member(page: WizardClient) -> None:
    asked = [("POST", f"{API}/edit"), ("GET", f"{API}/nowhere"), ("GET", f"{API}/video"), ("POST", "/api/auth/login")]
    asked += [("PUT", f"{API}/edit"), ("GET", f"{API}/jobs/nothing")]
    for method, path in asked:
        refused = await page.http.request(method, path, json={}, headers=page.headers)
        assert refused.status_code >= 400, path
        assert "error" not in refused.json(), path
        assert refused.json()["message"] == refused.json()["detail"], path
    native = await page.http.get("/api/v1/projects/nothing", headers=page.headers)
    assert native.json()["error"]["message"] == native.json()["detail"], "what OpenAI SDKs read stays elsewhere"


async def test_only_the_three_names_are_films(page: WizardClient) -> None:
    refused = await page.film("../../etc/passwd")
    assert (refused.status_code, refused.json()["code"]) == (404, StagedFilmUnknown.code)


async def test_input_is_forgiving(page: WizardClient) -> None:
    body = {"title": " Whales ", "videoMode": False, "jobId": "", "channel_type": None, "language": "xx", "odd": [1]}
    content = await page.done("content", **body)
    manifest = (await page.http.get(f"{API}/jobs/{content['job_id']}", headers=page.headers)).json()
    assert (manifest["title"], manifest["video_mode"], manifest["channel_type"]) == ("Whales", False, None)
    assert (manifest["status"], manifest["complete"]) == ("running", False)
    nameless = await page.call("content", {"title": "", "video_mode": True})
    assert (nameless.status_code, nameless.json()["code"]) == (422, "show.topic_missing")
    assert isinstance(nameless.json()["message"], str)


async def test_a_picture_that_is_nobodys_or_anothers_is_not_drawn(
    page: WizardClient, app: FastAPI, vendor: Vendor
) -> None:
    await page.done("content", title="Whales", video_mode=True)
    paths = (await page.done("images", prompts=["A whale."], video_mode=True))["image_paths"]
    drawn = len(vendor.image.requests)
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app), base_url="http://testserver") as http:
        other = await opened(http, "bob")
        await other.done("content", title="Bob's", video_mode=True)
        for path in (paths[0], f"http://testserver{paths[0]}", "media/forged/x.png", "images/0.png"):
            refused = await other.call("modify-image", {"image_path": path, "prompt": "Mine.", "video_mode": True})
            assert refused.status_code == 404
    assert len(vendor.image.requests) == drawn


async def test_the_own_voice_speaks_once_it_was_recorded(page: WizardClient, vendor: Vendor) -> None:
    await page.done("content", title="Whales", video_mode=True)
    wish = {"sentences": ["A whale rises."], "own_voice": True, "video_mode": True}
    assert (await page.call("voices", wish)).status_code == 409
    sent = await page.upload("custom-voice", "voice_file", "me.mp3", factories.sound(11), "audio/mpeg")
    assert (sent.status_code, sent.json()["status"]) == (200, "success")
    spoken = await page.done("voices", **wish)
    assert len(spoken["voice_paths"]) == 1
    assert len(vendor.speech.cloned) == 1
    assert vendor.speech.said[-1].voice_id == f"clone-{vendor.speech.cloned[0].voice_key}"


async def test_the_voices_that_may_be_asked_for_are_listed(page: WizardClient, vendor: Vendor) -> None:
    vendor.speech.system_voices = ["narrator-1"]
    voices = (await page.http.get(f"{API}/voices/list", headers=page.headers)).json()["voices"]
    assert "narrator-1" in {voice["name"] for voice in voices}


async def test_music_goes_to_the_show_for_which_it_was_uploaded(
    page: WizardClient, caplog: pytest.LogCaptureFixture
) -> None:
    first = await page.done("content", title="Whales", video_mode=True)
    sent = await page.upload("upload-music", "music_file", "song.mp3", factories.sound(2), "audio/mpeg")
    # Two pages cannot be told apart, so the guess is written down.
    assert "latest_show_meant" in caplog.text
    await page.done("content", title="Owls", video_mode=True)
    refused = await page.call("bgmusic", {"music_path": sent.json()["music_path"], "video_mode": True})
    assert refused.json()["code"] == "show.video_missing"
    listed = (await page.http.get(f"{API}/user/{page.user_id}/jobs", headers=page.headers)).json()["jobs"]
    with_track = {job["job_id"] for job in listed if "upload-music" in job["artifacts"]}
    assert with_track == {first["job_id"]}


async def test_a_failed_stage_is_an_error_and_stands_in_the_manifest(page: WizardClient, kit: ScriptedKit) -> None:
    kit.moderation.scores = {"forbidden": {"violence/graphic": 0.99}}
    refused = await page.call("content", {"title": "forbidden things", "video_mode": True})
    assert refused.status_code >= 400
    assert refused.json()["message"] == refused.json()["detail"]
    listed = (await page.http.get(f"{API}/user/{page.user_id}/jobs", headers=page.headers)).json()["jobs"]
    assert [(job["status"], job["stages"]["content"]["success"]) for job in listed] == [("failed", False)]


async def test_two_people_share_nothing(page: WizardClient, app: FastAPI) -> None:
    content = await page.done("content", title="Whales", video_mode=True)
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app), base_url="http://testserver") as http:
        bob = await opened(http, "bob")
        pretending = bob.headers | {"x_user_id": page.user_id}
        for path in (f"jobs/{content['job_id']}", f"user/{page.user_id}/jobs", f"user/{page.user_id}/gallery"):
            assert (await http.get(f"{API}/{path}", headers=pretending)).status_code == 404, path
        for path, body in STAGES.items():
            named = body | {"job_id": content["job_id"]}
            assert (await http.post(f"{API}/{path}", json=named, headers=pretending)).status_code in {404, 409}, path
            assert (await http.post(f"{API}/{path}", json=body, headers=pretending)).status_code == 409, path
        assert (await http.get(f"{API}/user/{bob.user_id}/jobs", headers=pretending)).json() == {"jobs": []}
    again = (await page.http.get(f"{API}/jobs/{content['job_id']}", headers=page.headers)).json()
    assert list(again["stages"]) == ["content"]


@pytest.fixture
def hasty(make_settings: MakeSettings, database_url: str) -> Settings:
    """Nobody works, and replies are held for a second."""
    return make_settings(
        database={"database_url": database_url}, work={"embedded_worker": False, "client_wait_seconds": 1}
    )


async def test_a_repeated_call_joins_the_running_job_and_waits_no_longer_than_allowed(
    hasty: Settings, vendor: Vendor, kit: ScriptedKit
) -> None:
    application = create_app(hasty, outside=Outside(bundles={"local": kit, VENDOR: vendor}))
    async with application.router.lifespan_context(application):
        transport = httpx2.ASGITransport(app=application, raise_app_exceptions=False)
        async with httpx2.AsyncClient(transport=transport, base_url="http://testserver") as http:
            ada = await opened(http, "ada")
            for path, body in (("content", {"title": "Whales"}), ("pipeline", {"title": "Owls"})):
                calls = [ada.call(path, body | {"video_mode": True}) for _ in range(2)]
                answers = [*await asyncio.gather(*calls), await ada.call(path, body | {"video_mode": True})]
                assert [answer.status_code for answer in answers] == [504, 504, 504]
                assert len({answer.json()["job_id"] for answer in answers}) == 1
                assert isinstance(answers[0].json()["detail"], str)
            jobs = (await http.get(f"{API}/user/{ada.user_id}/jobs", headers=ada.headers)).json()["jobs"]
            assert [(job["title"], job["status"]) for job in jobs] == [("Owls", "running"), ("Whales", "running")]


async def test_no_stage_is_open_to_strangers(client: httpx2.AsyncClient) -> None:
    for path, body in STAGES.items():
        answer = await client.post(f"{API}/{path}", json=body, headers={"x_user_id": "somebody"})
        assert (answer.status_code, answer.json()["message"]) == (401, answer.json()["detail"])
    assert (await client.get(f"{API}/video?file=youtube_shorts.mp4")).status_code == 401
