"""Measures the whole service with waiting jobs, and how soon a job starts, each in a process of its own.

Run it with `python -m benchmarks.jobs.run`; it ends with 1 when a figure is over its limit.
"""

import argparse
import asyncio
import json
import logging
import os
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar

import asyncpg
import psutil
import structlog
from pydantic import BaseModel, JsonValue

from app.accounts.domain import AccountRole
from app.accounts.models import User
from app.core.database import Database
from app.core.migrations import migrate
from app.core.repository import Repository
from app.core.settings import Settings
from app.jobs.domain import JobStatus, JobView, Lane
from app.jobs.handlers import Ending, JobHandler, JobRun
from app.jobs.queue import JobQueue, Order
from app.jobs.settlement import JobRuntime
from app.resources import Resources, open_resources
from app.worker import background
from benchmarks.jobs.cancels import slowest_cancel
from benchmarks.jobs.server import postgres, transactions

MEBIBYTE = 1024 * 1024
JOBS_PER_USER = 8
SETTLE_SECONDS, WATCH_SECONDS, LAG_PAUSE_SECONDS, POLL_SECONDS = 5.0, 10.0, 0.01, 10.0
STARTS, CANCELS = 40, 10
GATHER_SECONDS = 900.0
# Waiting jobs to the most memory in MB, the most of one core in percent and the most lag of the loop in ms.
LIMITS = {1_000: (200.0, 15.0, 50.0), 10_000: (500.0, None, None)}
MOST_DIRECT_MS, MOST_QUEUED_MS = 300.0, 1500.0


class Nothing(BaseModel):
    """Nothing to be told."""


