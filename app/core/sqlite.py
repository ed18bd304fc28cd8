"""SQLite connections that make one trip to their thread for a statement, and leave none half done."""

import asyncio
import sqlite3
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import aiosqlite
from typing_extensions import override

CHUNK_ROWS = 64


class WholeCursor:
    """A cursor that comes back from its connection's thread with every row of its statement.

    Each trip to the thread costs more than most statements, and the driver's own cursor makes four of them.
    """

    def __init__(self, connection: "SteadyConnection") -> None:
        self._connection = connection
        self._rows: deque[Any] = deque()
        self.description: Sequence[Any] | None = None
        self.rowcount = -1
        self.lastrowid: int | None = None
        self.arraysize = 1

    async def __aenter__(self) -> "WholeCursor":
        """Opens nothing, because the thread does so with the statement."""
        return self

    async def execute(self, statement: str, parameters: Iterable[Any] | None = None) -> None:
        """Runs a statement once."""
        await self._connection.trip(lambda lent: self._keep(lent.execute(statement, tuple(parameters or ()))))

    async def executemany(self, statement: str, parameters: Iterable[Sequence[Any]]) -> None:
        """Runs a statement once for each set of parameters."""
        await self._connection.trip(lambda lent: self._keep(lent.executemany(statement, parameters)))

    async def fetchone(self) -> Any | None:
        """The next row."""
        return self._rows.popleft() if self._rows else None

    async def fetchmany(self, size: int | None = None) -> Sequence[Any]:
        """Some rows."""
        return [self._rows.popleft() for _ in range(min(size or self.arraysize, len(self._rows)))]

    async def fetchall(self) -> Sequence[Any]:
        """The rest of the rows."""
        return await self.fetchmany(len(self._rows))

    async def close(self) -> None:
        """Forgets the rows."""
        self._rows.clear()

    def _keep(self, cursor: sqlite3.Cursor) -> None:
        self._rows = deque(cursor.fetchall() if cursor.description else ())
        self.description, self.rowcount, self.lastrowid = cursor.description, cursor.rowcount, cursor.lastrowid


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
    def cursor(self) -> Any:
        return WholeCursor(self)

    @override
    async def rollback(self) -> None:
        # The pool asks for this after every commit too, when there is nothing left that a cancel could interrupt.
        if self.in_transaction:
            await super().rollback()

    async def trip(self, call: Callable[[sqlite3.Cursor], None]) -> None:
        """Lends a cursor to a call in the connection's thread."""
        lender = self._conn

        def lent() -> None:
            with closing(lender.cursor()) as cursor:
                call(cursor)

        await self._execute(lent)

    @override
    async def _execute(self, fn: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        in_thread: Callable[..., Coroutine[Any, Any, Any]] = super()._execute
        try:
            return await in_thread(fn, *args, **kwargs)
        except asyncio.CancelledError:
            # The thread takes its work in order, so that the statement has ended when this has.
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
