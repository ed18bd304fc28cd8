"""Composition root: frozen Resources built from Settings at start, closed in reverse order."""

import os
import sys
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar

from app.core.clock import Clock, SystemClock
from app.core.database import Database
from app.core.fairness import FairLimiter
from app.core.mail import Mailer, mailer_of
from app.core.notifier import Notifier
from app.core.sealing import Sealer
from app.core.settings import Settings, StorageSettings
from app.core.startup import return_freed_memory
from app.core.telemetry import Telemetry
from app.core.threads import Threads
from app.engine.dbos import DbosEngine, RunLimits
from app.engine.port import ExecutorId, JobEngine
from app.media.audio import Sounds
from app.media.images import Pictures
from app.media.tools import Tools, find_tools
from app.providers.bundle import ProviderBundle, ProviderContext
from app.providers.registry import Registry
from app.storage.base import FileStore
from app.storage.local import LocalStore
from app.storage.objects import ObjectFiles
from app.storage.signing import MediaSigner
from app.storage.temp_dirs import TempDirs

T = TypeVar("T")
BLOCKING_CALLS = 8
# Reads and writes of long files, which must not keep a page or a job waiting; passwords have threads of their own.
FILE_CALLS = 8
# One user never has every turn, so that another's film waits for no render of the first.
RENDERS_AT_ONCE, RENDERS_EACH = 2, 1
IMPORTS_AT_ONCE, IMPORTS_EACH = 2, 1
MEBIBYTE = 1024 * 1024
ENGINES_FOLDER = ".engines"
WORK_FOLDER = ".work"


@dataclass(frozen=True)
class Resources:
    """What a process of this service holds open."""

    settings: Settings
    clock: Clock
    database: Database
    threads: Threads
    password_threads: Threads
    import_threads: Threads
    # Turns that owners share: at whole renders, and at imports of archives.
    renders: FairLimiter
    imports: FairLimiter
    notifier: Notifier
    store: FileStore
    temp_dirs: TempDirs
    signer: MediaSigner
    sealer: Sealer
    tools: Tools
    pictures: Pictures
    sounds: Sounds
    telemetry: Telemetry
    engines: Registry
    mailer: Mailer
    _slices: dict[Any, Any] = field(default_factory=dict)
    _process: "Resources | None" = None

    def once(self, build: "Callable[[Resources], T]") -> T:
        """A slice's own long-lived object, built at first use and shared by the whole process."""
        if build not in self._slices:
            # What everybody shares is never built on the engines of one user.
            self._slices[build] = build(self._process or self)
        made: T = self._slices[build]
        return made

    def with_engines(self, engines: Registry) -> "Resources":
        """The same process with the engines of one user, for as long as they are lent."""
        return replace(self, engines=engines, _process=self._process or self)

    def provide(self, instance: object) -> None:
        """Hands over what only an entry of the program can build, to be found by its type."""
        self._slices[type(instance)] = instance

    def provided(self, kind: type[T]) -> T:
        """What an entry of the program has handed over."""
        found: T = self._slices[kind]
        return found


@dataclass(frozen=True, kw_only=True)
class Outside:
    """What may take the place of the outside world: engines by vendor, the tools of media, the post."""

    kits: Mapping[str, ProviderBundle] | None = None
    tools: Tools | None = None
    mailer: Mailer | None = None


STANDARD = Outside()


