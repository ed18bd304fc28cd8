"""Jobs over HTTP: start once, list, follow, steer, answer and explain, for their owner only."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any, ClassVar

import httpx2
import pytest
from fastapi import FastAPI
from pydantic import BaseModel

from app.accounts.errors import ScopeMissing
from app.core.settings import Settings
from app.jobs.domain import JobStatus, JobView, Lane, Question, targets
from app.jobs.errors import (
    AnswerNotOffered,
    HeldReplyEnded,
    IllegalJobMove,
    JobNotFound,
    JobNotRetryable,
    KeyReused,
    KindUnknown,
    NothingAsked,
    ParamsUnusable,
)
from app.jobs.handlers import Ending, JobHandler, JobRun
from app.jobs.runner import JobRunner
from app.jobs.settlement import JobRuntime
from app.main import create_app
from app.worker import let_go
from tests.doubles.context import RememberingContext

JOBS = "/api/v1/jobs"
COLOURS = Question("colour", "Which colour shall the fox have?", ("red", "white"))


class Painting(BaseModel):
    """What to paint, and whether to ask for the colour first."""

    what: str = "fox"
    asks: bool = False


class Paint(JobHandler[Painting]):
    kind: ClassVar[str] = "test.paint"
    label: ClassVar[str] = "Paint a picture"
    lane: ClassVar[Lane] = Lane.LIGHT
    startable: ClassVar[bool] = True
    every: ClassVar[timedelta | None] = None
    params = Painting

    async def run(self, work: JobRun, params: Painting) -> dict[str, Any]:
        await work.stage("sketching", progress=10, status=JobStatus.GENERATING_IMAGES)
        colour = await self._colour(work) if params.asks else "red"
        await work.stage("painting", progress=60)
        return {"painted": f"{colour} {params.what}"}

    async def _colour(self, work: JobRun) -> str:
        await work.step("ask", work.reporter.ask_again, COLOURS)
        until = work.resources.clock.now() + timedelta(minutes=1)
        return await work.wait("answer", work.reporter.answer, COLOURS.topic, every_seconds=0.05, until=until)

    async def ended(self, session: object, job: JobView, ending: Ending) -> None:
        """Nothing hangs on a painting."""


@pytest.fixture
async def app(settings: Settings) -> AsyncIterator[FastAPI]:
    """The application without a worker; tests run the jobs themselves."""
    application = create_app(settings, handlers=lambda _resources, _prune: [Paint()])
    async with application.router.lifespan_context(application):
        yield application


async def run(app: FastAPI, job: dict[str, Any]) -> None:
    resources = app.state.resources
    await JobRunner(resources, resources.provided(JobRuntime))(job["id"], RememberingContext(job["id"], {}))


@asynccontextmanager
async def running(app: FastAPI, job: dict[str, Any]) -> AsyncIterator[None]:
    """The job at work beside the test, to its end."""
    async with asyncio.TaskGroup() as work:
        work.create_task(run(app, job))
        yield


async def start(person: httpx2.AsyncClient, **params: Any) -> dict[str, Any]:
    answer = await person.post(JOBS, json={"kind": "test.paint", "params": params})
    assert answer.status_code == 201, answer.text
    job: dict[str, Any] = answer.json()
    assert answer.headers["location"] == f"{JOBS}/{job['id']}" == job["urls"]["self"]
    return job


async def read(person: httpx2.AsyncClient, job: dict[str, Any], prefer: str = "") -> dict[str, Any]:
    answer = await person.get(f"{JOBS}/{job['id']}", headers={"Prefer": prefer} if prefer else {})
    found: dict[str, Any] = answer.json()
    return found


def refusal(answer: httpx2.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


async def test_a_started_job_waits_in_line_and_shows_its_place(alice: httpx2.AsyncClient) -> None:
    first, second = await start(alice), await start(alice)
    assert (first["status"], first["phase"], first["progress"]) == ("queued", "queued", 0)
    assert [(await read(alice, job))["queue_position"] for job in (first, second)] == [0, 1]


async def test_the_list_is_newest_first_in_pages_and_by_phase(app: FastAPI, alice: httpx2.AsyncClient) -> None:
    jobs = [await start(alice) for _ in range(3)]
    await run(app, jobs[0])
    page = await alice.get(JOBS, params={"limit": 2})
    assert page.json()["total"] == 3
    assert [job["id"] for job in page.json()["jobs"]] == [jobs[2]["id"], jobs[1]["id"]]
    rest = await alice.get(page.links["next"]["url"])
    assert [job["id"] for job in rest.json()["jobs"]] == [jobs[0]["id"]]
    for phase, count in {"succeeded": 1, "queued": 2, "failed": 0}.items():
        assert (await alice.get(JOBS, params={"phase": phase})).json()["total"] == count


async def test_only_kinds_that_are_offered_start_and_only_with_fitting_params(alice: httpx2.AsyncClient) -> None:
    assert refusal(await alice.post(JOBS, json={"kind": "test.unknown"}))[1] == KindUnknown.code
    unfit = await alice.post(JOBS, json={"kind": "test.paint", "params": {"asks": "perhaps"}})
    assert refusal(unfit)[1] == ParamsUnusable.code
    assert (await alice.get(JOBS)).json()["total"] == 0


async def test_a_foreign_job_is_not_found_on_any_path(alice: httpx2.AsyncClient, bob: httpx2.AsyncClient) -> None:
    job = await start(alice)
    for path in ("", "/valid-transitions", "/manifest", "/log", "/events"):
        assert refusal(await bob.get(f"{JOBS}/{job['id']}{path}")) == (404, JobNotFound.code)
    for path, body in (("/cancel", {}), ("/retry", {}), ("/answer", {"choice": "red"})):
        assert refusal(await bob.post(f"{JOBS}/{job['id']}{path}", json=body)) == (404, JobNotFound.code)
    assert (await read(alice, job))["status"] == "queued"


async def test_a_held_reply_comes_with_the_end_and_not_later(app: FastAPI, alice: httpx2.AsyncClient) -> None:
    job = await start(alice)
    async with asyncio.timeout(10), running(app, job):
        answer = await alice.get(f"{JOBS}/{job['id']}", headers={"Prefer": "wait=30"})
    assert answer.headers["preference-applied"] == "wait=30"
    done = answer.json()
    assert (done["phase"], done["progress"], done["result"]) == ("succeeded", 100, {"painted": "red fox"})


async def test_a_held_reply_ends_when_its_time_is_up(alice: httpx2.AsyncClient) -> None:
    job = await start(alice)
    async with asyncio.timeout(10):
        assert (await read(alice, job, "wait=1"))["status"] == "queued"


async def test_a_held_reply_of_an_ending_process_says_where_the_job_is_met_again(
    app: FastAPI, alice: httpx2.AsyncClient
) -> None:
    job = await start(alice)
    async with asyncio.timeout(10), asyncio.TaskGroup() as tasks:
        held = tasks.create_task(alice.get(f"{JOBS}/{job['id']}", headers={"Prefer": "wait=30"}))
        await asyncio.sleep(0.2)
        assert not held.done()
        let_go(app.state.resources)
    answer = held.result()
    assert refusal(answer) == (503, HeldReplyEnded.code)
    assert answer.headers["retry-after"] == "1"
    assert answer.json()["job"] == f"{JOBS}/{job['id']}"
    assert (await read(alice, job))["status"] == "queued"


async def test_a_key_starts_one_job_and_its_answer_is_replayed(alice: httpx2.AsyncClient) -> None:
    wish, key = {"kind": "test.paint", "params": {"what": "owl"}}, {"Idempotency-Key": "paint-1"}
    first = await alice.post(JOBS, json=wish, headers=key)
    again = await alice.post(JOBS, json=wish, headers=key)
    assert "idempotency-replayed" not in first.headers
    assert again.headers["idempotency-replayed"] == "true"
    assert (again.status_code, again.content) == (first.status_code, first.content)
    assert again.headers["location"] == first.headers["location"]
    other = await alice.post(JOBS, json={"kind": "test.paint"}, headers=key)
    assert refusal(other) == (422, KeyReused.code)
    assert (await alice.get(JOBS)).json()["total"] == 1


async def test_a_refused_start_frees_its_key(alice: httpx2.AsyncClient) -> None:
    key = {"Idempotency-Key": "paint-2"}
    assert (await alice.post(JOBS, json={"kind": "test.unknown"}, headers=key)).status_code >= 400
    assert (await alice.post(JOBS, json={"kind": "test.paint"}, headers=key)).status_code == 201


async def test_a_cancel_is_accepted_once_and_changes_nothing_after_the_end(alice: httpx2.AsyncClient) -> None:
    job = await start(alice)
    cancelled = await alice.post(job["urls"]["cancel"])
    assert (cancelled.status_code, cancelled.json()["phase"]) == (202, "cancelled")
    again = await alice.post(job["urls"]["cancel"])
    assert (again.status_code, again.json()) == (200, cancelled.json())


async def test_a_retry_is_a_new_job_and_only_for_what_did_not_succeed(app: FastAPI, alice: httpx2.AsyncClient) -> None:
    job = await start(alice, what="hare")
    assert refusal(await alice.post(f"{JOBS}/{job['id']}/retry")) == (409, JobNotRetryable.code)
    await alice.post(job["urls"]["cancel"])
    renewed = await alice.post(f"{JOBS}/{job['id']}/retry")
    assert (renewed.status_code, renewed.json()["retry_of"]) == (201, job["id"])
    assert renewed.headers["location"] == renewed.json()["urls"]["self"]
    await run(app, renewed.json())
    assert (await read(alice, renewed.json()))["result"] == {"painted": "red hare"}
    assert (await read(alice, job))["phase"] == "cancelled"


async def test_an_answer_lets_the_job_go_on(app: FastAPI, alice: httpx2.AsyncClient) -> None:
    job = await start(alice, asks=True)
    path = f"{JOBS}/{job['id']}/answer"
    assert refusal(await alice.post(path, json={"choice": "red"})) == (409, NothingAsked.code)
    async with asyncio.timeout(20), running(app, job):
        asked = await read(alice, job, "wait=15")
        assert (asked["phase"], asked["question"]["choices"]) == ("awaiting_input", ["red", "white"])
        waiting = await alice.get(JOBS, params={"phase": "awaiting_input"})
        assert [found["id"] for found in waiting.json()["jobs"]] == [job["id"]]
        assert refusal(await alice.post(path, json={"choice": "green"}))[1] == AnswerNotOffered.code
        answered = await alice.post(path, json={"choice": "white"})
        assert (answered.status_code, answered.json()["question"]) == (200, None)
    assert (await read(alice, job))["result"] == {"painted": "white fox"}


async def test_manifest_and_log_tell_the_whole_story(app: FastAPI, alice: httpx2.AsyncClient) -> None:
    job = await start(alice)
    await run(app, job)
    manifest = (await alice.get(job["urls"]["manifest"])).json()
    assert [stage["stage"] for stage in manifest["stages"]] == ["sketching", "painting"]
    assert all(stage["success"] and stage["duration_seconds"] >= 0 for stage in manifest["stages"])
    assert (manifest["complete"], manifest["artifacts"]) == (True, {"painted": "red fox"})
    events = (await alice.get(f"{JOBS}/{job['id']}/log")).json()["events"]
    names = ["job.queued", "job.started", "job.stage", "job.stage", "job.succeeded"]
    assert [event["event"] for event in events] == names
    assert [event["id"] for event in events] == sorted({event["id"] for event in events})


async def test_valid_transitions_are_those_of_the_state_machine(app: FastAPI, alice: httpx2.AsyncClient) -> None:
    job = await start(alice)
    path = f"{JOBS}/{job['id']}/valid-transitions"
    offered = (await alice.get(path)).json()
    assert offered == {"current": "queued", "valid_transitions": [to.value for to in targets(JobStatus.QUEUED)]}
    await run(app, job)
    assert (await alice.get(path)).json() == {"current": "completed", "valid_transitions": []}


async def test_only_a_worker_key_moves_a_job_and_only_legally(
    alice: httpx2.AsyncClient, admin: httpx2.AsyncClient
) -> None:
    job = await start(alice)
    path = f"{JOBS}/{job['id']}/status"
    assert refusal(await alice.patch(path, json={"status": "processing"})) == (403, ScopeMissing.code)
    made = await admin.post("/api/v1/api-keys", json={"name": "outside worker", "scopes": ["worker"]})
    assert made.status_code == 201, made.text
    worker = {"Authorization": f"Bearer {made.json()['key']}"}
    moved = await alice.patch(path, json={"status": "composing"}, headers=worker)
    assert (moved.status_code, moved.json()["status"]) == (200, "composing")
    back = await alice.patch(path, json={"status": "queued"}, headers=worker)
    assert refusal(back) == (409, IllegalJobMove.code)
    assert (await alice.patch(path, json={"status": "failed"}, headers=worker)).json()["phase"] == "failed"
    assert (await read(alice, job))["error"]["code"] == "job.set_by_hand"


async def test_an_administrator_ends_anybodys_job_and_moves_it_nowhere_else(
    alice: httpx2.AsyncClient, bob: httpx2.AsyncClient, admin: httpx2.AsyncClient
) -> None:
    first, second, third = [await start(alice) for _ in range(3)]
    assert (await bob.post(f"{JOBS}/{first['id']}/cancel")).status_code == 404
    cancelled = await admin.post(f"{JOBS}/{first['id']}/cancel")
    assert (cancelled.status_code, cancelled.json()["phase"]) == (202, "cancelled")
    refused = await admin.patch(f"{JOBS}/{second['id']}/status", json={"status": "processing"})
    assert refusal(refused) == (409, IllegalJobMove.code)
    assert refused.json()["allowed"] == ["failed", "cancelled"]
    for job, status in ((second, "failed"), (third, "cancelled")):
        moved = await admin.patch(f"{JOBS}/{job['id']}/status", json={"status": status})
        assert (moved.status_code, moved.json()["status"]) == (200, status)
