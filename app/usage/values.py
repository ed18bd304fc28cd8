"""Frozen views of money: caps, balances and report lines."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

__all__ = ["MICRO", "BudgetView", "Cap", "Grouping", "HoldView", "LimitKind", "Period", "UsageLine"]

MICRO = 1_000_000


class LimitKind(StrEnum):
    """What a cap counts; a project's own budget counts what `PROJECT` counts, but is set with the project."""

    PROJECT = "project"
    PROJECT_OWN = "project_own"
    KEY = "key"
    USER_DAY = "user_day"
    DAY = "day"


class Grouping(StrEnum):
    """By what a report adds up."""

    DAY = "day"
    PROJECT = "project"
    PROVIDER = "provider"
    KIND = "kind"


@dataclass(frozen=True)
class Cap:
    """One balance that a spending touches, and the most it may reach; None sets no limit."""

    kind: LimitKind
    account: str
    limit_micro_usd: int | None


@dataclass(frozen=True)
class UsageLine:
    """One line of a report."""

    group: str | date
    calls: int
    charged_micro_usd: int


@dataclass(frozen=True, kw_only=True)
class HoldView:
    """Money that is put aside for one job; `drawn` is what its open calls may still cost."""

    id: str
    job_id: str
    owner_id: str
    project_id: str | None
    day: date
    held_micro_usd: int
    drawn_micro_usd: int
    closed: bool
    created_at: datetime


@dataclass(frozen=True)
class Period:
    """Days from the first to the last, both counted."""

    begin: date
    end: date


@dataclass(frozen=True)
class BudgetView:
    """A user's caps and what today has used of them."""

    user_day_micro_usd: int | None
    projects_micro_usd: Mapping[str, int]
    used_today_micro_usd: int
