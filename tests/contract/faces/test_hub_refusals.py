"""Client D's refusals and its jobs' steps: moderation, moves by hand, logins in every form, other people."""

from collections.abc import AsyncIterator
from typing import Any

import httpx2
import pytest
from fastapi import FastAPI

from app.core.settings import Settings
from app.jobs.domain import JobStatus
from app.jobs.handlers import JobReporter
from app.jobs.service import JobService
from app.main import create_app
from app.production.domain import Stage
from app.production.errors import ScriptEmpty, ScriptTooLong
from app.providers.errors import Unreachable
from app.resources import Outside, Resources
from tests.doubles.engines import ScriptedJudge, ScriptedKit
from tests.doubles.visuals import VENDOR, VisualKit
from tests.people import SignedIn
from tests.scripted_house import judge, kit

__all__ = ["judge", "kit"]

HUB = "/hub/api/v1"
SCRIPT = "A fox wakes.\nIt finds a lantern."
Json = dict[str, Any]


@pytest.fixture
async def app(settings: Settings, kit: ScriptedKit) -> AsyncIterator[FastAPI]:
    application = create_app(settings, outside=Outside(bundles={"local": kit, VENDOR: VisualKit()}))
    async with application.router.lifespan_context(application):
        yield application


async def project_of(person: httpx2.AsyncClient, script: str = SCRIPT) -> Json:
    answer = await person.post(f"{HUB}/projects", json={"title": "Fox", "script": script})
    assert answer.status_code == 201, answer.text
    found: Json = answer.json()
    return found


async def job_of(person: httpx2.AsyncClient, **config: Any) -> Json:
    """A film that nobody works on here."""
    project = await project_of(person)
    answer = await person.post(f"{HUB}/jobs", json={"project_id": project["id"], "config": config})
    assert answer.status_code == 201, answer.text
    found: Json = answer.json()
    return found


async def test_a_refused_script_is_400_with_its_categories_and_nothing_is_kept(
    alice: httpx2.AsyncClient, judge: ScriptedJudge
) -> None:
    judge.scores["poison"] = {"illicit/violent": 0.95, "hate": 0.6}
    answer = await alice.post(f"{HUB}/projects", json={"title": "Fox", "script": "How to brew poison."})
    assert answer.status_code == 400
    assert answer.headers["X-Moderation-Categories"] == "illicit/violent"
    assert isinstance(answer.json()["detail"], str)
    assert (await alice.get(f"{HUB}/projects")).json() == []
    kept = await project_of(alice)
    changed = await alice.put(f"{HUB}/projects/{kept['id']}", json={"script": "How to brew poison."})
    assert changed.status_code == 400
    assert (await alice.get(f"{HUB}/projects/{kept['id']}")).json()["script"] == SCRIPT


async def test_a_judge_that_cannot_be_reached_lets_nothing_pass(
    alice: httpx2.AsyncClient, judge: ScriptedJudge
) -> None:
    project = await project_of(alice)
    judge.fault = Unreachable(provider="scripted")
    answer = await alice.post(f"{HUB}/projects", json={"title": "Fox", "script": "Another fox."})
    assert (answer.status_code, isinstance(answer.json()["detail"], str)) == (503, True)
    await alice.put(f"/api/v1/projects/{project['id']}", json={"story_prompt": "Words nobody has judged."})
    started = await alice.post(f"{HUB}/jobs", json={"project_id": project["id"], "config": {}})
    assert started.status_code == 503
    assert (await alice.get(f"{HUB}/jobs")).json() == []


@pytest.mark.parametrize("script", ["line\n" * 11, "a" * 2001])
async def test_a_script_without_room_is_refused_in_a_sentence(alice: httpx2.AsyncClient, script: str) -> None:
    answer = await alice.post(f"{HUB}/projects", json={"title": "Fox", "script": script})
    assert answer.status_code == 422
    assert isinstance(answer.json()["detail"], str)
    assert answer.json()["code"] == ScriptTooLong.code


@pytest.mark.parametrize("body", [{}, {"script": ""}, {"script": None}, {"script": " \n \t"}])
async def test_a_script_of_only_white_space_is_400_with_a_sentence_about_the_script(
    alice: httpx2.AsyncClient, body: Json
) -> None:
    answer = await alice.post(f"{HUB}/projects", json={"title": "Fox"} | body)
    assert (answer.status_code, answer.json()["detail"]) == (400, ScriptEmpty.message)
    assert (await alice.get(f"{HUB}/projects")).json() == []


