"""Starts the kinds of job that come round by themselves; a second worker finds them started."""

from datetime import timedelta

import structlog

from app.accounts.values import SYSTEM_ACCOUNT
from app.core.errors import NotNow
from app.core.tasks import beat
from app.jobs.errors import QueueFull, TooManyJobs
from app.jobs.handlers import Handlers
from app.jobs.queue import Order, Queue
from app.jobs.repository import JobRepository
from app.resources import Resources

__all__ = ["SYSTEM_OWNER", "Schedule"]

log = structlog.get_logger(__name__)

# The account that owns the service's own jobs; a migration makes it, and nobody can sign in as it.
SYSTEM_OWNER = SYSTEM_ACCOUNT
TICK_SECONDS = 30.0


class Schedule:
    """Level-triggered: a kind is due when its last job is older than its period."""

    def __init__(self, resources: Resources, handlers: Handlers) -> None:
        self._resources = resources
        self._clock = resources.clock
        self._due = {
            kind: (handler.lane, handler.every)
            for kind, handler in handlers.kinds().items()
            if handler.every is not None
        }

    async def run(self) -> None:
        """Ticks until cancelled."""
        while True:
            try:
                await self.tick()
            except (NotNow, QueueFull, TooManyJobs) as later:
                log.warning("schedule_postponed", cause=later.code)
            beat(TICK_SECONDS)
            await self._clock.sleep(TICK_SECONDS)

    async def tick(self) -> int:
        """Starts what is due; says how many."""
        started = 0
        for kind, (lane, every) in self._due.items():
            async with self._resources.database.unit_of_work() as session:
                last = await JobRepository(session, self._clock).newest_start(kind)
                if last is not None and self._clock.now() - last < (every or timedelta.max):
                    continue
                order = Order(owner_id=SYSTEM_OWNER, kind=kind, lane=lane, params={}, same_work=kind)
                _, new = await Queue(session, self._resources).enqueue(order)
                started += new
        return started
