"""One row of the matrix: a service, films at their gates, one fault, and the audit."""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx2

from tests.faults.matrix.audit import verify
from tests.faults.matrix.faults import Fault, Ground
from tests.faults.matrix.films import CELLS, Cell, Client, Wave, places_of
from tests.faults.matrix.gates import Gatekeeper
from tests.faults.matrix.services import Service, ServiceOrder, running
from tests.faults.matrix.vendors import Vendors

__all__ = ["Row", "meet", "order_for"]

BACK_SECONDS = 10.0
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


def order_for(ground: Ground, vendors: Vendors, folder: Path, gates: str, cells: Sequence[Cell]) -> ServiceOrder:
    """A service on this database that buys of these vendors."""
    limits = dict.fromkeys(("rate_limit_reads", "rate_limit_jobs", "rate_limit_login"), 1_000_000)
    settings = vendors.settings | {
        "database": {"database_url": ground.url},
        "storage": {"storage_path": folder / "storage", "storage_reserve_mb": 0},
        "security": {"secret_key": "matrix-secret-0123456789-abcdefghijklmnopqrstuvwxyz", **limits},
    }
    settings["security"]["access_token_expire_minutes"] = 10_000
    return ServiceOrder(settings, folder / "service.log", gates, places_of(cells))


async def meet(fault: Fault, ground: Ground, vendors: Vendors, folder: Path, cells: Sequence[Cell] = CELLS) -> Row:
    """All films meet the fault at their places; the row says what became of them."""
    row = Row(fault.name, ground.kind)
    with Gatekeeper(ground.books).serving() as keeper:
        order = order_for(ground, vendors, folder, keeper.address, cells)
        async with running(order) as service, clients(service) as client:
            wave = Wave(client, keeper, vendors, cells)
            await wave.begin()
            await wave.until_held()
            before = service.usage()
            async with crowd(client, fault.crowd):
                await outage(fault, ground, wave, service, row)
            for film in wave.films:
                film.first_error = film.error if film.phase == "failed" else ""
            await wave.retried()
            row.cells = {str(film.cell): wave.verdict(film) for film in wave.films}
            audit = await verify(ground.books, folder / "storage", vendors, [service], [before])
            row.wrongs += audit.wrongs
            row.wrongs += [f"{len(client.faults)} answers of 500: {client.faults[:2]}"] if client.faults else []
            row.figures |= audit.figures | {"answers": dict(sorted(client.statuses.items()))}
    return row


async def outage(fault: Fault, ground: Ground, wave: Wave, service: Service, row: Row) -> None:
    """Begins the fault, lets the films go on in it, ends it, and takes the time until the service is ready."""
    away = fault.outage(ground)
    began = asyncio.get_running_loop().time()
    await away.begin()
    wave.let_go()
    approving = asyncio.ensure_future(wave.approve())
    try:
        await asyncio.sleep(fault.seconds)
    finally:
        await away.end()
    row.figures["away_s"] = round(asyncio.get_running_loop().time() - began, 1)
    try:
        row.figures["ready_s"] = round(await service.until_status("/readyz", 200, seconds=BACK_SECONDS), 1)
    except TimeoutError:
        row.wrongs.append(f"/readyz is not 200 within {BACK_SECONDS} s of the return")
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
