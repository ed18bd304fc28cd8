"""Real service processes: web and worker in one, with gates, a log file, and what the process table says of them."""

import asyncio
import ctypes
import multiprocessing
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import httpx2
import psutil
import uvicorn

from app.core.settings import Settings
from app.main import create_app
from tests.doubles.shared_clock import SharedClock
from tests.faults.matrix.gates import GatedParts, Place
from tests.replicas.processes import free_port

__all__ = ["Service", "ServiceOrder", "Usage", "running"]

READY_SECONDS = 90.0
STOP_SECONDS = 40.0
LOOK_SECONDS = 0.05
PR_SET_PDEATHSIG = 1
FORKS = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload([__name__])


@dataclass(frozen=True)
class ServiceOrder:
    """What a process is told at its birth."""

    settings: dict[str, dict[str, Any]]
    log: Path
    gate_address: str = ""
    places: frozenset[Place] = field(default_factory=frozenset)

    def loaded(self) -> Settings:
        """The settings, of which nothing comes from the environment's file."""
        groups = Settings.groups().items()
        return Settings(**{name: kind(_env_file=None, **self.settings.get(name, {})) for name, kind in groups})


@dataclass(frozen=True)
class Usage:
    """What a process holds."""

    rss_mb: float
    descriptors: int
    threads: int


@dataclass
class Service:
    """A process that serves and works; it may be born again on the same port."""

    order: ServiceOrder
    port: int = field(default_factory=free_port)
    process: BaseProcess | None = None
    clock: Path | None = None

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def settings(self) -> Settings:
        """The settings with which the process runs, for what is done beside it."""
        return self.order.loaded()

    @property
    def alive(self) -> BaseProcess:
        assert self.process is not None
        return self.process

    def usage(self) -> Usage:
        seen = psutil.Process(self.alive.pid)
        return Usage(seen.memory_info().rss / 2**20, seen.num_fds(), seen.num_threads())

    def cpu_seconds(self) -> float:
        """What the process and its ended children have used."""
        return sum(psutil.Process(self.alive.pid).cpu_times()[:4]) if self.alive.is_alive() else 0.0

    async def start(self) -> None:
        """A new process, which may not be ready yet."""
        self.process = FORKS.Process(target=serve, args=(self.order, self.port, self.clock), daemon=True)
        await asyncio.to_thread(self.process.start)

    async def kill(self) -> None:
        """SIGKILL, and only that."""
        self.alive.kill()
        await asyncio.to_thread(self.alive.join, READY_SECONDS)

    async def stop(self) -> int | None:
        """SIGTERM; the exit code, or None when it does not end."""
        self.alive.terminate()
        await asyncio.to_thread(self.alive.join, STOP_SECONDS)
        return self.alive.exitcode

    async def status(self, path: str) -> int:
        """The status of one look; 0 when nobody answers."""
        async with httpx2.AsyncClient(base_url=self.address, timeout=10) as http:
            try:
                return (await http.get(path)).status_code
            except httpx2.HTTPError:
                return 0

    async def until_status(self, path: str, status: int, *, seconds: float) -> float:
        """Seconds until this path answers so."""
        began = asyncio.get_running_loop().time()
        async with asyncio.timeout(seconds):
            while await self.status(path) != status:
                if not self.alive.is_alive():
                    message = f"the service ended with {self.alive.exitcode}; see {self.order.log}"
                    raise AssertionError(message)
                await asyncio.sleep(LOOK_SECONDS)
        return asyncio.get_running_loop().time() - began


def serve(order: ServiceOrder, port: int, clock: Path | None) -> None:
    """The life of the process."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    log = os.open(order.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    os.dup2(log, 1)
    os.dup2(log, 2)
    sys.stderr = os.fdopen(os.dup(2), "w", buffering=1)
    order.settings["server"] = {"public_base_url": f"http://127.0.0.1:{port}", **order.settings.get("server", {})}
    parts = GatedParts(order.gate_address, order.places)
    app = create_app(order.loaded(), clock=None if clock is None else SharedClock(clock), parts=parts)
    uvicorn.run(app, host="127.0.0.1", port=port, log_level="warning", access_log=False, timeout_graceful_shutdown=25)


@asynccontextmanager
async def running(order: ServiceOrder, count: int = 1, clock: Path | None = None) -> AsyncIterator[list[Service]]:
    """So many processes that are ready; they do not outlive the block."""
    services = [Service(order, clock=clock) for _ in range(count)]
    try:
        for service in services:
            await service.start()
        for service in services:
            await service.until_status("/readyz", 200, seconds=READY_SECONDS)
        yield services
    finally:
        for service in services:
            if service.process is not None:
                await service.kill()
