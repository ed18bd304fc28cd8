"""An application with a worker of its own, whose engines answer by a script."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import httpx2
import pytest
from fastapi import FastAPI

from app.core.settings import Settings
from app.main import create_app
from app.resources import Outside
from tests.conftest import MakeSettings
from tests.doubles.engines import ScriptedJudge, ScriptedKit, ScriptedPlanner
from tests.doubles.speech import ScriptedSpeech
from tests.doubles.visuals import ACCOUNT, VENDOR, ScriptedCamera, ScriptedPainter, VisualKit

Json = dict[str, Any]
API = "/api/v1"
STORY = "Lis wychodzi o świcie do lasu i szuka zgubionej latarni."
ENDED = {"succeeded", "failed", "cancelled", "awaiting_input"}


@dataclass
class Vendor(VisualKit):
    """The vendor's kit: painter, camera and a narrator by script."""

    speech: ScriptedSpeech = field(default_factory=ScriptedSpeech)
    spoken_seconds: float = 4.0

    def __post_init__(self) -> None:
        self.speech.name, self.speech.account = VENDOR, ACCOUNT
        self.speech.seconds = self.spoken_seconds


@dataclass
class House:
    """What a person does, and what becomes of it."""

    person: httpx2.AsyncClient

    async def get(self, path: str) -> Any:
        answer = await self.person.get(API + path)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def post(self, path: str, body: Json | None = None, **headers: str) -> Any:
        answer = await self.person.post(API + path, json=body, headers=headers)
        assert answer.is_success, answer.text
        return answer.json()

    async def patch(self, path: str, body: Json) -> Any:
        answer = await self.person.patch(API + path, json=body)
        assert answer.is_success, answer.text
        return answer.json()

    async def refused(self, path: str, body: Json | None = None) -> tuple[int, str]:
        answer = await self.person.post(API + path, json=body)
        return answer.status_code, answer.json()["code"]

    async def ended(self, job: Json, *phases: str) -> Json:
        """The job once it has ended, or waits for its owner."""
        wanted = set(phases) or ENDED
        async with asyncio.timeout(150):
            while True:
                found: Json = await self.get(f"/jobs/{job['id']}")
                if found["phase"] in wanted:
                    return found
                await asyncio.sleep(0.05)

    async def children(self, job: Json) -> list[Json]:
        found: list[Json] = (await self.get(f"/jobs/{job['id']}/manifest"))["children"]
        return found

    async def project(self, **wish: Any) -> Json:
        body = {"name": "Film", "target_duration_sec": 12, "story_prompt": STORY} | wish
        made: Json = await self.post("/projects", body)
        return made

    async def segments(self, project: Json) -> list[Json]:
        found: list[Json] = await self.get(f"/projects/{project['id']}/segments")
        return found

    async def written(self, *, narrated: bool = False, **wish: Any) -> Json:
        """A project whose segments are written and approved by hand."""
        project = await self.project(**wish)
        for segment in await self.segments(project):
            words = {
                "video_prompt": f"A fox runs through a misty forest, scene {segment['index']}.",
                "end_frame_prompt": f"The fox stands still at place {segment['index']}.",
                "narration_text": "Lis biegnie przez las." if narrated else "",
            }
            await self.patch(f"/segments/{segment['id']}", words)
            await self.post(f"/segments/{segment['id']}/approve")
        return project


@pytest.fixture
def vendor() -> Vendor:
    return Vendor()


@pytest.fixture
def kit() -> ScriptedKit:
    return ScriptedKit()


@pytest.fixture
def planner(kit: ScriptedKit) -> ScriptedPlanner:
    return kit.planner


@pytest.fixture
def judge(kit: ScriptedKit) -> ScriptedJudge:
    return kit.moderation


@pytest.fixture
def speaker(vendor: Vendor) -> ScriptedSpeech:
    return vendor.speech


@pytest.fixture
def painter(vendor: Vendor) -> ScriptedPainter:
    return vendor.image


@pytest.fixture
def camera(vendor: Vendor) -> ScriptedCamera:
    return vendor.video


@pytest.fixture
def settings(make_settings: MakeSettings, database_url: str) -> Settings:
    return make_settings(database={"database_url": database_url}, work={"embedded_worker": True})


@pytest.fixture
async def app(settings: Settings, vendor: Vendor, kit: ScriptedKit) -> AsyncIterator[FastAPI]:
    application = create_app(settings, outside=Outside(bundles={"local": kit, VENDOR: vendor}))
    async with application.router.lifespan_context(application):
        yield application


@pytest.fixture
def house(alice: httpx2.AsyncClient) -> House:
    return House(alice)
