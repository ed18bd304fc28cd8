"""S3, Azure and Google stores by obstore; also memory, which behaves the same."""

import hashlib
from collections.abc import AsyncIterable, AsyncIterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any, Self

import aiofiles
import obstore
from obstore.store import ObjectStore as RemoteStore
from obstore.store import S3Store, from_url
from typing_extensions import override

from app.core.clock import Clock
from app.core.errors import Unavailable
from app.core.settings import StorageSettings
from app.storage.base import CHUNK_BYTES, FileMissing, FileStore, FileTooLarge, Stat, StoredFile
from app.storage.keys import checked_key

__all__ = ["ObjectFiles", "StoreUnreachable"]

PART_BYTES = 5 * 1024 * 1024
WRITES_AT_ONCE = 2


class StoreUnreachable(Unavailable):
    """The object store did not do what it was asked."""

    code = "storage.unreachable"
    message = "The file store does not answer right now. Nothing was changed; try again shortly."


class ObjectFiles(FileStore):
    """A bucket, or a part of one."""

    def __init__(self, store: RemoteStore, clock: Clock, *, can_sign: bool) -> None:
        self._store = store
        self._clock = clock
        self._can_sign = can_sign

    @classmethod
    def from_settings(cls, settings: StorageSettings, clock: Clock) -> Self:
        """The bucket of STORAGE_URL, or of AWS_S3_BUCKET alone."""
        url = settings.storage_url or f"s3://{settings.aws_s3_bucket}"
        if url.startswith("s3://"):
            return cls(_s3(url, settings), clock, can_sign=True)
        return cls(from_url(url), clock, can_sign=not url.startswith("memory"))

    @override
    async def put(self, key: str, chunks: AsyncIterable[bytes], *, limit_bytes: int | None = None) -> StoredFile:
        name = checked_key(key)
        counted = _Counted(chunks, limit_bytes)
        try:
            await obstore.put_async(
                self._store, name, counted, use_multipart=True, chunk_size=PART_BYTES, max_concurrency=WRITES_AT_ONCE
            )
        except FileTooLarge:
            raise
        except Exception as fault:
            if counted.too_large:
                raise FileTooLarge from fault
            if isinstance(fault, obstore.exceptions.BaseError | OSError):
                raise StoreUnreachable(retry_after_seconds=10) from fault
            raise
        return StoredFile(counted.size_bytes, counted.digest.hexdigest())

    @override
    async def put_file(self, key: str, path: Path) -> StoredFile:
        return await self.put(key, _read(path))

    @override
    async def open(self, key: str, begin: int = 0, end: int | None = None) -> AsyncIterator[bytes]:
        options: Any = {}
        if begin or end is not None:
            options = {"range": {"offset": begin} if end is None else (begin, end)}
        if end is not None and end <= begin:
            return
        try:
            found = await obstore.get_async(self._store, checked_key(key), options=options)
        except FileNotFoundError as missing:
            raise FileMissing from missing
        except obstore.exceptions.BaseError as fault:
            raise StoreUnreachable(retry_after_seconds=10) from fault
        async for chunk in found.stream(min_chunk_size=CHUNK_BYTES):
            yield bytes(chunk)

    @override
    async def stat(self, key: str) -> Stat | None:
        try:
            meta = await obstore.head_async(self._store, checked_key(key))
        except FileNotFoundError:
            return None
        except obstore.exceptions.BaseError as fault:
            raise StoreUnreachable(retry_after_seconds=10) from fault
        return Stat(key, meta["size"], meta["last_modified"])

    @override
    async def delete(self, key: str) -> None:
        with suppress(FileNotFoundError):
            await obstore.delete_async(self._store, checked_key(key))

    @override
    async def walk(self, prefix: str = "") -> AsyncIterator[Stat]:
        async for page in obstore.list(self._store, prefix or None, chunk_size=500):
            for meta in page:
                yield Stat(meta["path"], meta["size"], meta["last_modified"])

    @override
    async def presign_get(self, key: str, life: timedelta) -> str | None:
        return await self._sign("GET", key, life)

    @override
    async def presign_put(self, key: str, life: timedelta) -> str | None:
        return await self._sign("PUT", key, life)

    @override
    async def check(self) -> None:
        key = f"checks/{self._clock.new_id()}"
        try:
            await obstore.put_async(self._store, key, b"ok")
            await obstore.delete_async(self._store, key)
        except (obstore.exceptions.BaseError, OSError) as fault:
            raise StoreUnreachable from fault

    @override
    async def close(self) -> None:
        return None

    async def _sign(self, method: Any, key: str, life: timedelta) -> str | None:
        if not self._can_sign:
            return None
        store: Any = self._store
        return str(await obstore.sign_async(store, method, checked_key(key), life))


class _Counted:
    """A stream that counts, hashes and stops at its limit."""

    def __init__(self, chunks: AsyncIterable[bytes], limit_bytes: int | None) -> None:
        self._chunks = chunks
        self._limit_bytes = limit_bytes
        self.size_bytes = 0
        self.digest = hashlib.sha256()
        self.too_large = False

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for chunk in self._chunks:
            self.size_bytes += len(chunk)
            if self._limit_bytes is not None and self.size_bytes > self._limit_bytes:
                self.too_large = True
                raise FileTooLarge
            self.digest.update(chunk)
            yield chunk


async def _read(path: Path) -> AsyncIterator[bytes]:
    async with aiofiles.open(path, "rb") as file:
        while chunk := await file.read(CHUNK_BYTES):
            yield chunk


def _s3(url: str, settings: StorageSettings) -> S3Store:
    bucket, _, prefix = url.removeprefix("s3://").partition("/")
    given: dict[str, Any] = {
        "access_key_id": settings.aws_access_key_id.get_secret_value(),
        "secret_access_key": settings.aws_secret_access_key.get_secret_value(),
        "session_token": settings.aws_session_token.get_secret_value(),
        "region": settings.aws_region,
        "endpoint": settings.aws_endpoint_url,
    }
    config = {name: value for name, value in given.items() if value}
    if settings.aws_endpoint_url:
        config["virtual_hosted_style_request"] = False
    options: Any = {"allow_http": settings.aws_endpoint_url.startswith("http://")}
    return S3Store(bucket, prefix=prefix or None, client_options=options, **config)
