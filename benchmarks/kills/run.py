"""Kills workers a thousand times, on both databases together, and counts what was lost and what was paid twice.

In every tenth kill the database is away as well: Postgres is stopped, the SQLite files are locked by somebody else.
Run it with `python -m benchmarks.kills.run`; it ends with 1 when a job is lost, a paid call is repeated, or the naive
worker, which posts without the ledger, shows no duplicates.
"""

import argparse
import asyncio
import os
import shutil
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random

import asyncpg

from app.core.database import Database
from app.core.migrations import migrate
from tests.faults.harness import LONG_GRACE_SECONDS, SHORT_GRACE_SECONDS, Harness, Verdict
from tests.faults.nursery import Nursery
from tests.faults.outages import Outage, SqliteLock, Together, engine_file, own_postgres
from tests.faults.points import FREEZING_POINTS, NAMED_POINTS, PAYING_POINTS
from tests.faults.vendor import Vendor

NAIVE_KILLS = 30
FREEZES = 10
# A drain between batches keeps the time in which a job may meet ever new deaths long, but not endless.
BATCH = 120
# How often each point within a paid call is met by a worker that goes on before the call's deadline.
PAYING_ROUNDS = 5
LONGEST_SECONDS = 1800.0
MOST_KILLS_PER_OUTAGE = 10


@dataclass(frozen=True)
class Run:
    """One row of the table."""

    url: str
    workers: int
    rounds: int
    random_kills: int
    seed: int
    naive: bool = False
    freezes: int = 0
    outage: Outage | None = None


async def measure(run: Run, until: float) -> Verdict:
    """Every named point, so many rounds, then kills at random, then a drain without kills."""
    began = time.monotonic()
    dice = Random(run.seed)
    folder = tempfile.mkdtemp(prefix="kills-")
    try:
        async with Nursery.opened() as nursery, Vendor(dice).serving() as vendor:
            harness = Harness(run.url, folder, nursery, vendor, dice)
            harness.outage = run.outage
            await _kill(harness, run, until)
            await harness.drain(run.workers)
            return await harness.verdict(run.workers, began)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


async def _kill(harness: Harness, run: Run, until: float) -> None:
    harness.direct = True
    for _ in range(run.freezes):
        if time.monotonic() < until:
            await harness.freeze_at(FREEZING_POINTS)
    if run.naive:
        harness.naive = True
        for _ in range(run.random_kills):
            await harness.kill_at("post.after")
        return
    for _ in range(run.rounds):
        harness.grace_seconds = SHORT_GRACE_SECONDS
        await _kill_at(harness, NAMED_POINTS, until)
        harness.grace_seconds = LONG_GRACE_SECONDS
        await _kill_at(harness, PAYING_POINTS * PAYING_ROUNDS, until)
        await harness.drain(run.workers)
    harness.direct = False
    for begun in range(0, run.random_kills, BATCH):
        await harness.kill_at_random(min(BATCH, run.random_kills - begun), run.workers, until)
        await harness.drain(run.workers)


async def _kill_at(harness: Harness, points: Sequence[str], until: float) -> None:
    for point in points:
        if time.monotonic() < until:
            await harness.kill_at(point)


@asynccontextmanager
async def databases(folder: Path, count: int) -> AsyncIterator[Sequence[str]]:
    """Fresh migrated databases: one SQLite file, then so many of Postgres."""
    files = tempfile.mkdtemp(prefix="kills-db-")
    urls = [f"sqlite+aiosqlite:///{files}/kills.db"]
    connection = await asyncpg.connect(host=str(folder), user="postgres", database="postgres")
    for number in range(count):
        await connection.execute(f"CREATE DATABASE kills{number}")
        urls.append(f"postgresql+asyncpg://postgres@/kills{number}?host={folder}")
    await connection.close()
    for url in urls:
        database = Database(url)
        await migrate(database)
        await database.close()
    try:
        yield urls
    finally:
        shutil.rmtree(files, ignore_errors=True)


async def main(kills: int, seed: int, seconds: float, *, outages: bool) -> int:
    """The table, and what is wrong with it."""
    until = time.monotonic() + seconds
    with own_postgres() as server:
        async with databases(server.folder, 5) as urls:
            share = max(0, kills - 2 * (len(NAMED_POINTS) + PAYING_ROUNDS * len(PAYING_POINTS))) // 5
            locks = Together(SqliteLock(urls[0]), SqliteLock(f"sqlite+aiosqlite:///{engine_file(urls[0])}"))
            runs = (
                Run(urls[0], 1, 1, 2 * share, seed, outage=locks if outages else None),
                Run(urls[1], 1, 1, share, seed + 1, outage=server if outages else None),
                Run(urls[2], 2, 0, share, seed + 2, outage=server if outages else None),
                Run(urls[3], 3, 0, share + 5, seed + 3, outage=server if outages else None),
                Run(urls[4], 2, 0, 0, seed + 4, freezes=FREEZES),
                Run(urls[5], 1, 0, NAIVE_KILLS, seed + 5, naive=True),
            )
            print(f"seed {seed}, cores {os.cpu_count()}, load {os.getloadavg()[0]:.1f}", flush=True)
            alone, *others = runs
            async with asyncio.TaskGroup() as tasks:
                beside = tasks.create_task(_row(alone, until))
                *kept, naive = [await _row(run, until) for run in others]
            kept.append(beside.result())
    killed = sum(verdict.kills for verdict in kept)
    wrongs = [verdict.wrongs for verdict in kept if verdict.wrongs]
    print(
        f"kills {killed} at {len(set().union(*(v.points for v in kept)))} points and at random, "
        f"{sum(v.outages for v in kept)} of them with an outage of the database, "
        f"{sum(v.interrupted for v in kept)} of them within a paid call, freezes {sum(v.frozen for v in kept)}, "
        f"jobs {sum(v.jobs for v in kept)}, paid {sum(v.paid for v in kept)}, parked {sum(v.parked for v in kept)}, "
        f"wrong {wrongs or 0}, naive duplicates {naive.duplicates}"
    )
    too_few = outages and MOST_KILLS_PER_OUTAGE * sum(v.outages for v in kept) < killed
    return int(killed < kills or too_few or bool(wrongs) or naive.duplicates == 0)


async def _row(run: Run, until: float) -> Verdict:
    verdict = await measure(run, until)
    print("naive" if run.naive else "ledger", verdict.line(), flush=True)
    return verdict


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=20_261_121)
    parser.add_argument("--seconds", type=float, default=LONGEST_SECONDS, help="no kill begins later than this")
    parser.add_argument("--no-outages", action="store_true", help="kills only: the database stays there")
    chosen = parser.parse_args()
    sys.exit(asyncio.run(main(chosen.kills, chosen.seed, chosen.seconds, outages=not chosen.no_outages)))