@asynccontextmanager
async def open_resources(
    settings: Settings,
    *,
    clock: Clock | None = None,
    telemetry: Telemetry | None = None,
    outside: Outside = STANDARD,
    is_beside: bool = False,
) -> AsyncIterator[Resources]:
    """Opens everything once; closes it in reverse, with the telemetry that was handed over.

    `is_beside` is for a command that shares a SQLite file with the service.
    """
    return_freed_memory()
    async with AsyncExitStack() as opened:
        time = clock or SystemClock()
        threads = Threads(BLOCKING_CALLS)
        opened.callback(threads.close)
        password_threads = Threads(os.cpu_count() or 1, name="avc-passwords")
        opened.callback(password_threads.close)
        import_threads = Threads(IMPORTS_AT_ONCE, name="avc-imports")
        opened.callback(import_threads.close)
        file_threads = Threads(FILE_CALLS, name="avc-files")
        opened.callback(file_threads.close)
        recorded = telemetry or Telemetry()
        opened.push_async_callback(threads.run, recorded.close)
        database = Database(settings.database.database_url, is_beside=is_beside)
        opened.push_async_callback(database.close)
        store = file_store(settings.storage, file_threads, time)
        opened.push_async_callback(store.close)
        tools = outside.tools or find_tools(settings.media.ffmpeg_path, settings.media.ffprobe_path)
        engines = engines_of(settings, time, threads, tools, outside.kits)
        opened.push_async_callback(engines.close)
        pictures = Pictures(threads, keeps_one_ready=True)
        opened.push_async_callback(pictures.close)
        yield Resources(
            settings=settings,
            clock=time,
            database=database,
            threads=threads,
            password_threads=password_threads,
            import_threads=import_threads,
            renders=FairLimiter(RENDERS_AT_ONCE, most_each=RENDERS_EACH),
            imports=FairLimiter(IMPORTS_AT_ONCE, most_each=IMPORTS_EACH),
            notifier=Notifier(database, time),
            store=store,
            temp_dirs=temp_dirs_of(settings.storage, time, threads),
            signer=MediaSigner(time, *settings.security.secret_keys()),
            sealer=sealer_of(settings),
            tools=tools,
            pictures=pictures,
            sounds=Sounds(tools, threads),
            telemetry=recorded,
            engines=engines,
            mailer=outside.mailer or mailer_of(settings, threads, sys.stderr),
        )


def processors_at_once(cores: int, threads: int) -> int:
    """Work for a processor may keep a thread of the shared pool too; half of the pool stays for everything else."""
    return max(1, min(cores, threads // 2))


def sealer_of(settings: Settings) -> Sealer:
    """What closes secrets that stand in the database, with the key of these settings."""
    return Sealer(*settings.security.secret_keys())


def engines_of(
    settings: Settings, clock: Clock, threads: Threads, tools: Tools, kits: Mapping[str, ProviderBundle] | None = None
) -> Registry:
    """The engines that the settings allow; whoever asks for them closes them."""
    folder = settings.storage.storage_path / ENGINES_FOLDER
    each = processors_at_once(len(os.sched_getaffinity(0)), threads.size)
    # One turn more than a user may have, so that whoever comes to a busy machine begins at once.
    processors = FairLimiter(each + 1, most_each=each)
    return Registry(ProviderContext(settings, clock, threads, Path(tools.ffmpeg), folder, processors), kits)


def file_store(settings: StorageSettings, threads: Threads, clock: Clock) -> FileStore:
    """The store that the settings name; whoever asks for it closes it."""
    if settings.storage_url or settings.aws_s3_bucket:
        return ObjectFiles.from_settings(settings, clock, threads)
    return LocalStore(settings.storage_path, threads, reserve_bytes=settings.storage_reserve_mb * MEBIBYTE)


def temp_dirs_of(settings: StorageSettings, clock: Clock, threads: Threads) -> TempDirs:
    """Where files are worked on before they are kept."""
    reserve_bytes = settings.storage_reserve_mb * MEBIBYTE
    return TempDirs(settings.storage_path / WORK_FOLDER, clock, threads, reserve_bytes=reserve_bytes)


def job_engine(resources: Resources, executor: ExecutorId) -> JobEngine:
    """The engine of this process; there is one at most, and the worker opens and closes it.

    Vendors' limits stand in the adapters, so a user's remote work is bounded by what a user may start at all.
    """
    settings = resources.settings
    limits = RunLimits(remote_per_user=settings.work.max_jobs_per_user)
    return DbosEngine(
        settings.database.database_url, executor, clock=resources.clock, threads=resources.threads, limits=limits
    )