async def test_a_change_to_only_white_space_is_400_as_well(alice: httpx2.AsyncClient) -> None:
    kept = await project_of(alice)
    answer = await alice.put(f"{HUB}/projects/{kept['id']}", json={"title": "Fox", "script": " \n "})
    assert (answer.status_code, answer.json()["detail"]) == (400, ScriptEmpty.message)
    assert (await alice.get(f"{HUB}/projects/{kept['id']}")).json()["script"] == SCRIPT


async def test_a_project_without_a_script_makes_no_film(alice: httpx2.AsyncClient) -> None:
    native = (await alice.post("/api/v1/projects", json={"name": "Silent"})).json()
    answer = await alice.post(f"{HUB}/jobs", json={"project_id": native["id"], "config": {}})
    assert (answer.status_code, answer.json()["code"]) == (400, ScriptEmpty.code)


async def test_a_blank_title_means_none(alice: httpx2.AsyncClient) -> None:
    answer = await alice.post(f"{HUB}/projects", json={"title": "  ", "script": SCRIPT})
    assert (answer.status_code, bool(answer.json()["title"])) == (201, True)
    kept = await alice.put(f"{HUB}/projects/{answer.json()['id']}", json={"title": " ", "script": ""})
    assert (kept.status_code, kept.json()["script"]) == (200, SCRIPT)


async def test_the_password_is_taken_from_query_form_or_json_and_stands_in_no_log(
    client: httpx2.AsyncClient, capsys: pytest.CaptureFixture[str]
) -> None:
    account = {"email": "ada@example.com", "password": "three-small-apples", "full_name": None}
    assert (await client.post(f"{HUB}/auth/register", json=account)).status_code == 201
    form = {"username": account["email"], "password": account["password"]}
    login = {"email": account["email"], "password": account["password"]}
    for said in ({"params": login}, {"data": form}, {"json": login}):
        answer = await client.post(f"{HUB}/auth/login", **said)
        assert answer.status_code == 200, answer.text
        assert answer.json()["token_type"] == "bearer"
    wrong = await client.post(f"{HUB}/auth/login", params=login | {"password": "three-small-pears"})
    assert (wrong.status_code, isinstance(wrong.json()["detail"], str)) == (401, True)
    written = capsys.readouterr()
    assert "/hub/api/v1/auth/login" in written.out + written.err
    assert "three-small" not in written.out + written.err


async def test_a_job_starts_at_once_with_one_scene_for_each_line(alice: httpx2.AsyncClient) -> None:
    job = await job_of(alice, music_prompt="epic", video_duration=9, audio_volume=0.25, title="The fox", unknown=1)
    assert (job["status"], job["progress"], job["completed_at"]) == ("queued", 0, None)
    assert job["config"] == {"music_prompt": "epic", "video_duration": 9, "audio_volume": 0.25, "title": "The fox"}
    native = (await alice.get(f"/api/v1/projects/{job['project_id']}")).json()
    assert native["music"] == {"mood": "cinematic", "asset_id": None, "volume": 0.25}
    segments = (await alice.get(f"/api/v1/projects/{job['project_id']}/segments")).json()
    assert [(s["narration_text"], s["video_duration_sec"]) for s in segments] == [
        ("A fox wakes.", 10),
        ("It finds a lantern.", 10),
    ]


async def test_a_changed_script_changes_the_scenes_of_the_next_film(alice: httpx2.AsyncClient) -> None:
    job = await job_of(alice)
    assert (await alice.post(f"{HUB}/jobs/{job['id']}/cancel")).json()["status"] == "cancelled"
    for script in ("A fox wakes.\nIt runs.\nIt sleeps.", "It sleeps."):
        edited = await alice.put(f"{HUB}/projects/{job['project_id']}", json={"title": None, "script": script})
        assert (edited.json()["title"], edited.json()["script"]) == ("Fox", script)
        started = await alice.post(f"{HUB}/jobs", json={"project_id": job["project_id"], "config": None})
        assert started.status_code == 201, started.text
        segments = (await alice.get(f"/api/v1/projects/{job['project_id']}/segments")).json()
        assert [segment["narration_text"] for segment in segments] == script.splitlines()
        await alice.post(f"{HUB}/jobs/{started.json()['id']}/cancel")


