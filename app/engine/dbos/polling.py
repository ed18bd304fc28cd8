"""When the threads of DBOS look for work: at once after news, every second for a while, then seldom."""

import threading
import time
from collections.abc import Iterable

from dbos import DBOS, Queue

# No public name of DBOS 3.4.0 lets a queue be looked at before its pause has passed. Its threads are run as they are,
# with an event of ours where they expect the one that stops them; a contract test holds what is used here.
from dbos._queue import queue_worker_thread
from typing_extensions import override

__all__ = ["Pause", "Polling"]

IDLE_SECONDS = 10.0
BUSY_SECONDS = 3.0
# News often come in bursts, and each look costs a transaction.
LEAST_SECONDS = 0.1
JOIN_SECONDS = 10.0


class Pause(threading.Event):
    """The stop event of one queue's thread, whose timeout ends early on news and late without any."""

    def __init__(self, *, idle_seconds: float = IDLE_SECONDS, busy_seconds: float = BUSY_SECONDS) -> None:
        super().__init__()
        self._idle_seconds = idle_seconds
        self._busy_seconds = busy_seconds
        self._changed = threading.Condition()
        self._has_news = True
        self._busy_until = time.monotonic() + busy_seconds

    def shorten(self, *, at_once: bool) -> None:
        """Keeps the next pauses short, and ends the one that goes on: now, or when a short one would end."""
        with self._changed:
            self._has_news = self._has_news or at_once
            self._busy_until = time.monotonic() + self._busy_seconds
            self._changed.notify_all()

    @override
    def set(self) -> None:
        super().set()
        with self._changed:
            self._changed.notify_all()

    @override
    def wait(self, timeout: float | None = None) -> bool:
        """Whether the thread must stop, asked after its pause."""
        begun = time.monotonic()
        with self._changed:
            while not self.is_set():
                now = time.monotonic()
                left = begun + self._pause_seconds(timeout or self._idle_seconds, now) - now
                if left <= 0:
                    break
                self._changed.wait(left)
            self._has_news = False
        return self.is_set()

    def _pause_seconds(self, short_seconds: float, now: float) -> float:
        if self._has_news:
            return LEAST_SECONDS
        return short_seconds if now < self._busy_until else max(self._idle_seconds, short_seconds)


class Polling:
    """The threads that look at the queues, in the place of those that DBOS starts with a pace of its own."""

    def __init__(self, dbos: DBOS) -> None:
        self._dbos = dbos
        self._pauses: dict[str, Pause] = {}
        self._threads: list[threading.Thread] = []

    def take_over(self, queues: Iterable[Queue]) -> None:
        """Ends the threads of DBOS that ask the database every second, and begins ours."""
        # These end the queues' threads with their manager, and what moves delayed runs and times runs out.
        for stop in (*self._dbos.background_thread_stop_events, self._dbos._background_jobs_stop_event):
            stop.set()
        for queue in (*queues, self._dbos._registry.get_internal_queue()):
            pause = self._pauses[queue.name] = Pause()
            name = f"queue-{queue.name}"
            thread = threading.Thread(
                target=queue_worker_thread, args=(pause, self._dbos, queue), name=name, daemon=True
            )
            self._threads.append(thread)
            thread.start()

    def look_at(self, queue: str) -> None:
        """There is news in a queue, or a place for what waits in it."""
        if queue in self._pauses:
            self._pauses[queue].shorten(at_once=True)

    def look(self, *, at_once: bool) -> None:
        """There may be news in any queue."""
        for pause in self._pauses.values():
            pause.shorten(at_once=at_once)

    def stop(self) -> None:
        """Ends the threads; blocks until they have."""
        for pause in self._pauses.values():
            pause.set()
        for thread in self._threads:
            thread.join(JOIN_SECONDS)
