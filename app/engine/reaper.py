"""Beats this executor's lease and lets the runs of dead executors go on, by comparing states on every tick."""

import structlog

from app.core.clock import Clock
from app.core.errors import NotNow
from app.core.tasks import beat
from app.engine.leases import Lease
from app.engine.port import JobEngine

__all__ = ["Reaper"]

log = structlog.get_logger(__name__)

TICK_SECONDS = 2.0
RECONCILE_EVERY_TICKS = 5


class Reaper:
    """Every worker runs one beside its engine."""

    def __init__(self, lease: Lease, engine: JobEngine, clock: Clock, *, tick_seconds: float = TICK_SECONDS) -> None:
        self._lease = lease
        self._engine = engine
        self._clock = clock
        self._tick_seconds = tick_seconds
        self._ticks = 0

    async def run(self) -> None:
        """Ticks until cancelled."""
        while True:
            try:
                await self.tick()
            except NotNow as away:
                log.warning("reaper_postponed", cause=away.code)
            beat(self._tick_seconds)
            await self._clock.sleep(self._tick_seconds)

    async def tick(self) -> int:
        """Renews the lease, puts own runs in order after a pause, takes up those of the dead; says how many."""
        was_fresh = self._lease.fresh()
        moment = await self._lease.beat()
        if not was_fresh or self._ticks % RECONCILE_EVERY_TICKS == 0:
            if not was_fresh:
                log.warning("lease_was_lost", executor=self._lease.name)
            await self._engine.reconcile()
        self._ticks += 1
        self._lease.trust(moment)
        # Owners first: an executor writes its lease before it owns anything, so a newcomer is never taken for dead.
        owners = await self._engine.owners()
        dead = owners - await self._lease.living()
        return await self._engine.recover(dead)
