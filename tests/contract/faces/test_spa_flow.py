"""Client A from registration to the downloaded film: its own requests in its own order, offline, at a real worker."""

import asyncio
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx2
import pytest

from app.accounts.dependencies import SESSION_COOKIE
from app.core.settings import Settings
from app.core.threads import Threads
from app.media.probe import Probes
from app.media.tools import find_tools
from tests import factories
from tests.conftest import MakeSettings
from tests.e2e.conftest import voice_sample

Json = dict[str, Any]
STORY = "Lis wychodzi o świcie do lasu. Znajduje latarnię i niesie ją do domu."
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
PROJECT_KEYS = {
    *("id", "userId", "name", "storyPrompt", "targetDurationSec", "segmentDurationSec", "segmentCount", "voiceId"),
    *("firstFrameUrl", "audioSampleUrl", "finalVideoUrl", "status", "segments", "createdAt", "updatedAt"),
}
SEGMENT_KEYS = {
    *("id", "projectId", "index", "videoPrompt", "narrationText", "endFramePrompt", "firstFrameUrl", "lastFrameUrl"),
    *("videoUrl", "audioUrl", "durationSec", "videoDurationSec", "videoTaskId", "status", "approved"),
    *("createdAt", "updatedAt", "errorMessage"),
}


class Page:
    """The client as it really calls: axios with a stored token, and nothing but what it sends."""

    def __init__(self, http: httpx2.AsyncClient) -> None:
        self.http = http

    async def sent(self, method: str, path: str, status: int = 200, **request: Any) -> Any:
        answer = await self.http.request(method, f"/spa/api/v1{path}", **request)
        assert answer.status_code == status, (path, answer.status_code, answer.text)
        return answer.json() if answer.content else None

    async def get(self, path: str) -> Any:
        return await self.sent("GET", path)

    async def post(self, path: str, **request: Any) -> Any:
        return await self.sent("POST", path, **request)

    async def upload(self, path: str, name: str, content: bytes, label: str) -> Json:
        found: Json = await self.post(path, files={"file": (name, content, label)})
        return found

    async def file(self, link: str, **headers: str) -> httpx2.Response:
        """What a media element loads: no credentials, only the link."""
        assert link.startswith("http://testserver/spa/media/"), link
        self.http.headers.pop("Authorization", None)
        return await self.http.get(urlsplit(link).path, headers=headers)

    async def made(self, segment: Json) -> tuple[Json, list[str]]:
        """Polls as a card does, until it is not generating any more; gives the statuses it was shown."""
        seen: list[str] = []
        async with asyncio.timeout(120):
            while True:
                card: Json = await self.post(f"/segments/{segment['id']}/check-complete")
                seen.append(card["status"])
                if card["status"] != "generating":
                    return card, seen
                await asyncio.sleep(0.1)

    async def ended(self, task: Json) -> Json:
        """The generation once it has ended; the clip is there a moment before."""
        async with asyncio.timeout(30):
            while (found := await self.get(f"/generation/status/{task['task_id']}"))["status"] == "processing":
                await asyncio.sleep(0.05)
        known: Json = found
        return known


@pytest.fixture
def settings(make_settings: MakeSettings, database_url: str) -> Settings:
    return make_settings(database={"database_url": database_url}, work={"embedded_worker": True})


@pytest.fixture
def page(client: httpx2.AsyncClient) -> Page:
    return Page(client)


async def sign_in(page: Page) -> Json:
    """The first page: register, then the client logs in by itself and asks twice who it is."""
    await page.post(
        "/auth/register",
        status=201,
        json={"username": "ada", "email": "ada@example.com", "password": "three small apples", "name": "Ada"},
    )
    form = "username=ada&password=three+small+apples"
    told: Json = await page.post("/auth/token", content=form, headers=FORM)
    assert told["accessToken"] == told["access_token"]
    assert (told["tokenType"], told["token_type"], told["expires_in"]) == ("bearer", "bearer", 1440 * 60)
    assert SESSION_COOKIE in page.http.cookies
    page.http.cookies.clear()
    page.http.headers["Authorization"] = f"Bearer {told['accessToken']}"
    for _ in range(2):
        me = await page.get("/auth/me")
        assert (me["name"], me["username"]) == ("Ada", "ada")
    return told


async def begin(page: Page) -> Json:
    """The dashboard and the form of a new project."""
    assert await page.get("/projects/?skip=0&limit=5") == {"projects": [], "total": 0}
    wish = {"name": "Lis", "storyPrompt": STORY, "targetDurationSec": 12, "segmentDurationSec": 6}
    project: Json = await page.post("/projects/", status=201, json=wish)
    assert project.keys() >= PROJECT_KEYS
    assert [(s["index"], s["status"], s["approved"]) for s in project["segments"]] == [
        (0, "pending", False),
        (1, "pending", False),
    ]
    listed = await page.get("/projects/?skip=0&limit=12")
    assert (listed["total"], listed["projects"][0]["id"]) == (1, project["id"])
    return project


async def bring_media(page: Page, project: Json) -> None:
    """The upload panel: bytes count, not the name or the label; the voice is cloned and saved."""
    query = f"?project_id={project['id']}"
    frame = await page.upload(f"/media/upload/first-frame{query}", "fox.jpg", factories.picture(), "image/jpeg")
    assert (await page.file(frame["url"])).headers["content-type"] == "image/png"


