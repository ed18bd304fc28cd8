"""One boot of the whole service in a process of its own, quick to make and killed for good."""

import asyncio
import logging
import multiprocessing
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import httpx2
import structlog
import uvicorn

from app.core.settings import Settings
from app.main import create_app
from app.resources import Outside
from tests.doubles.broken_tools import BrokenTools
from tests.doubles.shared_clock import SharedClock
from tests.replicas.processes import free_port

__all__ = ["Boot", "BootOrder", "booted"]

READY_SECONDS = 60.0
LOOK_SECONDS = 0.02
# The fork server imports the service once for all boots.
FORKS = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload([__name__])


@dataclass(frozen=True)
class BootOrder:
    """What a process is told at its birth: groups of settings, the file of its clock, what its tools do wrong."""

    settings: dict[str, dict[str, Any]]
    clock: Path
    tool_fault: tuple[str, str] | None = None


@dataclass
class Boot:
    """A process that serves and works, and somebody who is signed in there."""

    http: httpx2.AsyncClient
    process: BaseProcess

    async def kill(self) -> None:
        """SIGKILL, and only that."""
        assert self.process.is_alive()
        self.process.kill()
        await asyncio.to_thread(self.process.join, READY_SECONDS)
        assert self.process.exitcode == -signal.SIGKILL


def serve(order: BootOrder, port: int) -> None:
    """The life of the process."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    logging.disable(logging.CRITICAL)
    groups = Settings.groups().items()
    settings = Settings(**{name: kind(_env_file=None, **order.settings.get(name, {})) for name, kind in groups})
    tools = BrokenTools.found()
    if order.tool_fault is not None:
        tools.spoil(*order.tool_fault)
    app = create_app(settings, clock=SharedClock(order.clock), outside=Outside(tools=tools))
    uvicorn.run(app, host="127.0.0.1", port=port, log_level="critical", access_log=False)


@asynccontextmanager
async def booted(order: BootOrder) -> AsyncIterator[Boot]:
    """A process that is ready; it does not outlive the block."""
    port = free_port()
    process = FORKS.Process(target=serve, args=(order, port), daemon=True)
    await asyncio.to_thread(process.start)
    try:
        async with httpx2.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=60) as http:
            await _until_alive(http)
            yield Boot(http, process)
    finally:
        process.kill()
        await asyncio.to_thread(process.join, READY_SECONDS)


async def _until_alive(http: httpx2.AsyncClient) -> None:
    async with asyncio.timeout(READY_SECONDS):
        while True:
            try:
                await http.get("/livez")
            except httpx2.ConnectError:
                await asyncio.sleep(LOOK_SECONDS)
            else:
                return
