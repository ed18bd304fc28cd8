"""What the planning slice refuses."""

from collections.abc import Sequence
from typing import Self

from app.core.errors import Conflict, Unusable

SHOWN_FAULTS = 3


class StoryMissing(Unusable):
    """There is nothing to plan."""

    code = "plan.story_missing"
    message = "There is no story to plan. Send story_prompt, or write one into the project first."


class PlanNotOffered(Unusable):
    """The chosen planner does not take this much."""

    code = "plan.not_offered"
    message = "The chosen planner does not take this. Shorten the story or the film, or choose another planner."


class PlanReplaces(Conflict):
    """A new plan would take words away that are approved."""

    code = "plan.replaces_approved"
    message = (
        "A new plan would replace approved segments: their approval falls, and clips and film go out of date. "
        "Plan with force to replace them all, or with keep_approved to write only the others."
    )

    @classmethod
    def of(cls, indexes: Sequence[int]) -> Self:
        """Names the segments by their index."""
        return cls(facts={"approved": list(indexes)})


class PlanUnusable(Unusable):
    """The planner's answer breaks the rules, and so does its repaired answer."""

    code = "plan.unusable"
    message = "The planner twice wrote a plan that cannot be filmed. Start it again, or simplify the story."

    @classmethod
    def over(cls, faults: Sequence[str]) -> Self:
        """Names the first faults."""
        named = " ".join(faults[:SHOWN_FAULTS])
        said = f"The planner twice wrote a plan that cannot be filmed: {named} Start it again, or simplify the story."
        return cls(said, facts={"faults": list(faults)})
