"""The engine's own store, and our statements on the tables that DBOS 3.4.0 keeps in it."""

import threading
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import structlog
from sqlalchemy import (
    URL,
    ColumnElement,
    Connection,
    Engine,
    Executable,
    Row,
    Update,
    and_,
    column,
    create_engine,
    delete,
    event,
    func,
    literal_column,
    make_url,
    select,
    table,
    update,
)
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.pool import ConnectionPoolEntry

from app.core.database import DatabaseDown
from app.core.threads import Threads
from app.engine.port import SCHEMA, ExecutorId, JobId, RunState, engine_file

log = structlog.get_logger(__name__)
T = TypeVar("T")
SQLITE_PRAGMAS = ("journal_mode=WAL", "synchronous=FULL", "busy_timeout=30000", "foreign_keys=ON")
# A host that has vanished is told from a slow one within this time.
KEEPALIVE = {
    "keepalives": 1,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 20_000,
}
FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 0.1, 2.0
DBOS_CONNECTIONS, OWN_CONNECTIONS = 5, 2
POSTGRES_OPTIONS = "-c lock_timeout=30000 -c statement_timeout=60000 -c idle_in_transaction_session_timeout=60000"
RECOVERY_QUEUE = "_dbos_internal_queue"
CHUNK = 500
# Orders have priorities from 1; the smallest goes first.
FIRST = 0
SUSPECT_LIVES = 2
APART_MILLIS = 2_000
MOST_APART = 15
# Literals, because SQLite's planner takes a partial index only when it can read the condition.
PENDING: ColumnElement[str] = literal_column("'PENDING'")
ENQUEUED: ColumnElement[str] = literal_column("'ENQUEUED'")
DELAYED: ColumnElement[str] = literal_column("'DELAYED'")
IN_FLIGHT: ColumnElement[bool] = literal_column("status IN ('ENQUEUED', 'PENDING')")
STATES = {"ENQUEUED": RunState.WAITING, "DELAYED": RunState.WAITING, "PENDING": RunState.RUNNING}
STATES["MAX_RECOVERY_ATTEMPTS_EXCEEDED"] = RunState.GIVEN_UP
RUN_COLUMNS = (
    "workflow_uuid",
    "status",
    "executor_id",
    "owner_xid",
    "queue_name",
    "recovery_attempts",
    "priority",
    "started_at_epoch_ms",
    "completed_at",
    "delay_until_epoch_ms",
)
DETAILS = ("workflow_input", "workflow_output", "operation_outputs")


class StoreClosed(Exception):
    """The engine is being closed while its store is away; what waited for it ends without a record."""


