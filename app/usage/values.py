"""Frozen views of money: caps, balances and report lines."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

__all__ = ["MICRO", "Cap", "Grouping", "LimitKind", "UsageLine"]

MICRO = 1_000_000


class LimitKind(StrEnum):
    """What a cap counts."""

    PROJECT = "project"
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
