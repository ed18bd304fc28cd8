"""Puts a backup back in place of a database and of the files it names, and lets nothing be paid for a second time."""

import json
import os
import tempfile
from collections.abc import AsyncIterator, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, MetaData, delete, inspect, select, table, text
from sqlalchemy.ext.asyncio import AsyncConnection

from app.audit.domain import OPERATOR
from app.audit.service import AuditLog
from app.backup.archive import ArchiveReader, BackupManifest, TableCopy
from app.backup.errors import BackupTooOld, DatabaseInUse, DatabaseNotEmpty, OtherDatabase, SchemaUnknown
from app.backup.making import MEDIA, SECRETS, SPOOL
from app.backup.rows import Facts, Reopened, facts_of, forget_dispatch, is_empty, paid_since, reopen
from app.backup.snapshots import COPY_SECONDS, ENGINE, MAIN, engine_tables
from app.core.migrations import is_known, is_replaced, migrate
from app.engine.port import SCHEMA, JobContext, JobId, JsonObject, RunEvent, engine_file
from app.jobs.persistence import Spool
from app.resources import Resources, job_engine
from app.storage.base import CHUNK_BYTES
from app.tables import METADATA

EXECUTOR = "restore"
ENGINE_VERSION = "dbos_migrations"
SQLITE_LEFTOVERS = ("-wal", "-shm")
OTHERS = (
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
    "AND application_name LIKE 'ai-video-creator%' AND pid <> pg_backend_pid()"
)


@dataclass(frozen=True)
class Restored:
    """What a restore has done and what it leaves to look at."""

    manifest: BackupManifest
    facts: Facts
    reopened: Reopened
    # Bills of the replaced database that are not in the backup, by vendor: how many and how much.
    paid_since: Mapping[str, tuple[int, int]]
    files: int
    has_same_key: bool
    has_engine: bool


async def restore(resources: Resources, path: Path, *, replace: bool) -> Restored:
    """Restores a backup into the configured database and store; what is there is deleted only if that is wished."""
    with ArchiveReader.opened(path) as archive:
        return await _Restore(resources, archive).done(replace=replace)


def kept_secret(path: Path) -> str:
    """The SECRET_KEY that a backup holds; empty where it was made without secrets."""
    with ArchiveReader.opened(path) as archive:
        if not archive.manifest.has_secrets:
            return ""
        with archive.part(SECRETS) as content:
            secret: str = json.load(content)["SECRET_KEY"]
            return secret


