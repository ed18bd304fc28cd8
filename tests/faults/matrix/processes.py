"""Faults of our own processes and of their clocks: asked to end, killed in an outage, replaced, set ahead and back."""

import asyncio

from typing_extensions import override

from tests.doubles.shared_clock import set_ahead
from tests.faults.matrix.faults import Site, SiteOutage, stopped
from tests.faults.outages import Outage, Together

__all__ = ["ahead", "behind", "ended", "killed", "killed_in_an_outage", "one_killed_in_an_outage"]

HOUR_SECONDS = 3600.0
LIFE_SECONDS = 1.0


class _Processes(SiteOutage):
    """Some of the processes end, and begin again on the same ports."""

    def __init__(self, site: Site, *, politely: bool = False, survivors: int = 0) -> None:
        super().__init__(site)
        self._services = site.services[survivors:]
        self._politely = politely
        self._dying: asyncio.Future[None] | None = None

    @override
    async def begin(self) -> None:
        self._dying = asyncio.ensure_future(self._die())

    @override
    async def end(self) -> None:
        assert self._dying is not None
        await self._dying
        for service in self._services:
            await service.start()

    async def _die(self) -> None:
        """A little later, so that work meets the fault before its process does."""
        await asyncio.sleep(LIFE_SECONDS)
        for service in self._services:
            await (service.stop() if self._politely else service.kill())


class _Jump(SiteOutage):
    """The time of day of every process jumps, and jumps back."""

    def __init__(self, site: Site, seconds: float) -> None:
        super().__init__(site)
        self._clock, self._seconds = site.clock, seconds

    @override
    async def begin(self) -> None:
        set_ahead(self._clock, self._seconds)

    @override
    async def end(self) -> None:
        set_ahead(self._clock, 0.0)


def ended(site: Site) -> Outage:
    """SIGTERM in the middle of everything, then a new process."""
    return _Processes(site, politely=True)


def killed(site: Site) -> Outage:
    """SIGKILL in the middle of everything, then a new process."""
    return _Processes(site)


def killed_in_an_outage(site: Site) -> Outage:
    """The database goes, all processes are killed without it, the database comes back before they do."""
    return Together(_Processes(site), stopped(site))


def one_killed_in_an_outage(site: Site) -> Outage:
    """The database goes for all; all but one are killed meanwhile and begin again."""
    return Together(_Processes(site, survivors=1), stopped(site))


def ahead(site: Site) -> Outage:
    return _Jump(site, HOUR_SECONDS)


def behind(site: Site) -> Outage:
    return _Jump(site, -HOUR_SECONDS)