async def bring_voice(page: Page, project: Json) -> None:
    query = f"?project_id={project['id']}"
    await page.upload(f"/media/upload/audio{query}", "me.m4a", voice_sample(), "audio/mpeg")
    cloned = await page.post(
        f"/generation/voice-clone{query}", content=b"null", headers={"Content-Type": "application/json"}
    )
    assert cloned["voice_id"] == cloned["voiceId"]
    voices = await page.get("/voices/")
    assert [(v["voiceId"], v.keys() >= {"id", "name", "description"}) for v in voices["voices"]] == [
        (cloned["voice_id"], True)
    ]
    known = (await page.get(f"/projects/{project['id']}"))["voiceId"]
    assert known == cloned["voice_id"]
    assigned = await page.post("/voices/assign", json={"projectId": project["id"], "voiceId": known})
    assert (assigned["voice_id"], assigned["project_id"]) == (known, project["id"])


async def plan(page: Page, project: Json) -> list[Json]:
    """The plan is written when its reply comes; the page then reads the segments again."""
    await page.post("/generation/plan", json={"projectId": project["id"], "storyPrompt": STORY})
    assert (await page.get(f"/projects/{project['id']}"))["status"] == "plan_ready"
    segments: list[Json] = await page.get(f"/segments/project/{project['id']}")
    assert [s["id"] for s in segments] == [s["id"] for s in project["segments"]]
    assert all(s.keys() >= SEGMENT_KEYS for s in segments)
    assert {s["status"] for s in segments} == {"prompt_ready"}
    assert all(s["videoPrompt"] and s["narrationText"] and s["endFramePrompt"] for s in segments)
    return segments


async def make_segment(page: Page, segment: Json) -> Json:
    """One card: edit, approve, generate, poll."""
    words = {"videoPrompt": f"{segment['videoPrompt']} Warm light.", "narrationText": "Lis idzie przez las."}
    edited = await page.sent("PUT", f"/segments/{segment['id']}", json=words)
    assert (edited["status"], edited["videoPrompt"]) == ("prompt_ready", words["videoPrompt"])
    approved = await page.post(f"/segments/{segment['id']}/approve")
    assert (approved["status"], approved["approved"]) == ("approved", True)
    assert approved["firstFrameUrl"], "the card offers Generate only with its own first frame"
    started = await page.post(f"/generation/segment/{segment['id']}")
    joined = await page.post(f"/generation/segment/{segment['id']}")
    assert {started["task_id"], started["taskId"]} == {joined["taskId"]}, "a second click joins the work"
    card, seen = await page.made(segment)
    assert (card["status"], seen[0]) == ("generated", "generating")
    assert all(card[link] for link in ("videoUrl", "audioUrl", "lastFrameUrl"))
    assert card["durationSec"] == card["videoDurationSec"] == 6
    task = await page.ended(started)
    assert (task["status"], task["progress"], task["errorMessage"]) == ("completed", 100, None)
    assert task["fileId"] == task["file_id"] is not None
    return card


async def test_the_whole_flow_of_the_page_ends_with_a_downloaded_film(page: Page, tmp_path: Path) -> None:
    token = (await sign_in(page))["accessToken"]
    bearer = f"Bearer {token}"
    project = await begin(page)
    await bring_media(page, project)
    page.http.headers["Authorization"] = bearer
    await bring_voice(page, project)
    segments = await plan(page, project)

    first = await make_segment(page, segments[0])
    second_before: Json = (await page.get(f"/segments/project/{project['id']}"))[1]
    assert second_before["firstFrameUrl"], "the first clip's end is handed on without being asked for"
    reset = await page.post(f"/segments/{first['id']}/regenerate")
    assert (reset["status"], reset["videoUrl"], reset["videoTaskId"]) == ("approved", None, None)
    takes = (await page.http.get(f"/api/v1/segments/{first['id']}/takes")).json()["takes"]
    assert len(takes) == 1, "the take is kept"
    used = await page.http.post(f"/api/v1/segments/{first['id']}/takes/{takes[0]['id']}/use")
    assert used.json()["status"] == "generated"
    await make_segment(page, segments[1])
    extracted = await page.post(f"/segments/{segments[1]['id']}/extract-last-frame")
    assert extracted["lastFrameUrl"]
    for segment in segments:
        assert (await page.post(f"/segments/{segment['id']}/approve-video"))["status"] == "segment_approved"

    one, other = await asyncio.gather(*(page.post(f"/projects/{project['id']}/finalize") for _ in range(2)))
    assert (one["status"], other["status"]) == ("completed", "completed")
    jobs = await page.http.get(f"/api/v1/jobs?kind=film.assemble&project_id={project['id']}")
    assert jobs.json()["total"] == 1, "a repeated call joins the running cut"
    await check_film(page, one["finalVideoUrl"], tmp_path)
    page.http.headers["Authorization"] = bearer
    await page.sent("DELETE", f"/projects/{project['id']}", status=204)
    await page.sent("GET", f"/projects/{project['id']}", status=404)


async def check_film(page: Page, link: str, folder: Path) -> None:
    """The film plays from its link alone, whole and in ranges."""
    whole = await page.file(link)
    part = await page.file(link, Range="bytes=0-99")
    assert (part.status_code, part.content) == (206, whole.content[:100])
    assert part.headers["content-range"] == f"bytes 0-99/{len(whole.content)}"
    film = folder / "film.mp4"
    await asyncio.to_thread(film.write_bytes, whole.content)
    measured = await Probes(find_tools("", ""), Threads(2)).probe(film)
    assert measured.video is not None
    assert measured.audio is not None
    assert measured.video.duration_seconds == pytest.approx(12, abs=0.3)
