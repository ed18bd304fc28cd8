"""Engines and the unit of work: one writer and several readers on SQLite, one pool on Postgres."""

import asyncio
import fcntl
import os
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import IO, Any, TypeVar

import asyncpg
import structlog
from sqlalchemy import ExceptionContext, event, make_url, text
from sqlalchemy.engine.interfaces import DBAPIConnection, Dialect
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry

from app.core.clock import Clock
from app.core.errors import NotNow, StorageFull, Unusable
from app.core.sqlite import connector
from app.core.tasks import Backoff

log = structlog.get_logger(__name__)
T = TypeVar("T")
FIXED_SQLITE = ((3, 51, 3), (3, 50, 7), (3, 44, 6))
# A second process leaves checkpoints to the service: SQLite before 3.51.3 may damage a file that two processes
# checkpoint and write at the same moment.
BESIDE_PRAGMAS = ("PRAGMA wal_autocheckpoint=0",)
SQLITE_PRAGMAS = (
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=FULL",
    "PRAGMA busy_timeout=5000",
    "PRAGMA foreign_keys=ON",
    "PRAGMA trusted_schema=OFF",
    "PRAGMA temp_store=MEMORY",
)
POSTGRES_LIMITS = {
    "statement_timeout": "30000",
    "lock_timeout": "5000",
    "idle_in_transaction_session_timeout": "15000",
    "timezone": "UTC",
    "application_name": "ai-video-creator",
}
# Lock timeout, deadlock, serialisation: the database has taken the whole transaction back, and it may be repeated.
TAKEN_BACK = frozenset({"55P03", "40P01", "40001"})
PASSING = frozenset({"08", "40", "53", "57"})
# A session that idled too long, and a server that is being replaced.
PASSING_CODES = frozenset({"25P03", "25006"})
DISK_FULL = "53100"
NOT_ADMITTED = frozenset({"28", "3D"})
SQLITE_PASSING = ("unable to open database file", "disk i/o error", "readonly database")
MOST_TRIES = 5
AFTER_COMMIT = "after_commit"
BEFORE_COMMIT = "before_commit"
MAY_BE_COMMITTED = "The transaction may have been committed."

# Services name the session by this alias: sqlalchemy itself stays in tables and repositories.
Session = AsyncSession
_open_sessions: ContextVar[tuple[AsyncSession, ...]] = ContextVar("open_sessions", default=())


class DatabaseBusy(Exception):
    """Another process holds this SQLite file; the text says what to do."""


class DatabaseMissing(Exception):
    """There is no such SQLite file, and this command must not make one; the text says what to do."""


class DatabaseDown(NotNow):
    """The database does not answer, or took a transaction back; nothing of the transaction was kept."""

    awaited = "the database"
    code = "database.unavailable"
    message = "The database does not answer right now. Nothing was changed; try again shortly."

    def __init__(self, *, retry_after_seconds: int | None = None, is_taken_back: bool = False) -> None:
        super().__init__(retry_after_seconds=retry_after_seconds)
        self.is_taken_back = is_taken_back


class DatabaseRefused(DatabaseDown):
    """The database answers and does not let this service in."""

    code = "database.refused"
    message = "The database refuses this service. The operator checks DATABASE_URL and the database's rights."


class CommitUnknown(DatabaseDown):
    """The connection broke while a transaction was committed, so that it was kept or was not.

    Only work that finds what it wrote may be repeated after it: steps of jobs, settling, loops; never a request.
    """

    code = "database.commit_unknown"
    message = "The database went away while this was stored. Look whether it is there before you send it again."


class TextUnusable(Unusable):
    """A text holds what Postgres cannot store: a NUL character or half of a surrogate pair."""

    code = "request.text_unusable"
    message = "A text contains a NUL character or half of a surrogate pair. Remove it and send the text again."


