"""Parts of a process that fail as long as a test says so: the database, and the store of files."""

from collections.abc import AsyncIterable, AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from app.core.database import Database, DatabaseDown
from app.storage.base import FileStore, StoredFile, StoreUnreachable


class FailingDatabase(Database):
    """The same engines and the same lock; while it is down, no session opens."""

    def __init__(self, inner: Database) -> None:
        self.url = inner.url
        self.writer, self.reader = inner.writer, inner.reader
        self.is_down = False

    @asynccontextmanager
    async def unit_of_work(self) -> AsyncIterator[AsyncSession]:
        self._refuse()
        async with super().unit_of_work() as session:
            yield session
            self._refuse()

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncSession]:
        self._refuse()
        async with super().reading() as session:
            yield session

    def _refuse(self) -> None:
        if self.is_down:
            raise DatabaseDown(retry_after_seconds=1)


class FailingStore:
    """A store that takes nothing while it is down."""

    def __init__(self, inner: FileStore) -> None:
        self._inner = inner
        self.fault: Exception | None = None
        self.refused = 0

    async def put(self, key: str, chunks: AsyncIterable[bytes], *, limit_bytes: int | None = None) -> StoredFile:
        self._refuse()
        return await self._inner.put(key, chunks, limit_bytes=limit_bytes)

    async def put_file(self, key: str, path: Path) -> StoredFile:
        self._refuse()
        return await self._inner.put_file(key, path)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    def _refuse(self) -> None:
        if self.fault is not None:
            self.refused += 1
            raise self.fault

    def fail(self, fault: Exception | None = None) -> None:
        """Takes nothing from now on."""
        self.fault = fault or StoreUnreachable(retry_after_seconds=1)

    def recover(self) -> None:
        """Takes files again."""
        self.fault = None
