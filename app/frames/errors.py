"""What the frames slice refuses."""

from collections.abc import Sequence
from typing import Self

from app.core.errors import AppError, Conflict, NotFound, Unavailable, Unusable


class CandidateNotFound(NotFound):
    """The frame has no such candidate, or its picture is gone."""

    code = "frame.candidate_not_found"
    message = "This frame has no such candidate. Choose one of its candidates."
    advice = "GET /api/v1/projects/{id}/frames lists them."


class FramePromptMissing(Conflict):
    """Nobody has said what the frame shows."""

    code = "frame.prompt_missing"
    message = "There is no text for this frame. Generate the plan or write end_frame_prompt, then repeat."

    @classmethod
    def of(cls, positions: Sequence[int]) -> Self:
        """Names the frames without a text."""
        named = ", ".join(map(str, positions))
        said = (
            f"There is no text for these frames: {named}. Frame 0 is made from the first segment's video_prompt, "
            "frame k from the end_frame_prompt of the segment that it ends. Write it or generate the plan."
        )
        return cls(said, facts={"positions": list(positions)})


class ClipMissing(Conflict):
    """A frame cannot be taken from a clip that is not there."""

    code = "frame.clip_missing"
    message = "The segment that this frame ends has no clip yet. Generate the clip first, or upload the frame."


class FrameUnmade(Conflict):
    """There is no picture to approve."""

    code = "frame.unmade"
    message = "This frame has no picture yet. Generate or upload one, then approve it."


class FramesReady(Conflict):
    """Every frame is there and up to date."""

    code = "frame.none_missing"
    message = "No key frame is missing or out of date. Name a frame to make another picture of it."


class PictureLost(Unavailable):
    """A picture was paid for and could not be taken in."""

    code = "frame.picture_lost"
    message = "The engine drew a picture that could not be kept. Start it again to have another one drawn."

    @classmethod
    def because(cls, cause: AppError) -> Self:
        """Says what stood in the way."""
        said = f"The engine drew a picture that could not be kept: {cause.text} Another start draws another one."
        return cls(said, hint=cause.hint, facts={"cause": cause.code})


class FrameNotOffered(Unusable):
    """The chosen engine does not draw this."""

    code = "frame.not_offered"
    message = "The chosen picture engine does not take this. Change the request or choose another engine."
