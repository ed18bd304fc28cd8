"""SQLite connections that end their statement, and give their locks up, before a cancel goes through."""

import asyncio
import sqlite3
from collections.abc import Awaitable, Callable, Coroutine
from pathlib import Path
from typing import Any

import aiosqlite
from typing_extensions import override

__all__ = ["connector"]

CHUNK_ROWS = 64


class SteadyConnection(aiosqlite.Connection):
    """A connection whose statements cannot be left half done.

    A statement that its caller abandons goes on in its thread and keeps the write lock with it, so that the next
    writer waits in vain; here the caller waits for the statement's end and takes its transaction back.
    """

    def __init__(self, path: Path) -> None:
        super().__init__(lambda: sqlite3.connect(path), CHUNK_ROWS)
        # A thread that still runs a statement must not keep the process from ending.
        self._thread.daemon = True

    @override
    async def _execute(self, fn: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        in_thread: Callable[..., Coroutine[Any, Any, Any]] = super()._execute
        statement = asyncio.ensure_future(in_thread(fn, *args, **kwargs))
        try:
            return await asyncio.shield(statement)
        except asyncio.CancelledError:
            await _ended(statement)
            await _ended(asyncio.ensure_future(in_thread(self._conn.rollback)))
            raise


def connector(path: Path) -> Callable[[], Awaitable[aiosqlite.Connection]]:
    """What opens connections to this file."""

    async def connect() -> aiosqlite.Connection:
        return await SteadyConnection(path)

    return connect


async def _ended(statement: asyncio.Future[Any]) -> None:
    """Waits for the end whatever happens to the waiting task; SQLite itself bounds how long a statement waits."""
    while not statement.done():
        try:
            await asyncio.wait([statement])
        except asyncio.CancelledError:
            continue
    if not statement.cancelled():
        statement.exception()
