"""The file of a backup: a tar of parts, whose last one lists the size and the SHA-256 of all others."""

import hashlib
import io
import os
import tarfile
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import IO

from pydantic import BaseModel, ConfigDict, ValidationError
from typing_extensions import override

from app.backup.errors import ArchiveUnreadable, BackupDamaged, FileThere

FORMAT = 1
MANIFEST = "manifest.json"
CHUNK_BYTES = 1024 * 1024
MOST_MANIFEST_BYTES = 512 * 1024 * 1024
PRIVATE = 0o600


class BackupPart(BaseModel):
    """One file of a backup."""

    model_config = ConfigDict(frozen=True)
    size_bytes: int
    sha256: str


class TableCopy(BaseModel):
    """A table of Postgres, in the order in which tables can be filled."""

    model_config = ConfigDict(frozen=True)
    table: str
    schema_name: str | None
    columns: tuple[str, ...]
    rows: int

    @property
    def part(self) -> str:
        """Where its rows stand."""
        return f"database/{self.schema_name or 'public'}.{self.table}.copy"


class BackupManifest(BaseModel):
    """What a backup holds."""

    model_config = ConfigDict(frozen=True)
    format: int = FORMAT
    version: str
    database: str
    revision: str
    taken_at: datetime
    key_id: str
    has_secrets: bool
    counts: dict[str, int]
    attempts: dict[str, int]
    ledger_micro_usd: int
    tables: tuple[TableCopy, ...] = ()
    sequences: dict[str, int] = {}
    missing: tuple[str, ...] = ()
    parts: dict[str, BackupPart] = {}


class ArchiveWriter:
    """Writes parts one after another; the file has its name only once it is whole and on the disk."""

    def __init__(self, target: Path) -> None:
        if target.exists():
            raise FileThere
        self._target = target
        self.folder = target.resolve().parent
        self._unfinished = target.with_name(f".{target.name}.part")
        self._parts: dict[str, BackupPart] = {}
        self._opened = ExitStack()
        handle = os.open(self._unfinished, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, PRIVATE)
        self._file = self._opened.enter_context(os.fdopen(handle, "wb"))
        self._tar = self._opened.enter_context(tarfile.TarFile(fileobj=self._file, mode="w", format=tarfile.PAX_FORMAT))

    def has(self, name: str) -> bool:
        """Whether there is such a part already."""
        return name in self._parts

    def add(self, name: str, content: IO[bytes]) -> BackupPart:
        """Adds a part from its present place to its end."""
        begin = content.tell()
        entry = tarfile.TarInfo(name)
        entry.size, entry.mode = content.seek(0, os.SEEK_END) - begin, PRIVATE
        content.seek(begin)
        hashed = _Hashed(content)
        self._tar.addfile(entry, hashed)
        self._parts[name] = BackupPart(size_bytes=entry.size, sha256=hashed.digest.hexdigest())
        return self._parts[name]

    def add_file(self, name: str, path: Path) -> BackupPart:
        """Adds a file of this machine."""
        with path.open("rb") as content:
            return self.add(name, content)

    def finish(self, manifest: BackupManifest) -> BackupManifest:
        """Adds the list of all parts and gives the file its name."""
        whole = manifest.model_copy(update={"parts": dict(self._parts)})
        content = whole.model_dump_json().encode()
        entry = tarfile.TarInfo(MANIFEST)
        entry.size, entry.mode = len(content), PRIVATE
        self._tar.addfile(entry, io.BytesIO(content))
        self._tar.close()
        self._file.flush()
        os.fsync(self._file.fileno())
        self._opened.close()
        self._unfinished.rename(self._target)
        return whole

    def abandon(self) -> None:
        """Leaves nothing of an unfinished file."""
        with suppress(OSError):
            self._opened.close()
        self._unfinished.unlink(missing_ok=True)


class ArchiveReader:
    """A backup that is there; nothing of it is used before all of it was checked."""

    def __init__(self, tar: tarfile.TarFile) -> None:
        self._tar = tar
        self._members = {member.name: member for member in tar.getmembers()}
        self.manifest = self._read_manifest()

    @classmethod
    @contextmanager
    def opened(cls, path: Path) -> Iterator["ArchiveReader"]:
        """The backup in this file."""
        try:
            with tarfile.open(path, "r:") as tar:
                yield cls(tar)
        except (tarfile.TarError, EOFError) as fault:
            raise ArchiveUnreadable from fault

    def check(self) -> None:
        """Compares every part with the list."""
        for name, part in self.manifest.parts.items():
            with self.part(name) as content:
                digest = hashlib.sha256()
                while chunk := content.read(CHUNK_BYTES):
                    digest.update(chunk)
            if digest.hexdigest() != part.sha256:
                raise BackupDamaged(facts={"part": name})

    def names(self, folder: str) -> Iterable[str]:
        """The parts below a folder."""
        return [name for name in self.manifest.parts if name.startswith(f"{folder}/")]

    @contextmanager
    def part(self, name: str) -> Iterator[IO[bytes]]:
        """The bytes of a part."""
        member = self._members.get(name)
        content = None if member is None or not member.isfile() else self._tar.extractfile(member)
        if content is None:
            raise BackupDamaged(facts={"part": name})
        with content:
            yield content

    def extract(self, name: str, target: Path) -> None:
        """Writes a part to a private file of this machine."""
        handle = os.open(target, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, PRIVATE)
        with os.fdopen(handle, "wb") as file, self.part(name) as content:
            while chunk := content.read(CHUNK_BYTES):
                file.write(chunk)
            file.flush()
            os.fsync(file.fileno())

    def _read_manifest(self) -> BackupManifest:
        member = self._members.get(MANIFEST)
        content = None if member is None or member.size > MOST_MANIFEST_BYTES else self._tar.extractfile(member)
        if content is None:
            raise ArchiveUnreadable
        try:
            manifest = BackupManifest.model_validate_json(content.read())
        except ValidationError as fault:
            raise ArchiveUnreadable from fault
        if manifest.format != FORMAT:
            raise ArchiveUnreadable
        return manifest


class _Hashed(io.RawIOBase):
    """Counts into a digest what is read."""

    def __init__(self, content: IO[bytes]) -> None:
        self._content = content
        self.digest = hashlib.sha256()

    @override
    def read(self, size: int = -1) -> bytes:
        chunk = self._content.read(size)
        self.digest.update(chunk)
        return chunk
