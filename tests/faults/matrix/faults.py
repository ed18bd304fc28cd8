"""Faults of the database: what is taken away, for how long, and how it comes back."""

import asyncio
from abc import abstractmethod
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, Protocol

import asyncpg
from typing_extensions import override

from app.core.database import Database
from app.core.migrations import migrate
from tests.faults.books import Books
from tests.faults.matrix.films import CELLS, EACH_STEP, Cell
from tests.faults.matrix.services import Service
from tests.faults.matrix.vendors import Vendors
from tests.faults.outages import Manner, Outage, OwnPostgres, PostgresProxy, SqliteLock, Together, engine_file

__all__ = [
    "BOTH",
    "DATABASE_FAULTS",
    "Fault",
    "Ground",
    "Kind",
    "Site",
    "SiteOutage",
    "Store",
    "StoreKind",
    "ground",
    "stopped",
]

REARM_SECONDS, STRIKE_SECONDS = 0.05, 60.0
LOCKED_TABLES = "jobs, job_events, provider_attempts, projects, segments, users, holds, leases"
# The service is the victim of a deadlock, never the one who provokes it.
PATIENT = "SET deadlock_timeout = '30s'; SET lock_timeout = '0'; SET statement_timeout = '0'"
DEADLOCKS = "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"
ORDERS = (("jobs", "provider_attempts", "holds", "balances"), ("balances", "holds", "provider_attempts", "jobs"))


class StoreKind(StrEnum):
    """Where files are kept."""

    FOLDER = "folder"
    DISK = "small disk of its own"
    S3 = "object store"


class Kind(StrEnum):
    """A database as the service reaches it."""

    SQLITE = "sqlite"
    UNIX = "postgres over a unix socket"
    TCP = "postgres over tcp"


@dataclass
class Ground:
    """One database, and the ways to take it away."""

    kind: Kind
    url: str
    books: Books
    server: OwnPostgres | None = None
    proxy: PostgresProxy | None = None

    async def executed(self, statement: str) -> None:
        """Runs a statement beside the service; on Postgres."""
        connection = await self.connected()
        await connection.execute(statement)
        await connection.close()

    async def connected(self) -> asyncpg.Connection:
        """A connection of the harness's own."""
        assert self.server is not None
        return await asyncpg.connect(host=str(self.server.folder), user="postgres", database=self.server.name)


@dataclass
class Site:
    """Everything of one row: the database, the processes on it, whom they buy of, where they keep."""

    ground: Ground
    services: list[Service]
    vendors: Vendors
    store: "Store"
    clock: Path


class Store(Protocol):
    """Where files are kept, and how it fails."""

    @property
    def settings(self) -> dict[str, Any]:
        """What points the service there."""
        ...

    def names(self) -> set[str]:
        """Every kept file."""
        ...


class SiteOutage(Outage):
    """A fault of one site."""

    def __init__(self, site: Site) -> None:
        self._ground = site.ground

    @property
    @override
    def url(self) -> str:
        return self._ground.url


class Harassment(SiteOutage):
    """Something that goes on in a task for as long as the fault lasts."""

    def __init__(self, site: Site) -> None:
        super().__init__(site)
        self._task: asyncio.Task[None] | None = None
        self.struck = 0

    @override
    async def begin(self) -> None:
        self._task = asyncio.ensure_future(self.harass())

    @override
    async def end(self) -> None:
        """Ends once it has struck: a fault that met nothing has shown nothing."""
        assert self._task is not None
        try:
            async with asyncio.timeout(STRIKE_SECONDS):
                while not self.struck and not self._task.done():
                    await asyncio.sleep(REARM_SECONDS)
            if self._task.done():
                self._task.result()
        finally:
            self._task.cancel()
            await asyncio.wait({self._task})

    @abstractmethod
    async def harass(self) -> None:
        """Does harm until it is cancelled."""


class Cuts(Harassment):
    """Breaks one connection after the other in the middle of a commit, before or after it was done."""

    @override
    async def harass(self) -> None:
        proxy = self._ground.proxy
        assert proxy is not None
        while True:
            before = proxy.cuts
            proxy.cut_at(b"COMMIT", delivered=bool(self.struck % 2))
            while proxy.cuts == before:
                await asyncio.sleep(REARM_SECONDS)
            self.struck += 1


