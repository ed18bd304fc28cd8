"""Graceful end: a first SIGTERM makes /readyz refuse, then the server finishes what it has begun."""

import asyncio
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Final

import structlog

log = structlog.get_logger(__name__)

# Load balancers need a moment to see that this process takes no new work; a person at a terminal does not.
NOTICE_SECONDS: Final = 2.0


class Draining:
    """Whether this process has been asked to end."""

    def __init__(self, notice_seconds: float = 0.0) -> None:
        self.begun = False
        self._notice_seconds = notice_seconds

    @contextmanager
    def on_sigterm(self, let_go: Callable[[], None]) -> Iterator[None]:
        """Stands before the server's own handler while the service is open; `let_go` ends what would go on for ever."""
        if threading.current_thread() is not threading.main_thread():
            # Python hands signals to the main thread only; whoever serves from another one ends it in its own way.
            yield
            return
        loop = asyncio.get_running_loop()
        before = signal.getsignal(signal.SIGTERM)

        def hand_on(number: int, frame: FrameType | None) -> None:
            loop.call_soon_threadsafe(let_go)
            if callable(before):
                before(number, frame)
            else:
                signal.signal(signal.SIGTERM, signal.SIG_DFL)
                signal.raise_signal(signal.SIGTERM)

        def begin(number: int, frame: FrameType | None) -> None:
            again, self.begun = self.begun, True
            if again or self._notice_seconds == 0:
                hand_on(number, frame)
            else:
                loop.call_soon_threadsafe(loop.call_later, self._notice_seconds, hand_on, number, None)

        signal.signal(signal.SIGTERM, begin)
        try:
            yield
        finally:
            signal.signal(signal.SIGTERM, before or signal.SIG_DFL)
