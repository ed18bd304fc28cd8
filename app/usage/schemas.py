"""Wire shapes of money."""

from collections.abc import Sequence
from datetime import date
from typing import Annotated, Self

from pydantic import Field, StringConstraints

from app.core.schema import Body, Reply
from app.usage.values import MICRO, BudgetView, Grouping, Period, UsageLine

__all__ = ["BudgetsBody", "BudgetsRead", "UsageRead"]

Usd = Annotated[float, Field(ge=0, le=1_000_000)]
ProjectId = Annotated[str, StringConstraints(min_length=36, max_length=36, pattern="^[0-9a-f-]+$")]


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


class BudgetsBody(Body):
    """The caps to set; what is left out has none."""

    user_day: Usd | None = Field(None, description="Most that you spend in a day, in USD")
    projects: dict[ProjectId, Usd] = Field(
        default_factory=dict, max_length=1000, description="Caps by project id, in USD"
    )


class BudgetsRead(Reply):
    """Your caps and what today has used."""

    user_day: float | None
    projects: dict[str, float]
    used_today: float
    currency: str = "USD"

    @classmethod
    def of(cls, view: BudgetView) -> Self:
        """The wire form of a view."""
        day = view.user_day_micro_usd
        return cls(
            user_day=None if day is None else day / MICRO,
            projects={project: cap / MICRO for project, cap in view.projects_micro_usd.items()},
            used_today=view.used_today_micro_usd / MICRO,
        )
