"""Films of an application with a worker of its own, whose vendors stop at a gate until the test opens it."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any

import httpx2
import pytest
from fastapi import FastAPI
from sqlalchemy import func, select
from typing_extensions import override

from app.core.settings import Settings
from app.jobs.domain import ACTIVE
from app.jobs.models import Job
from app.jobs.queue import owner_topic
from app.main import create_app
from app.providers.image import ImageRequest, MadePictures
from app.providers.planner import PlanBrief, StoryPlan
from app.providers.speech import Speech, SpeechRequest
from app.providers.values import AttemptKey
from app.providers.video import Failed, RemoteTask, Running, Succeeded, VideoRequest
from app.resources import Outside, Resources
from app.usage.models import Balance, Hold, LedgerEntry
from tests.conftest import MakeSettings
from tests.doubles.engines import ScriptedKit, ScriptedPlanner
from tests.doubles.speech import ScriptedSpeech
from tests.doubles.visuals import VENDOR, ScriptedCamera, ScriptedPainter
from tests.scripted_house import House, Vendor

LIMIT_SECONDS = 60


class Gate:
    """Lets calls pass until it is shut; a shut one counts who stands before it."""

    def __init__(self) -> None:
        self._open = asyncio.Event()
        self._open.set()
        self.waiting = 0

    def shut(self) -> None:
        self._open.clear()

    def open(self) -> None:
        self._open.set()

    async def pass_through(self) -> None:
        self.waiting += 1
        await self._open.wait()
        self.waiting -= 1


@dataclass
class Gates:
    """One gate for each kind of call."""

    plan: Gate = field(default_factory=Gate)
    speech: Gate = field(default_factory=Gate)
    picture: Gate = field(default_factory=Gate)
    clip: Gate = field(default_factory=Gate)
    poll: Gate = field(default_factory=Gate)


class GatedPlanner(ScriptedPlanner):
    def __init__(self, gate: Gate) -> None:
        super().__init__()
        self._gate = gate

    @override
    async def plan(self, brief: PlanBrief, *, key: AttemptKey) -> StoryPlan:
        made = await super().plan(brief, key=key)
        await self._gate.pass_through()
        return made


class GatedSpeech(ScriptedSpeech):
    def __init__(self, gate: Gate) -> None:
        super().__init__()
        self._gate = gate

    @override
    async def speak(self, request: SpeechRequest, *, key: AttemptKey) -> Speech:
        made = await super().speak(request, key=key)
        await self._gate.pass_through()
        return made


class GatedPainter(ScriptedPainter):
    def __init__(self, gate: Gate) -> None:
        super().__init__()
        self._gate = gate

    @override
    async def draw(self, request: ImageRequest, *, key: AttemptKey) -> MadePictures:
        made = await super().draw(request, key=key)
        await self._gate.pass_through()
        return made


class GatedCamera(ScriptedCamera):
    def __init__(self, gates: Gates) -> None:
        super().__init__()
        self._gates = gates

    @override
    async def submit(self, request: VideoRequest, *, key: AttemptKey) -> RemoteTask:
        task = await super().submit(request, key=key)
        await self._gates.clip.pass_through()
        return task

    @override
    async def poll(self, task: RemoteTask) -> Running | Succeeded | Failed:
        await self._gates.poll.pass_through()
        return await super().poll(task)


@dataclass
class Film:
    """One person's film in the making."""

    house: House
    owner_id: str
    project_id: str
    job_id: str


