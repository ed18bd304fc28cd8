"""Measures films that wait for their owners' approval: what they write, what they read and what they cost.

Run it with `python -m benchmarks.waiting.run` (or `--films 100`); it ends with 1 when a figure is over its limit.
"""

import argparse
import asyncio
import json
import logging
import os
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime

import asyncpg
import psutil
import structlog
from sqlalchemy import event, func, select

from app.core.database import Database
from app.core.migrations import migrate
from app.jobs.domain import Lane
from app.jobs.models import Job
from app.jobs.queue import JobQueue, Order
from app.jobs.service import JobService
from app.jobs.settlement import JobControl, JobRuntime
from app.production.jobs import ProduceFilm
from app.projects.schemas import ProjectCreate, SegmentEdit
from app.projects.service import ProjectService
from app.projects.storyboard import StoryboardService
from app.resources import Resources, open_resources
from app.worker import background
from benchmarks.jobs.run import JOBS_PER_USER, MEBIBYTE, settings_for, users
from benchmarks.jobs.server import postgres

FILMS = 1000
SETTLE_SECONDS, WATCH_SECONDS, GATHER_SECONDS, ANSWER_SECONDS = 10.0, 20.0, 1800.0, 60.0
MOST_WRITES_PER_SECOND, MOST_CPU_PERCENT = 10.0, 5.0


@dataclass(frozen=True)
class Quiet:
    """What a process did while it was watched."""

    writes_per_second: float
    reads_per_second: float
    cpu_percent_of_a_core: float


@dataclass(frozen=True)
class Films:
    """What so many waiting films cost beside an idle service, and how soon one goes on when its owner speaks."""

    films: int
    gathered_seconds: float
    rss_mb: float
    parked: int
    idle: Quiet
    waiting: Quiet
    goes_on_after_seconds: float


async def begin(resources: Resources, owner_id: str) -> None:
    """A film whose words wait for approval."""
    async with resources.database.unit_of_work() as session:
        wish = ProjectCreate(name="Film", target_duration_sec=12, story_prompt="A fox looks for a lost lantern.")
        project = await ProjectService.over(session, resources).create(owner_id, wish)
        board = StoryboardService.over(session, resources)
        for segment in await board.segments(project.id):
            await board.edit(segment, SegmentEdit(video_prompt="A fox runs through a misty forest."))
        order = Order(owner_id, ProduceFilm.kind, Lane.REMOTE, {"plans": True}, project_id=project.id)
        await JobQueue(session, resources).enqueue(order)


async def all_asked(resources: Resources, count: int) -> None:
    """Waits until so many jobs ask their owners."""
    asked = select(func.count()).where(Job.question.is_not(None))
    while True:
        async with resources.database.reading() as session:
            if (await session.scalar(asked) or 0) >= count:
                return
        await asyncio.sleep(1)


async def watch(resources: Resources) -> Quiet:
    """What this process does for a while."""
    counts = {"begin": 0, "commit": 0}
    engines = {resources.database.writer.sync_engine, resources.database.reader.sync_engine}
    listeners = [(engine, name, _counter(counts, name)) for engine in engines for name in counts]
    for listener in listeners:
        event.listen(*listener)
    process = psutil.Process()
    process.cpu_percent()
    began = time.perf_counter()
    await asyncio.sleep(WATCH_SECONDS)
    cpu, seconds = process.cpu_percent(), time.perf_counter() - began
    for listener in listeners:
        event.remove(*listener)
    reads = counts["begin"] - counts["commit"]
    return Quiet(round(counts["commit"] / seconds, 2), round(reads / seconds, 2), round(cpu, 1))


def _counter(counts: dict[str, int], name: str) -> Callable[..., None]:
    def count(*_: object) -> None:
        counts[name] += 1

    return count


async def goes_on(resources: Resources) -> float:
    """How long it takes from an owner's yes to the first work that it starts."""
    async with resources.database.unit_of_work() as session:
        job_id = await session.scalar(select(Job.id).where(Job.question.is_not(None)).order_by(Job.id).limit(1))
        job = await JobService.over(session, resources).any(job_id or "")
        await JobControl.over(session, resources).answer(job, "approve")
    spoken = time.perf_counter()
    async with asyncio.timeout(ANSWER_SECONDS):
        while True:
            async with resources.database.reading() as session:
                if await JobService.over(session, resources).children(job.id):
                    return time.perf_counter() - spoken
            await asyncio.sleep(0.02)


async def films(url: str, folder: str, count: int) -> Films:
    """Watches the idle service, gathers the films, lets them rest, watches again."""
    async with (
        open_resources(settings_for(url, folder)) as resources,
        background(resources, with_worker=True, handlers=lambda found, _prune: (ProduceFilm(found),)),
    ):
        await asyncio.sleep(SETTLE_SECONDS)
        idle = await watch(resources)
        began = time.perf_counter()
        for owner in await users(resources, -(-count // JOBS_PER_USER)):
            for _ in range(min(JOBS_PER_USER, count)):
                await begin(resources, owner)
        async with asyncio.timeout(GATHER_SECONDS):
            await all_asked(resources, count)
        gathered = time.perf_counter() - began
        await asyncio.sleep(2 * SETTLE_SECONDS)
        waiting = await watch(resources)
        rss = psutil.Process().memory_info().rss / MEBIBYTE
        parked = resources.provided(JobRuntime).parked_waits.parked_count
        after = await goes_on(resources)
    return Films(count, round(gathered, 1), round(rss, 1), parked, idle, waiting, round(after, 2))


async def one(url: str, count: int) -> None:
    """A measurement in this process, told as one line of JSON."""
    logging.disable(logging.CRITICAL)
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    with tempfile.TemporaryDirectory(prefix="waiting-store-") as folder:
        database = Database(url)
        await migrate(database)
        await database.close()
        found = await films(url, folder, count)
    print(json.dumps(asdict(found)))


async def table(count: int) -> int:
    """The measurement on both databases, each in a process of its own."""
    wrong = 0
    with postgres() as server, tempfile.TemporaryDirectory(prefix="waiting-db-") as folder:
        connection = await asyncpg.connect(host=server, user="postgres", database="postgres")
        await connection.execute("CREATE DATABASE waiting")
        await connection.close()
        for url in (
            f"sqlite+aiosqlite:///{folder}/waiting.db",
            f"postgresql+asyncpg://postgres@/waiting?host={server}",
        ):
            command = (sys.executable, "-m", "benchmarks.waiting.run", "--one", url, str(count))
            process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
            said, _ = await process.communicate()
            found = json.loads(said.splitlines()[-1])
            quiet = found["waiting"]
            too_much = (
                quiet["writes_per_second"] >= MOST_WRITES_PER_SECOND
                or quiet["cpu_percent_of_a_core"] >= found["idle"]["cpu_percent_of_a_core"] + MOST_CPU_PERCENT
            )
            wrong += too_much
            print(f"{url.partition('+')[0]:10} {found} {'OVER ITS LIMIT' if too_much else ''}", flush=True)
    print(f"cores {os.cpu_count()}, load {os.getloadavg()[0]:.1f}, python {sys.version.split()[0]}, {datetime.now()}")
    return int(wrong > 0)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--one", nargs=2, metavar=("URL", "FILMS"), help="one measurement, in this process")
    parser.add_argument("--films", type=int, default=FILMS, help="how many films wait")
    chosen = parser.parse_args()
    if chosen.one:
        asyncio.run(one(chosen.one[0], int(chosen.one[1])))
    else:
        sys.exit(asyncio.run(table(chosen.films)))
