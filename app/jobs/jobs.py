"""jobs.sweep: forgets finished history, expired keys and balances of past days, on a schedule."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import ClassVar

from pydantic import JsonValue
from typing_extensions import override

from app.accounts.service import AccountService
from app.jobs.context import Work
from app.jobs.handlers import JobHandler, NoParams
from app.jobs.repository import EventRepository, IdempotencyRepository
from app.jobs.values import Lane

__all__ = ["SweepJobs"]

EVENTS_KEPT = timedelta(days=30)
RUNS_KEPT = timedelta(days=7)


Prune = Callable[[datetime], Awaitable[int]]


class SweepJobs(JobHandler[NoParams]):
    """Keeps the diary short; rows of jobs and attempts stay, because they are the record of money."""

    kind: ClassVar[str] = "jobs.sweep"
    label: ClassVar[str] = "Forget old events, keys and finished runs"
    lane: ClassVar[Lane] = Lane.LIGHT
    every: ClassVar[timedelta | None] = timedelta(hours=6)
    params = NoParams

    def __init__(self, prune: Prune) -> None:
        self._prune = prune

    @override
    async def run(self, work: Work, params: NoParams) -> dict[str, JsonValue]:
        await work.stage("sweeping", progress=10)
        rows = await work.step("rows", forget_rows, work)
        runs = await work.step("runs", self._prune, work.resources.clock.now() - RUNS_KEPT)
        return {**rows, "runs": runs}


async def forget_rows(work: Work) -> dict[str, JsonValue]:
    """Drops expired keys and the events of jobs that ended long ago."""
    clock = work.resources.clock
    async with work.resources.database.unit_of_work() as session:
        keys = await IdempotencyRepository(session, clock).forget_expired(clock.now())
        sign_ins = await AccountService.over(session, work.resources).forget_old()
        events = await EventRepository(session, clock).forget(clock.now() - EVENTS_KEPT)
    return {"keys": keys, "events": events, "sign_ins": sign_ins}
