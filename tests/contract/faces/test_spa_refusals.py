"""Client A's refusals: 401 of /auth/me first and at once, replies held no longer than allowed, files that are none."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import httpx2
import pytest
from fastapi import FastAPI
from sqlalchemy import event

from app.accounts.identity import local_tokens
from app.accounts.tokens import LocalClaims, TokenUse
from app.api.dialects.spa.dependencies import PAUSE_SECONDS
from app.core.settings import Settings
from app.main import create_app
from app.resources import Resources
from tests import factories
from tests.conftest import LIMITS, MakeSettings
from tests.doubles.clock import FrozenClock

SPA = "/spa/api/v1"
WRONG = {"username": "ada", "password": "not the password"}


@pytest.fixture
def settings(make_settings: MakeSettings, database_url: str) -> Settings:
    """A reply is held for a second, and nobody works on what it waits for."""
    return make_settings(database={"database_url": database_url}, work={"client_wait_seconds": 1})


@pytest.fixture
def clock() -> FrozenClock:
    return FrozenClock()


@pytest.fixture
async def still(settings: Settings, clock: FrozenClock) -> AsyncIterator[FastAPI]:
    """The application at a clock that notes its pauses."""
    application = create_app(settings, clock=clock)
    async with application.router.lifespan_context(application):
        yield application


@pytest.fixture
async def page(still: FastAPI) -> AsyncIterator[httpx2.AsyncClient]:
    """A page with an expired token."""
    resources: Resources = still.state.resources
    claims = LocalClaims(account_id=resources.clock.new_id(), session_id=resources.clock.new_id())
    token = local_tokens(resources).issue(claims, use=TokenUse.ACCESS, life=timedelta(minutes=-1))
    transport = httpx2.ASGITransport(app=still, raise_app_exceptions=False)
    headers = {"Authorization": f"Bearer {token}"}
    async with httpx2.AsyncClient(transport=transport, base_url="http://testserver", headers=headers) as http:
        yield http


async def test_only_auth_me_refuses_an_expired_token_without_a_pause(
    page: httpx2.AsyncClient, clock: FrozenClock
) -> None:
    for path in (f"{SPA}/auth/me", f"{SPA}/auth/me/"):
        assert (await page.get(path)).status_code == 401
    assert PAUSE_SECONDS not in clock.slept
    for method, path in (("GET", "/projects/"), ("GET", "/voices/"), ("POST", "/segments/x/check-complete")):
        before = clock.slept.count(PAUSE_SECONDS)
        assert (await page.request(method, f"{SPA}{path}")).status_code == 401
        assert clock.slept.count(PAUSE_SECONDS) == before + 1, path


async def test_auth_me_refuses_without_asking_the_database(page: httpx2.AsyncClient, still: FastAPI) -> None:
    resources: Resources = still.state.resources
    asked: list[str] = []
    for engine in {resources.database.reader, resources.database.writer}:
        event.listen(engine.sync_engine, "before_cursor_execute", lambda *facts: asked.append(facts[2]))
    for token in ("garbage", page.headers["Authorization"].removeprefix("Bearer ")):
        answer = await page.get(f"{SPA}/auth/me", headers={"Authorization": f"Bearer {token}"})
        assert answer.status_code == 401
    assert asked == []
    assert (await page.post(f"{SPA}/auth/token", data=WRONG)).status_code == 401
    assert asked != []


async def test_refused_tokens_do_not_count_as_failed_logins(page: httpx2.AsyncClient) -> None:
    account = {"username": "ada", "email": "ada@example.com", "password": "three small apples"}
    assert (await page.post(f"{SPA}/auth/register", json=account)).status_code == 201
    for _ in range(30):
        assert (await page.get(f"{SPA}/projects/")).status_code == 401
    form = {"username": "ada", "password": "three small apples"}
    assert (await page.post(f"{SPA}/auth/token", data=form)).status_code == 200


async def test_auth_me_is_never_limited(make_settings: MakeSettings, database_url: str) -> None:
    narrow = make_settings(database={"database_url": database_url}, security=dict.fromkeys(LIMITS, 1))
    application = create_app(narrow)
    transport = httpx2.ASGITransport(app=application, raise_app_exceptions=False)
    async with (
        application.router.lifespan_context(application),
        httpx2.AsyncClient(transport=transport, base_url="http://testserver") as page,
    ):
        bad = {"Authorization": "Bearer bad"}
        assert {(await page.get(f"{SPA}/auth/me", headers=bad)).status_code for _ in range(20)} == {401}


async def test_no_path_redirects_and_each_answers_with_and_without_a_slash(alice: httpx2.AsyncClient) -> None:
    for path in ("/projects", "/voices", "/auth/me"):
        answers = [await alice.get(f"{SPA}{path}{slash}") for slash in ("", "/")]
        assert [answer.status_code for answer in answers] == [200, 200]
        assert answers[0].json() == answers[1].json()


async def made(person: httpx2.AsyncClient, **wish: Any) -> dict[str, Any]:
    body = {"name": "Fox", "storyPrompt": "A fox.", "targetDurationSec": 12, "segmentDurationSec": 6} | wish
    answer = await person.post(f"{SPA}/projects/", json=body)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def test_a_held_reply_ends_with_504_and_the_same_call_joins_the_job(alice: httpx2.AsyncClient) -> None:
    project = await made(alice)
    for _ in range(2):
        answer = await alice.post(f"{SPA}/generation/plan", json={"projectId": project["id"], "storyPrompt": "A fox."})
        assert answer.status_code == 504, answer.text
        assert isinstance(answer.json()["detail"], str)
    assert (await alice.get("/api/v1/jobs?kind=plan.create")).json()["total"] == 1
    shown = (await alice.get(f"{SPA}/projects/{project['id']}")).json()
    assert shown["status"] == "planning"


async def test_the_x_button_sends_text_for_a_file_and_is_refused(alice: httpx2.AsyncClient) -> None:
    project = await made(alice)
    for path in ("first-frame", "audio"):
        answer = await alice.post(
            f"{SPA}/media/upload/{path}", params={"project_id": project["id"]}, files={"file": (None, "null")}
        )
        assert answer.status_code == 422
        assert isinstance(answer.json()["detail"], str)


async def test_a_segments_frame_can_be_brought_and_its_end_taken_away(alice: httpx2.AsyncClient) -> None:
    segment = (await made(alice))["segments"][0]
    answer = await alice.post(
        f"{SPA}/media/upload/segment-frame/{segment['id']}",
        params={"frame_type": "last"},
        files={"file": ("end.jpg", factories.picture(), "image/jpeg")},
    )
    told = answer.json()
    assert (told["frame_type"], told["frameType"]) == ("last", "last")
    assert told["url"].startswith("http://testserver/spa/media/")
    cleared = await alice.delete(f"{SPA}/segments/{segment['id']}/last-frame")
    assert cleared.json()["lastFrameUrl"] is None


async def test_a_body_is_read_forgivingly(alice: httpx2.AsyncClient) -> None:
    project = await made(alice, surprise=True, name="Fox", storyPrompt="", target_duration_sec=30, segmentCount=99)
    assert (project["storyPrompt"], project["segmentCount"], project["segmentDurationSec"]) == ("", 2, 6)
    whole = {**project, "name": "Owl", "voiceId": None, "segmentDurationSec": 10}
    edited = await alice.put(f"{SPA}/projects/{project['id']}", json=whole)
    assert edited.status_code == 200, edited.text
    assert [edited.json()[key] for key in ("name", "segmentDurationSec", "segmentCount")] == ["Owl", 10, 2]


async def test_a_short_password_is_refused_in_a_sentence(client: httpx2.AsyncClient) -> None:
    body = {"username": "ab", "email": "ada", "password": "short"}
    answer = await client.post(f"{SPA}/auth/register", json=body)
    assert answer.status_code == 422
    assert isinstance(answer.json()["detail"], str)
    assert "password" in answer.json()["detail"]


async def test_a_known_voice_is_refused_and_a_voice_can_be_deleted(alice: httpx2.AsyncClient) -> None:
    offered = (await alice.get("/api/v1/options")).json()["voices"][0]["value"]
    saved = await alice.post(f"{SPA}/voices/", json={"voiceId": offered, "name": "Anna", "description": None})
    assert (saved.status_code, saved.json()["voiceId"]) == (201, offered)
    again = await alice.post(f"{SPA}/voices/", json={"voiceId": offered, "name": "Anna"})
    assert again.status_code == 409
    assert (await alice.delete(f"{SPA}/voices/{saved.json()['id']}")).status_code == 204
    assert (await alice.get(f"{SPA}/voices/")).json() == {"voices": [], "total": 0}


async def test_nobody_plans_or_narrates_somebody_elses_film(alice: httpx2.AsyncClient, bob: httpx2.AsyncClient) -> None:
    project = await made(alice)
    query = {"project_id": project["id"]}
    picture = {"file": ("x.png", factories.picture(), "image/png")}
    tried = [
        await bob.post(f"{SPA}/generation/plan", json={"projectId": project["id"], "storyPrompt": "Mine."}),
        await bob.post(f"{SPA}/voices/assign", json={"projectId": project["id"], "voiceId": "any"}),
        await bob.post(f"{SPA}/generation/voice-clone", params=query),
        await bob.post(f"{SPA}/media/upload/first-frame", params=query, files=picture),
        await bob.post(f"{SPA}/projects/{project['id']}/finalize"),
    ]
    assert {answer.status_code for answer in tried} == {404}
    assert (await bob.get(f"{SPA}/projects/")).json() == {"projects": [], "total": 0}
    untouched = (await alice.get(f"{SPA}/projects/{project['id']}")).json()
    assert untouched == project
