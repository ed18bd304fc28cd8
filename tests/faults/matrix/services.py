"""Real service processes: web and worker in one, with gates, a log file, and what the process table says of them."""

import asyncio
import ctypes
import logging
import multiprocessing
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import httpx2
import psutil
import uvicorn

from app.core.settings import Settings
from app.main import create_app
from tests.doubles.leaping_clock import LeapingClock
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
    ahead_seconds: float = 0.0
    # Limits of the process alone: the number of a resource and its soft limit.
    limits: tuple[tuple[int, int], ...] = ()

    def ahead(self, seconds: float) -> "ServiceOrder":
        return replace(self, ahead_seconds=self.ahead_seconds + seconds)


@dataclass(frozen=True)
class Usage:
    """What a process holds."""

    rss_mb: float
    descriptors: int
    threads: int


@dataclass
class Service:
    """A process that serves and works."""

    order: ServiceOrder
    port: int
    process: BaseProcess

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def usage(self) -> Usage:
        seen = psutil.Process(self.process.pid)
        return Usage(seen.memory_info().rss / 2**20, seen.num_fds(), seen.num_threads())

    async def kill(self) -> None:
        """SIGKILL, and only that."""
        assert self.process.is_alive()
        self.process.kill()
        await asyncio.to_thread(self.process.join, READY_SECONDS)
        assert self.process.exitcode == -signal.SIGKILL

    async def stop(self) -> int | None:
        """SIGTERM; the exit code, or None when it does not end."""
        self.process.terminate()
        await asyncio.to_thread(self.process.join, STOP_SECONDS)
        return self.process.exitcode

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
                if not self.process.is_alive():
                    message = f"the service ended with {self.process.exitcode}; see {self.order.log}"
                    raise AssertionError(message)
                await asyncio.sleep(LOOK_SECONDS)
        return asyncio.get_running_loop().time() - began


def serve(order: ServiceOrder, port: int) -> None:
    """The life of the process."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    log = os.open(order.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    os.dup2(log, 1)
    os.dup2(log, 2)
    sys.stderr = os.fdopen(os.dup(2), "w", buffering=1)
    groups = Settings.groups().items()
    settings = Settings(**{name: kind(_env_file=None, **order.settings.get(name, {})) for name, kind in groups})
    parts = GatedParts(order.gate_address, order.places)
    import resource

    for number, soft in order.limits:
        resource.setrlimit(number, (soft, resource.getrlimit(number)[1]))
    app = create_app(settings, clock=LeapingClock(order.ahead_seconds), parts=parts)
    logging.captureWarnings(True)
    uvicorn.run(app, host="127.0.0.1", port=port, log_level="warning", access_log=False, timeout_graceful_shutdown=25)


@asynccontextmanager
async def running(order: ServiceOrder) -> AsyncIterator[Service]:
    """A process that is ready; it does not outlive the block."""
    port = free_port()
    process = FORKS.Process(target=serve, args=(order, port), daemon=True)
    await asyncio.to_thread(process.start)
    service = Service(order, port, process)
    try:
        await service.until_status("/readyz", 200, seconds=READY_SECONDS)
        yield service
    finally:
        process.kill()
        await asyncio.to_thread(process.join, READY_SECONDS)
