"""An application whose narrator answers by a script, and a bench on which its jobs run."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx2
import pytest
from fastapi import FastAPI

from app.accounts.domain import SYSTEM_ACCOUNT
from app.core.settings import Settings
from app.jobs.domain import Lane
from app.jobs.queue import JobQueue, Order
from app.jobs.runner import JobRunner
from app.jobs.service import JobService
from app.jobs.settlement import JobRuntime
from app.library.intake import MEBIBYTE
from app.library.repository import QuotaRepository
from app.main import create_app
from app.narration.domain import VoiceView
from app.narration.models import Voice
from app.narration.repository import VoiceRepository
from app.providers.speech import VoiceOrigin
from app.resources import Outside, Resources
from app.usage.ledger import LedgerBudget
from app.worker import job_handlers
from tests.doubles.context import RememberingContext
from tests.doubles.engines import ScriptedKit
from tests.doubles.speech import ScriptedSpeech, hum

Json = dict[str, Any]
API = "/api/v1"
WORDS = "I agree that my voice is copied for this film."
TEXT = "Lis biegnie przez las i szuka swojej drogi."


def recording(seconds: float = 12) -> Json:
    """A form with a recording of somebody's voice."""
    return {"file": ("głos.wav", hum(seconds), "audio/wav")}


class AliveFence:
    name = "test-process"

    def fresh(self) -> bool:
        return True


async def prune_nothing(_before: object) -> int:
    return 0


class Bench:
    """One process's worth of jobs; a test says when they run and where they die."""

    def __init__(self, resources: Resources, person: httpx2.AsyncClient) -> None:
        self.resources = resources
        self.person = person
        handlers = job_handlers(resources, prune_nothing)
        resources.provide(JobRuntime(resources, handlers, LedgerBudget(resources), AliveFence()))
        self.memory: dict[str, dict[str, Any]] = {}

    async def run(self, job: Json, **crash: str) -> Json:
        memory = self.memory.setdefault(job["id"], {})
        context = RememberingContext(job["id"], memory, **crash)
        await JobRunner(self.resources, self.resources.provided(JobRuntime))(job["id"], context)
        return await self.get(f"/jobs/{job['id']}")

    async def get(self, path: str) -> Json:
        found: Json = (await self.person.get(f"{API}{path}")).json()
        return found

    async def segment(self, segment: Json) -> Json:
        return await self.get(f"/segments/{segment['id']}")

    async def takes(self, segment: Json) -> list[Json]:
        found: list[Json] = (await self.get(f"/segments/{segment['id']}/narrations"))["narrations"]
        return found

    async def narrate(self, segment: Json) -> Json:
        answer = await self.person.post(f"{API}/segments/{segment['id']}/narrate")
        assert answer.status_code == 202, answer.text
        job: Json = answer.json()
        return job

    async def voice(self, person: httpx2.AsyncClient, **facts: Any) -> VoiceView:
        """A voice that somebody has saved."""
        owner = (await person.get(f"{API}/auth/me")).json()["id"]
        known: dict[str, Any] = {"voice_id": "velvet", "provider": "local", "origin": VoiceOrigin.CLONED}
        row = Voice(owner_id=owner, name="Velvet", description="", note="", **{**known, **facts})
        async with self.resources.database.unit_of_work() as session:
            return await VoiceRepository(session, self.resources.clock).keep(row)

    async def speak_with(self, segment: Json, voice_id: str) -> None:
        settings = {"narration": {"voice": voice_id}}
        answer = await self.person.patch(f"{API}/projects/{segment['project_id']}", json=settings)
        assert answer.status_code == 200, answer.text

    async def retry(self, job: Json) -> Json:
        answer = await self.person.post(f"{API}/jobs/{job['id']}/retry")
        assert answer.status_code in {200, 201, 202}, answer.text
        renewed: Json = answer.json()
        return renewed

    async def watch(self) -> Json:
        """One round of the watch over the voices."""
        order = Order(owner_id=SYSTEM_ACCOUNT, kind="voice.watch", lane=Lane.LIGHT, params={})
        async with self.resources.database.unit_of_work() as session:
            job, _ = await JobQueue(session, self.resources).enqueue(order)
        await JobRunner(self.resources, self.resources.provided(JobRuntime))(job.id, RememberingContext(job.id, {}))
        async with self.resources.database.reading() as session:
            done = await JobService.over(session, self.resources).any(job.id)
        return {"result": done.result}

    async def full_hd(self, segment: Json, *, wanted: bool = True) -> None:
        """Clips of 1080P last six seconds only, so that the segment cannot be made longer."""
        settings = {"resolution": "1080P" if wanted else "768P"}
        answer = await self.person.patch(f"{API}/projects/{segment['project_id']}", json=settings)
        assert answer.status_code == 200, answer.text

    @asynccontextmanager
    async def without_room(self) -> AsyncIterator[None]:
        """The owner keeps as many bytes as allowed while the block lasts."""
        owner = (await self.get("/auth/me"))["id"]
        limits = self.resources.settings.storage
        most_bytes = limits.user_quota_mb * MEBIBYTE
        async with self.resources.database.unit_of_work() as session:
            most_files = limits.user_quota_files
            assert await QuotaRepository(session).take(owner, most_bytes, most_bytes=most_bytes, most_files=most_files)
        yield
        async with self.resources.database.unit_of_work() as session:
            await QuotaRepository(session).give_back(owner, most_bytes)

    @asynccontextmanager
    async def at_work(self) -> AsyncIterator[None]:
        """Runs whatever is put in line while the block lasts."""
        worker = asyncio.ensure_future(self._work())
        try:
            yield
        finally:
            worker.cancel()
            await asyncio.wait({worker})

    async def _work(self) -> None:
        while True:
            for job in (await self.get("/jobs?phase=queued"))["jobs"]:
                await self.run(job)
            await asyncio.sleep(0.02)