class _Restore:
    """One restore on its way."""

    def __init__(self, resources: Resources, archive: ArchiveReader) -> None:
        self._resources = resources
        self._threads = resources.threads
        self._database = resources.database
        self._archive = archive
        self._manifest = archive.manifest

    async def done(self, *, replace: bool) -> Restored:
        """Everything is checked before anything is changed."""
        if not is_known(self._manifest.revision):
            raise BackupTooOld if is_replaced(self._manifest.revision) else SchemaUnknown
        if (self._manifest.database == "sqlite") != self._database.is_sqlite:
            raise OtherDatabase(facts={"made_of": self._manifest.database})
        await self._threads.run(self._archive.check)
        paid = await self._may_be_replaced(replace=replace)
        files = await self._put_files()
        has_engine = await (self._put_sqlite() if self._database.is_sqlite else self._put_postgres())
        reopened = await self._reopened(paid, has_engine=has_engine)
        async with self._database.writer.connect() as connection:
            facts = await connection.run_sync(facts_of)
        has_same_key = self._resources.sealer.reads(self._manifest.key_id)
        return Restored(self._manifest, facts, reopened, paid, files, has_same_key, has_engine)

    async def _may_be_replaced(self, *, replace: bool) -> Mapping[str, tuple[int, int]]:
        """What was paid since the backup, as far as the database that is replaced knows of it."""
        async with self._database.writer.connect() as connection:
            if not self._database.is_sqlite and (await connection.execute(text(OTHERS))).scalar_one():
                raise DatabaseInUse
            if await connection.run_sync(is_empty):
                return {}
            if not replace:
                raise DatabaseNotEmpty
            return await connection.run_sync(paid_since, self._manifest.taken_at)

    async def _put_files(self) -> int:
        """Files first: rows must not name what is not there."""
        put = 0
        for name in self._archive.names(MEDIA):
            key = name.removeprefix(f"{MEDIA}/")
            there = await self._resources.store.stat(key)
            if there is None or there.size_bytes != self._manifest.parts[name].size_bytes:
                await self._put_file(name, key)
            put += 1
        spool = Spool(self._resources.settings.storage.storage_path, self._threads)
        for name in self._archive.names(SPOOL):
            with self._archive.part(name) as content:
                await spool.put_back(name.removeprefix(f"{SPOOL}/"), content.read())
        return put

    async def _put_file(self, name: str, key: str) -> None:
        with self._archive.part(name) as content:

            async def chunks() -> AsyncIterator[bytes]:
                while chunk := await self._threads.run(content.read, CHUNK_BYTES):
                    yield chunk

            await self._resources.store.put(key, chunks())

    async def _put_sqlite(self) -> bool:
        """Both files are whole beside their places before they take them."""
        await self._database.writer.dispose()
        await self._database.reader.dispose()
        main = Path(str(self._database.url.database))
        engine_part = f"database/{ENGINE}"
        places = {f"database/{MAIN}": main}
        has_engine = engine_part in self._manifest.parts
        if has_engine:
            places[engine_part] = engine_file(main)
        for part, place in places.items():
            await self._threads.run(self._archive.extract, part, place.with_name(f"{place.name}.restoring"))
        await self._threads.run(_swap, main, places.values())
        await migrate(self._database)
        return has_engine

    async def _put_postgres(self) -> bool:
        """An empty schema of the backup's revision, filled table by table in one transaction."""
        async with self._database.writer.begin() as connection:
            await connection.run_sync(_drop_everything)
        await migrate(self._database, to=self._manifest.revision)
        await self._make_engine_schema()
        with tempfile.TemporaryDirectory(prefix="avc-restore-") as folder:
            async with self._database.writer.begin() as connection:
                has_engine = await self._fill(connection, Path(folder))
        await migrate(self._database)
        return has_engine

    async def _make_engine_schema(self) -> None:
        engine = job_engine(self._resources, EXECUTOR)
        await engine.open(run=_run_nothing, record=_record_nothing)
        await engine.close()

    async def _fill(self, connection: AsyncConnection, folder: Path) -> bool:
        await connection.execute(text("SET LOCAL statement_timeout = 0"))
        engine = await connection.run_sync(engine_tables)
        has_engine = await self._fits_engine(connection, engine, folder)
        copies = [copy for copy in self._manifest.tables if copy.schema_name is None or has_engine]
        for copy in reversed(copies):
            await connection.execute(delete(table(copy.table, schema=copy.schema_name)))
        for copy in copies:
            await self._copy_in(connection, copy, folder / "rows")
        for sequence, last in self._manifest.sequences.items():
            if has_engine or not sequence.startswith(f"{SCHEMA}."):
                setting = text("SELECT setval(CAST(:name AS regclass), :last)")
                await connection.execute(setting, {"name": sequence, "last": last})
        return has_engine

    async def _copy_in(self, connection: AsyncConnection, copy: TableCopy, source: Path) -> None:
        await self._threads.run(self._archive.extract, copy.part, source)
        # Only the driver's own connection copies tables.
        driver: Any = (await connection.get_raw_connection()).driver_connection
        await driver.copy_to_table(
            copy.table, schema_name=copy.schema_name, columns=copy.columns, source=source, timeout=COPY_SECONDS
        )

    async def _fits_engine(self, connection: AsyncConnection, engine: MetaData, folder: Path) -> bool:
        """Whether the engine's notes were made by the same version of it; else jobs begin without them."""
        version = next((copy for copy in self._manifest.tables if copy.table == ENGINE_VERSION), None)
        present = engine.tables.get(f"{SCHEMA}.{ENGINE_VERSION}")
        if version is None or present is None:
            return False
        there = sorted(str(row[0]) for row in await connection.execute(select(*present.columns)))
        await self._threads.run(self._archive.extract, version.part, folder / "version")
        return there == sorted((folder / "version").read_text().split())

    async def _reopened(self, paid: Mapping[str, tuple[int, int]], *, has_engine: bool) -> Reopened:
        now, taken_at = self._resources.clock.now(), self._manifest.taken_at
        async with self._database.unit_of_work() as session:
            connection = await session.connection()
            reopened = await connection.run_sync(reopen, taken_at, now)
            if not has_engine:
                await connection.run_sync(forget_dispatch)
            entries = AuditLog.over(session, self._resources.clock)
            await entries.record(
                OPERATOR,
                "backup.restore",
                f"database:{self._manifest.database}",
                taken_at=taken_at.isoformat(),
                open_attempts=reopened.attempts,
                unfinished_jobs=reopened.jobs,
                paid_since={provider: micro_usd for provider, (_, micro_usd) in paid.items()},
            )
        return reopened


def _swap(main: Path, places: Iterable[Path]) -> None:
    for place in (main, engine_file(main)):
        for ending in ("", *SQLITE_LEFTOVERS):
            place.with_name(f"{place.name}{ending}").unlink(missing_ok=True)
    for place in places:
        place.with_name(f"{place.name}.restoring").rename(place)
    handle = os.open(main.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _drop_everything(connection: Connection) -> None:
    """The tables of ours and the engine's schema; nothing of anybody else's."""
    there = set(inspect(connection).get_table_names())
    for name in sorted(there & {*METADATA.tables, "alembic_version"}):
        connection.execute(text(f'DROP TABLE "{name}" CASCADE'))
    connection.execute(text(f"DROP SCHEMA IF EXISTS {SCHEMA} CASCADE"))


async def _run_nothing(_job_id: JobId, _context: JobContext) -> JsonObject | None:
    return None


async def _record_nothing(_event: RunEvent) -> None:
    return None
