"""A rolling restart of real replicas on one Postgres: no failed request, no lost job, no missed or repeated event."""

import asyncio
import json
import signal
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.replicas.balancer import Balancer
from tests.replicas.processes import Replica, account, environment_of, free_port
from tests.replicas.server import KIND

pytestmark = pytest.mark.timeout(170)

PAUSE_SECONDS = 0.05
HELD_SECONDS = 20
JOB_SECONDS = 2
LONG_JOB_SECONDS = 6
HOLD_BEFORE_SECONDS = 1.0
FINAL = frozenset({"completed", "failed", "cancelled"})


@dataclass
class Tally:
    """What the clients saw."""

    answers: Counter[str] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)
    jobs: set[str] = field(default_factory=set)
    ended: Counter[str] = field(default_factory=Counter)
    heard: list[int] = field(default_factory=list)
    reconnects: int = 0
    ended_early: int = 0
    held_by_ending: int = 0
    over: asyncio.Event = field(default_factory=asyncio.Event)

    def note(self, what: str, answer: httpx2.Response) -> httpx2.Response:
        self.answers[what] += 1
        if answer.status_code >= 400:
            self.failures.append(f"{what}: {answer.status_code} {answer.text[:200]}")
        return answer


@asynccontextmanager
async def cluster(count: int, environment: dict[str, str]) -> AsyncIterator[tuple[list[Replica], Balancer]]:
    replicas = [Replica(free_port(), environment) for _ in range(count)]
    async with AsyncExitStack() as opened:
        balancer = await opened.enter_async_context(Balancer([each.port for each in replicas]).serving())
        for replica in replicas:
            await replica.start()
            opened.push_async_callback(replica.stop)
        await balancer.until_ready(*balancer.ports)
        yield replicas, balancer


async def reads_and_writes(client: httpx2.AsyncClient, tally: Tally) -> None:
    number = 0
    while not tally.over.is_set():
        number += 1
        tally.note("list", await client.get("/api/v1/projects"))
        tally.note("create", await client.post("/api/v1/projects", json={"name": f"Film {number}"}))
        await asyncio.sleep(PAUSE_SECONDS)


async def held_replies(client: httpx2.AsyncClient, tally: Tally) -> None:
    """Starts work and waits for it; a reply that ends early is asked for again and meets the same job."""
    while not tally.over.is_set():
        wish = {"kind": KIND, "params": {"seconds": JOB_SECONDS}}
        started = tally.note("start", await client.post("/api/v1/jobs", json=wish))
        job = started.json()
        tally.jobs.add(job["id"])
        while job["status"] not in FINAL:
            job = await held(client, tally, job, f"/api/v1/jobs/{job['id']}", HELD_SECONDS)
        tally.ended[job["status"]] += 1


async def stream(client: httpx2.AsyncClient, tally: Tally) -> None:
    """Hears everything that happens, and reconnects with the id of what it heard last."""
    last = 0
    while not tally.over.is_set():
        headers = {"Last-Event-ID": str(last)}
        async with client.stream("GET", "/api/v1/events", headers=headers, timeout=None) as answer:
            tally.note("stream", answer) if answer.status_code == 200 else tally.failures.append("stream refused")
            tally.reconnects += 1
            async for line in answer.aiter_lines():
                if line.startswith("id: "):
                    last = int(line.removeprefix("id: "))
                    tally.heard.append(last)


async def logged(client: httpx2.AsyncClient, tally: Tally) -> list[int]:
    found: list[int] = []
    for job in tally.jobs:
        log = (await client.get(f"/api/v1/jobs/{job}/log")).json()
        found += [event["id"] for event in log["events"]]
    return sorted(found)


async def restarted(replicas: list[Replica], balancer: Balancer, client: httpx2.AsyncClient, tally: Tally) -> list[int]:
    codes = []
    for replica in replicas:
        job = await long_job(client, tally)
        ending = asyncio.ensure_future(held_at(replica, job, client, tally))
        await asyncio.sleep(HOLD_BEFORE_SECONDS)
        codes.append(await replica.stop())
        await replica.start()
        await balancer.until_ready(replica.port)
        await ending
    return codes


async def long_job(client: httpx2.AsyncClient, tally: Tally) -> dict[str, Any]:
    wish = {"kind": KIND, "params": {"seconds": LONG_JOB_SECONDS}}
    job: dict[str, Any] = tally.note("start", await client.post("/api/v1/jobs", json=wish)).json()
    tally.jobs.add(job["id"])
    return job


async def held_at(replica: Replica, job: dict[str, Any], client: httpx2.AsyncClient, tally: Tally) -> None:
    """A reply that the ending replica holds ends with 503; elsewhere the same job is met again."""
    address = f"http://127.0.0.1:{replica.port}/api/v1/jobs/{job['id']}"
    before = tally.ended_early
    while job["status"] not in FINAL:
        job = await held(client, tally, job, address, LONG_JOB_SECONDS)
        address = f"/api/v1/jobs/{job['id']}"
    tally.held_by_ending += tally.ended_early > before
    tally.ended[job["status"]] += 1


async def held(
    client: httpx2.AsyncClient, tally: Tally, job: dict[str, Any], address: str, seconds: int
) -> dict[str, Any]:
    """The job when the wait is over; a reply that ends with 503 names the job, which is then waited for elsewhere."""
    answer = await client.get(address, headers={"Prefer": f"wait={seconds}"})
    if answer.status_code == 503 and answer.json()["code"] == "job.held_reply_ended":
        tally.answers["held, then 503"] += 1
        tally.ended_early += 1
        assert (answer.json()["job_id"], answer.headers["Retry-After"]) == (job["id"], "1")
        return job
    found: dict[str, Any] = tally.note("held", answer).json()
    return found


@pytest.mark.parametrize("count", [2, 3])
async def test_a_rolling_restart_fails_no_request_and_loses_nothing(
    postgres_database_url: str, tmp_path: Path, count: int
) -> None:
    tally, environment = Tally(), environment_of(postgres_database_url, tmp_path)
    async with cluster(count, environment) as (replicas, balancer):
        headers = {"Authorization": f"Bearer {await account(balancer.address)}"}
        async with httpx2.AsyncClient(base_url=balancer.address, headers=headers, timeout=30) as client:
            listening = asyncio.ensure_future(stream(client, tally))
            clients = [asyncio.ensure_future(run(client, tally)) for run in (reads_and_writes, held_replies) * 2]
            codes = await restarted(replicas, balancer, client, tally)
            tally.over.set()
            await asyncio.gather(*clients)
            expected = await logged(client, tally)
            async with asyncio.timeout(20):
                while len(set(tally.heard)) < len(expected):
                    await asyncio.sleep(PAUSE_SECONDS)
            listening.cancel()
    print(json.dumps({"answers": tally.answers, "reconnects": tally.reconnects, "events": len(tally.heard)}))
    assert tally.failures == []
    # The server ends with the signal that it was asked to end by, after everything is closed.
    assert codes == [-signal.SIGTERM] * count
    assert set(tally.ended) == {"completed"}
    assert tally.held_by_ending == count, "no reply was held while its replica ended"
    assert sorted(tally.heard) == expected
    assert tally.reconnects > 1
    assert set(balancer.served) == set(balancer.ports)
