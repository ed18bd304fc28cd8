"""Wire shapes of estimates."""

from collections.abc import Sequence
from typing import Self

from pydantic import Field

from app.core.schema import Reply
from app.production.estimate import ROLES, Amount, Estimate, Purchase, Work, added
from app.usage.domain import prices_of
from app.usage.schemas import PriceRead

__all__ = ["EstimateRead"]

MICRO = 1_000_000


class RangeRead(Reply):
    """Money that is likely to be spent, and between which bounds it may turn out."""

    estimated: float
    low: float
    high: float
    currency: str = "USD"


class EstimateLine(RangeRead):
    """One kind of work by one engine, and the lines of its price list."""

    work: Work
    provider: str
    model: str
    count: int
    prices: list[PriceRead] = Field(description="Where the figures come from; empty for an engine that costs nothing")

    @classmethod
    def of(cls, group: tuple[Work, str, str], purchases: Sequence[Purchase]) -> Self:
        """The wire form of one group of purchases."""
        work, provider, model = group
        listed = prices_of(provider, ROLES[work])
        known = [price for price in listed if price.model in {model, ""}] or list(listed)
        return cls(
            **_range(added(purchases)),
            work=work,
            provider=provider,
            model=model,
            count=len(purchases),
            prices=[PriceRead.of(price) for price in known],
        )


class EstimateCost(RangeRead):
    """What is still to be spent."""

    lines: list[EstimateLine]


class SegmentEstimate(RangeRead):
    """What is still to be spent on one segment, and for which work."""

    id: str
    index: int
    work: list[Work]


class EstimateRead(Reply):
    """What a film will still cost; what is made and still fits costs nothing."""

    cost: EstimateCost
    duration_seconds: int = Field(description="Length of the film as its segments are laid out")
    segments: list[SegmentEstimate]

    @classmethod
    def of(cls, estimate: Estimate) -> Self:
        """The wire form of an estimate."""
        lines = [EstimateLine.of(group, purchases) for group, purchases in estimate.groups().items()]
        return cls(
            cost=EstimateCost(**_range(estimate.total), lines=lines),
            duration_seconds=sum(segment.duration_sec for segment in estimate.board.segments),
            segments=[
                SegmentEstimate(
                    **_range(added(purchases := estimate.of_segment(segment.id))),
                    id=segment.id,
                    index=segment.index,
                    work=sorted({purchase.work for purchase in purchases}, key=list(Work).index),
                )
                for segment in estimate.board.segments
            ],
        )


def _range(amount: Amount) -> dict[str, float]:
    return {"estimated": amount.likely / MICRO, "low": amount.low / MICRO, "high": amount.high / MICRO}
