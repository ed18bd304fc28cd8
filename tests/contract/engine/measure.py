"""Measures an engine in a process of its own and prints JSON: `python -m tests.contract.engine.measure URL WAITING`."""

import asyncio
import json
import sys
import time
from datetime import timedelta

import psutil
from sqlalchemy import create_engine, make_url, text

from app.core.clock import SystemClock
from app.core.threads import Threads
from app.engine.dbos import DbosEngine, Limits
from app.engine.port import JobContext, JobId, JobOrder, JsonObject, Queue, RunEvent

STARTS = 200
LATENCIES = 10
IDLE_SECONDS = 3.0
LAG_PAUSE_SECONDS = 0.01
MEGABYTE = 1024 * 1024


class Measured:
    """Notes when each job reached its first step."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.clock = SystemClock()
        self.threads = Threads(4)
        limits = Limits(remote_per_user=10_000, light_per_worker=10_000, drain_seconds=5)
        name = f"measure-{self.clock.new_id()}"
        self.engine = DbosEngine(url, name, clock=self.clock, threads=self.threads, limits=limits)
        self.until = self.clock.now() + timedelta(hours=1)
        self.reached: dict[JobId, float] = {}
        self.ended = 0

    async def run(self, job_id: JobId, context: JobContext) -> JsonObject | None:
        async def begin() -> None:
            self.reached[job_id] = time.perf_counter()

        await context.step("first", begin)
        if context.order.kind == "waits":
            await context.wait("answer", self.look, every_seconds=5, until=self.until)
        else:
            await context.step("second", self.look)
        self.ended += 1
        return None

    async def look(self) -> None:
        return None

    async def record(self, event: RunEvent) -> None:
        """Nothing is said here."""

    async def start(self, kind: str, queue: Queue | None = None) -> JobId:
        job_id = self.clock.new_id()
        await self.engine.start(JobOrder(job_id=job_id, kind=kind, queue=queue, partition="user"))
        return job_id

    async def latency_ms(self, queue: Queue | None) -> dict[str, float]:
        found = []
        for number in range(LATENCIES):
            await asyncio.sleep(0.037 * (number % 5))
            began = time.perf_counter()
            job_id = await self.start("plain", queue)
            while job_id not in self.reached:
                await asyncio.sleep(0.001)
            found.append((self.reached[job_id] - began) * 1000)
        found.sort()
        return {"p50": round(found[len(found) // 2], 1), "p95": round(found[int(len(found) * 0.95) - 1], 1)}

    async def rate(self) -> dict[str, float]:
        ended, began = self.ended, time.perf_counter()
        for _ in range(STARTS):
            await self.start("plain")
        started = time.perf_counter()
        while self.ended < ended + STARTS:
            await asyncio.sleep(0.005)
        over = time.perf_counter()
        return {"starts": round(STARTS / (started - began)), "two_step_jobs": round(STARTS / (over - began))}

    def transactions(self) -> int:
        """Transactions that Postgres has ended so far in this database; SQLite does not count them."""
        if not self.url.startswith("postgresql"):
            return 0
        engine = create_engine(make_url(self.url).set(drivername="postgresql+psycopg"))
        with engine.connect() as connection:
            counted = "SELECT xact_commit + xact_rollback FROM pg_stat_database WHERE datname = current_database()"
            ended: int = connection.execute(text(counted)).scalar_one()
        engine.dispose()
        return ended

    async def idle(self) -> dict[str, float]:
        transactions = await self.threads.run(self.transactions)
        process, began, lags = psutil.Process(), time.perf_counter(), []
        process.cpu_percent()
        while time.perf_counter() - began < IDLE_SECONDS:
            before = time.perf_counter()
            await asyncio.sleep(LAG_PAUSE_SECONDS)
            lags.append((time.perf_counter() - before - LAG_PAUSE_SECONDS) * 1000)
        lags.sort()
        ended = await self.threads.run(self.transactions) - transactions
        return {
            "transactions_per_second": round(ended / (time.perf_counter() - began), 1),
            "rss_mb": round(process.memory_info().rss / MEGABYTE, 1),
            "cpu_percent_of_a_core": round(process.cpu_percent(), 1),
            "loop_lag_p99_ms": round(lags[int(len(lags) * 0.99) - 1], 1),
        }

    async def measure(self, waiting: int) -> dict[str, object]:
        await self.engine.open(run=self.run, record=self.record)
        await asyncio.sleep(2)
        found: dict[str, object] = {"idle": await self.idle()}
        found["direct_latency_ms"] = await self.latency_ms(None)
        found["queued_latency_ms"] = await self.latency_ms(Queue.LIGHT)
        found["per_second"] = await self.rate()
        jobs = [await self.start("waits") for _ in range(waiting)]
        while len(self.reached.keys() & set(jobs)) < waiting:
            await asyncio.sleep(0.05)
        await asyncio.sleep(2)
        found[f"waiting_{waiting}"] = await self.idle()
        began = time.perf_counter()
        await self.engine.close()
        self.threads.close()
        found["close_seconds"] = round(time.perf_counter() - began, 2)
        return found


if __name__ == "__main__":
    print(json.dumps(asyncio.run(Measured(sys.argv[1]).measure(int(sys.argv[2])))))
