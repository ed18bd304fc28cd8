"""What production refuses, and how its parts may end."""

from typing import Self

from app.core.errors import Conflict

__all__ = ["NothingToMake", "PartCancelled"]


class NothingToMake(Conflict):
    """Every approved segment has its clip, and none is out of date."""

    code = "production.nothing_to_make"
    message = "No approved segment lacks its clip or its narration. Approve a segment, or ask for a new take of one."


class PartCancelled(Conflict):
    """A part of the work was cancelled by itself."""

    code = "production.part_cancelled"
    message = "A part of this work was cancelled, so the rest was not begun. Retry it to go on."

    @classmethod
    def of(cls, kind: str) -> Self:
        """With the part's kind."""
        return cls(facts={"kind": kind})