async def test_only_a_worker_moves_a_job_and_only_step_by_step(
    alice: httpx2.AsyncClient, admin: httpx2.AsyncClient
) -> None:
    job = await job_of(alice)
    path = f"{HUB}/jobs/{job['id']}"
    assert (await alice.patch(f"{path}/status", json={"status": "processing"})).status_code == 403
    for skipping in ("generating_images", "completed", "pending"):
        refused = await admin.patch(f"{path}/status", json={"status": skipping})
        assert (refused.status_code, isinstance(refused.json()["detail"], str)) == (400, True)
    for step, percent in (("processing", 0), ("generating_images", 10), ("generating_video", 40), ("composing", 85)):
        moved = await admin.patch(f"{path}/status", json={"status": step, "progress": 1})
        assert (moved.status_code, moved.json()["status"], moved.json()["progress"]) == (200, step, percent)
        assert moved.json()["started_at"] is not None
    steps = (await alice.get(f"{path}/valid-transitions")).json()
    assert steps == {"current_status": "composing", "valid_transitions": ["completed", "failed", "cancelled"]}
    failed = await admin.patch(f"{path}/status", json={"status": "failed", "error_message": "The disk is full."})
    assert (failed.json()["status"], failed.json()["error_message"]) == ("failed", "The disk is full.")
    assert failed.json()["completed_at"] is not None
    assert (await alice.get(f"{path}/valid-transitions")).json()["valid_transitions"] == []
    assert (await alice.get(f"{path}/download-url")).status_code == 400


async def test_work_that_broke_off_keeps_the_progress_it_had(alice: httpx2.AsyncClient, app: FastAPI) -> None:
    resources: Resources = app.state.resources
    job = await job_of(alice)
    async with resources.database.reading() as session:
        view = await JobService.over(session, resources).any(job["id"])
    reporter = JobReporter(resources, view)
    await reporter.stage(Stage.MAKING_CLIPS.value, 50, JobStatus.GENERATING_VIDEO)
    await reporter.stage(Stage.DRAWING_FRAMES.value, 50, JobStatus.GENERATING_VIDEO)
    await alice.post(f"{HUB}/jobs/{job['id']}/cancel")
    shown = (await alice.get(f"{HUB}/jobs/{job['id']}")).json()
    assert shown["progress"] == 40


async def test_a_cancelled_job_says_cancelled_in_the_reply(alice: httpx2.AsyncClient, app: FastAPI) -> None:
    """Nobody works here, so what a worker was about to do never stops by itself."""
    resources: Resources = app.state.resources
    job = await job_of(alice)
    async with resources.database.reading() as session:
        view = await JobService.over(session, resources).any(job["id"])
    await JobReporter(resources, view).stage(Stage.MAKING_CLIPS.value, 50, JobStatus.GENERATING_VIDEO)
    told = await alice.post(f"{HUB}/jobs/{job['id']}/cancel")
    assert (told.status_code, told.json()["status"]) == (200, "cancelled")
    assert (await alice.get(f"{HUB}/jobs/{job['id']}")).json()["status"] == "cancelled"


async def test_other_work_is_no_job_of_this_client(alice: httpx2.AsyncClient) -> None:
    project = await project_of(alice)
    path = f"/api/v1/projects/{project['id']}"
    plan = await alice.post("/api/v1/generation/plan", json={"project_id": project["id"]}, headers={"Prefer": "wait=0"})
    assert plan.status_code == 202, plan.text
    assert (await alice.get(f"{HUB}/jobs/{plan.json()['id']}")).status_code == 404
    assert (await alice.get(f"{HUB}/jobs")).json() == []
    before = (await alice.get(path)).json()["version"]
    assert (await alice.delete(f"{HUB}/projects/{project['id']}")).status_code == 400, "work in flight is 400 here"
    after = await alice.get(path)
    assert (after.status_code, after.json()["version"]) == (200, before), "a refusal leaves nothing behind"


async def test_two_people_see_and_touch_nothing_of_each_other(alice: httpx2.AsyncClient, signed_in: SignedIn) -> None:
    bob = await signed_in("bob")
    job = await job_of(alice)
    project = f"{HUB}/projects/{job['project_id']}"
    path = f"{HUB}/jobs/{job['id']}"
    tried = [
        await bob.get(project),
        await bob.put(project, json={"title": "Mine"}),
        await bob.delete(project),
        await bob.post(f"{HUB}/jobs", json={"project_id": job["project_id"], "config": {}}),
        await bob.get(path),
        await bob.get(f"{path}/download-url"),
        await bob.get(f"{path}/valid-transitions"),
        await bob.post(f"{path}/cancel"),
    ]
    assert [answer.status_code for answer in tried] == [404] * len(tried)
    assert (await bob.get(f"{HUB}/projects")).json() == (await bob.get(f"{HUB}/jobs")).json() == []
    assert (await bob.get(f"{HUB}/jobs?project_id={job['project_id']}")).json() == []
    assert (await alice.get(path)).json()["status"] == "queued"


async def test_paths_answer_with_and_without_a_slash(alice: httpx2.AsyncClient) -> None:
    for path in ("/projects", "/jobs", "/auth/me"):
        assert {(await alice.get(f"{HUB}{path}{slash}")).status_code for slash in ("", "/")} == {200}
