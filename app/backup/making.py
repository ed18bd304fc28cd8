"""Takes a backup while the service runs: one moment of the rows first, then the files that they name."""

import hashlib
import json
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from io import BytesIO
from pathlib import Path
from typing import IO

import structlog

from app.api.version import product_version
from app.backup.archive import ArchiveWriter, BackupManifest
from app.backup.errors import SchemaBehind
from app.backup.rows import Facts, NamedFile, facts_of, named_files
from app.backup.snapshots import Snapshot, snapshot_of
from app.core.migrations import missing_revisions, present_revisions
from app.jobs.persistence import Spool
from app.library.pictures import BOUGHT_FOLDER
from app.narration.recordings import RAW_FOLDER
from app.resources import Resources
from app.storage.base import FileMissing

log = structlog.get_logger(__name__)
MEDIA, SPOOL, SECRETS = "media", "spool", "secrets.json"
# What was paid for and has no row of its own yet; it is deleted soon after it has one.
FLEETING = (BOUGHT_FOLDER, RAW_FOLDER)
IN_MEMORY_BYTES = 8 * 1024 * 1024


async def take_backup(resources: Resources, target: Path, *, with_secrets: bool) -> BackupManifest:
    """Writes everything into one file of this machine and says what it holds."""
    if await missing_revisions(resources.database):
        raise SchemaBehind
    async with _written(resources, target) as writer:
        return await _Backup(resources, writer).taken(with_secrets=with_secrets)


@asynccontextmanager
async def _written(resources: Resources, target: Path) -> AsyncIterator[ArchiveWriter]:
    writer = await resources.threads.run(ArchiveWriter, target)
    try:
        yield writer
    except BaseException:
        await resources.threads.run(writer.abandon)
        raise


class _Backup:
    """One backup on its way into its file."""

    def __init__(self, resources: Resources, writer: ArchiveWriter) -> None:
        self._resources = resources
        self._threads = resources.threads
        self._writer = writer
        self._folder = writer.folder
        self._spool = Spool(resources.settings.storage.storage_path, resources.threads)
        self._missing: list[str] = []

    async def taken(self, *, with_secrets: bool) -> BackupManifest:
        """Fleeting files before and after the moment, because they are deleted once a row has taken them in."""
        await self._add_fleeting()
        with tempfile.TemporaryDirectory(prefix=".avc-backup-", dir=self._folder) as folder:
            async with snapshot_of(self._resources.database, self._threads) as snapshot:
                taken_at = self._resources.clock.now()
                await self._add_fleeting()
                dump = await snapshot.dump(Path(folder))
                facts, files = await self._read(snapshot)
            for name, path in dump.parts.items():
                await self._threads.run(self._writer.add_file, name, path)
        for file in files:
            await self._add_file(file)
        if with_secrets:
            await self._add_secrets()
        manifest = BackupManifest(
            version=product_version(),
            database="sqlite" if self._resources.database.is_sqlite else "postgres",
            revision=(await present_revisions(self._resources.database))[0],
            taken_at=taken_at,
            key_id=self._resources.sealer.beginning,
            has_secrets=with_secrets,
            counts=facts.counts,
            attempts=facts.attempts,
            ledger_micro_usd=facts.ledger_micro_usd,
            tables=dump.tables,
            sequences=dump.sequences or {},
            missing=tuple(self._missing),
        )
        return await self._threads.run(self._writer.finish, manifest)

    async def _read(self, snapshot: Snapshot) -> tuple[Facts, Sequence[NamedFile]]:
        return await snapshot.read(facts_of), await snapshot.read(lambda connection: list(named_files(connection)))

    async def _add_fleeting(self) -> None:
        for name, content in (await self._spool.copied()).items():
            await self._add_once(f"{SPOOL}/{name}", BytesIO(content))
        for prefix in FLEETING:
            async for stat in self._resources.store.walk(prefix):
                await self._add_file(NamedFile(stat.key, is_due=False))

    async def _add_file(self, file: NamedFile) -> None:
        name = f"{MEDIA}/{file.key}"
        if self._writer.has(name):
            return
        with tempfile.SpooledTemporaryFile(max_size=IN_MEMORY_BYTES, dir=str(self._folder)) as content:
            if await self._fetched(file, content):
                await self._add_once(name, content)

    async def _fetched(self, file: NamedFile, content: IO[bytes]) -> bool:
        """Whether the file is there; one that a row names and that is missing goes on the list of missing files."""
        digest = hashlib.sha256()
        try:
            async for chunk in self._resources.store.open(file.key):
                digest.update(chunk)
                await self._threads.run(content.write, chunk)
        except FileMissing:
            if file.is_due:
                self._missing.append(file.key)
            return False
        if file.sha256 and digest.hexdigest() != file.sha256:
            log.warning("file_differs_from_its_row", key=file.key)
        return True

    async def _add_once(self, name: str, content: IO[bytes]) -> None:
        if not self._writer.has(name):
            content.seek(0)
            await self._threads.run(self._writer.add, name, content)

    async def _add_secrets(self) -> None:
        security = self._resources.settings.security
        secrets = {
            "SECRET_KEY": security.secret_key.get_secret_value(),
            "OLD_SECRET_KEY": security.old_secret_key.get_secret_value(),
        }
        await self._add_once(SECRETS, BytesIO(json.dumps(secrets).encode()))