class EngineStore:
    """The connections of DBOS and our own; on SQLite a second file, on Postgres a schema.

    On Postgres DBOS waits for the store as long as it takes, while whoever asks it through us is told that it is away.
    """

    def __init__(self, database_url: str, threads: Threads) -> None:
        url = make_url(database_url)
        sqlite = url.get_backend_name() == "sqlite"
        self.engine = _sqlite_engine(url) if sqlite else _postgres_engine(url, DBOS_CONNECTIONS)
        self._own = self.engine if sqlite else _postgres_engine(url, OWN_CONNECTIONS)
        self._closing = threading.Event()
        event.listen(self.engine, "checkin", self._on_checkin)
        self._threads = threads
        self._schema = None if sqlite else SCHEMA
        self._runs = table("workflow_status", *(column(name) for name in RUN_COLUMNS), schema=self._schema)

    async def ping(self) -> None:
        """Answers when the store does, because DBOS itself would try again without end and without a word."""
        if self._schema is not None:
            await self._in_transaction(partial(_rows, select(1)))

    async def owners(self) -> frozenset[ExecutorId]:
        """Executors that hold runs."""
        query = select(self._runs.c.executor_id).where(self._runs.c.status == PENDING).distinct()
        return frozenset(row[0] for row in await self._in_transaction(partial(_rows, query)))

    async def states(self, job_ids: Sequence[JobId]) -> Mapping[JobId, RunState]:
        """What became of these, as far as they are known."""
        runs = self._runs.c
        found: dict[JobId, RunState] = {}
        for some in _chunks(job_ids):
            query = select(runs.workflow_uuid, runs.status).where(runs.workflow_uuid.in_(some))
            rows = await self._in_transaction(partial(_rows, query))
            found |= {row[0]: STATES.get(row[1], RunState.ENDED) for row in rows}
        return found

    async def held(self, executor: ExecutorId) -> frozenset[JobId]:
        """Runs this executor holds."""
        runs = self._runs.c
        query = select(runs.workflow_uuid).where(runs.status == PENDING, runs.executor_id == executor)
        return frozenset(row[0] for row in await self._in_transaction(partial(_rows, query)))

    async def put_back(
        self, executors: Collection[ExecutorId], now: datetime, only: Collection[JobId] | None = None
    ) -> int:
        """Lets any executor take what these hold; what has moved on meanwhile stays where it is.

        A run that came no further in several lives may be what its workers die of. Such runs come back one after
        another, the least suspicious first, so that one that only shared the fate of others can show that it lives.
        """
        return await self._in_transaction(partial(self._put_back, self._released(executors, only), _millis(now)))

    async def anything_waits(self, now: datetime) -> bool:
        """Whether runs wait to be taken; those that were put back to come later do once their time has come."""
        runs = self._runs.c
        due = and_(runs.status == DELAYED, runs.delay_until_epoch_ms <= _millis(now))
        waiting = and_(IN_FLIGHT, runs.status == ENQUEUED)
        # Asked before, because an update takes the one writer of SQLite even where it changes nothing.
        query = select(select(1).where(due).exists(), select(1).where(waiting).exists())
        has_due, has_waiting = (await self._in_transaction(partial(_rows, query)))[0]
        if has_due:
            change = update(self._runs).where(due).values(status="ENQUEUED")
            await self._in_transaction(lambda c: c.execute(change).rowcount)
        return bool(has_due or has_waiting)

    async def hand_back(self, executor: ExecutorId) -> int:
        """The same for an executor that ends orderly: its runs keep the number of tries they have left."""
        kept = self._uncounted([executor], None)
        return await self._in_transaction(lambda c: c.execute(kept).rowcount)

    async def forgive(self, job_id: JobId, executor: ExecutorId) -> bool:
        """Counts the deaths of this executor's run anew; says whether there were any."""
        runs = self._runs.c
        own = and_(runs.workflow_uuid == job_id, runs.status == PENDING, runs.executor_id == executor)
        died = and_(own, runs.recovery_attempts > 1)
        # Asked before, because an update takes the one writer of SQLite even where it changes nothing.
        if not await self._in_transaction(partial(_rows, select(1).where(died))):
            return False
        change = update(self._runs).where(died).values(recovery_attempts=1)
        return await self._in_transaction(lambda c: c.execute(change).rowcount) > 0

    async def resume(self, executor: ExecutorId, job_id: JobId) -> int:
        """The same for one run, which goes before everything that has not begun."""
        change = self._uncounted([executor], [job_id]).values(priority=FIRST)
        return await self._in_transaction(lambda c: c.execute(change).rowcount)

    async def prune(self, ended_before: datetime) -> int:
        """Deletes what ended before."""
        runs, moment = self._runs.c, _millis(ended_before)
        query = select(runs.workflow_uuid).where(runs.completed_at < moment).limit(CHUNK)
        pruned = 0
        while True:
            ended = [row[0] for row in await self._in_transaction(partial(_rows, query))]
            if not ended:
                return pruned
            await self._in_transaction(partial(self._forget, ended))
            pruned += len(ended)

    def wait_for_connections(self) -> None:
        """From now on the threads of DBOS wait until the store can be reached, and go on as soon as it can.

        Left alone DBOS pauses longer and longer, up to a minute and a half, and cannot be ended meanwhile.
        """
        if self._own is not self.engine:
            event.listen(self.engine, "do_connect", self._connected_at_last)

    def let_go(self) -> None:
        """Nobody waits for the store any more."""
        self._closing.set()

    def close(self) -> None:
        """Closes every connection; one that a thread of DBOS still holds is closed when it comes back."""
        self._closing.set()
        for engine in {self.engine, self._own}:
            engine.dispose()

    def _on_checkin(self, _connection: Any, entry: ConnectionPoolEntry) -> None:
        if self._closing.is_set():
            entry.invalidate()

    def _connected_at_last(self, dialect: Any, _entry: Any, args: Sequence[Any], options: Mapping[str, Any]) -> Any:
        pause_seconds = FIRST_PAUSE_SECONDS
        while True:
            try:
                return dialect.connect(*args, **options)
            except dialect.loaded_dbapi.OperationalError as away:
                if self._closing.is_set():
                    raise StoreClosed from away
                if pause_seconds == FIRST_PAUSE_SECONDS:
                    log.warning("engine_store_awaited", fault=type(away).__name__)
            self._closing.wait(pause_seconds)
            pause_seconds = min(pause_seconds * 2, LONGEST_PAUSE_SECONDS)

    def _put_back(self, change: Update, now_millis: int, connection: Connection) -> int:
        runs = self._runs.c
        back = connection.execute(change.returning(runs.workflow_uuid, runs.recovery_attempts)).all()
        suspects = sorted((lives, job_id) for job_id, lives in back if lives >= SUSPECT_LIVES)
        for place, (_, job_id) in enumerate(suspects[:MOST_APART], start=1):
            apart = {"status": "DELAYED", "delay_until_epoch_ms": now_millis + place * APART_MILLIS}
            connection.execute(update(self._runs).where(runs.workflow_uuid == job_id).values(apart))
        return len(back)

    def _released(self, executors: Collection[ExecutorId], only: Collection[JobId] | None) -> Update:
        runs = self._runs.c
        change = update(self._runs).where(runs.status == PENDING, runs.executor_id.in_(executors))
        if only is not None:
            change = change.where(runs.workflow_uuid.in_(only))
        return change.values(
            status="ENQUEUED",
            owner_xid=None,
            started_at_epoch_ms=None,
            queue_name=func.coalesce(runs.queue_name, RECOVERY_QUEUE),
        )

    def _uncounted(self, executors: Collection[ExecutorId], only: Collection[JobId] | None) -> Update:
        return self._released(executors, only).values(recovery_attempts=self._runs.c.recovery_attempts - 1)

    def _forget(self, job_ids: Sequence[JobId], connection: Connection) -> None:
        for name in DETAILS:
            details = table(name, column("workflow_uuid"), schema=self._schema)
            connection.execute(delete(details).where(details.c.workflow_uuid.in_(job_ids)))
        connection.execute(delete(self._runs).where(self._runs.c.workflow_uuid.in_(job_ids)))

    async def _in_transaction(self, work: Callable[[Connection], T]) -> T:
        return await self._threads.run(self._transact, work)

    def _transact(self, work: Callable[[Connection], T]) -> T:
        with _store_errors(), self._own.begin() as connection:
            return work(connection)