async def clone(bench: Bench, **said: Any) -> httpx2.Response:
    form = {"name": "Grandmother", "consent": WORDS, "language": "pl", **said}
    async with bench.at_work():
        return await bench.person.post(f"{API}/voices/clone", data=form, files=recording())


async def clone_film(bench: Bench, project: Json) -> httpx2.Response:
    async with bench.at_work():
        return await bench.person.post(f"{API}/generation/voice-clone", params={"project_id": project["id"]})


async def with_sample(bench: Bench, project: Json) -> None:
    sent = await bench.person.post(f"{API}/projects/{project['id']}/audio-sample", files=recording())
    assert sent.status_code == 200, sent.text


@pytest.fixture
def speech() -> ScriptedSpeech:
    return ScriptedSpeech()


@pytest.fixture
async def app(settings: Settings, speech: ScriptedSpeech) -> AsyncIterator[FastAPI]:
    application = create_app(settings, outside=Outside(bundles={"local": ScriptedKit(speech=speech)}))
    async with application.router.lifespan_context(application):
        yield application


@pytest.fixture
def bench(app: FastAPI, alice: httpx2.AsyncClient) -> Bench:
    return Bench(app.state.resources, alice)


@pytest.fixture
async def project(alice: httpx2.AsyncClient) -> Json:
    reply = await alice.post(f"{API}/projects", json={"name": "Film", "target_duration_sec": 12})
    project: Json = reply.json()
    return project


@pytest.fixture
async def segment(alice: httpx2.AsyncClient, project: Json) -> Json:
    """Six seconds with eight words to say."""
    first = (await alice.get(f"{API}/projects/{project['id']}/segments")).json()[0]
    reply = await alice.patch(f"{API}/segments/{first['id']}", json={"narration_text": TEXT})
    assert reply.status_code == 200, reply.text
    found: Json = reply.json()
    return found
