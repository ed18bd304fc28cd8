"""What a production job remembers of its goal."""

from pydantic import BaseModel, Field, JsonValue

from app.production.values import Goal, Part

__all__ = ["GoalParams"]


class GoalParams(BaseModel):
    """How far the work goes."""

    segment_ids: tuple[str, ...] | None = None
    plans: bool = False
    cuts: bool = False
    auto_approve: bool = False
    renew: tuple[Part, ...] = ()
    only: tuple[Part, ...] = tuple(Part)
    optimize_prompt: bool = True
    # What the client said about this film, kept to be shown with its job.
    config: dict[str, JsonValue] = Field(default_factory=dict)

    def goal(self) -> Goal:
        """The goal as decisions take it."""
        scope = None if self.segment_ids is None else frozenset(self.segment_ids)
        return Goal(
            segment_ids=scope,
            plans=self.plans,
            cuts=self.cuts,
            auto_approve=self.auto_approve,
            renew=frozenset(self.renew),
            only=frozenset(self.only),
            optimize_prompt=self.optimize_prompt,
        )