class Database:
    """The one database of the service; whoever builds it closes it.

    `is_beside` is for commands of an operator that change a few rows while the service runs on the same SQLite file:
    they take its writer by turns, and must not run jobs.
    """

    def __init__(self, url: str, *, is_beside: bool = False) -> None:
        self.url = make_url(url)
        self._lock: IO[str] | None = None
        self._pragmas = (*SQLITE_PRAGMAS, *(BESIDE_PRAGMAS if is_beside else ()))
        if self.is_sqlite:
            if is_beside:
                _demand_file(Path(str(self.url.database)))
            else:
                self._lock = _hold(Path(f"{self.url.database}.lock"))
            _warn_of_old_sqlite()
            self.writer = self._sqlite_engine(readers=0)
            self.reader = self._sqlite_engine(readers=4)
        else:
            self.writer = self.reader = self._postgres_engine()

    @property
    def is_sqlite(self) -> bool:
        """Whether this is one SQLite file, used by one process."""
        return self.url.get_backend_name() == "sqlite"

    @asynccontextmanager
    async def unit_of_work(self) -> AsyncIterator[AsyncSession]:
        """One transaction that begins with its first statement, commits at the end, then rings the bells."""
        async with self._session(self.writer) as session:
            try:
                yield session
                for call in session.info.pop(BEFORE_COMMIT, {}).values():
                    await call()
                await session.flush()
                await _commit(session)
            except BaseException:
                await session.rollback()
                raise
        for call in session.info.get(AFTER_COMMIT, ()):
            call()

    async def transact(self, work: Callable[[AsyncSession], Awaitable[T]], clock: Clock) -> T:
        """Does a piece of work in one transaction, up to five times when the database has taken it back.

        The work may run several times and must keep nothing outside its session.
        """
        backoff = Backoff(clock, first_seconds=0.1)
        for _ in range(MOST_TRIES - 1):
            try:
                async with self.unit_of_work() as session:
                    return await work(session)
            except DatabaseDown as down:
                if not down.is_taken_back:
                    raise
            await backoff.pause()
        async with self.unit_of_work() as session:
            return await work(session)

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncSession]:
        """A short session that cannot write on SQLite and must not on Postgres."""
        async with self._session(self.reader) as session:
            yield session

    async def ping(self) -> None:
        """Answers when the database does."""
        async with self.reading() as session:
            await session.execute(text("SELECT 1"))

    async def close(self) -> None:
        """Closes every connection and gives the file up."""
        await self.writer.dispose()
        if self.reader is not self.writer:
            await self.reader.dispose()
        if self._lock is not None:
            self._lock.close()

    @asynccontextmanager
    async def _session(self, engine: AsyncEngine) -> AsyncIterator[AsyncSession]:
        """A session whose errors have names; its end may break too, because it rolls back over the connection."""
        with _database_errors():
            async with AsyncSession(engine, expire_on_commit=False) as session:
                with _counted(session):
                    yield session

    def _sqlite_engine(self, *, readers: int) -> AsyncEngine:
        engine = create_async_engine(
            self.url,
            async_creator=connector(Path(self.url.database or "")),
            pool_size=readers or 1,
            max_overflow=0,
            pool_timeout=30,
            hide_parameters=True,
        )
        begin = "BEGIN" if readers else "BEGIN IMMEDIATE"

        def on_connect(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
            # The driver must not begin transactions by itself: the begin event below does.
            connection.isolation_level = None
            cursor = connection.cursor()
            for pragma in (*self._pragmas, *(("PRAGMA query_only=ON",) if readers else ())):
                cursor.execute(pragma)
            cursor.close()

        event.listen(engine.sync_engine, "connect", on_connect)
        event.listen(engine.sync_engine, "begin", lambda connection: connection.exec_driver_sql(begin))
        return engine

    def _postgres_engine(self) -> AsyncEngine:
        engine = create_async_engine(
            self.url,
            pool_size=10,
            max_overflow=5,
            pool_timeout=10,
            pool_pre_ping=True,
            pool_recycle=1800,
            hide_parameters=True,
            connect_args={"timeout": 10, "command_timeout": 30, "server_settings": POSTGRES_LIMITS},
        )
        event.listen(engine.sync_engine, "do_connect", _connected)
        event.listen(engine.sync_engine, "handle_error", _silence_is_loss)
        return engine


def before_commit(session: AsyncSession, name: str, call: Callable[[], Awaitable[None]]) -> None:
    """Has `call` run as the last work of this session's unit of work; of those of one name only the first runs."""
    session.info.setdefault(BEFORE_COMMIT, {}).setdefault(name, call)


def after_commit(session: AsyncSession, call: Callable[[], None]) -> None:
    """Has `call` run once this session's unit of work is committed; a rollback forgets it."""
    session.info.setdefault(AFTER_COMMIT, []).append(call)


def outside_transaction() -> None:
    """Refuses to go on while this task holds a transaction: for provider calls and tools."""
    if any(session.in_transaction() for session in _open_sessions.get()):
        message = "a provider call or a tool must not run while a database transaction is open"
        raise RuntimeError(message)


@contextmanager
def _counted(session: AsyncSession) -> Iterator[None]:
    _open_sessions.set((*_open_sessions.get(), session))
    try:
        yield
    finally:
        _open_sessions.set(tuple(other for other in _open_sessions.get() if other is not session))


@contextmanager
def _database_errors() -> Iterator[None]:
    try:
        yield
    except (PoolTimeout, InterfaceError, ConnectionError, TimeoutError) as down:
        raise DatabaseDown(retry_after_seconds=5) from down
    except (asyncpg.PostgresConnectionError, asyncpg.InterfaceError) as down:
        raise DatabaseDown(retry_after_seconds=5) from down
    except UnicodeEncodeError as fault:
        raise TextUnusable from fault
    except (OperationalError, DBAPIError) as fault:
        raise _named(fault) from fault


def may_be_committed(fault: BaseException) -> bool:
    """Whether the transaction that ended with this may have been done all the same; then nothing of it is undone."""
    return MAY_BE_COMMITTED in getattr(fault, "__notes__", ())


async def _commit(session: AsyncSession) -> None:
    try:
        with _commit_errors():
            await session.commit()
    except (CommitUnknown, asyncio.CancelledError) as unknown:
        unknown.add_note(MAY_BE_COMMITTED)
        raise


@contextmanager
def _commit_errors() -> Iterator[None]:
    """The answer to COMMIT is what tells whether it was done; a database that refuses it has not done it."""
    try:
        yield
    except (ConnectionError, TimeoutError, asyncpg.PostgresConnectionError, asyncpg.InterfaceError) as lost:
        raise CommitUnknown(retry_after_seconds=5) from lost
    except DBAPIError as fault:
        if fault.connection_invalidated or isinstance(fault, InterfaceError):
            raise CommitUnknown(retry_after_seconds=5) from fault
        raise


def _connected(dialect: Dialect, _entry: Any, args: Sequence[Any], options: Mapping[str, Any]) -> DBAPIConnection:
    """Connects; SQLAlchemy lets the driver's errors and the system's through as they are."""
    try:
        return dialect.connect(*args, **options)
    except (OSError, asyncpg.InterfaceError) as away:
        raise DatabaseDown(retry_after_seconds=5) from away
    except (asyncpg.PostgresError, dialect.loaded_dbapi.Error) as refusal:
        if (getattr(refusal, "sqlstate", None) or "")[:2] in NOT_ADMITTED:
            raise DatabaseRefused(retry_after_seconds=30) from refusal
        raise DatabaseDown(retry_after_seconds=5) from refusal


def _silence_is_loss(context: ExceptionContext) -> None:
    """A connection that did not answer in time is given up, and with it all others of the pool."""
    if isinstance(context.original_exception, TimeoutError):
        context.is_disconnect = True


def _named(fault: DBAPIError) -> Exception:
    code = getattr(fault.orig, "sqlstate", None) or ""
    words = str(fault.orig).lower()
    if _is_text_fault(fault):
        return TextUnusable()
    if "database or disk is full" in words or code == DISK_FULL:
        return StorageFull()
    if code in TAKEN_BACK or "database is locked" in words:
        return DatabaseDown(retry_after_seconds=2, is_taken_back=True)
    passes = code[:2] in PASSING or code in PASSING_CODES or any(sign in words for sign in SQLITE_PASSING)
    return DatabaseDown(retry_after_seconds=5) if fault.connection_invalidated or passes else fault


def _is_text_fault(fault: DBAPIError) -> bool:
    return getattr(fault.orig, "sqlstate", None) == "22021" or "surrogates not allowed" in str(fault.orig)


def _hold(path: Path) -> IO[str]:
    path.parent.mkdir(parents=True, exist_ok=True)
    file = path.open("a+")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as held:
        file.close()
        message = (
            f"Another process already uses the SQLite database {path.with_suffix('')}. "
            "Stop it, or set DATABASE_URL to Postgres to run several processes."
        )
        raise DatabaseBusy(message) from held
    file.seek(0)
    file.truncate()
    file.write(str(os.getpid()))
    file.flush()
    return file


def _demand_file(path: Path) -> None:
    if not path.is_file():
        message = f"DATABASE_URL: there is no SQLite database {path}. Start the service once, or run `avc db upgrade`."
        raise DatabaseMissing(message)


def _warn_of_old_sqlite() -> None:
    version = sqlite3.sqlite_version_info
    fixed = version >= FIXED_SQLITE[0] or any(version[:2] == f[:2] and version >= f for f in FIXED_SQLITE[1:])
    if not fixed:
        log.info("sqlite_without_wal_fix", version=sqlite3.sqlite_version, reliance="one writer in one process")
