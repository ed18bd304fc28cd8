"""The database goes away under a running service: no job is decided by it, no answer is a 500, all goes on again."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, ClassVar

import httpx2
import pytest
from fastapi import FastAPI
from pydantic import BaseModel
from typing_extensions import override

from app.core.database import Session
from app.core.tasks import Supervision
from app.jobs.domain import JobStatus, JobView, Lane
from app.jobs.handlers import Ending, JobHandler, JobRun
from app.jobs.repository import JobRepository
from app.main import create_app
from app.resources import Resources
from tests import factories
from tests.conftest import MakeSettings
from tests.faults.outages import Outage, OwnPostgres, PostgresProxy, SqliteLock, own_postgres, until

AWAY_SECONDS = 2.5
PERSON = {"email": "ada@example.com", "password": "correct horse battery staple", "name": "Ada"}
READY_SECONDS = 10.0
PLACES = ("step", "look", "stage", "settle")


class NoParams(BaseModel):
    """Nothing to be told."""


@dataclass
class Gate:
    """Where the work stops until the test lets it go on."""

    reached: asyncio.Event = field(default_factory=asyncio.Event)
    opened: asyncio.Event = field(default_factory=asyncio.Event)

    async def pass_through(self) -> None:
        self.reached.set()
        await self.opened.wait()


class Watched(JobHandler[NoParams]):
    """A job that touches the database at each of its places, once its gate there is open."""

    kind: ClassVar[str] = "test.watched"
    label: ClassVar[str] = "Work on"
    lane: ClassVar[Lane] = Lane.LIGHT
    startable: ClassVar[bool] = True
    every: ClassVar[Any] = None
    params = NoParams

    def __init__(self, resources: Resources) -> None:
        self.resources = resources
        self.gates = {place: Gate() for place in PLACES}

    @override
    async def run(self, work: JobRun, params: NoParams) -> dict[str, Any]:
        end = work.job.created_at + timedelta(hours=1)
        await work.step("step", self._touch, "step", work)
        await work.wait("look", self._touch, "look", work, every_seconds=0.2, until=end)
        await self.gates["stage"].pass_through()
        await work.stage("late", progress=80)
        await self.gates["settle"].pass_through()
        return {"done": True}

    @override
    async def ended(self, session: Session, job: JobView, ending: Ending) -> None:
        return None

    async def _touch(self, place: str, work: JobRun) -> str:
        await self.gates[place].pass_through()
        async with self.resources.database.unit_of_work() as session:
            await JobRepository(session, self.resources.clock).note(work.job.id, question=None)
        return place


@pytest.fixture(scope="module")
def server() -> Iterator[OwnPostgres]:
    with own_postgres() as opened:
        asyncio.run(opened.create("film"))
        yield opened


@pytest.fixture(params=["stopped", "tcp", "sqlite"])
async def outage(request: pytest.FixtureRequest, server: OwnPostgres, sqlite_url: str) -> AsyncIterator[Outage]:
    if request.param == "sqlite":
        lock = SqliteLock(sqlite_url)
        yield lock
        await lock.end()
        return
    if request.param == "stopped":
        yield server
        await server.end()
        return
    async with PostgresProxy(server.folder, server.name).serving() as proxy:
        yield proxy


@dataclass
class House:
    app: FastAPI
    http: httpx2.AsyncClient
    handler: Watched

    @property
    def resources(self) -> Resources:
        found: Resources = self.app.state.resources
        return found

    async def begun(self) -> JobView:
        owner = await factories.user(self.resources, self.resources.clock.new_id())
        return await factories.job(self.resources, owner, Watched.kind)

    async def job(self, job_id: str) -> JobView:
        async with self.resources.database.reading() as session:
            found = await JobRepository(session, self.resources.clock).view(job_id)
        assert found is not None
        return found

    async def status(self, path: str) -> int:
        return (await self.http.get(path)).status_code


@pytest.fixture
async def house(outage: Outage, make_settings: MakeSettings) -> AsyncIterator[House]:
    settings = make_settings(database={"database_url": outage.url}, work={"embedded_worker": True})
    made: list[Watched] = []

    def handlers(resources: Resources, _prune: object) -> list[JobHandler[Any]]:
        made.append(Watched(resources))
        return list(made)

    app = create_app(settings, handlers=handlers)
    async with app.router.lifespan_context(app):
        transport = httpx2.ASGITransport(app=app, raise_app_exceptions=False)
        async with httpx2.AsyncClient(transport=transport, base_url="http://testserver", timeout=60) as http:
            yield House(app, http, made[0])


@pytest.mark.parametrize(
    ("outage", "place"),
    [*(("stopped", place) for place in PLACES), ("tcp", "look"), ("sqlite", "step"), ("sqlite", "settle")],
    indirect=["outage"],
)
async def test_a_job_that_meets_an_outage_goes_on_and_completes(house: House, outage: Outage, place: str) -> None:
    for other, gate in house.handler.gates.items():
        if other != place:
            gate.opened.set()
    job = await house.begun()
    gate = house.handler.gates[place]
    async with asyncio.timeout(60):
        await gate.reached.wait()
    await outage.begin()
    gate.opened.set()
    await asyncio.sleep(AWAY_SECONDS)
    await outage.end()

    async def ended() -> bool:
        return (await house.job(job.id)).is_final

    await until(ended)
    assert (await house.job(job.id)).status is JobStatus.COMPLETED


async def test_requests_are_told_to_come_back_and_readiness_returns_by_itself(house: House, outage: Outage) -> None:
    assert await house.status("/readyz") == 200
    await outage.begin()
    away = [await house.http.post("/api/v1/auth/register", json=PERSON) for _ in range(2)]
    alive = await house.status("/livez")
    await outage.end()

    async def ready() -> bool:
        return await house.status("/readyz") == 200

    await until(ready, seconds=READY_SECONDS)
    assert [answer.status_code for answer in away] == [503, 503]
    assert all(int(answer.headers["Retry-After"]) >= 1 for answer in away)
    assert alive == 200
    assert house.resources.provided(Supervision).late() == []
