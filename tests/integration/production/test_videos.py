"""A video in one shot: started, followed, listed, made again and deleted."""

import asyncio

import httpx2
import pytest

from app.production.errors import VideoNotFailed, VideoNotFound
from app.production.oneshot import LOOKS
from app.providers.errors import ContentBlocked
from app.providers.video import Failed
from tests.doubles.engines import ScriptedPlanner
from tests.doubles.speech import ScriptedSpeech
from tests.doubles.visuals import ScriptedCamera
from tests.scripted_house import House, Json

pytestmark = pytest.mark.flow

WISH = {"prompt": "A fox carries a lantern through the fog", "duration": 12}


async def ended(house: House, video_id: str) -> Json:
    async with asyncio.timeout(150):
        while True:
            video: Json = await house.get(f"/videos/{video_id}")
            if video["status"] not in {"pending", "processing"}:
                return video
            await asyncio.sleep(0.1)


async def test_a_prompt_becomes_a_video(house: House, planner: ScriptedPlanner, speaker: ScriptedSpeech) -> None:
    started = await house.person.post("/api/v1/videos/generate", json=WISH)
    assert (started.status_code, started.json()["status"]) == (200, "pending")
    video = await ended(house, started.json()["job_id"])
    assert (video["status"], video["error"], video["progress"]) == ("completed", None, 100)
    assert (video["style"], video["quality"], video["duration"]) == ("cinematic", "standard", 12)
    assert video["metadata"]["model_used"] == "MiniMax-Hailuo-02"
    assert video["metadata"]["generation_time"] > 0
    assert "film grain" in video["metadata"]["enhanced_prompt"]
    assert planner.briefs[0].style == LOOKS["cinematic"]
    assert len(speaker.said) == 2
    for name in ("video_url", "thumbnail_url"):
        path = "/" + video[name].split("/", 3)[-1] if video[name].startswith("http") else video[name]
        assert (await house.person.get(path)).status_code == 200
    assert [each["id"] for each in await house.get("/videos?limit=500")] == [video["id"]]
    assert await house.refused(f"/videos/{video['id']}/regenerate") == (400, VideoNotFailed.code)


async def test_a_video_without_narration_is_silent(
    house: House, speaker: ScriptedSpeech, camera: ScriptedCamera
) -> None:
    started = await house.post("/videos/generate", WISH | {"narration": False, "duration": 5})
    assert (await ended(house, started["job_id"]))["status"] == "completed"
    assert (speaker.said, len(camera.requests)) == ([], 1)


async def test_a_video_has_music_unless_it_is_left_out(house: House) -> None:
    moods = []
    for wish in ({}, {"music": False}):
        started = await house.post("/videos/generate", WISH | wish)
        video = await house.get(f"/videos/{started['job_id']}")
        moods.append((await house.get(f"/projects/{video['project_id']}"))["music"]["mood"])
    assert moods == ["auto", "none"]


async def test_a_failed_video_is_tried_again_under_its_id(house: House, camera: ScriptedCamera) -> None:
    camera.looks = [lambda task: Failed(ContentBlocked(provider="minimax"))]
    started = await house.post("/videos/generate", WISH | {"duration": 6})
    failed = await ended(house, started["job_id"])
    assert (failed["status"], bool(failed["error"])) == ("failed", True)
    again = await house.post(f"/videos/{failed['id']}/regenerate")
    assert (again["job_id"], again["status"]) == (failed["id"], "pending")
    assert (await ended(house, failed["id"]))["status"] == "completed"


async def test_a_deleted_video_is_gone_with_its_project(house: House, bob: httpx2.AsyncClient) -> None:
    started = await house.post("/videos/generate", WISH)
    path = f"/api/v1/videos/{started['job_id']}"
    assert (await bob.get(path)).json()["code"] == VideoNotFound.code
    assert (await bob.delete(path)).status_code == 404
    project_id = (await house.person.get(path)).json()["project_id"]
    assert (await house.person.delete(path)).json()["message"]
    assert (await house.person.get(path)).status_code == 404
    assert (await house.person.get(f"/api/v1/projects/{project_id}")).status_code == 404


@pytest.mark.parametrize("fault", [{"duration": 4}, {"duration": 61}, {"prompt": ""}, {"style": "baroque"}])
async def test_a_wish_outside_the_offer_is_refused(house: House, fault: Json) -> None:
    assert (await house.refused("/videos/generate", WISH | fault))[0] == 422
