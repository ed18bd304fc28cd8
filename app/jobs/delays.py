"""Looks again when something beside a job is away, with growing pauses, and shows what is waited for."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import TypeVar, TypeVarTuple

import structlog

from app.core.backoff import Backoff
from app.core.clock import Clock
from app.core.database import DatabaseDown
from app.core.errors import NotNow
from app.jobs.domain import JobView
from app.jobs.telling import Telling
from app.providers.errors import Disposition, ProviderError
from app.resources import Resources
from app.storage.disk import fault_of_disk

__all__ = ["Delays", "LookAgain"]

log = structlog.get_logger(__name__)

T = TypeVar("T")
Ts = TypeVarTuple("Ts")

# Surely nothing was accepted, or nothing was asked for that costs: the vendor may be asked again.
ASKED_AGAIN = frozenset({Disposition.WAIT, Disposition.RESEND})


class Delays:
    """What the jobs of this process wait for; while the database is away nothing else can tell."""

    def __init__(self, _resources: Resources) -> None:
        self._awaited: dict[str, str] = {}

    def begin(self, job_id: str, awaited: str) -> None:
        """A job waits for this from now on."""
        self._awaited[job_id] = awaited

    def end(self, job_id: str) -> None:
        """It waits no more."""
        self._awaited.pop(job_id, None)

    def shown(self, job_id: str, stage: str) -> str:
        """The stage as it is shown: what is waited for goes before what is done."""
        awaited = self._awaited.get(job_id)
        return stage if awaited is None else stage_of(awaited)


class LookAgain:
    """The looks of one job."""

    def __init__(self, resources: Resources, job: JobView, telling: Telling) -> None:
        self._clock: Clock = resources.clock
        self._delays = resources.once(Delays)
        self._job = job
        self._telling = telling
        self.stage = job.stage

    async def answered(self, call: Callable[[*Ts], Awaitable[T]], *args: *Ts, until: datetime | None = None) -> T:
        """What a call gives in the end; it must be one that may be repeated, as after a crash.

        What is away beside us is waited for without end, because only a vendor or the domain decides a job. A vendor
        that cannot be reached is asked again until the given time, or the job's own.
        """
        try:
            return await call(*args)
        except (NotNow, ProviderError, OSError) as fault:
            awaited = self._awaited(fault, until)
            if awaited is None:
                raise
            await self._say(awaited, fault)
        since = self._clock.monotonic()
        try:
            result = await self._looked_for(call, args, until)
        finally:
            self._delays.end(self._job.id)
        await self._told(self._telling.resumed, self.stage, awaited, round(self._clock.monotonic() - since))
        return result

    async def _looked_for(self, call: Callable[[*Ts], Awaitable[T]], args: tuple[*Ts], until: datetime | None) -> T:
        backoff = Backoff(self._clock)
        while True:
            await backoff.pause()
            try:
                return await call(*args)
            except (NotNow, ProviderError, OSError) as fault:
                if self._awaited(fault, until) is None:
                    raise

    async def _say(self, awaited: str, fault: Exception) -> None:
        log.warning("job_waits", job_id=self._job.id, kind=self._job.kind, awaited=awaited, fault=type(fault).__name__)
        self._delays.begin(self._job.id, awaited)
        if not isinstance(fault, DatabaseDown):
            await self._told(self._telling.waiting, stage_of(awaited))

    async def _told(self, tell: Callable[[*Ts], Awaitable[None]], *args: *Ts) -> None:
        try:
            await tell(*args)
        except DatabaseDown as down:
            # The work itself does not wait for what is only shown; its next step meets the same database.
            log.info("delay_not_shown", job_id=self._job.id, cause=down.code)

    def _awaited(self, fault: NotNow | ProviderError | OSError, until: datetime | None) -> str | None:
        if isinstance(fault, ProviderError):
            ends = until or self._job.deadline_at
            is_over = ends is not None and self._clock.now() >= ends
            return None if is_over or fault.disposition not in ASKED_AGAIN else fault.provider
        if isinstance(fault, NotNow):
            return fault.awaited
        named = fault_of_disk(fault)
        return None if named is None else named.awaited


def stage_of(awaited: str) -> str:
    """The stage of a job that waits for this."""
    return f"waiting_for_{awaited.replace(' ', '_')}"
