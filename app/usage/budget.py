"""Pure: which balances a spending touches, and which cap is the tightest."""

from collections.abc import Mapping
from datetime import date

from app.usage.values import MICRO, Cap, LimitKind

__all__ = ["caps_of", "tightest"]


def tightest(*limits_micro_usd: int | None) -> int | None:
    """The lowest of several caps; None when none is set."""
    set_limits = [limit for limit in limits_micro_usd if limit is not None]
    return min(set_limits) if set_limits else None


def caps_of(
    owner_id: str,
    project_id: str | None,
    day: date,
    service: Mapping[LimitKind, float | None],
    own: Mapping[LimitKind, int | None],
    key_id: str | None = None,
) -> tuple[Cap, ...]:
    """The balances in the one order in which they are always locked: project, key, user's day, service's day."""
    accounts = {
        LimitKind.PROJECT: None if project_id is None else f"project:{project_id}",
        LimitKind.KEY: None if key_id is None else f"key:{key_id}",
        LimitKind.USER_DAY: f"user:{owner_id}:{day.isoformat()}",
        LimitKind.DAY: f"day:{day.isoformat()}",
    }
    return tuple(
        Cap(kind, account, tightest(_micro(service.get(kind)), own.get(kind)))
        for kind, account in accounts.items()
        if account is not None
    )


def _micro(usd: float | None) -> int | None:
    return None if usd is None else round(usd * MICRO)
