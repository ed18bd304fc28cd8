"""The engine port in memory: it keeps the same promises until the process ends, and dies and loses runs on command."""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

import structlog
from typing_extensions import override

from app.core.clock import Clock, SystemClock
from app.engine.port import (
    EngineRunner,
    ExecutorId,
    JobEngine,
    JobId,
    JobOrder,
    ParkedRun,
    Recorder,
    RunAbandoned,
    RunParked,
    RunState,
    StepOutcome,
    proven_json,
)
from tests.doubles.run import MemoryContext, Run, failure_of

log = structlog.get_logger(__name__)


class MemoryParked(ParkedRun):
    """One stay of one run."""

    def __init__(self, engine: "MemoryEngine", run: Run) -> None:
        self._engine = engine
        self._run = run

    @property
    @override
    def job_id(self) -> JobId:
        return self._run.order.job_id

    @property
    @override
    def held(self) -> bool:
        return self._run.parked is self

    @override
    async def resume(self) -> None:
        if self.held:
            self._engine.resume(self._run)


class MemoryEngine(JobEngine):
    """Starts everything at once; queues have no limits here."""

    def __init__(self, executor: ExecutorId = "memory", clock: Clock | None = None) -> None:
        self.executor = executor
        self.clock = clock or SystemClock()
        self.runs: dict[JobId, Run] = {}
        self.contexts: dict[JobId, MemoryContext] = {}
        self._runner: EngineRunner | None = None

    @override
    async def open(self, *, run: EngineRunner, record: Recorder) -> None:
        self._runner, self._recorder = run, record

    @override
    async def start(self, order: JobOrder) -> None:
        assert self._runner is not None, "the engine is not open"
        proven_json(order.model_dump(mode="json"), of="order")
        if order.job_id not in self.runs:
            self.runs[order.job_id] = Run(order, self.executor)
            self._execute(self.runs[order.job_id])

    @override
    async def cancel(self, job_id: JobId) -> None:
        run = self.runs.get(job_id)
        if run is None or run.state is RunState.ENDED:
            return
        run.cancelled, run.state, run.ended_at, run.parked = True, RunState.ENDED, self.clock.now(), None
        if run.task is not None and not self.contexts[job_id].in_step:
            run.task.cancel()

    @override
    async def known(self, job_ids: Sequence[JobId]) -> Mapping[JobId, RunState]:
        return {job_id: self.runs[job_id].state for job_id in job_ids if job_id in self.runs}

    @override
    async def owners(self) -> frozenset[ExecutorId]:
        return frozenset(run.owner for run in self.runs.values() if run.state is not RunState.ENDED)

    @override
    async def recover(self, dead: Collection[ExecutorId]) -> int:
        stranded = [r for r in self.runs.values() if r.owner in dead and r.state is not RunState.ENDED]
        for run in stranded:
            run.owner = self.executor
            self._execute(run)
        return len(stranded)

    @override
    async def reconcile(self) -> int:
        strays = [
            r
            for r in self.runs.values()
            if r.owner == self.executor and r.state is not RunState.ENDED and not r.attended
        ]
        for run in strays:
            self._execute(run)
        return len(strays)

    @override
    async def prune(self, ended_before: datetime) -> int:
        old = [job_id for job_id, r in self.runs.items() if r.ended_at is not None and r.ended_at < ended_before]
        for job_id in old:
            del self.runs[job_id]
        return len(old)

    @override
    async def close(self) -> None:
        await self.die()
        self._runner = None

    async def die(self) -> None:
        """Ends every execution at once, as kill -9 would; what was recorded stays. A new name is a new boot."""
        tasks = [r.task for r in self.runs.values() if r.task is not None and not r.task.done()]
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)
        for run in self.runs.values():
            run.parked = None
        self.executor = f"{self.executor}'"

    def lose(self, job_id: JobId) -> None:
        """Forgets a run, as a store restored from an older copy would."""
        run = self.runs.pop(job_id)
        if run.task is not None:
            run.task.cancel()

    async def ended(self, job_id: JobId, seconds: float = 5.0) -> Run:
        """Waits for the end of a run."""
        async with asyncio.timeout(seconds):
            while self.runs[job_id].state is not RunState.ENDED:
                await asyncio.sleep(0.001)
        return self.runs[job_id]

    def resume(self, run: Run) -> None:
        """Lets a parked run go on."""
        self._execute(run)

    def _execute(self, run: Run) -> None:
        run.parked = None
        run.task = asyncio.get_running_loop().create_task(self._executed(run))

    async def _executed(self, run: Run) -> None:
        assert self._runner is not None
        context = MemoryContext(run, self._recorder, self.clock)
        self.contexts[run.order.job_id] = context
        run.state = RunState.RUNNING
        try:
            outcome = proven_json(await self._runner(run.order.job_id, context), of="outcome")
        except RunParked as parked:
            run.parked = MemoryParked(self, run)
            parked.then(run.parked)
            return
        except RunAbandoned:
            return
        except Exception as broken:
            log.exception("run_broken", job_id=run.order.job_id)
            outcome = StepOutcome(failure=failure_of(broken, "run")).as_json()
        if not run.cancelled:
            run.outcome, run.state, run.ended_at = outcome, RunState.ENDED, self.clock.now()
