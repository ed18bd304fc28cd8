"""Wire shapes of money."""

import re
from collections.abc import Sequence
from datetime import date
from typing import Annotated, Self

from pydantic import BeforeValidator, Field, JsonValue, StringConstraints

from app.core.schema import Body, Reply
from app.providers.values import Role
from app.usage.domain import MICRO, BudgetView, Grouping, Period, Price, Unit, UsageLine

Usd = Annotated[float, Field(strict=True, ge=0, le=1_000_000)]
ProjectId = Annotated[str, StringConstraints(min_length=36, max_length=36, pattern="^[0-9a-f-]+$")]


def _written_as_day(value: object) -> object:
    """Numbers are not days, although the parser would count them from 1970."""
    if isinstance(value, str) and not ISO_DAY.fullmatch(value):
        message = "write a day as YYYY-MM-DD"
        raise ValueError(message)
    return value


ISO_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
Day = Annotated[date, BeforeValidator(_written_as_day)]


class UsageLineRead(Reply):
    """One line of a report."""

    group: str
    calls: int
    cost: float


class UsageRead(Reply):
    """What was spent in a period."""

    from_: date = Field(serialization_alias="from")
    to: date
    group_by: Grouping
    currency: str = "USD"
    total: float
    lines: list[UsageLineRead]

    @classmethod
    def of(cls, period: Period, grouping: Grouping, lines: Sequence[UsageLine]) -> Self:
        """The wire form of a report."""
        return cls(
            from_=period.begin,
            to=period.end,
            group_by=grouping,
            total=sum(line.charged_micro_usd for line in lines) / MICRO,
            lines=[
                UsageLineRead(group=str(line.group), calls=line.calls, cost=line.charged_micro_usd / MICRO)
                for line in lines
            ],
        )


class ProjectCap(Body):
    """The cap of one project."""

    project_id: ProjectId = Field(examples=["01a1fc00-0000-7000-8000-000000000000"])
    limit: Usd = Field(examples=[5.0])


class BudgetsBody(Body):
    """The caps to set; what is left out has none."""

    user_day: Usd | None = Field(None, description="Most that you spend in a day, in USD")
    projects: list[ProjectCap] = Field(default_factory=list, max_length=1000, description="Caps of projects, in USD")

    def caps(self) -> dict[str, float]:
        """Project id to cap; a project named twice gets the last one."""
        return {cap.project_id: cap.limit for cap in self.projects}


class ProjectCapRead(Reply):
    """The cap of one project."""

    project_id: str
    limit: float


class BudgetsRead(Reply):
    """Your caps and what today has used."""

    user_day: float | None
    projects: list[ProjectCapRead]
    used_today: float
    currency: str = "USD"

    @classmethod
    def of(cls, view: BudgetView) -> Self:
        """The wire form of a view."""
        day = view.user_day_micro_usd
        return cls(
            user_day=None if day is None else day / MICRO,
            projects=[
                ProjectCapRead(project_id=project, limit=cap / MICRO)
                for project, cap in view.projects_micro_usd.items()
            ],
            used_today=view.used_today_micro_usd / MICRO,
        )


class PriceRead(Reply):
    """One line of a price list, in US dollars."""

    model: str | None
    option: str | None
    unit: Unit
    usd: float
    source: str
    as_of: date
    reported: bool = Field(description="Whether the figure is reported by others or a ceiling, not the vendor's list")

    @classmethod
    def of(cls, price: Price) -> Self:
        """The wire form of a line."""
        return cls(
            model=price.model or None,
            option=price.option or None,
            unit=price.unit,
            usd=price.usd,
            source=price.source,
            as_of=price.as_of,
            reported=price.reported,
        )


class ModelRead(Reply):
    """One model and what it takes."""

    model: str
    capabilities: dict[str, JsonValue]


class OfferRead(Reply):
    """What an engine does in one role."""

    role: Role
    is_default: bool
    models: list[ModelRead]
    prices: list[PriceRead]


class EngineRead(Reply):
    """One engine; `absent_reason` says what is missing when it cannot be used here."""

    name: str
    title: str
    online: bool
    available: bool
    absent_reason: str | None
    note: str
    roles: list[OfferRead]


class EngineList(Reply):
    """Every engine that this version knows."""

    providers: list[EngineRead]
