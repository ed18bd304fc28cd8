"""A studio for tests of frames and clips: scripted engines, a bench for jobs, and projects ready to be filmed."""

from collections.abc import AsyncIterator
from typing import Any

import httpx2
import pytest
from fastapi import FastAPI

from app.core.settings import Settings
from app.frames.jobs import MakeFrames, SweepCandidates
from app.generation.domain import TakeWish
from app.generation.jobs import SweepTakes, TakeSegment
from app.generation.service import GenerationService
from app.jobs.jobs import SweepJobs
from app.jobs.runner import JobRunner
from app.jobs.schemas import JobRead
from app.jobs.settlement import JobRuntime
from app.main import create_app
from app.projects.domain import FrameOrigin
from app.projects.progress import ProgressService
from app.resources import Outside, Resources
from app.usage.ledger import LedgerBudget
from tests import factories
from tests.doubles.context import RememberingContext
from tests.doubles.engines import ScriptedJudge, ScriptedKit
from tests.doubles.visuals import ScriptedCamera, ScriptedPainter, VisualKit

Json = dict[str, Any]
API = "/api/v1"


class AliveFence:
    name = "test-process"

    def fresh(self) -> bool:
        return True


async def _prune_nothing(_ended_before: object) -> int:
    return 0


class Backlot:
    """What a person does over HTTP to bring a film before the camera; the jobs run where the test lets them."""

    def __init__(self, resources: Resources, person: httpx2.AsyncClient) -> None:
        self.resources = resources
        self.person = person

    async def get(self, path: str) -> Any:
        answer = await self.person.get(API + path)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def post(self, path: str, body: Json | None = None) -> Any:
        answer = await self.person.post(API + path, json=body)
        assert answer.is_success, answer.text
        return answer.json()

    async def refused(self, path: str, body: Json | None = None) -> tuple[int, str]:
        answer = await self.person.post(API + path, json=body)
        return answer.status_code, answer.json()["code"]

    async def frames(self, project: Json) -> list[Json]:
        found: list[Json] = (await self.get(f"/projects/{project['id']}/frames"))["frames"]
        return found

    async def segments(self, project: Json) -> list[Json]:
        found: list[Json] = await self.get(f"/projects/{project['id']}/segments")
        return found

    async def upload_frame(self, segment: Json, side: str) -> None:
        files = {"file": ("frame.png", factories.picture(), "image/png")}
        path = f"{API}/media/upload/segment-frame/{segment['id']}"
        answer = await self.person.post(path, params={"frame_type": side}, files=files)
        assert answer.status_code in {200, 201}, answer.text

    async def begin_take(self, segment: Json, wish: TakeWish | None = None) -> Json:
        """What production does for a request."""
        async with self.resources.database.unit_of_work() as session:
            view = await ProgressService.over(session, self.resources).segment(segment["id"])
            job = await GenerationService.over(session, self.resources).begin(view, wish or TakeWish())
        return JobRead.of(job).model_dump(mode="json")

    async def planned(self, **wish: Any) -> Json:
        """A project of two segments of six seconds with approved prompts."""
        body = {"name": "Film", "target_duration_sec": 12, "language": "en"} | wish
        project: Json = await self.post("/projects", body)
        for segment in await self.segments(project):
            words = {
                "video_prompt": f"A fox runs through a misty forest, scene {segment['index']}.",
                "end_frame_prompt": f"The fox stands still at place {segment['index']}.",
                "camera_commands": ["Pan left", "Zoom in"],
            }
            answer = await self.person.patch(f"{API}/segments/{segment['id']}", json=words)
            assert answer.status_code == 200, answer.text
            await self.post(f"/segments/{segment['id']}/approve")
        return project

    async def framed(self, **wish: Any) -> Json:
        """The same with all its key frames uploaded."""
        project = await self.planned(**wish)
        async with self.resources.database.reading() as session:
            board = await ProgressService.over(session, self.resources).board(project["id"])
        picture = await factories.asset(self.resources, board.project.owner_id)
        async with self.resources.database.unit_of_work() as session:
            for frame in board.frames:
                progress = ProgressService.over(session, self.resources)
                await progress.accept_frame(frame.id, picture, FrameOrigin.UPLOADED, approved=True)
        return project


class Studio(Backlot):
    """One process's worth of jobs; a test says when they run and where they die."""

    def __init__(self, resources: Resources, person: httpx2.AsyncClient) -> None:
        super().__init__(resources, person)
        handlers = [MakeFrames(), SweepCandidates(resources), TakeSegment(resources), SweepTakes(resources)]
        handlers += [SweepJobs(_prune_nothing, LedgerBudget(self.resources).forget_past_days)]
        resources.provide(JobRuntime(resources, handlers, LedgerBudget(resources), AliveFence()))
        self.memory: dict[str, dict[str, Any]] = {}

    async def run(self, job: Json, **crash: str) -> Json:
        memory = self.memory.setdefault(job["id"], {})
        context = RememberingContext(job["id"], memory, **crash)
        await JobRunner(self.resources, self.resources.provided(JobRuntime))(job["id"], context)
        return await self.get(f"/jobs/{job['id']}")

    async def make_take(self, segment: Json) -> Json:
        done = await self.run(await self.begin_take(segment))
        assert done["phase"] == "succeeded", done
        return done


@pytest.fixture
def kit() -> VisualKit:
    return VisualKit()


@pytest.fixture
def people_kit() -> ScriptedKit:
    return ScriptedKit()


@pytest.fixture
def painter(kit: VisualKit) -> ScriptedPainter:
    return kit.image


@pytest.fixture
def camera(kit: VisualKit) -> ScriptedCamera:
    return kit.video


@pytest.fixture
def judge(people_kit: ScriptedKit) -> ScriptedJudge:
    return people_kit.moderation


@pytest.fixture
async def app(settings: Settings, kit: VisualKit, people_kit: ScriptedKit) -> AsyncIterator[FastAPI]:
    application = create_app(settings, outside=Outside(bundles={"local": people_kit, "minimax": kit}))
    async with application.router.lifespan_context(application):
        yield application


@pytest.fixture
def studio(app: FastAPI, alice: httpx2.AsyncClient) -> Studio:
    return Studio(app.state.resources, alice)


@pytest.fixture
async def project(studio: Studio) -> Json:
    """Two approved segments without frames."""
    return await studio.planned()


@pytest.fixture
async def film(studio: Studio) -> Json:
    """Two approved segments with all their frames."""
    return await studio.framed()
