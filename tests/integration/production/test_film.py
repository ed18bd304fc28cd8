"""One job makes the whole film, asks where it must, and goes on where it stopped."""

from collections import Counter

import httpx2
import pytest

from app.planning.errors import StoryMissing
from app.providers.errors import ContentBlocked
from app.providers.video import Failed
from tests.doubles.engines import ScriptedPlanner
from tests.doubles.speech import ScriptedSpeech
from tests.doubles.visuals import ScriptedCamera, ScriptedPainter
from tests.scripted_house import House, Json

pytestmark = pytest.mark.flow


async def made(house: House, **wish: object) -> tuple[Json, Json]:
    """A project and the job that has made its film without asking."""
    project = await house.project(**wish)
    job = await house.ended(await house.post(f"/projects/{project['id']}/produce", {"auto_approve": True}))
    assert job["phase"] == "succeeded", job
    return project, job


async def test_a_story_becomes_a_film_by_one_job(
    house: House, planner: ScriptedPlanner, speaker: ScriptedSpeech, camera: ScriptedCamera, painter: ScriptedPainter
) -> None:
    project, job = await made(house)
    shown = await house.get(f"/projects/{project['id']}")
    assert (shown["status"], [s["status"] for s in shown["segments"]]) == ("completed", ["generated"] * 2)
    assert shown["final_video_url"]
    assert (len(planner.briefs), len(speaker.said), len(painter.requests), len(camera.requests)) == (1, 2, 3, 2)
    assert job["progress"] == 100
    assert Counter(child["kind"] for child in await house.children(job)) == {
        "plan.create": 1,
        "segment.narrate": 2,
        "frame.make": 1,
        "segment.take": 2,
        "film.prepare": 1,
        "film.assemble": 1,
    }
    stages = [stage["stage"] for stage in (await house.get(f"/jobs/{job['id']}/manifest"))["stages"]]
    assert stages[0] == "planning"
    assert stages[-2:] == ["cutting", "done"]


async def test_a_film_that_stands_is_the_answer(house: House, camera: ScriptedCamera) -> None:
    project, _ = await made(house)
    again = await house.post(f"/projects/{project['id']}/produce", {"auto_approve": True}, Prefer="wait=30")
    assert (again["id"], again["status"]) == (project["id"], "completed")
    assert len(camera.requests) == 2


async def test_the_owner_is_asked_for_the_plan_and_for_the_clips(house: House, camera: ScriptedCamera) -> None:
    project = await house.project()
    job = await house.ended(await house.post(f"/projects/{project['id']}/produce"))
    assert (job["phase"], job["question"]["topic"], job["status"]) == ("awaiting_input", "approve_plan", "processing")
    assert camera.requests == []
    await house.post(f"/jobs/{job['id']}/answer", {"choice": "approve"})
    asked = await house.ended(job, "awaiting_input", "failed", "succeeded")
    while asked["question"] is None or asked["question"]["topic"] != "approve_clips":
        asked = await house.get(f"/jobs/{job['id']}")
    assert [s["status"] for s in await house.segments(project)] == ["generated"] * 2
    await house.post(f"/jobs/{job['id']}/answer", {"choice": "approve"})
    done = await house.ended(job, "succeeded", "failed")
    assert done["phase"] == "succeeded", done
    assert [s["status"] for s in await house.segments(project)] == ["segment_approved"] * 2


async def test_approvals_given_one_by_one_answer_the_question(house: House) -> None:
    project = await house.project()
    job = await house.ended(await house.post(f"/projects/{project['id']}/produce"))
    for segment in await house.segments(project):
        await house.post(f"/segments/{segment['id']}/approve")
    while (asked := await house.get(f"/jobs/{job['id']}"))["question"] is None or asked["question"]["topic"] != (
        "approve_clips"
    ):
        assert asked["phase"] in {"running", "awaiting_input"}
    assert asked["phase"] == "awaiting_input"


async def test_one_narration_edited_costs_one_speech_and_no_clip(
    house: House, speaker: ScriptedSpeech, camera: ScriptedCamera, painter: ScriptedPainter, planner: ScriptedPlanner
) -> None:
    project, _ = await made(house, target_duration_sec=60)
    before = (len(speaker.said), len(camera.requests), len(painter.requests), len(planner.briefs))
    assert before == (10, 10, 11, 1)
    film = (await house.get(f"/projects/{project['id']}"))["final_video_url"]
    segment = (await house.segments(project))[4]
    await house.patch(f"/segments/{segment['id']}", {"narration_text": "Lis patrzy na latarnię."})
    job = await house.ended(await house.post(f"/projects/{project['id']}/produce", {"auto_approve": True}))
    assert job["phase"] == "succeeded", job
    assert (len(speaker.said), len(camera.requests), len(painter.requests), len(planner.briefs)) == (11, 10, 11, 1)
    assert (await house.get(f"/projects/{project['id']}"))["final_video_url"].split("?")[0] != film


async def test_a_failed_clip_is_the_only_thing_that_a_retry_makes(
    house: House, speaker: ScriptedSpeech, camera: ScriptedCamera, painter: ScriptedPainter, planner: ScriptedPlanner
) -> None:
    camera.looks = [lambda task: Failed(ContentBlocked(provider="minimax"))]
    project = await house.project()
    job = await house.ended(await house.post(f"/projects/{project['id']}/produce", {"auto_approve": True}))
    assert (job["phase"], job["error"]["code"]) == ("failed", ContentBlocked.code)
    assert sorted(s["status"] for s in await house.segments(project)) in (
        ["approved", "failed"],
        ["failed", "generated"],
    )
    retried = await house.ended(await house.post(f"/jobs/{job['id']}/retry"))
    assert retried["phase"] == "succeeded", retried
    assert (len(planner.briefs), len(speaker.said), len(painter.requests)) == (1, 2, 3)
    assert len(camera.requests) == 3


async def test_without_a_story_nothing_begins(house: House) -> None:
    project = await house.project(story_prompt="")
    assert await house.refused(f"/projects/{project['id']}/produce") == (422, StoryMissing.code)


async def test_a_foreign_film_is_not_there(house: House, bob: httpx2.AsyncClient) -> None:
    project = await house.project()
    answer = await bob.post(f"/api/v1/projects/{project['id']}/produce")
    assert answer.status_code == 404
