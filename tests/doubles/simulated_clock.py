"""Time that jumps to the next sleeper once nobody has anything else to do."""

import asyncio
import heapq
import itertools
import secrets
from datetime import UTC, datetime, timedelta

import uuid_utils

from app.core.clock import Clock

START = datetime(2026, 11, 21, 12, tzinfo=UTC)
QUIET_TURNS = 60


class SimulatedClock(Clock):
    """Many tasks sleep on it at once; `run` moves time on while another call is under way."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self._sleepers: list[tuple[float, int, asyncio.Event]] = []
        self._order = itertools.count()
        self._asked = 0

    def now(self) -> datetime:
        self._asked += 1
        return START + timedelta(seconds=self.seconds)

    def monotonic(self) -> float:
        self._asked += 1
        return self.seconds

    async def sleep(self, seconds: float) -> None:
        woken = asyncio.Event()
        heapq.heappush(self._sleepers, (self.seconds + max(0.0, seconds), next(self._order), woken))
        await woken.wait()

    def new_id(self) -> str:
        return str(uuid_utils.uuid7())

    def secret(self, size_bytes: int = 32) -> str:
        return secrets.token_urlsafe(size_bytes)

    async def run(self, until: asyncio.Event) -> None:
        """Wakes sleepers in order of time until the event is set."""
        while not until.is_set():
            await self._settle()
            if self._sleepers and not until.is_set():
                at, _, woken = heapq.heappop(self._sleepers)
                self.seconds = max(self.seconds, at)
                woken.set()

    async def _settle(self) -> None:
        """Returns once nobody has looked at the time or gone to sleep for a while."""
        quiet, before = 0, self._trace()
        while quiet < QUIET_TURNS:
            await asyncio.sleep(0)
            quiet, before = (quiet + 1, before) if self._trace() == before else (0, self._trace())

    def _trace(self) -> tuple[int, int]:
        return self._asked, len(self._sleepers)
