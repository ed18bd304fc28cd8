"""An application whose planner and judge answer by a script, and a bench on which its jobs run."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import httpx2
import pytest
from fastapi import FastAPI

from app.core.settings import Settings
from app.jobs.runner import JobRunner
from app.jobs.settlement import JobRuntime
from app.main import create_app
from app.planning.jobs import CreatePlan
from app.resources import Outside, Resources
from app.usage.ledger import LedgerBudget
from tests.doubles.context import RememberingContext
from tests.doubles.engines import ScriptedKit
from tests.scripted_house import judge, kit, planner
from tests.studio import AliveFence

__all__ = ["judge", "kit", "planner"]

Json = dict[str, Any]
PLAN = "/api/v1/generation/plan"
STORY = "Lis wychodzi o świcie do lasu i szuka zgubionej latarni."


class Bench:
    """One process's worth of planning jobs; a test says when they run and where they die."""

    def __init__(self, resources: Resources, person: httpx2.AsyncClient) -> None:
        self.resources = resources
        self.person = person
        handlers = [CreatePlan(resources)]
        resources.provide(JobRuntime(resources, handlers, LedgerBudget(resources), AliveFence()))
        self.memory: dict[str, dict[str, Any]] = {}

    async def run(self, job: Json, **crash: str) -> Json:
        memory = self.memory.setdefault(job["id"], {})
        context = RememberingContext(job["id"], memory, **crash)
        await JobRunner(self.resources, self.resources.provided(JobRuntime))(job["id"], context)
        return await self.job(job)

    async def job(self, job: Json) -> Json:
        found: Json = (await self.person.get(f"/api/v1/jobs/{job['id']}")).json()
        return found

    async def project(self, project: Json) -> Json:
        found: Json = (await self.person.get(f"/api/v1/projects/{project['id']}")).json()
        return found

    async def segments(self, project: Json) -> list[Json]:
        found: list[Json] = (await self.person.get(f"/api/v1/projects/{project['id']}/segments")).json()
        return found

    async def start(self, project: Json, **wish: Any) -> Json:
        answer = await self.ask(project, "respond-async", **wish)
        assert answer.status_code == 202, answer.text
        job: Json = answer.json()
        return job

    async def ask(self, project: Json, prefer: str = "", key: str = "", **wish: Any) -> httpx2.Response:
        headers = {"Prefer": prefer, "Idempotency-Key": key}
        body = {"project_id": project["id"], "story_prompt": STORY} | wish
        return await self.person.post(PLAN, json=body, headers={k: v for k, v in headers.items() if v})

    @asynccontextmanager
    async def at_work(self) -> AsyncIterator[None]:
        """Runs whatever is put in line while the block lasts."""
        worker = asyncio.ensure_future(self._work())
        try:
            yield
        finally:
            worker.cancel()

    async def _work(self) -> None:
        while True:
            for job in (await self.person.get("/api/v1/jobs", params={"phase": "queued"})).json()["jobs"]:
                await self.run(job)
            await asyncio.sleep(0.02)


@pytest.fixture
async def app(settings: Settings, kit: ScriptedKit) -> AsyncIterator[FastAPI]:
    application = create_app(settings, outside=Outside(bundles={"local": kit}))
    async with application.router.lifespan_context(application):
        yield application


@pytest.fixture
def bench(app: FastAPI, alice: httpx2.AsyncClient) -> Bench:
    return Bench(app.state.resources, alice)


@pytest.fixture
def make_project(alice: httpx2.AsyncClient) -> Callable[..., Awaitable[Json]]:
    async def make(**wish: Any) -> Json:
        reply = await alice.post("/api/v1/projects", json={"name": "Film", "target_duration_sec": 18} | wish)
        assert reply.status_code == 201, reply.text
        project: Json = reply.json()
        return project

    return make


@pytest.fixture
async def project(make_project: Callable[..., Awaitable[Json]]) -> Json:
    """Three segments of six seconds, in Polish."""
    return await make_project()