def _sqlite_engine(url: URL) -> Engine:
    beside = engine_file(Path(str(url.database)))
    engine = create_engine(URL.create("sqlite", database=str(beside)), pool_size=20, max_overflow=0, pool_timeout=30)

    def on_connect(connection: Any, _entry: ConnectionPoolEntry) -> None:
        # The driver begins a writing transaction before the first change; DBOS begins its migrations by itself.
        connection.isolation_level = "IMMEDIATE"
        for pragma in SQLITE_PRAGMAS:
            connection.execute(f"PRAGMA {pragma}")

    event.listen(engine, "connect", on_connect)
    return engine


def _postgres_engine(url: URL, pool_size: int) -> Engine:
    query = {("sslmode" if name == "ssl" else name): value for name, value in url.query.items()}
    return create_engine(
        url.set(drivername="postgresql+psycopg", query=query),
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=30,
        pool_pre_ping=True,
        pool_recycle=1800,
        connect_args={
            "application_name": "ai-video-creator-engine",
            "options": POSTGRES_OPTIONS,
            "connect_timeout": 10,
            **KEEPALIVE,
        },
    )


def _millis(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)


def _rows(query: Executable, connection: Connection) -> Sequence[Row[*tuple[Any, ...]]]:
    return connection.execute(query).all()


def _chunks(job_ids: Sequence[JobId]) -> Iterator[Sequence[JobId]]:
    for start in range(0, len(job_ids), CHUNK):
        yield job_ids[start : start + CHUNK]


@contextmanager
def _store_errors() -> Iterator[None]:
    try:
        yield
    except (PoolTimeout, InterfaceError, OperationalError) as down:
        raise DatabaseDown(retry_after_seconds=5) from down
    except DBAPIError as fault:
        if fault.connection_invalidated:
            raise DatabaseDown(retry_after_seconds=5) from fault
        raise
