"""SQL of money: guarded holds, charges, reports and budgets."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Select, delete, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert as postgres_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.pagination import Page, Window
from app.core.repository import Repository
from app.usage.domain import Cap, Grouping, HoldView, LimitKind, UsageLine
from app.usage.models import Balance, Budget, Hold, LedgerEntry

GROUPS: Mapping[Grouping, Any] = {
    Grouping.DAY: LedgerEntry.day,
    Grouping.PROJECT: LedgerEntry.project_id,
    Grouping.PROVIDER: LedgerEntry.provider,
    Grouping.KIND: LedgerEntry.job_kind,
}


class BalanceRepository:
    """Balances; holding is refused by the database itself when a cap would be passed."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session
        is_sqlite = session.get_bind().dialect.name == "sqlite"
        self._insert = sqlite_insert if is_sqlite else postgres_insert

    async def hold(self, cap: Cap, micro_usd: int) -> bool:
        """Puts money aside if the cap allows it; says whether it did."""
        fresh = {"account": cap.account, "held_micro_usd": 0, "spent_micro_usd": 0}
        await self._session.execute(self._insert(Balance).values(fresh).on_conflict_do_nothing())
        change = update(Balance).where(Balance.account == cap.account)
        if cap.limit_micro_usd is not None:
            change = change.where(_used() + micro_usd <= cap.limit_micro_usd)
        return await self._changed(change.values(held_micro_usd=Balance.held_micro_usd + micro_usd))

    async def free(self, account: str, micro_usd: int, *, spent_micro_usd: int = 0) -> None:
        """Gives held money back, or turns it into money spent."""
        await self._changed(
            update(Balance)
            .where(Balance.account == account)
            .values(
                held_micro_usd=Balance.held_micro_usd - micro_usd,
                spent_micro_usd=Balance.spent_micro_usd + spent_micro_usd,
            )
        )

    async def used(self, account: str) -> int:
        """What is held and spent of an account."""
        return await self._session.scalar(select(_used()).where(Balance.account == account)) or 0

    async def forget_days_before(self, day: date) -> int:
        """Drops the day accounts that no hold can touch any more; says how many."""
        # Only SQLite counts a negative place from the end.
        of_day = func.substr(Balance.account, func.length(Balance.account) - len(day.isoformat()) + 1)
        by_day = or_(Balance.account.like("day:%"), Balance.account.like("user:%"))
        settled = delete(Balance).where(by_day, of_day < day.isoformat(), Balance.held_micro_usd == 0)
        return len((await self._session.execute(settled.returning(Balance.account))).all())

    async def _changed(self, change: Any) -> bool:
        found = change.returning(Balance.account).execution_options(synchronize_session=False)
        return await self._session.scalar(found) is not None


class HoldRepository(Repository[Hold]):
    """Holds by job; the row is locked while it is changed."""

    table = Hold

    async def of_job(self, job_id: str) -> Hold | None:
        """The hold of a job, locked until the transaction ends."""
        return await self.one(_locked(job_id))

    async def opened(self, fresh: Hold) -> Hold:
        """The hold of this job, made now unless it is there already; locked until the transaction ends."""
        held = await self.of_job(fresh.job_id)
        if held is not None:
            return held
        with suppress(IntegrityError):
            async with self._session.begin_nested():
                return await self.add(fresh)
        return (await self._session.scalars(_locked(fresh.job_id))).one()

    async def standing(self, window: Window) -> tuple[Page[HoldView], int]:
        """One page of the holds that hold anything, of any owner, newest first, and how many there are."""
        query = select(Hold).where(Hold.held_micro_usd > 0)
        page = await self.page(query, window, Hold.created_at)
        names = HoldView.__dataclass_fields__
        views = (HoldView(**{name: getattr(row, name) for name in names}) for row in page.items)
        return Page(tuple(views), page.next), await self.count(query)


class LedgerRepository(Repository[LedgerEntry]):
    """Bills by owner and period."""

    table = LedgerEntry

    async def report(self, owner_id: str, begin: date, end: date, grouping: Grouping) -> Sequence[UsageLine]:
        """Charges of a period, added up by group."""
        group = GROUPS[grouping]
        rows = await self._session.execute(
            select(group, func.count(), func.sum(LedgerEntry.charged_micro_usd))
            .where(LedgerEntry.owner_id == owner_id, LedgerEntry.day >= begin, LedgerEntry.day <= end)
            .group_by(group)
            .order_by(group)
        )
        return [UsageLine(found if found is not None else "", calls, int(total)) for found, calls, total in rows]

    async def total(self, wanted: ColumnElement[bool]) -> int:
        """What some bills add up to."""
        return int(await self._session.scalar(select(func.sum(LedgerEntry.charged_micro_usd)).where(wanted)) or 0)


class BudgetRepository(Repository[Budget]):
    """Caps by owner."""

    table = Budget

    async def limits(self, owner_id: str) -> Sequence[Budget]:
        """Every cap of an owner."""
        return await self.all(select(Budget).where(Budget.owner_id == owner_id).order_by(Budget.kind, Budget.target_id))

    async def limit(self, owner_id: str, kind: LimitKind, target_id: str = "") -> int | None:
        """One cap of an owner."""
        return await self._session.scalar(
            select(Budget.limit_micro_usd).where(
                Budget.owner_id == owner_id, Budget.kind == kind, Budget.target_id == target_id
            )
        )

    async def project_limit(self, owner_id: str, project_id: str) -> int | None:
        """The tightest cap of a project, whether set among the owner's budgets or with the project."""
        kinds = (LimitKind.PROJECT, LimitKind.PROJECT_OWN)
        of_project = (Budget.owner_id == owner_id) & (Budget.target_id == project_id) & Budget.kind.in_(kinds)
        return await self._session.scalar(select(func.min(Budget.limit_micro_usd)).where(of_project))

    async def set_own(self, owner_id: str, project_id: str, limit_micro_usd: int | None) -> None:
        """The cap that is set with a project, or none."""
        of_project = (Budget.owner_id == owner_id) & (Budget.target_id == project_id)
        await self._session.execute(delete(Budget).where(of_project, Budget.kind == LimitKind.PROJECT_OWN))
        if limit_micro_usd is not None:
            kind = LimitKind.PROJECT_OWN
            await self.add(Budget(owner_id=owner_id, kind=kind, target_id=project_id, limit_micro_usd=limit_micro_usd))

    async def replace(self, owner_id: str, caps: Mapping[tuple[LimitKind, str], int]) -> None:
        """Sets exactly these caps; what was set with a project stays."""
        await self._session.execute(
            delete(Budget).where(Budget.owner_id == owner_id, Budget.kind != LimitKind.PROJECT_OWN)
        )
        for (kind, target), limit in caps.items():
            await self.add(Budget(owner_id=owner_id, kind=kind, target_id=target, limit_micro_usd=limit))


def _used() -> ColumnElement[int]:
    return Balance.held_micro_usd + Balance.spent_micro_usd


def _locked(job_id: str) -> Select[Hold]:
    return select(Hold).where(Hold.job_id == job_id).with_for_update().execution_options(populate_existing=True)
