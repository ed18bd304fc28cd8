"""A worker process of its own, to be killed or frozen: `python -m tests.contract.engine.worker URL FOLDER TTL`."""

import asyncio
import json
import os
import signal
import sys
from datetime import timedelta
from pathlib import Path

from app.core.clock import SystemClock
from app.core.database import Database
from app.core.threads import Threads
from app.engine.dbos import DbosEngine, RunLimits
from app.engine.leases import Lease, Reaper, new_executor_id
from app.engine.port import JobContext, JobId, JobOrder, JsonObject, RunAbandoned, RunEvent

LOOK_SECONDS = 0.02
FRUITLESS_LIVES = 4


class Worker:
    """Writes one line per thing that happens; lines of a dead process stay."""

    def __init__(self, url: str, folder: Path, ttl_seconds: float) -> None:
        self.clock = SystemClock()
        self.folder = folder
        self.database = Database(url)
        self.threads = Threads(4)
        self.lease = Lease(self.database, self.clock, new_executor_id(self.clock), ttl_seconds=ttl_seconds)
        limits = RunLimits(render_per_worker=1, drain_seconds=1, fruitless_lives=FRUITLESS_LIVES)
        self.engine = DbosEngine(url, self.lease.name, clock=self.clock, threads=self.threads, limits=limits)
        self.reaper = Reaper(self.lease, self.engine, self.clock, tick_seconds=0.2)

    def say(self, event: str, job_id: JobId = "", **facts: object) -> None:
        line = json.dumps({"pid": os.getpid(), "event": event, "job": job_id, **facts}) + "\n"
        descriptor = os.open(self.folder / "log", os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        os.write(descriptor, line.encode())
        os.close(descriptor)

    async def serve(self) -> None:
        await self.lease.take()
        await self.engine.open(run=self.run, record=self.record)
        self.say("open", executor=self.lease.name)
        async with asyncio.TaskGroup() as tasks:
            reaping = tasks.create_task(self.reaper.run())
            await self.take_orders()
            reaping.cancel()
        await self.engine.close()
        await self.lease.give_up()
        await self.database.close()
        self.threads.close()
        self.say("closed")

    async def take_orders(self) -> None:
        """Orders arrive as lines on standard input; its end is a polite stop."""
        reader = asyncio.StreamReader()
        await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
        while line := await reader.readline():
            order = JobOrder.model_validate_json(line)
            await self.engine.start(order)
            self.say("accepted", order.job_id)

    async def run(self, job_id: JobId, context: JobContext) -> JsonObject | None:
        if context.order.kind in PATHS:
            await PATHS[context.order.kind](self, job_id, context)
            self.say("done", job_id)
            return None
        try:
            for step in ("a", "b", "c"):
                await context.step(step, self.step, job_id, step)
                await context.emit("passed", {"step": step})
            if context.order.kind == "paid":
                await context.step("pay", self.pay, job_id)
            self.say("done", job_id)
        except asyncio.CancelledError:
            self.say("dropped", job_id)
            raise
        return None

    async def step(self, job_id: JobId, step: str) -> str:
        self.say("step", job_id, step=step)
        if step == "b":
            await self.appears("go")
        return step

    async def pay(self, job_id: JobId) -> None:
        self.say("step", job_id, step="pay")
        await self.appears("pay")
        if not self.lease.fresh():
            self.say("fenced", job_id)
            raise RunAbandoned
        self.say("paid", job_id)

    async def appears(self, name: str) -> None:
        while not (self.folder / name).exists():
            await asyncio.sleep(LOOK_SECONDS)

    async def poison(self, job_id: JobId, context: JobContext) -> None:
        """Kills its worker in its first step, every time."""

        async def deadly() -> None:
            self.say("step", job_id, step="x")
            os.kill(os.getpid(), signal.SIGKILL)

        await context.step("x", deadly)

    async def wear(self, job_id: JobId, context: JobContext) -> None:
        """Kills its worker after each step: every life gets a little further."""
        for step in "klmnop":
            passed: list[str] = []
            await context.step(step, self.passing, job_id, step, passed)
            if passed:
                os.kill(os.getpid(), signal.SIGKILL)

    async def passing(self, job_id: JobId, step: str, passed: list[str]) -> None:
        self.say("step", job_id, step=step)
        passed.append(step)

    async def be_patient(self, job_id: JobId, context: JobContext) -> None:
        """Waits for a word, whoever dies meanwhile."""

        async def look() -> bool | None:
            self.say("look", job_id)
            return True if (self.folder / "go").exists() else None

        until = self.clock.now() + timedelta(seconds=60)
        await context.wait("word", look, every_seconds=0.05, until=until)

    async def record(self, event: RunEvent) -> None:
        self.say("event", event.job_id, key=event.key)


PATHS = {"poison": Worker.poison, "wearing": Worker.wear, "patient": Worker.be_patient}

if __name__ == "__main__":
    asyncio.run(Worker(sys.argv[1], Path(sys.argv[2]), float(sys.argv[3])).serve())
