"""What production refuses, and how its parts may end."""

from typing import Self

from app.core.errors import Conflict, NotFound, Unfit

__all__ = ["NothingToMake", "PartCancelled", "VideoNotFailed", "VideoNotFound"]


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


class VideoNotFound(NotFound):
    """No such video for this caller."""

    code = "video.not_found"
    message = "There is no such video. List yours at GET /api/v1/videos."


class VideoNotFailed(Unfit):
    """Only a video that failed is made again."""

    code = "video.not_failed"
    message = "Only a video that failed can be made again. Wait until it ends, or start a new one."
