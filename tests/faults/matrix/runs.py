"""One row of the matrix: a service, films at their gates, one fault, and the audit."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import httpx2
from typing_extensions import override

from app.assembly.jobs import SweepCuts
from app.core.clock import SystemClock
from app.library.jobs import SweepLibrary
from app.resources import open_resources
from tests.doubles.shared_clock import set_ahead
from tests.faults.matrix.audit import verify
from tests.faults.matrix.faults import Fault, Ground, Site, Store
from tests.faults.matrix.films import PLACES, Client, Wave
from tests.faults.matrix.gates import Gatekeeper
from tests.faults.matrix.services import Service, ServiceOrder, running
from tests.faults.matrix.stores import opened_store
from tests.faults.matrix.vendors import Vendors

__all__ = ["Row", "meet", "order_for"]

CROWD_PAUSE_SECONDS = 0.2


@dataclass
class Row:
    """What came of one fault on one database."""

    fault: str
    database: str
    cells: dict[str, str] = field(default_factory=dict)
    wrongs: list[str] = field(default_factory=list)
    figures: dict[str, object] = field(default_factory=dict)

    @property
    def bad_cells(self) -> dict[str, str]:
        return {cell: verdict for cell, verdict in self.cells.items() if verdict != "ok"}

    def as_json(self) -> str:
        return json.dumps(self.__dict__, default=str)


def order_for(ground: Ground, vendors: Vendors, store: Store, gates: str, folder: Path) -> ServiceOrder:
    """A service on this database that buys of these vendors."""
    limits = dict.fromkeys(("rate_limit_reads", "rate_limit_jobs", "rate_limit_login"), 1_000_000)
    secret = "matrix-secret-0123456789-abcdefghijklmnopqrstuvwxyz"
    settings = vendors.settings | {
        "database": {"database_url": ground.url},
        "storage": store.settings,
        "security": {"secret_key": secret, "access_token_expire_minutes": 10_000, **limits},
    }
    return ServiceOrder(settings, folder / "service.log", gates, PLACES)


async def meet(fault: Fault, ground: Ground, vendors: Vendors, folder: Path) -> Row:
    """All films meet the fault at their places; the row says what became of them."""
    row = Row(fault.name, ground.kind)
    clock = folder / "clock"
    set_ahead(clock, 0.0)
    with Gatekeeper(ground.books).serving() as keeper, opened_store(fault.store, folder) as store:
        order = order_for(ground, vendors, store, keeper.address, folder)
        async with running(order, fault.replicas, clock) as services, clients(services[0]) as client:
            site = Site(ground, services, vendors, store, clock)
            began = asyncio.get_running_loop().time()
            wave = Wave(client, keeper, vendors, fault.cells)
            await wave.begin()
            await wave.until_held()
            before = {service.alive.pid: service.usage() for service in services}
            async with crowd(client, fault.crowd):
                await outage(fault, site, wave, row)
            await wave.retried()
            row.cells = {str(film.cell): wave.verdict(film) for film in wave.films}
            held = [before.get(service.alive.pid) for service in services]
            if fault.leaves_bytes:
                await swept(services[0])
            audit = await verify(site, held)
            row.wrongs += audit.wrongs
            row.wrongs += [f"{len(client.faults)} answers of 500: {client.faults[:2]}"] if client.faults else []
            spent = sum(service.cpu_seconds() for service in services)
            took = asyncio.get_running_loop().time() - began
            row.figures |= {"took_s": round(took), "cpu_s": round(spent)}
            row.figures |= audit.figures | {"answers": dict(sorted(client.statuses.items()))}
    return row


class LaterClock(SystemClock):
    """Three days later, when all that a killed process left is old enough to be deleted; nothing is waited for."""

    @override
    def now(self) -> datetime:
        return super().now() + timedelta(days=3)

    @override
    async def sleep(self, seconds: float) -> None:
        await super().sleep(0)


async def swept(service: Service) -> None:
    """What the service does now and then with bytes that a killed process has written and nothing names."""
    async with open_resources(service.settings, is_beside=True, clock=LaterClock()) as resources:
        library = SweepLibrary(resources)
        await library.delete_orphans()
        await library.delete_parts()
        await library.delete_temp_dirs()
        await SweepCuts(resources).delete_old()


async def outage(fault: Fault, site: Site, wave: Wave, row: Row) -> None:
    """Begins the fault, lets the films go on in it, ends it, and looks until all films have ended."""
    away = fault.outage(site)
    began = asyncio.get_running_loop().time()
    await away.begin()
    wave.let_go()
    approving = asyncio.ensure_future(wave.approve())
    try:
        await asyncio.sleep(fault.seconds)
    finally:
        await away.end()
    row.figures["away_s"] = round(asyncio.get_running_loop().time() - began, 1)
    waits = (service.until_status("/readyz", 200, seconds=fault.back_seconds) for service in site.services)
    back = await asyncio.gather(*waits, return_exceptions=True)
    row.figures["ready_s"] = max((round(each, 1) for each in back if isinstance(each, float)), default="never")
    row.wrongs += [f"not ready: {each!r}" for each in back if not isinstance(each, float)]
    await wave.followed()
    approving.cancel()


@asynccontextmanager
async def clients(service: Service) -> AsyncIterator[Client]:
    """Somebody who is signed in there."""
    async with httpx2.AsyncClient(base_url=service.address, timeout=60) as http:
        yield await Client(http).signed_in()


@asynccontextmanager
async def crowd(client: Client, size: int) -> AsyncIterator[None]:
    """Others who read and write meanwhile; their answers are counted."""

    async def read_and_write(number: int) -> None:
        while True:
            await client.once("GET", "/projects")
            if number == 0:
                await client.once("POST", "/projects", {"name": "beside"})
            await asyncio.sleep(CROWD_PAUSE_SECONDS)

    running_ = [asyncio.ensure_future(read_and_write(number)) for number in range(size)]
    try:
        yield
    finally:
        for task in running_:
            task.cancel()
        await asyncio.wait(running_)
