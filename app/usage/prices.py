"""Pure data: what engines charge, with source and date; decimal US dollars become micro dollars here only."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from types import MappingProxyType

from app.providers.values import Role

__all__ = ["PRICES", "Price", "Unit", "clip_micro_usd", "picture_micro_usd", "plan_micro_usd", "prices_of"]
__all__ += ["speech_micro_usd", "voice_micro_usd"]

MICRO = 1_000_000


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