class Locks(SiteOutage):
    """Holds every table, so that each connection of the pool waits for one."""

    def __init__(self, site: Site) -> None:
        super().__init__(site)
        self._holder: asyncpg.Connection | None = None

    @override
    async def begin(self) -> None:
        self._holder = await self._ground.connected()
        await self._holder.execute(PATIENT)
        await self._holder.execute(f"BEGIN; LOCK TABLE {LOCKED_TABLES} IN ACCESS EXCLUSIVE MODE")

    @override
    async def end(self) -> None:
        assert self._holder is not None
        await self._holder.execute("ROLLBACK")
        await self._holder.close()


class Deadlocks(Harassment):
    """Locks rows in one order and then in the other, so that the service's transactions meet it in the middle."""

    @override
    async def harass(self) -> None:
        connection = await self._ground.connected()
        try:
            await connection.execute(PATIENT)
            while True:
                for tables in ORDERS:
                    async with connection.transaction():
                        for table in tables:
                            await connection.execute(f"SELECT 1 FROM {table} FOR UPDATE")
                            await asyncio.sleep(REARM_SECONDS)
                self.struck = await connection.fetchval(DEADLOCKS)
        finally:
            connection.terminate()


@dataclass(frozen=True)
class Fault:
    """One row of the matrix."""

    name: str
    seconds: float
    kinds: tuple[Kind, ...]
    outage: Callable[[Site], Outage]
    cells: Sequence[Cell] = EACH_STEP
    # Readers beside the films while it lasts.
    crowd: int = 2
    replicas: int = 1
    store: StoreKind = StoreKind.FOLDER
    # Whether bytes may be left to the sweep of files without a row: it runs before the audit looks at them.
    leaves_bytes: bool = False
    # How soon after its end `/readyz` is 200 again; a process that begins anew needs longer.
    back_seconds: float = 10.0


def stopped(site: Site) -> Outage:
    """The server is gone as after a crash."""
    ground = site.ground
    assert ground.server is not None
    if ground.proxy is None:
        return ground.server
    ground.proxy.manner = Manner.REFUSE
    return Together(ground.server, ground.proxy)


def vanished(site: Site) -> Outage:
    """The host is gone: nobody answers, nobody refuses."""
    ground = site.ground
    assert ground.proxy is not None
    ground.proxy.manner = Manner.HANG
    return ground.proxy


def locked(site: Site) -> Outage:
    """Another process holds both files."""
    url = site.ground.url
    return Together(SqliteLock(url), SqliteLock(f"sqlite+aiosqlite:///{engine_file(url)}"))


BOTH = (Kind.UNIX, Kind.TCP)
DATABASE_FAULTS: Mapping[str, Fault] = {
    fault.name: fault
    for fault in (
        Fault("stopped 15 s", 15, BOTH, stopped, CELLS),
        Fault("stopped 120 s", 120, BOTH, stopped, CELLS),
        Fault("restarted", 0, BOTH, stopped),
        Fault("vanished 15 s", 15, (Kind.TCP,), vanished),
        Fault("cut in a statement", 4, (Kind.TCP,), Cuts, leaves_bytes=True),
        Fault("pool exhausted", 12, (Kind.TCP,), Locks, crowd=40),
        Fault("deadlocks", 6, (Kind.TCP,), Deadlocks),
        Fault("locked 15 s", 15, (Kind.SQLITE,), locked, CELLS),
        Fault("locked 120 s", 120, (Kind.SQLITE,), locked, CELLS),
    )
}


@asynccontextmanager
async def ground(kind: Kind, folder: Path, server: OwnPostgres | None, name: str) -> AsyncIterator[Ground]:
    """A fresh migrated database of this kind."""
    if kind is Kind.SQLITE:
        url = f"sqlite+aiosqlite:///{folder}/film.db"
        database = Database(url)
        await migrate(database)
        await database.close()
        yield Ground(kind, url, Books(url))
        return
    assert server is not None
    await server.create(name)
    async with AsyncExitStack() as opened:
        proxy = None
        if kind is Kind.TCP:
            proxy = await opened.enter_async_context(PostgresProxy(server.folder, name).serving())
        yield Ground(kind, server.url if proxy is None else proxy.url, Books(server.url), server, proxy)
