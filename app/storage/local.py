"""Files under STORAGE_PATH: part file, fsync, rename; nothing outside the folder is ever touched."""

import errno
import hashlib
import os
import secrets
import shutil
from collections.abc import AsyncIterable, AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import aiofiles
from typing_extensions import override

from app.core.errors import StorageFull
from app.core.threads import Threads
from app.storage.base import CHUNK_BYTES, FileMissing, FileStore, FileTooLarge, Stat, StoredFile
from app.storage.keys import checked_key

__all__ = ["LocalStore"]

PARTS = ".parts"
FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


class LocalStore(FileStore):
    """A folder of this machine."""

    def __init__(self, root: Path, threads: Threads, *, reserve_bytes: int = 0) -> None:
        self._root = root.resolve()
        self._parts = self._root / PARTS
        self.threads = threads
        self._reserve_bytes = reserve_bytes
        self._parts.mkdir(parents=True, exist_ok=True)

    @override
    async def put(self, key: str, chunks: AsyncIterable[bytes], *, limit_bytes: int | None = None) -> StoredFile:
        target = self.path_of(key)
        await self.threads.run(self._refuse_when_full)
        part = self._parts / secrets.token_hex(16)
        try:
            stored = await self._write(part, chunks, limit_bytes)
            await self.threads.run(self._publish, part, target)
        except OSError as fault:
            if fault.errno in FULL:
                raise StorageFull from fault
            raise
        finally:
            await self.threads.run(part.unlink, missing_ok=True)
        return stored

    @override
    async def put_file(self, key: str, path: Path) -> StoredFile:
        target = self.path_of(key)
        return await self.threads.run(self._take_in, path, target)

    @override
    async def open(self, key: str, begin: int = 0, end: int | None = None) -> AsyncIterator[bytes]:
        try:
            file = await aiofiles.open(self.path_of(key), "rb", executor=self.threads.executor)
        except (FileNotFoundError, IsADirectoryError, NotADirectoryError) as missing:
            raise FileMissing from missing
        try:
            await file.seek(begin)
            left = None if end is None else max(0, end - begin)
            while left is None or left > 0:
                chunk = await file.read(CHUNK_BYTES if left is None else min(CHUNK_BYTES, left))
                if not chunk:
                    return
                left = None if left is None else left - len(chunk)
                yield chunk
        finally:
            await file.close()

    @override
    async def stat(self, key: str) -> Stat | None:
        return await self.threads.run(self._stat, key, self.path_of(key))

    @override
    async def delete(self, key: str) -> None:
        await self.threads.run(self.path_of(key).unlink, missing_ok=True)

    @override
    async def walk(self, prefix: str = "") -> AsyncIterator[Stat]:
        for stat in await self.threads.run(lambda: list(self._walk(prefix))):
            yield stat

    @override
    async def presign_get(self, key: str, life: timedelta) -> str | None:
        return None

    @override
    async def presign_put(self, key: str, life: timedelta) -> str | None:
        return None

    @override
    async def check(self) -> None:
        await self.threads.run(self._try_writing)

    @override
    async def close(self) -> None:
        return None

    async def sweep_parts(self, older_than: timedelta, now: datetime) -> int:
        """Deletes part files that a crash left behind; says how many."""
        return await self.threads.run(self._sweep, now - older_than)

    async def _write(self, part: Path, chunks: AsyncIterable[bytes], limit_bytes: int | None) -> StoredFile:
        digest = hashlib.sha256()
        size = 0
        async with aiofiles.open(part, "xb", executor=self.threads.executor) as file:
            async for chunk in chunks:
                size += len(chunk)
                if limit_bytes is not None and size > limit_bytes:
                    raise FileTooLarge
                digest.update(chunk)
                await file.write(chunk)
            await file.flush()
            await self.threads.run(os.fsync, file.fileno())
        return StoredFile(size, digest.hexdigest())

    def _publish(self, part: Path, target: Path) -> None:
        target.parent.mkdir(parents=True, exist_ok=True)
        part.replace(target)
        _sync_folder(target.parent)

    def _take_in(self, path: Path, target: Path) -> StoredFile:
        digest = hashlib.sha256()
        with path.open("rb") as file:
            while chunk := file.read(CHUNK_BYTES):
                digest.update(chunk)
            os.fsync(file.fileno())
        size = path.stat().st_size
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            path.replace(target)
        except OSError as fault:
            if fault.errno != errno.EXDEV:
                raise
            self._copy_over(path, target)
        _sync_folder(target.parent)
        return StoredFile(size, digest.hexdigest())

    def _copy_over(self, path: Path, target: Path) -> None:
        part = self._parts / target.name
        shutil.copyfile(path, part)
        part.replace(target)
        path.unlink()

    def path_of(self, key: str) -> Path:
        """Where a file of ours lies; anything else is missing."""
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
        for path in self._root.rglob("*"):
            key = path.relative_to(self._root).as_posix()
            if not key.startswith(".") and key.startswith(prefix):
                stat = self._stat(key, path)
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
            if datetime.fromtimestamp(part.stat().st_mtime, UTC) < before:
                part.unlink(missing_ok=True)
                gone += 1
        return gone


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
