"""Files under STORAGE_PATH: part file, fsync, rename; nothing outside the folder is ever touched."""

import errno
import hashlib
import os
import secrets
import shutil
from collections.abc import AsyncIterable, AsyncIterator, Iterator, Mapping
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path

from typing_extensions import override

from app.core.errors import StorageFull
from app.core.threads import Threads
from app.storage.base import (
    CHUNK_BYTES,
    AnswerHeaders,
    FileMissing,
    FileStore,
    FileTooLarge,
    Stat,
    StoredFile,
    checked_key,
    is_key,
)
from app.storage.disk import disk_faults_named, is_older, read_file, written_file
from app.storage.locks import FileLock

PARTS = ".parts"


class LocalStore(FileStore):
    """A folder of this machine."""

    def __init__(self, root: Path, threads: Threads, *, reserve_bytes: int = 0) -> None:
        self._root = root.resolve()
        self._parts = self._root / PARTS
        self._threads = threads
        self._reserve_bytes = reserve_bytes
        self._parts.mkdir(parents=True, exist_ok=True)

    @override
    async def put(self, key: str, chunks: AsyncIterable[bytes], *, limit_bytes: int | None = None) -> StoredFile:
        target = self._path(key)
        part = self._new_part()
        lock: FileLock | None = None
        try:
            with disk_faults_named():
                await self._threads.run(self._refuse_when_full)
                lock = await self._threads.run(FileLock.acquire, part)
                stored = await self._write(part, chunks, limit_bytes)
                await self._threads.run(self._publish, part, target)
        finally:
            await self._threads.run(part.unlink, missing_ok=True)
            if lock is not None:
                lock.release()
        return stored

    @override
    async def put_file(self, key: str, path: Path) -> StoredFile:
        target = self._path(key)
        with disk_faults_named():
            return await self._threads.run(self._take_in, path, target)

    @override
    async def open(self, key: str, begin: int = 0, end: int | None = None) -> AsyncIterator[bytes]:
        async with AsyncExitStack() as opened:
            opened.enter_context(disk_faults_named())
            try:
                file = await opened.enter_async_context(read_file(self._path(key), self._threads))
            except (FileNotFoundError, IsADirectoryError, NotADirectoryError) as missing:
                raise FileMissing from missing
            await file.seek(begin)
            left = None if end is None else max(0, end - begin)
            while left is None or left > 0:
                chunk = await file.read(CHUNK_BYTES if left is None else min(CHUNK_BYTES, left))
                if not chunk:
                    return
                left = None if left is None else left - len(chunk)
                yield chunk

    @override
    async def stat(self, key: str) -> Stat | None:
        with disk_faults_named():
            return await self._threads.run(self._stat, key, self._path(key))

    @override
    async def delete(self, key: str) -> None:
        with disk_faults_named():
            await self._threads.run(_remove, self._path(key))

    @override
    async def walk(self, prefix: str = "") -> AsyncIterator[Stat]:
        for stat in await self._threads.run(lambda: list(self._walk(prefix))):
            yield stat

    @override
    async def presign_get(self, key: str, until: datetime, headers: AnswerHeaders) -> str | None:
        return None

    @override
    async def presign_put(self, key: str, life: timedelta, headers: Mapping[str, str]) -> str | None:
        return None

    @override
    async def check(self) -> None:
        with disk_faults_named():
            await self._threads.run(self._try_writing)

    @override
    async def close(self) -> None:
        return None

    @override
    async def sweep_parts(self, older_than: timedelta, now: datetime) -> int:
        return await self._threads.run(self._sweep, now - older_than)

    async def _write(self, part: Path, chunks: AsyncIterable[bytes], limit_bytes: int | None) -> StoredFile:
        digest = hashlib.sha256()
        size = 0
        async with written_file(part, self._threads) as file:
            async for chunk in chunks:
                size += len(chunk)
                if limit_bytes is not None and size > limit_bytes:
                    raise FileTooLarge
                digest.update(chunk)
                await file.write(chunk)
            await file.flush()
            await self._threads.run(os.fsync, file.fileno())
        return StoredFile(size, digest.hexdigest())

    def _new_part(self) -> Path:
        return self._parts / secrets.token_hex(16)

    def _publish(self, part: Path, target: Path) -> None:
        if target.is_dir():
            raise FileMissing
        _make_folder(target.parent)
        part.replace(target)
        _sync_folder(target.parent)

    def _take_in(self, path: Path, target: Path) -> StoredFile:
        self._refuse_when_full()
        stored = _sealed(path)
        try:
            self._publish(path, target)
        except OSError as fault:
            if fault.errno != errno.EXDEV:
                raise
            self._copy_over(path, target)
        return stored

    def _copy_over(self, path: Path, target: Path) -> None:
        part = self._new_part()
        lock = FileLock.acquire(part)
        try:
            shutil.copyfile(path, part)
            _sealed(part)
            self._publish(part, target)
        finally:
            part.unlink(missing_ok=True)
            lock.release()
        path.unlink()

    def _path(self, key: str) -> Path:
        path = self._root.joinpath(*checked_key(key).split("/"))
        # The key's form forbids every way out already; the resolved path is the second wall, also against links.
        if not path.resolve().is_relative_to(self._root):
            raise FileMissing
        return path

    def _stat(self, key: str, path: Path) -> Stat | None:
        try:
            found = path.stat()
        except (FileNotFoundError, NotADirectoryError):
            return None
        return Stat(key, found.st_size, datetime.fromtimestamp(found.st_mtime, UTC)) if path.is_file() else None

    def _walk(self, prefix: str) -> Iterator[Stat]:
        for folder, inner, names in os.walk(self._root):
            # Folders with a dot hold unfinished work, which comes and goes while we look.
            inner[:] = [name for name in inner if not name.startswith(".")]
            for name in names:
                path = Path(folder, name)
                key = path.relative_to(self._root).as_posix()
                stat = self._stat(key, path) if is_key(key) and key.startswith(prefix) else None
                if stat is not None:
                    yield stat

    def _refuse_when_full(self) -> None:
        if self._reserve_bytes and shutil.disk_usage(self._root).free < self._reserve_bytes:
            raise StorageFull

    def _try_writing(self) -> None:
        probe = self._parts / f"check-{os.getpid()}"
        probe.write_bytes(b"ok")
        probe.unlink()

    def _sweep(self, before: datetime) -> int:
        gone = 0
        for part in self._parts.iterdir():
            lock = FileLock.try_acquire(part) if is_older(part, before) else None
            if lock is not None:
                part.unlink(missing_ok=True)
                lock.release()
                gone += 1
        return gone


def _sealed(path: Path) -> StoredFile:
    """Size and hash of a file whose bytes are on the disk from now on."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(CHUNK_BYTES):
            digest.update(chunk)
        os.fsync(file.fileno())
        return StoredFile(file.tell(), digest.hexdigest())


def _remove(path: Path) -> None:
    """Deletes a file; a folder is none."""
    if path.is_file():
        path.unlink(missing_ok=True)


def _make_folder(folder: Path) -> None:
    """Makes a folder whose own entry survives a power cut too."""
    if not folder.is_dir():
        _make_folder(folder.parent)
        folder.mkdir(exist_ok=True)
        _sync_folder(folder.parent)


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
