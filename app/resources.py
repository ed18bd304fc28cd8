"""Composition root: frozen Resources built from Settings at start, closed in reverse order."""

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar

from app.core.clock import Clock, SystemClock
from app.core.database import Database
from app.core.settings import Settings
from app.core.threads import Threads
from app.core.wakeup import Bell

__all__ = ["Resources", "open_resources"]

T = TypeVar("T")
BLOCKING_CALLS = 8


@dataclass(frozen=True)
class Resources:
    """What a process of this service holds open."""

    settings: Settings
    clock: Clock
    database: Database
    threads: Threads
    bell: Bell
    _slices: dict[Any, Any] = field(default_factory=dict)

    def once(self, build: "Callable[[Resources], T]") -> T:
        """A slice's own long-lived object, built at first use and shared by the whole process."""
        if build not in self._slices:
            self._slices[build] = build(self)
        made: T = self._slices[build]
        return made

    def provide(self, instance: object) -> None:
        """Hands over what only an entry of the program can build, to be found by its type."""
        self._slices[type(instance)] = instance

    def provided(self, kind: type[T]) -> T:
        """What an entry of the program has handed over."""
        found: T = self._slices[kind]
        return found


@asynccontextmanager
async def open_resources(settings: Settings, *, clock: Clock | None = None) -> AsyncIterator[Resources]:
    """Opens everything once; closes it in reverse."""
    async with AsyncExitStack() as opened:
        threads = Threads(BLOCKING_CALLS)
        opened.callback(threads.close)
        database = Database(settings.database.database_url)
        opened.push_async_callback(database.close)
        time = clock or SystemClock()
        yield Resources(settings=settings, clock=time, database=database, threads=threads, bell=Bell(database, time))
