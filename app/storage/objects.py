"""S3, Azure and Google stores by obstore; also memory, which behaves the same."""

import hashlib
from collections.abc import AsyncIterable, AsyncIterator, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final, Self

import obstore
from obstore.store import ObjectStore as RemoteStore
from obstore.store import S3Store, from_url
from typing_extensions import override

from app.core.clock import Clock
from app.core.settings import StorageSettings
from app.core.threads import Threads
from app.storage.base import CHUNK_BYTES, FileMissing, FileStore, FileTooLarge, Stat, StoredFile, StoreUnreachable
from app.storage.disk import read_file
from app.storage.keys import checked_key

__all__ = ["ObjectFiles"]

PART_BYTES = 5 * 1024 * 1024
WRITES_AT_ONCE = 2
PAGE_FILES = 500
RETRY_SECONDS = 10
# Somebody waits for the answer: the library's own patience is three minutes.
PATIENCE: Final[Any] = {"connect_timeout": timedelta(seconds=5), "timeout": timedelta(seconds=60)}
RETRIES: Final[Any] = {
    "max_retries": 2,
    "retry_timeout": timedelta(seconds=20),
    "backoff": {"init_backoff": timedelta(milliseconds=100), "max_backoff": timedelta(seconds=1), "base": 2},
}
UNREACHABLE = (obstore.exceptions.BaseError, OSError)


class ObjectFiles(FileStore):
    """A bucket, or a part of one."""

    def __init__(self, store: RemoteStore, clock: Clock, threads: Threads, *, can_sign: bool) -> None:
        self._store = store
        self._clock = clock
        self._threads = threads
        self._can_sign = can_sign

    @classmethod
    def from_settings(cls, settings: StorageSettings, clock: Clock, threads: Threads) -> Self:
        """The bucket of STORAGE_URL, or of AWS_S3_BUCKET alone."""
        url = settings.storage_url or f"s3://{settings.aws_s3_bucket}"
        if url.startswith("s3://"):
            return cls(_s3(url, settings), clock, threads, can_sign=True)
        if url.startswith("memory:"):
            return cls(from_url(url), clock, threads, can_sign=False)
        return cls(from_url(url, client_options=PATIENCE, retry_config=RETRIES), clock, threads, can_sign=True)

    @override
    async def put(self, key: str, chunks: AsyncIterable[bytes], *, limit_bytes: int | None = None) -> StoredFile:
        name = checked_key(key)
        counted = _Counted(chunks, limit_bytes)
        try:
            await obstore.put_async(
                self._store, name, counted, use_multipart=True, chunk_size=PART_BYTES, max_concurrency=WRITES_AT_ONCE
            )
        except Exception as fault:
            # The library wraps what the stream itself raised; the caller must see its own error.
            if counted.fault is not None:
                raise counted.fault from fault
            if isinstance(fault, UNREACHABLE):
                raise StoreUnreachable(retry_after_seconds=RETRY_SECONDS) from fault
            raise
        return StoredFile(counted.size_bytes, counted.digest.hexdigest())

    @override
    async def put_file(self, key: str, path: Path) -> StoredFile:
        return await self.put(key, self._read(path))

    @override
    async def open(self, key: str, begin: int = 0, end: int | None = None) -> AsyncIterator[bytes]:
        options: Any = {}
        if begin or end is not None:
            options = {"range": {"offset": begin} if end is None else (begin, end)}
        if end is not None and end <= begin:
            return
        with _answered():
            found = await obstore.get_async(self._store, checked_key(key), options=options)
            async for chunk in found.stream(min_chunk_size=CHUNK_BYTES):
                yield bytes(chunk)

    @override
    async def stat(self, key: str) -> Stat | None:
        try:
            with _answered():
                meta = await obstore.head_async(self._store, checked_key(key))
        except FileMissing:
            return None
        return Stat(key, meta["size"], meta["last_modified"])

    @override
    async def delete(self, key: str) -> None:
        with suppress(FileMissing), _answered():
            await obstore.delete_async(self._store, checked_key(key))

    @override
    async def walk(self, prefix: str = "") -> AsyncIterator[Stat]:
        folder, _, _ = prefix.rpartition("/")
        with _answered():
            # The store lists whole folders only; the rest of the prefix is compared here.
            async for page in obstore.list(self._store, folder or None, chunk_size=PAGE_FILES):
                for meta in page:
                    if meta["path"].startswith(prefix):
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
        with _answered():
            await obstore.put_async(self._store, key, b"ok")
            await obstore.delete_async(self._store, key)

    @override
    async def sweep_parts(self, older_than: timedelta, now: datetime) -> int:
        # An object appears whole or not at all; what a crash left of an upload expires by the bucket's own rule.
        return 0

    @override
    async def close(self) -> None:
        return None

    async def _sign(self, method: Any, key: str, life: timedelta) -> str | None:
        if not self._can_sign:
            return None
        store: Any = self._store
        with _answered():
            return str(await obstore.sign_async(store, method, checked_key(key), life))

    async def _read(self, path: Path) -> AsyncIterator[bytes]:
        async with read_file(path, self._threads) as file:
            while chunk := await file.read(CHUNK_BYTES):
                yield chunk


class _Counted:
    """A stream that counts, hashes, stops at its limit and remembers why it broke."""

    def __init__(self, chunks: AsyncIterable[bytes], limit_bytes: int | None) -> None:
        self._chunks = chunks
        self._limit_bytes = limit_bytes
        self.size_bytes = 0
        self.digest = hashlib.sha256()
        self.fault: Exception | None = None

    async def __aiter__(self) -> AsyncIterator[bytes]:
        try:
            async for chunk in self._chunks:
                self._count(chunk)
                yield chunk
        except Exception as fault:
            self.fault = fault
            raise

    def _count(self, chunk: bytes) -> None:
        self.size_bytes += len(chunk)
        if self._limit_bytes is not None and self.size_bytes > self._limit_bytes:
            raise FileTooLarge
        self.digest.update(chunk)


@contextmanager
def _answered() -> Iterator[None]:
    """Says in our words what the store said in its own."""
    try:
        yield
    except FileNotFoundError as missing:
        raise FileMissing from missing
    except UNREACHABLE as fault:
        raise StoreUnreachable(retry_after_seconds=RETRY_SECONDS) from fault


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
    options: Any = {**PATIENCE, "allow_http": settings.aws_endpoint_url.startswith("http://")}
    return S3Store(bucket, prefix=prefix or None, client_options=options, retry_config=RETRIES, **config)
