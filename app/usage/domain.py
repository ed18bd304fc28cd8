"""Money as values: prices, offers, holds, charges, refusals, and the port through which jobs spend."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from types import MappingProxyType

from app.core.errors import Unpaid, Unusable
from app.providers.values import Role

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


class Unit(StrEnum):
    """What is counted."""

    CLIP = "clip"
    SECOND = "second"
    PICTURE = "picture"
    MILLION_CHARACTERS = "million_characters"
    VOICE = "voice"
    PLAN = "plan"


@dataclass(frozen=True)
class Price:
    """One line of a price list; `option` narrows it, such as `768P 6 s`."""

    provider: str
    role: Role
    model: str
    unit: Unit
    usd: float
    source: str
    as_of: date
    option: str = ""
    reported: bool = False

    @property
    def micro_usd(self) -> int:
        """The price in micro dollars."""
        return round(self.usd * MICRO)


MINIMAX_PAGE = "https://platform.minimax.io/docs/guides/pricing"
GOOGLE_PAGE = "https://cloud.google.com/vertex-ai/generative-ai/pricing"
OPENAI_PAGE = "https://platform.openai.com/docs/pricing"
AUGUST, NOVEMBER = date(2026, 8, 15), date(2026, 11, 21)
CLIPS: Mapping[str, Mapping[str, float]] = MappingProxyType(
    {
        "MiniMax-Hailuo-2.3": {"768P 6 s": 0.28, "768P 10 s": 0.56, "1080P 6 s": 0.49},
        "MiniMax-Hailuo-2.3-Fast": {"768P 6 s": 0.19, "768P 10 s": 0.32, "1080P 6 s": 0.33},
        "MiniMax-Hailuo-02": {
            "512P 6 s": 0.10,
            "512P 10 s": 0.15,
            "768P 6 s": 0.28,
            "768P 10 s": 0.56,
            "1080P 6 s": 0.49,
        },
    }
)
MINIMAX_SECONDS: Mapping[str, Mapping[str, float]] = MappingProxyType(
    {"MiniMax-H3": {"768P": 0.08, "2K": 0.13}, "MiniMax-H3-Max": {"480P": 0.05, "768P": 0.08}}
)
GOOGLE_SECONDS: Mapping[str, Mapping[str, float]] = MappingProxyType(
    {
        "veo-3.1-generate-001": {"720P": 0.40, "1080P": 0.40},
        "veo-3.1-fast-generate-001": {"720P": 0.15, "1080P": 0.15},
    }
)
SPEECH: Mapping[str, float] = MappingProxyType(
    {
        "speech-2.8-hd": 100.0,
        "speech-2.8-turbo": 60.0,
        "speech-2.6-hd": 100.0,
        "speech-2.6-turbo": 60.0,
        "speech-02-hd": 100.0,
        "speech-02-turbo": 60.0,
    }
)
# The vendor bills these by tokens; a line is the ceiling of one usual call, and the bill is booked at the ceiling.
OPENAI_CEILINGS = (
    (Role.PLANNER, Unit.PLAN, 0.10),
    (Role.IMAGE, Unit.PICTURE, 0.25),
    (Role.SPEECH, Unit.MILLION_CHARACTERS, 30.0),
)
PRICES = (
    *(
        Price("minimax", Role.VIDEO, model, Unit.CLIP, usd, MINIMAX_PAGE, AUGUST, option)
        for model, options in CLIPS.items()
        for option, usd in options.items()
    ),
    *(
        Price("minimax", Role.VIDEO, model, Unit.SECOND, usd, MINIMAX_PAGE, AUGUST, option)
        for model, options in MINIMAX_SECONDS.items()
        for option, usd in options.items()
    ),
    *(
        Price("minimax", Role.SPEECH, model, Unit.MILLION_CHARACTERS, usd, MINIMAX_PAGE, AUGUST)
        for model, usd in SPEECH.items()
    ),
    Price("minimax", Role.SPEECH, "voice_clone", Unit.VOICE, 1.50, MINIMAX_PAGE, AUGUST),
    Price("minimax", Role.SPEECH, "voice_design", Unit.VOICE, 3.00, MINIMAX_PAGE, AUGUST),
    Price("minimax", Role.IMAGE, "image-01", Unit.PICTURE, 0.0035, MINIMAX_PAGE, AUGUST),
    *(
        Price("google", Role.VIDEO, model, Unit.SECOND, usd, GOOGLE_PAGE, NOVEMBER, option, reported=True)
        for model, options in GOOGLE_SECONDS.items()
        for option, usd in options.items()
    ),
    *(
        Price("openai", role, "", unit, usd, OPENAI_PAGE, NOVEMBER, reported=True)
        for role, unit, usd in OPENAI_CEILINGS
    ),
)


def prices_of(provider: str, role: Role) -> tuple[Price, ...]:
    """The price list of one engine; an offline engine has none, because it costs nothing."""
    return tuple(price for price in PRICES if (price.provider, price.role) == (provider, role))


def clip_micro_usd(provider: str, model: str, duration_seconds: int, resolution: str) -> int:
    """What one clip costs; the dearest known line stands in for a length or size that is not listed."""
    lines = [price for price in prices_of(provider, Role.VIDEO) if price.model == model]
    for price in lines:
        if price.unit is Unit.CLIP and price.option == f"{resolution} {duration_seconds} s":
            return price.micro_usd
        if price.unit is Unit.SECOND and price.option == resolution:
            return price.micro_usd * duration_seconds
    return max((price.micro_usd * _times(price, duration_seconds) for price in lines), default=0)


def picture_micro_usd(provider: str) -> int:
    """What one picture costs at most."""
    return _dearest(provider, Role.IMAGE, Unit.PICTURE)


def speech_micro_usd(provider: str, model: str, characters: int) -> int:
    """What speaking a text costs, rounded up to a whole micro dollar."""
    lines = prices_of(provider, Role.SPEECH)
    exact = [price.micro_usd for price in lines if price.model == model and price.unit is Unit.MILLION_CHARACTERS]
    per_million = exact[0] if exact else _dearest(provider, Role.SPEECH, Unit.MILLION_CHARACTERS)
    return -(-per_million * characters // MICRO)


def voice_micro_usd(provider: str, *, designed: bool = False) -> int:
    """What a cloned or designed voice costs."""
    wanted = "voice_design" if designed else "voice_clone"
    return sum(price.micro_usd for price in prices_of(provider, Role.SPEECH) if price.model == wanted)


def plan_micro_usd(provider: str) -> int:
    """What one turn of a planner costs at most."""
    return _dearest(provider, Role.PLANNER, Unit.PLAN)


def _dearest(provider: str, role: Role, unit: Unit) -> int:
    return max((price.micro_usd for price in prices_of(provider, role) if price.unit is unit), default=0)


def _times(price: Price, duration_seconds: int) -> int:
    return duration_seconds if price.unit is Unit.SECOND else 1


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


class BudgetExceeded(Unpaid):
    """The work would cost more than a cap leaves."""

    code = "budget.exceeded"
    message = "This would exceed your budget. Raise the budget, or choose something that costs less."


class PeriodUnusable(Unusable):
    """The asked period is not one."""

    code = "usage.period_unusable"
    message = "`from` must lie before `to`, and both within 400 days. Leave them out for the last 30 days."
