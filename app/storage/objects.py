"""S3, Azure and Google stores by obstore; also memory, which behaves the same."""

import hashlib
import mimetypes
from collections.abc import AsyncIterable, AsyncIterator, Iterator, Mapping
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
from app.storage.base import (
    CHUNK_BYTES,
    AnswerHeaders,
    FileMissing,
    FileStore,
    FileTooLarge,
    Stat,
    StoredFile,
    StoreUnreachable,
    checked_key,
)
from app.storage.disk import read_file
from app.storage.presign import LONGEST_LIFE, S3Bucket, S3Keys

PART_BYTES = 5 * 1024 * 1024
MULTIPART: Final[Any] = {"use_multipart": True, "chunk_size": PART_BYTES, "max_concurrency": 2}
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
    """A bucket, or a part of one; only one whose keys we hold is read and filled past us."""

    def __init__(self, store: RemoteStore, clock: Clock, threads: Threads, bucket: S3Bucket | None = None) -> None:
        self._store = store
        self._clock = clock
        self._threads = threads
        self._bucket = bucket

    @classmethod
    def from_settings(cls, settings: StorageSettings, clock: Clock, threads: Threads) -> Self:
        """The bucket of STORAGE_URL, or of AWS_S3_BUCKET alone."""
        url = settings.storage_url or f"s3://{settings.aws_s3_bucket}"
        if url.startswith("s3://"):
            return cls(_s3(url, settings), clock, threads, _bucket(url, settings))
        if url.startswith("memory:"):
            return cls(from_url(url), clock, threads)
        return cls(from_url(url, client_options=PATIENCE, retry_config=RETRIES), clock, threads)

    @override
    async def put(self, key: str, chunks: AsyncIterable[bytes], *, limit_bytes: int | None = None) -> StoredFile:
        name = checked_key(key)
        counted = _Counted(chunks, limit_bytes)
        try:
            await obstore.put_async(self._store, name, counted, attributes=_attributes(name), **MULTIPART)
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
    async def presign_get(self, key: str, until: datetime, headers: AnswerHeaders) -> str | None:
        # Signed at a moment that the end alone decides: a browser that has the file already knows the address.
        moment = min(until - LONGEST_LIFE, self._clock.now().replace(minute=0, second=0, microsecond=0))
        query = {
            "response-content-type": headers.content_type,
            "response-content-disposition": headers.disposition,
            "response-cache-control": headers.cache_control,
            "X-Amz-Expires": _seconds(min(until - moment, LONGEST_LIFE)),
        }
        return None if self._bucket is None else self._bucket.presigned("GET", checked_key(key), moment, query, {})

    @override
    async def presign_put(self, key: str, life: timedelta, headers: Mapping[str, str]) -> str | None:
        if self._bucket is None:
            return None
        query = {"X-Amz-Expires": _seconds(life)}
        return self._bucket.presigned("PUT", checked_key(key), self._clock.now(), query, headers)

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


def _bucket(url: str, settings: StorageSettings) -> S3Bucket | None:
    """The bucket as we sign for it; None where the store's own library finds its keys elsewhere."""
    key_id, secret = settings.aws_access_key_id.get_secret_value(), settings.aws_secret_access_key.get_secret_value()
    if not key_id or not secret:
        return None
    name, _, prefix = url.removeprefix("s3://").partition("/")
    region = settings.aws_region or "us-east-1"
    endpoint = settings.aws_endpoint_url or f"https://s3.{region}.amazonaws.com"
    keys = S3Keys(key_id, secret, settings.aws_session_token.get_secret_value())
    return S3Bucket(endpoint, f"{name}/{prefix}".strip("/"), region, keys)


def _attributes(key: str) -> dict[str, str]:
    """What an object says of itself; its name and its rule for caches are asked for with each address."""
    return {"Content-Type": mimetypes.guess_type(key)[0] or "application/octet-stream"}


def _seconds(life: timedelta) -> str:
    return str(int(life.total_seconds()))
