"""jobs.sweep: forgets finished history, expired keys and balances of past days, on a schedule."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import ClassVar

from pydantic import JsonValue
from typing_extensions import override

from app.accounts.domain import SYSTEM_ACCOUNT
from app.accounts.service import AccountService
from app.jobs.domain import Lane
from app.jobs.handlers import JobHandler, JobRun, NoParams
from app.jobs.repository import EventRepository, IdempotencyRepository, JobRepository

EVENTS_KEPT = timedelta(days=30)
RUNS_KEPT = timedelta(days=7)
# Longer than every period of housekeeping, because the last job of a kind says when the next is due.
HOUSEKEEPING_KEPT = timedelta(days=7)
Prune = Callable[[datetime], Awaitable[int]]
ForgetBalances = Callable[[], Awaitable[int]]


class SweepJobs(JobHandler[NoParams]):
    """Keeps the diary short; rows of users' jobs and attempts stay, because they are the record of money."""

    kind: ClassVar[str] = "jobs.sweep"
    label: ClassVar[str] = "Forget old events, keys and finished runs"
    lane: ClassVar[Lane] = Lane.LIGHT
    every: ClassVar[timedelta | None] = timedelta(hours=6)
    params = NoParams

    def __init__(self, prune: Prune, forget_balances: ForgetBalances) -> None:
        self._prune = prune
        self._forget_balances = forget_balances

    @override
    async def run(self, work: JobRun, params: NoParams) -> dict[str, JsonValue]:
        await work.stage("sweeping", progress=10)
        rows = await work.step("rows", forget_rows, work)
        balances = await work.step("balances", self._forget_balances)
        runs = await work.step("runs", self._prune, work.resources.clock.now() - RUNS_KEPT)
        return {**rows, "balances": balances, "runs": runs}


async def forget_rows(work: JobRun) -> dict[str, JsonValue]:
    """Drops expired keys, the events of jobs that ended long ago, and old jobs of the service itself."""
    clock = work.resources.clock
    async with work.resources.database.unit_of_work() as session:
        keys = await IdempotencyRepository(session, clock).forget_expired(clock.now())
        sign_ins = await AccountService.over(session, work.resources).forget_old()
        events = await EventRepository(session, clock).forget(clock.now() - EVENTS_KEPT)
        housekeeping = await JobRepository(session, clock).forget(SYSTEM_ACCOUNT, clock.now() - HOUSEKEEPING_KEPT)
    return {"keys": keys, "events": events, "sign_ins": sign_ins, "housekeeping": housekeeping}
