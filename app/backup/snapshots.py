"""One moment of a database that is in use, read as long as a backup needs it: both files of SQLite, or Postgres."""

import sqlite3
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import ExitStack, asynccontextmanager, closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, TypeVar

from sqlalchemy import URL, Connection, MetaData, create_engine, func, select, text
from sqlalchemy.ext.asyncio import AsyncConnection
from typing_extensions import override

from app.backup.archive import TableCopy
from app.core.database import Database
from app.core.threads import Threads
from app.engine.port import SCHEMA, engine_file
from app.tables import METADATA

T = TypeVar("T")
MAIN, ENGINE = "main.db", "engine.db"
LOCK_SECONDS = {ENGINE: 10.0, MAIN: 4.0}
MOST_TRIES = 5
COPY_SECONDS = 6 * 3600.0
UNBOUNDED = ("statement_timeout", "idle_in_transaction_session_timeout")


@dataclass(frozen=True)
class Dump:
    """What was written of a database: its parts by name, and what fills the tables of Postgres again."""

    parts: dict[str, Path]
    tables: tuple[TableCopy, ...] = ()
    sequences: dict[str, int] | None = None


class Snapshot(Protocol):
    """One moment of a database; whatever is asked is answered as of then."""

    async def dump(self, folder: Path) -> Dump:
        """Writes everything into files of this folder."""

    async def read(self, question: Callable[[Connection], T]) -> T:
        """Answers a question about the rows; to be asked after the dump."""


@asynccontextmanager
async def snapshot_of(database: Database, threads: Threads) -> AsyncIterator[Snapshot]:
    """A database as of this moment, while the service goes on with it."""
    if not database.is_sqlite:
        async with _postgres_snapshot(database) as snapshot:
            yield snapshot
        return
    pinned = await threads.run(_pinned, Path(str(database.url.database)))
    try:
        yield SqliteSnapshot(pinned, threads)
    finally:
        await threads.run(_close, pinned)


class SqliteSnapshot(Snapshot):
    """Reading transactions on both files that began at a moment in which nobody wrote either."""

    def __init__(self, pinned: Mapping[str, sqlite3.Connection], threads: Threads) -> None:
        self._pinned = pinned
        self._threads = threads
        self._main_copy = Path()

    @override
    async def dump(self, folder: Path) -> Dump:
        parts = {f"database/{name}": folder / name for name in self._pinned}
        for name, source in self._pinned.items():
            await self._threads.run(_copy, source, folder / name)
        self._main_copy = folder / MAIN
        return Dump(parts)

    @override
    async def read(self, question: Callable[[Connection], T]) -> T:
        return await self._threads.run(self._answer, question)

    def _answer(self, question: Callable[[Connection], T]) -> T:
        engine = create_engine(URL.create("sqlite", database=str(self._main_copy)))
        try:
            with engine.connect() as connection:
                return question(connection)
        finally:
            engine.dispose()


class PostgresSnapshot(Snapshot):
    """One reading transaction, which shows all tables as they were when it began."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    @override
    async def dump(self, folder: Path) -> Dump:
        engine = await self._connection.run_sync(engine_tables)
        tables = [*METADATA.sorted_tables, *engine.sorted_tables]
        copies, parts = [], {}
        # Only the driver's own connection copies tables.
        driver: Any = (await self._connection.get_raw_connection()).driver_connection
        for table in tables:
            columns = tuple(column.name for column in table.columns)
            rows = (await self._connection.execute(select(func.count()).select_from(table))).scalar_one()
            copy = TableCopy(table=table.name, schema_name=table.schema, columns=columns, rows=rows)
            target = folder / copy.part.rpartition("/")[2]
            await driver.copy_from_table(
                table.name, schema_name=table.schema, columns=columns, output=target, timeout=COPY_SECONDS
            )
            copies.append(copy)
            parts[copy.part] = target
        return Dump(parts, tuple(copies), await self._sequences())

    @override
    async def read(self, question: Callable[[Connection], T]) -> T:
        return await self._connection.run_sync(question)

    async def _sequences(self) -> dict[str, int]:
        """The last number that each sequence gave out; streams must not meet a number a second time."""
        found = await self._connection.execute(
            text(
                "SELECT quote_ident(schemaname) || '.' || quote_ident(sequencename), last_value FROM pg_sequences "
                "WHERE schemaname IN (current_schema(), :engine) AND last_value IS NOT NULL"
            ),
            {"engine": SCHEMA},
        )
        return {name: int(last) for name, last in found}


def engine_tables(connection: Connection) -> MetaData:
    """The tables that the engine keeps in a schema of its own; none before it was opened for the first time."""
    found = MetaData()
    found.reflect(connection, schema=SCHEMA)
    return found


@asynccontextmanager
async def _postgres_snapshot(database: Database) -> AsyncIterator[Snapshot]:
    async with database.writer.connect() as connection:
        await connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        for setting in UNBOUNDED:
            await connection.execute(text(f"SET LOCAL {setting} = 0"))
        # The first query fixes the moment.
        await connection.execute(select(func.count()).select_from(METADATA.tables["leases"]))
        yield PostgresSnapshot(connection)


def _pinned(main: Path) -> Mapping[str, sqlite3.Connection]:
    for _ in range(MOST_TRIES - 1):
        try:
            return _try_pinned(main)
        except sqlite3.OperationalError as fault:
            if "locked" not in str(fault):
                raise
    return _try_pinned(main)


def _try_pinned(main: Path) -> Mapping[str, sqlite3.Connection]:
    """Holds both writers for the moment in which both readers begin; the engine's first, which waits longer."""
    paths = {ENGINE: engine_file(main), MAIN: main}
    there = {name: path for name, path in paths.items() if path.is_file()}
    with ExitStack() as opened:
        readers = {name: opened.enter_context(closing(_connected(path))) for name, path in there.items()}
        with ExitStack() as held:
            for name, path in there.items():
                holder = held.enter_context(closing(_connected(path, LOCK_SECONDS[name])))
                # The service alone checkpoints.
                holder.execute("PRAGMA wal_autocheckpoint=0")
                holder.execute("BEGIN IMMEDIATE")
            for reader in readers.values():
                reader.execute("BEGIN")
                reader.execute("SELECT count(*) FROM sqlite_schema").fetchone()
        opened.pop_all()
    return readers


def _connected(path: Path, lock_seconds: float = LOCK_SECONDS[MAIN]) -> sqlite3.Connection:
    return sqlite3.connect(path, timeout=lock_seconds, isolation_level=None, check_same_thread=False)


def _close(pinned: Mapping[str, sqlite3.Connection]) -> None:
    for connection in pinned.values():
        connection.close()


def _copy(source: sqlite3.Connection, target: Path) -> None:
    with closing(sqlite3.connect(target)) as copy:
        source.backup(copy)
        copy.execute("PRAGMA journal_mode=DELETE")
