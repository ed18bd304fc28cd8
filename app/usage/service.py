"""Budgets and reports of one user."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass
from datetime import UTC, date, timedelta
from enum import Enum
from typing import Self, cast

from pydantic import JsonValue

from app.core.database import Session
from app.core.pagination import Page, Window
from app.providers.bundle import EngineCard, Vendor
from app.resources import Resources
from app.usage.domain import (
    MICRO,
    BudgetView,
    Grouping,
    HoldView,
    LimitKind,
    Period,
    PeriodUnusable,
    UsageLine,
    caps_of,
    prices_of,
)
from app.usage.repository import BalanceRepository, BudgetRepository, HoldRepository, LedgerRepository
from app.usage.schemas import EngineList, EngineRead, ModelRead, OfferRead, PriceRead

LONGEST_PERIOD = timedelta(days=400)
USUAL_PERIOD = timedelta(days=29)


class OfferService:
    """Lists engines; one that is absent is listed with its reason and its prices."""

    def __init__(self, resources: Resources) -> None:
        self._resources = resources
        self._engines = resources.engines

    async def listed(self) -> EngineList:
        """Every engine that this version knows."""
        vendors = {card.vendor.name: card.vendor for card in self._engines.cards()}
        return EngineList(providers=[await self._read(vendor) for vendor in vendors.values()])

    async def one(self, name: str) -> EngineRead:
        """One engine by name."""
        return await self._read(self._engines.vendor(name))

    async def _read(self, vendor: Vendor) -> EngineRead:
        # Importing an adapter for the first time takes a while.
        await self._resources.threads.run(self._engines.warm)
        cards = [card for card in self._engines.cards() if card.vendor.name == vendor.name]
        reasons = [card.absent_reason for card in cards]
        return EngineRead(
            name=vendor.name,
            title=vendor.title,
            online=vendor.online,
            available=not any(reasons),
            absent_reason=next((reason for reason in reasons if reason), None),
            note=vendor.note,
            roles=[self._offer(card) for card in cards],
        )

    def _offer(self, card: EngineCard) -> OfferRead:
        name = card.vendor.name
        known = self._engines.capabilities(card.role, name) if card.available else {}
        return OfferRead(
            role=card.role,
            is_default=card.is_default,
            models=[ModelRead(model=model, capabilities=_record(can)) for model, can in known.items()],
            prices=[PriceRead.of(price) for price in prices_of(name, card.role)],
        )


def plain(value: object) -> JsonValue:
    """A capability record as JSON; what has no limit is null."""
    if is_dataclass(value):
        return {field.name: plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Mapping):
        return {str(_single(key)): plain(entry) for key, entry in value.items()}
    if isinstance(value, frozenset):
        return cast("JsonValue", sorted((plain(entry) for entry in value), key=str))
    return [plain(entry) for entry in value] if isinstance(value, tuple) else _single(value)


def _single(value: object) -> JsonValue:
    shown = value.value if isinstance(value, Enum) else value
    return None if isinstance(shown, float) and not math.isfinite(shown) else cast("JsonValue", shown)


def _record(capabilities: object) -> dict[str, JsonValue]:
    return cast("dict[str, JsonValue]", plain(capabilities))


class UsageService:
    """What was spent and what may be."""

    def __init__(self, session: Session, resources: Resources) -> None:
        self._clock = resources.clock
        self._ledger = LedgerRepository(session, resources.clock)
        self._budgets = BudgetRepository(session, resources.clock)
        self._balances = BalanceRepository(session)
        self._holds = HoldRepository(session, resources.clock)

    @classmethod
    def over(cls, session: Session, resources: Resources) -> Self:
        """The service on this session."""
        return cls(session, resources)

    def period(self, begin: date | None, end: date | None) -> Period:
        """The asked period; the last 30 days by default."""
        last = end or self._today()
        first = begin or last - USUAL_PERIOD
        if first > last or last - first > LONGEST_PERIOD:
            raise PeriodUnusable
        return Period(first, last)

    async def report(self, owner_id: str, period: Period, grouping: Grouping) -> Sequence[UsageLine]:
        """Charges of a period, added up by group."""
        return await self._ledger.report(owner_id, period.begin, period.end, grouping)

    async def budgets(self, owner_id: str) -> BudgetView:
        """The user's own caps."""
        found = {(row.kind, row.target_id): row.limit_micro_usd for row in await self._budgets.limits(owner_id)}
        day = next(cap for cap in caps_of(owner_id, None, self._today(), {}, {}) if cap.kind is LimitKind.USER_DAY)
        return BudgetView(
            user_day_micro_usd=found.get((LimitKind.USER_DAY, "")),
            projects_micro_usd={target: cap for (kind, target), cap in found.items() if kind is LimitKind.PROJECT},
            used_today_micro_usd=await self._balances.used(day.account),
        )

    async def set_budgets(self, owner_id: str, user_day_usd: float | None, projects_usd: Mapping[str, float]) -> None:
        """Sets exactly these caps; the service's own hold besides."""
        caps = {(LimitKind.PROJECT, project): round(usd * MICRO) for project, usd in projects_usd.items()}
        if user_day_usd is not None:
            caps[LimitKind.USER_DAY, ""] = round(user_day_usd * MICRO)
        await self._budgets.replace(owner_id, caps)

    async def set_project_budget(self, owner_id: str, project_id: str, limit_micro_usd: int | None) -> None:
        """The cap that an owner sets with a project; None takes it away."""
        await self._budgets.set_own(owner_id, project_id, limit_micro_usd)

    async def standing_holds(self, window: Window) -> tuple[Page[HoldView], int]:
        """One page of what is put aside for anybody's jobs and how many there are, for admins."""
        return await self._holds.standing(window)

    def _today(self) -> date:
        return self._clock.now().astimezone(UTC).date()
