"""Event streams over real HTTP: replay, live events, their end, and who may hear them."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Protocol

import httpx2
import pytest
import uvicorn
from fastapi import FastAPI

from app.core.settings import Settings
from app.jobs.domain import JobView, Question, Step
from app.jobs.errors import JobNotFound
from app.jobs.handlers import JobReporter
from app.jobs.repository import JobRepository
from app.jobs.settlement import JobControl
from app.main import create_app
from app.notifications.errors import TicketSpent
from app.notifications.schemas import EVENT_DATA
from app.notifications.service import TICKET_LIFE
from app.resources import Resources
from tests import factories
from tests.doubles.clock import SetForwardClock
from tests.people import access_token

LIMIT_SECONDS = 10


@dataclass(frozen=True)
class Heard:
    """One event as it came over the wire."""

    id: int
    name: str
    job_id: str


@asynccontextmanager
async def served(app: FastAPI) -> AsyncIterator[str]:
    """The started application on a free loopback port, in the loop of the test."""
    config = uvicorn.Config(app, port=0, lifespan="off", log_config=None, access_log=False, timeout_graceful_shutdown=1)
    server = uvicorn.Server(config)
    async with asyncio.TaskGroup() as running:
        running.create_task(server.serve())
        async with asyncio.timeout(LIMIT_SECONDS):
            while not server.started:
                await asyncio.sleep(0.005)
        host, port = server.servers[0].sockets[0].getsockname()
        try:
            yield f"http://{host}:{port}"
        finally:
            server.should_exit = True


@dataclass(frozen=True)
class House:
    """The service and two people who use it."""

    resources: Resources
    alice: httpx2.AsyncClient
    bob: httpx2.AsyncClient
    alice_id: str

    async def job(self) -> JobView:
        return await factories.job(self.resources, self.alice_id)

    async def cancel(self, job: JobView) -> None:
        async with self.resources.database.unit_of_work() as session:
            await JobControl.over(session, self.resources).cancel(job)

    async def ids(self, job: JobView) -> list[int]:
        log = await self.alice.get(f"/api/v1/jobs/{job.id}/log")
        return [event["id"] for event in log.json()["events"]]


@asynccontextmanager
async def house_of(app: FastAPI) -> AsyncIterator[House]:
    resources: Resources = app.state.resources
    async with served(app) as address:
        tokens = [await access_token(resources, name) for name in ("alice", "bob")]
        clients = [
            httpx2.AsyncClient(base_url=address, headers={"Authorization": f"Bearer {token}"}, timeout=LIMIT_SECONDS)
            for token in tokens
        ]
        async with clients[0] as alice, clients[1] as bob:
            me = (await alice.get("/api/v1/auth/me")).json()
            yield House(resources, alice, bob, me["id"])


@pytest.fixture
async def house(app: FastAPI) -> AsyncIterator[House]:
    async with house_of(app) as opened:
        yield opened


async def events(answer: httpx2.Response) -> AsyncIterator[Heard]:
    """Events of an open stream; comments and the retry line are passed over."""
    fields: dict[str, str] = {}
    async for line in answer.aiter_lines():
        name, _, value = line.partition(": ")
        if line:
            fields[name] = value
        elif "data" in fields:
            yield Heard(int(fields["id"]), fields["event"], json.loads(fields["data"])["job_id"])
            fields = {}


class Stream(Protocol):
    async def __call__(self, count: int) -> list[Heard]: ...


@asynccontextmanager
async def stream(client: httpx2.AsyncClient, path: str, **wish: Any) -> AsyncIterator[Stream]:
    """An open stream that gives so many events more."""
    async with client.stream("GET", f"/api/v1{path}", **wish) as answer, aclosing(events(answer)) as coming:
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("text/event-stream")
        assert answer.headers["x-accel-buffering"] == "no"

        async def more(count: int) -> list[Heard]:
            async with asyncio.timeout(LIMIT_SECONDS):
                return [await anext(coming) for _ in range(count)]

        yield more


async def all_of(client: httpx2.AsyncClient, path: str, **wish: Any) -> list[Heard]:
    """Every event until the service itself closes the stream."""
    async with asyncio.timeout(LIMIT_SECONDS), client.stream("GET", f"/api/v1{path}", **wish) as answer:
        assert answer.status_code == 200
        return [event async for event in events(answer)]


async def test_a_live_stream_hears_what_happens_to_all_jobs_of_its_owner_only(house: House) -> None:
    other = await factories.user(house.resources, "carol")
    async with stream(house.alice, "/events") as more:
        first = await house.job()
        await factories.job(house.resources, other)
        second = await house.job()
        await house.cancel(first)
        heard = await more(3)
    assert [(event.name, event.job_id) for event in heard] == [
        ("job.queued", first.id),
        ("job.queued", second.id),
        ("job.cancelled", first.id),
    ]


@pytest.mark.parametrize("seen", [1, 2, 3])
async def test_a_reconnect_gets_exactly_what_was_missed_and_then_goes_on(house: House, seen: int) -> None:
    jobs = [await house.job() for _ in range(4)]
    ids = [number for job in jobs for number in await house.ids(job)]
    async with stream(house.alice, "/events", headers={"Last-Event-ID": str(ids[seen - 1])}) as more:
        missed = await more(4 - seen)
        await house.cancel(jobs[0])
        [live] = await more(1)
    assert [event.id for event in missed] == ids[seen:]
    assert (live.name, live.job_id) == ("job.cancelled", jobs[0].id)


async def test_events_that_come_during_a_replay_are_neither_lost_nor_repeated(house: House) -> None:
    before = [await house.job() for _ in range(5)]
    async with stream(house.alice, "/events", params={"after": 0}) as more, asyncio.TaskGroup() as busy:
        made = [busy.create_task(house.job()) for _ in range(20)]
        heard = await more(25)
    assert [event.id for event in heard] == sorted({event.id for event in heard})
    assert {event.job_id for event in heard} == {job.id for job in before} | {made.result().id for made in made}


async def test_a_job_stream_tells_the_whole_job_and_closes_with_its_end(house: House) -> None:
    job, other = await house.job(), await house.job()
    async with asyncio.TaskGroup() as hearing:
        whole = hearing.create_task(all_of(house.alice, f"/jobs/{job.id}/events"))
        await house.cancel(other)
        await house.cancel(job)
    assert [(event.name, event.job_id) for event in whole.result()] == [
        ("job.queued", job.id),
        ("job.cancelled", job.id),
    ]
    assert await all_of(house.alice, f"/jobs/{job.id}/events") == whole.result()


async def test_nothing_can_follow_the_last_event_of_an_ended_job(house: House) -> None:
    job = await house.job()
    await house.cancel(job)
    ids = await house.ids(job)
    path = f"/jobs/{job.id}/events"
    over = await house.alice.get(f"/api/v1{path}", headers={"Last-Event-ID": str(ids[-1])})
    assert (over.status_code, over.content) == (204, b"")
    [last] = await all_of(house.alice, path, headers={"Last-Event-ID": str(ids[0])})
    assert (last.id, last.name) == (ids[-1], "job.cancelled")


async def test_a_foreign_job_has_no_stream(house: House) -> None:
    job = await house.job()
    refused = await house.bob.get(f"/api/v1/jobs/{job.id}/events")
    assert (refused.status_code, refused.json()["code"]) == (404, JobNotFound.code)


async def test_a_ticket_opens_streams_of_its_owner_as_often_as_a_browser_connects_again(house: House) -> None:
    """EventSource connects again by itself, with the address that it was given and the id of the last event."""
    issued = (await house.alice.post("/api/v1/events/ticket")).json()
    assert 60 <= issued["expires_in"] <= 600
    jobs = [await house.job() for _ in range(2)]
    ids = [number for job in jobs for number in await house.ids(job)]
    async with httpx2.AsyncClient(base_url=house.alice.base_url, timeout=LIMIT_SECONDS) as nobody:
        for last in (0, *ids[:-1]):
            again = {"Last-Event-ID": str(last)}
            async with stream(nobody, "/events", params={"ticket": issued["ticket"]}, headers=again) as more:
                [missed] = await more(1)
            assert missed.id == next(number for number in ids if number > last)
        async with stream(nobody, f"/jobs/{jobs[0].id}/events", params={"ticket": issued["ticket"]}) as more:
            assert [event.job_id for event in await more(1)] == [jobs[0].id]
        assert (await nobody.get("/api/v1/events")).status_code == 401


async def test_the_data_of_an_event_is_what_its_schema_says(house: House) -> None:
    job = await house.job()
    reporter = JobReporter(house.resources, job)
    await reporter.stage("composing", 40, step=Step(1, 2, "Cut"))
    await reporter.waiting("waiting_for_network")
    await reporter.resumed("composing", "the network", 3)
    await reporter.progress(50)
    await reporter.ask_again(Question("approval", "Go on?", ("yes", "no")))
    async with house.resources.database.unit_of_work() as session:
        asked = await JobRepository(session, house.resources.clock).view(job.id)
        assert asked is not None
        await JobControl.over(session, house.resources).answer(asked, "yes")
    await reporter.consume_answer("approval")
    await house.cancel(job)
    async with house.alice.stream("GET", f"/api/v1/jobs/{job.id}/events") as answer:
        data = [json.loads(line.removeprefix("data: ")) async for line in answer.aiter_lines() if "data: " in line]
    assert [each["event"] for each in data] == [
        *("job.queued", "job.stage", "job.stage", "job.stage", "job.progress", "job.awaiting_input", "job.answered"),
        *("job.answer_taken_up", "job.cancelled"),
    ]
    for each in data:
        assert EVENT_DATA[each["event"]].model_validate(each).model_dump(exclude_unset=True, mode="json") == each


async def test_a_ticket_is_worth_nothing_after_its_time(settings: Settings) -> None:
    clock = SetForwardClock()
    application = create_app(settings, clock=clock)
    async with application.router.lifespan_context(application), house_of(application) as house:
        issued = (await house.alice.post("/api/v1/events/ticket")).json()
        clock.move((TICKET_LIFE + timedelta(seconds=1)).total_seconds())
        late = await house.bob.get("/api/v1/events", params={"ticket": issued["ticket"]})
    assert (late.status_code, late.json()["code"]) == (401, TicketSpent.code)


async def test_an_open_stream_holds_no_session_of_the_database(house: House) -> None:
    job = await house.job()
    database = house.resources.database

    def lent() -> int:
        return sum(pool.checkedout() for pool in {database.writer.pool, database.reader.pool})

    async with (
        stream(house.alice, "/events", params={"after": 0}) as first,
        stream(house.alice, f"/jobs/{job.id}/events") as second,
    ):
        assert [event.job_id for event in await first(1) + await second(1)] == [job.id, job.id]
        await house.cancel(job)
        assert [event.name for event in await first(1) + await second(1)] == ["job.cancelled"] * 2
        await settled(lambda: lent() == listening(database.is_sqlite))
    async with database.reading() as session:
        found = await JobRepository(session, house.resources.clock).view(job.id)
    assert found is not None


def listening(is_sqlite: bool) -> int:
    """The one connection by which a process hears the others; it belongs to no stream."""
    return 0 if is_sqlite else 1


async def settled(reached: Any) -> None:
    async with asyncio.timeout(LIMIT_SECONDS):
        while not reached():
            await asyncio.sleep(0.01)