class Studio:
    """Films of several people in one application, and what its database says of them."""

    def __init__(
        self, resources: Resources, kit: ScriptedKit, vendor: Vendor, person: Callable[[str], Any], gates: Gates
    ) -> None:
        self.resources = resources
        self.gates = gates
        self.camera = vendor.video
        self._kit = kit
        self._vendor = vendor
        self._person = person

    @property
    def paid_calls(self) -> int:
        vendor = self._vendor
        calls = (self._kit.planner.briefs, vendor.speech.said, vendor.image.requests, vendor.video.requests)
        return sum(len(made) for made in calls)

    async def begin(self, name: str, *, begun_at: str = "plan", auto_approve: bool = True) -> Film:
        """A film of a new person, with as little before the stage as there can be."""
        person: httpx2.AsyncClient = await self._person(name)
        house = House(person)
        owner = await house.get("/auth/me")
        if begun_at == "plan":
            project = await house.project()
        else:
            seconds = 12 if begun_at == "speech" else 6
            project = await house.written(narrated=begun_at == "speech", target_duration_sec=seconds)
        body = {"auto_approve": auto_approve}
        job = await house.post(f"/projects/{project['id']}/produce", body, Prefer="respond-async")
        return Film(house, owner["id"], project["id"], job["id"])

    async def active(self, *owners: str) -> int:
        query = select(func.count()).select_from(Job).where(Job.owner_id.in_(owners), Job.status.in_(ACTIVE))
        return await self._number(query)

    async def jobs(self, *owners: str) -> int:
        return await self._number(select(func.count()).select_from(Job).where(Job.owner_id.in_(owners)))

    async def at_work(self, film: Film, kind: str) -> bool:
        query = select(func.count()).select_from(Job).where(Job.project_id == film.project_id, Job.kind == kind)
        return await self._number(query.where(Job.status.in_(ACTIVE), Job.started_at.is_not(None))) > 0

    async def until_at_work(self, film: Film, kind: str) -> None:
        """Waits for news of the owner's jobs instead of asking now and then, because some work is short."""
        with self.resources.notifier.subscribe(owner_topic(film.owner_id)) as ring:
            async with asyncio.timeout(LIMIT_SECONDS):
                while not await self.at_work(film, kind):
                    await self.resources.notifier.wait(ring, LIMIT_SECONDS)

    async def held(self, *owners: str) -> int:
        holds = await self._number(select(func.sum(Hold.held_micro_usd)).where(Hold.owner_id.in_(owners)))
        return holds + await self._number(select(func.sum(Balance.held_micro_usd)))

    async def charged(self, owner_id: str, operation: str) -> int:
        query = select(func.sum(LedgerEntry.charged_micro_usd)).where(LedgerEntry.owner_id == owner_id)
        return await self._number(query.where(LedgerEntry.operation == operation))

    async def until(self, reached: Callable[[], Any], what: str) -> None:
        """Waits for what a call, which may be a coroutine's, says."""
        try:
            async with asyncio.timeout(LIMIT_SECONDS):
                while True:
                    found = reached()
                    if await found if asyncio.iscoroutine(found) else found:
                        return
                    await asyncio.sleep(0.02)
        except TimeoutError:
            pytest.fail(f"never: {what}")

    async def _number(self, query: Any) -> int:
        async with self.resources.database.reading() as session:
            return int(await session.scalar(query) or 0)


@pytest.fixture
def gates() -> Gates:
    return Gates()


@pytest.fixture
def vendor(gates: Gates) -> Vendor:
    made = Vendor(image=GatedPainter(gates.picture), video=GatedCamera(gates), speech=GatedSpeech(gates.speech))
    made.speech.deadline_seconds = LIMIT_SECONDS
    return made


@pytest.fixture
def kit(gates: Gates) -> ScriptedKit:
    return ScriptedKit(planner=GatedPlanner(gates.plan))


@pytest.fixture
def settings(make_settings: MakeSettings, database_url: str) -> Settings:
    return make_settings(database={"database_url": database_url}, work={"embedded_worker": True})


@pytest.fixture
async def app(settings: Settings, vendor: Vendor, kit: ScriptedKit) -> AsyncIterator[FastAPI]:
    application = create_app(settings, outside=Outside(bundles={"local": kit, VENDOR: vendor}))
    async with application.router.lifespan_context(application):
        yield application


@pytest.fixture
def studio(app: FastAPI, kit: ScriptedKit, vendor: Vendor, signed_in: Any, gates: Gates) -> Studio:
    return Studio(app.state.resources, kit, vendor, signed_in, gates)
