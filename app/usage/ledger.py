"""The budget behind paid calls: holds, draws and bills in the ledger, inside the caller's transaction."""

from datetime import UTC, date, timedelta
from typing import Protocol

from typing_extensions import override

from app.accounts.api_keys import KeyService
from app.accounts.service import AccountService
from app.core.database import Session
from app.jobs.attempts import CallBudget
from app.jobs.domain import AttemptView, JobView
from app.resources import Resources
from app.usage.domain import MICRO, BudgetExceeded, Cap, LimitKind, caps_of
from app.usage.models import Hold, LedgerEntry
from app.usage.repository import BalanceRepository, BudgetRepository, HoldRepository, LedgerRepository

# A job draws on the day in which its money was put aside, and lives for less than this.
BALANCES_KEPT = timedelta(days=8)


class PaidEngine(Protocol):
    """Who sends a bill, and to whom."""

    @property
    def name(self) -> str:
        """The vendor."""

    @property
    def account(self) -> str:
        """One credential of it, the operator's or a user's own."""


class LedgerBudget(CallBudget):
    """Money of jobs; every change of a balance is guarded by its cap."""

    def __init__(self, resources: Resources) -> None:
        self._resources = resources
        self._clock = resources.clock
        self._database = resources.database
        self._engines = resources.engines
        work = resources.settings.work
        self._service_caps = {
            LimitKind.PROJECT: work.budget_project,
            LimitKind.USER_DAY: work.budget_user_day,
            LimitKind.DAY: work.budget_day,
        }

    async def hold(self, session: Session, job: JobView, micro_usd: int, *engines: PaidEngine) -> None:
        """Puts the estimate of a whole job aside before it is queued, or refuses.

        Where all engines that it pays run on the user's own keys, the service's day is left alone.
        """
        if micro_usd > 0:
            await AccountService.over(session, self._resources).refuse_unverified(job.owner_id)
        is_users = bool(engines) and not any(self._engines.pays(each.name, each.account) for each in engines)
        hold = await HoldRepository(session, self._clock).opened(self._fresh(job))
        await self._raise(session, hold, micro_usd, service_micro_usd=0 if is_users else micro_usd)

    @override
    async def draw(self, session: Session, job: JobView, attempt: AttemptView) -> None:
        hold = await HoldRepository(session, self._clock).opened(self._fresh(job))
        estimate, of_service = attempt.estimated_micro_usd, self._of_service(attempt)
        await self._raise(
            session,
            hold,
            max(0, estimate - (hold.held_micro_usd - hold.drawn_micro_usd)),
            service_micro_usd=max(0, of_service - (hold.service_held_micro_usd - hold.service_drawn_micro_usd)),
        )
        hold.drawn_micro_usd += estimate
        hold.service_drawn_micro_usd += of_service

    @override
    async def settle(self, session: Session, job: JobView, attempt: AttemptView, micro_usd: int) -> None:
        hold = await HoldRepository(session, self._clock).of_job(attempt.job_id)
        if hold is None:
            return
        estimate, of_service = attempt.estimated_micro_usd, self._of_service(attempt)
        for cap in self._accounts(hold):
            held = of_service if cap.kind is LimitKind.DAY else estimate
            await BalanceRepository(session).free(cap.account, held)
        hold.held_micro_usd -= estimate
        hold.service_held_micro_usd -= of_service
        self._undraw(hold, attempt)
        await self.charge(session, job, attempt, micro_usd)

    @override
    async def charge(self, session: Session, job: JobView, attempt: AttemptView, micro_usd: int) -> None:
        hold = await HoldRepository(session, self._clock).of_job(attempt.job_id)
        if hold is None:
            return
        billed = micro_usd if self._is_services(attempt) else 0
        for cap in self._accounts(hold):
            spent = billed if cap.kind is LimitKind.DAY else micro_usd
            await BalanceRepository(session).free(cap.account, 0, spent_micro_usd=spent)
        await LedgerRepository(session, self._clock).add(self._entry(job, attempt, hold.day, micro_usd))

    @override
    async def release(self, session: Session, job: JobView, attempt: AttemptView) -> None:
        hold = await HoldRepository(session, self._clock).of_job(attempt.job_id)
        if hold is None:
            return
        self._undraw(hold, attempt)
        if hold.closed:
            await self._give_back(session, hold)

    @override
    async def close(self, session: Session, job: JobView) -> None:
        hold = await HoldRepository(session, self._clock).of_job(job.id)
        if hold is None:
            return
        hold.closed = True
        await self._give_back(session, hold)

    async def forget_past_days(self) -> int:
        """Drops the balances of days in which no job of today can have begun; says how many."""
        oldest = self._clock.now().astimezone(UTC).date() - BALANCES_KEPT
        async with self._database.unit_of_work() as session:
            return await BalanceRepository(session).forget_days_before(oldest)

    async def _give_back(self, session: Session, hold: Hold) -> None:
        free = hold.held_micro_usd - hold.drawn_micro_usd
        of_service = hold.service_held_micro_usd - hold.service_drawn_micro_usd
        for cap in self._accounts(hold):
            await BalanceRepository(session).free(cap.account, of_service if cap.kind is LimitKind.DAY else free)
        hold.held_micro_usd = hold.drawn_micro_usd
        hold.service_held_micro_usd = hold.service_drawn_micro_usd

    async def _raise(self, session: Session, hold: Hold, micro_usd: int, *, service_micro_usd: int) -> None:
        for cap in await self._caps(session, hold):
            more = service_micro_usd if cap.kind is LimitKind.DAY else micro_usd
            if more > 0 and not await BalanceRepository(session).hold(cap, more):
                raise await self._refusal(session, cap, more)
        hold.held_micro_usd += micro_usd
        hold.service_held_micro_usd += service_micro_usd

    def _undraw(self, hold: Hold, attempt: AttemptView) -> None:
        hold.drawn_micro_usd -= attempt.estimated_micro_usd
        hold.service_drawn_micro_usd -= self._of_service(attempt)

    async def _refusal(self, session: Session, cap: Cap, micro_usd: int) -> BudgetExceeded:
        used = await BalanceRepository(session).used(cap.account)
        limit = cap.limit_micro_usd or 0
        over = (used + micro_usd - limit) / MICRO
        facts = {
            "limit_usd": limit / MICRO,
            "used_usd": used / MICRO,
            "needed_usd": micro_usd / MICRO,
            "over_usd": over,
        }
        words = {
            LimitKind.PROJECT: "this project's budget",
            LimitKind.KEY: "this API key's budget",
            LimitKind.USER_DAY: "your budget for today",
            LimitKind.DAY: "the service's budget for today",
        }
        said = f"This would exceed {words[cap.kind]} by {over:.2f} USD. Raise the budget, or choose something cheaper."
        return BudgetExceeded(said, facts={"budget": cap.kind.value, **facts})

    async def _caps(self, session: Session, hold: Hold) -> tuple[Cap, ...]:
        budgets = BudgetRepository(session, self._clock)
        own = {LimitKind.USER_DAY: await budgets.limit(hold.owner_id, LimitKind.USER_DAY)}
        if hold.project_id is not None:
            own[LimitKind.PROJECT] = await budgets.project_limit(hold.owner_id, hold.project_id)
        if hold.key_id is not None:
            own[LimitKind.KEY] = await KeyService.over(session, self._resources).budget(hold.key_id)
        return caps_of(hold.owner_id, hold.project_id, hold.day, self._service_caps, own, hold.key_id)

    def _accounts(self, hold: Hold) -> tuple[Cap, ...]:
        return caps_of(hold.owner_id, hold.project_id, hold.day, {}, {}, hold.key_id)

    def _is_services(self, attempt: AttemptView) -> bool:
        """Whether the operator is billed: a call on a user's own key takes nothing from what the service may spend."""
        return self._engines.pays(attempt.provider, attempt.account)

    def _of_service(self, attempt: AttemptView) -> int:
        return attempt.estimated_micro_usd if self._is_services(attempt) else 0

    def _fresh(self, job: JobView) -> Hold:
        return Hold(
            job_id=job.id,
            owner_id=job.owner_id,
            project_id=job.project_id,
            key_id=job.key_id,
            day=self._clock.now().astimezone(UTC).date(),
            held_micro_usd=0,
            drawn_micro_usd=0,
            service_held_micro_usd=0,
            service_drawn_micro_usd=0,
            closed=False,
        )

    def _entry(self, job: JobView, attempt: AttemptView, day: date, micro_usd: int) -> LedgerEntry:
        return LedgerEntry(
            owner_id=job.owner_id,
            project_id=job.project_id,
            job_id=job.id,
            attempt_id=attempt.id,
            job_kind=job.kind,
            provider=attempt.provider,
            operation=attempt.operation,
            day=day,
            charged_micro_usd=micro_usd,
        )