class Waits(JobHandler[Nothing]):
    """Looks again and again, as a job that waits for a vendor does."""

    kind: ClassVar[str] = "benchmark.waits"
    label: ClassVar[str] = "Wait"
    lane: ClassVar[Lane] = Lane.REMOTE
    startable: ClassVar[bool] = True
    every: ClassVar[timedelta | None] = None
    params = Nothing

    def __init__(self, *, ends: bool) -> None:
        self._reached: dict[str, float] = {}
        self._news = asyncio.Condition()
        self._ends = ends
        self.looks = 0

    def some(self, count: int) -> list[str]:
        """So many of the jobs that wait, evenly chosen from the first to the last."""
        job_ids = list(self._reached)
        return job_ids[:: -(-len(job_ids) // count)]

    async def all_reached(self, count: int) -> None:
        """Waits until so many jobs have reached their first stage."""
        async with self._news:
            await self._news.wait_for(lambda: len(self._reached) >= count)

    async def moment_of(self, job_id: str) -> float:
        """When this job reached its first stage."""
        async with self._news:
            await self._news.wait_for(lambda: job_id in self._reached)
        return self._reached[job_id]

    async def run(self, work: JobRun, _params: Nothing) -> dict[str, JsonValue]:
        """Its first stage, then the wait."""
        await work.stage("waiting", progress=10, status=JobStatus.GENERATING_VIDEO)
        async with self._news:
            self._reached[work.job.id] = time.perf_counter()
            self._news.notify_all()
        until = work.job.created_at + timedelta(hours=2)
        await work.wait("answer", self._look, every_seconds=POLL_SECONDS, until=until)
        return {}

    async def ended(self, session: object, job: JobView, ending: Ending) -> None:
        """Nothing is left behind."""

    async def _look(self) -> bool | None:
        self.looks += 1
        return True if self._ends else None


@dataclass(frozen=True)
class Waiting:
    """What so many waiting jobs cost."""

    jobs: int
    gathered_seconds: float
    rss_mb: float
    cpu_percent_of_a_core: float
    loop_lag_p99_ms: float
    parked: int
    looks_per_second: float
    slowest_cancel_seconds: float


@dataclass(frozen=True)
class Starts:
    """How soon the first stage is reached after the answer, and what an idle service does meanwhile."""

    direct_p95_ms: float
    queued_p95_ms: float
    idle_transactions_per_second: float


class _Users(Repository[User]):
    table = User


async def users(resources: Resources, count: int) -> list[str]:
    """So many people."""
    made = []
    async with resources.database.unit_of_work() as session:
        for _ in range(count):
            row = User(role=AccountRole.USER, is_active=True)
            made.append((await _Users(session, resources.clock).add(row)).id)
    return made


async def enqueue(resources: Resources, owner_id: str, *, direct: bool) -> str:
    """One job in line."""
    order = Order(owner_id=owner_id, kind=Waits.kind, lane=Lane.REMOTE, params={}, direct=direct)
    async with resources.database.unit_of_work() as session:
        return (await JobQueue(session, resources).enqueue(order))[0].id


async def waiting(url: str, folder: str, count: int) -> Waiting:
    """Gathers the jobs, lets them rest, then watches."""
    handler = Waits(ends=False)
    async with (
        open_resources(settings_for(url, folder)) as resources,
        background(resources, with_worker=True, handlers=lambda _resources, _prune: (handler,)),
    ):
        began = time.perf_counter()
        for owner in await users(resources, -(-count // JOBS_PER_USER)):
            for _ in range(JOBS_PER_USER):
                await enqueue(resources, owner, direct=False)
        async with asyncio.timeout(GATHER_SECONDS):
            await handler.all_reached(count)
        gathered = time.perf_counter() - began
        await asyncio.sleep(SETTLE_SECONDS)
        process, lags, looks = psutil.Process(), [], handler.looks
        process.cpu_percent()
        until = time.perf_counter() + WATCH_SECONDS
        while (before := time.perf_counter()) < until:
            await asyncio.sleep(LAG_PAUSE_SECONDS)
            lags.append((time.perf_counter() - before - LAG_PAUSE_SECONDS) * 1000)
        cpu, rss = process.cpu_percent(), process.memory_info().rss / MEBIBYTE
        pace, parked = (handler.looks - looks) / WATCH_SECONDS, resources.provided(JobRuntime).parked_waits.parked_count
        slowest = await slowest_cancel(resources, handler.some(CANCELS))
    figures = [round(figure, 1) for figure in (gathered, rss, cpu, high(lags, 0.99))]
    return Waiting(count, *figures, parked, round(pace, 1), round(slowest, 2))


async def starts(url: str, folder: str) -> Starts:
    """Starts jobs one by one on an idle service."""
    handler = Waits(ends=True)
    async with (
        open_resources(settings_for(url, folder)) as resources,
        background(resources, with_worker=True, handlers=lambda _resources, _prune: (handler,)),
    ):
        [owner] = await users(resources, 1)
        await asyncio.sleep(SETTLE_SECONDS)
        found: dict[bool, list[float]] = {True: [], False: []}
        for number in range(STARTS):
            for direct in (True, False):
                await asyncio.sleep(0.03 * (number % 7))
                job_id = await enqueue(resources, owner, direct=direct)
                answered = time.perf_counter()
                found[direct].append((await handler.moment_of(job_id) - answered) * 1000)
        before = await transactions(url)
        await asyncio.sleep(WATCH_SECONDS)
        idle = (await transactions(url) - before) / WATCH_SECONDS
    return Starts(round(high(found[True], 0.95), 1), round(high(found[False], 0.95), 1), round(idle, 1))


def high(figures: list[float], share: float) -> float:
    """The figure that this share stays under."""
    return sorted(figures)[min(len(figures) - 1, int(len(figures) * share))]


def settings_for(url: str, folder: str) -> Settings:
    """Settings that read neither the environment nor a file."""
    values: dict[str, dict[str, Any]] = {
        "security": {"secret_key": "benchmark-0123456789-0123456789-0123456789"},
        "storage": {"storage_path": Path(folder), "storage_reserve_mb": 0},
        "database": {"database_url": url},
        "work": {"max_jobs_per_user": 100_000, "max_queue_size": 100_000},
    }
    return Settings(**{n: kind(_env_file=None, **values.get(n, {})) for n, kind in Settings.groups().items()})


async def one(url: str, count: int) -> None:
    """A measurement in this process, told as one line of JSON."""
    logging.disable(logging.CRITICAL)
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    with tempfile.TemporaryDirectory(prefix="jobs-store-") as folder:
        database = Database(url)
        await migrate(database)
        await database.close()
        found = await (waiting(url, folder, count) if count else starts(url, folder))
    print(json.dumps(asdict(found)))


async def measured(url: str, count: int) -> dict[str, float]:
    """The measurement of a process of its own."""
    command = (sys.executable, "-m", "benchmarks.jobs.run", "--one", url, str(count))
    process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
    said, _ = await process.communicate()
    found: dict[str, float] = json.loads(said.splitlines()[-1])
    return found


def over(count: int, found: dict[str, float]) -> bool:
    """Whether a figure is over its limit."""
    if not count:
        return found["direct_p95_ms"] > MOST_DIRECT_MS or found["queued_p95_ms"] > MOST_QUEUED_MS
    names = ("rss_mb", "cpu_percent_of_a_core", "loop_lag_p99_ms")
    return any(most is not None and found[name] > most for name, most in zip(names, LIMITS[count], strict=True))


async def table(counts: list[int]) -> int:
    """Every measurement on both databases."""
    wrong = 0
    with postgres() as server, tempfile.TemporaryDirectory(prefix="jobs-db-") as folder:
        for count in counts:
            connection = await asyncpg.connect(host=server, user="postgres", database="postgres")
            await connection.execute(f"CREATE DATABASE jobs{count}")
            await connection.close()
            for url in (
                f"sqlite+aiosqlite:///{folder}/{count}.db",
                f"postgresql+asyncpg://postgres@/jobs{count}?host={server}",
            ):
                found = await measured(url, count)
                too_much = over(count, found)
                wrong += too_much
                kind = url.partition("+")[0]
                print(f"{kind:10} {found} {'OVER ITS LIMIT' if too_much else ''}", flush=True)
    print(f"cores {os.cpu_count()}, load {os.getloadavg()[0]:.1f}, python {sys.version.split()[0]}, {datetime.now()}")
    return int(wrong > 0)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--one", nargs=2, metavar=("URL", "JOBS"), help="one measurement, in this process")
    parser.add_argument("--jobs", type=int, nargs="*", default=[0, *LIMITS], help="0 measures starts")
    chosen = parser.parse_args()
    if chosen.one:
        asyncio.run(one(chosen.one[0], int(chosen.one[1])))
    else:
        sys.exit(asyncio.run(table(chosen.jobs)))
