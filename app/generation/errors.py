"""What the generation slice refuses."""

from collections.abc import Sequence
from typing import Self

from app.core.errors import Conflict, NotFound, Unavailable, Unusable


class SegmentNotReady(Conflict):
    """No money is spent on a prompt that its owner has not approved."""

    code = "segment.not_ready"
    message = "This segment's prompt is not approved. Approve it first."
    advice = "POST /api/v1/segments/{id}/approve"


class FramesMissing(Conflict):
    """A clip cannot be made without its key frames."""

    code = "take.frames_missing"
    message = "Key frames of this segment are missing. Generate or upload them first."
    advice = "POST /api/v1/generation/frames"

    @classmethod
    def of(cls, positions: Sequence[int]) -> Self:
        """Names the missing frames by their position in the film."""
        named = ", ".join(map(str, positions))
        said = f"These key frames are missing: {named}. Generate or upload them first."
        return cls(said, facts={"missing": list(positions)})


class NotOffered(Unusable):
    """The chosen engine does not make such a clip."""

    code = "take.not_offered"
    message = "The chosen video engine does not take this. Change the segment or choose another engine."


class TakeNotFound(NotFound):
    """The segment has no such take, or its clip is gone."""

    code = "take.not_found"
    message = "This segment has no such take. Choose one of its takes."
    advice = "GET /api/v1/segments/{id}/takes lists them."


class ClipBroken(Unavailable):
    """What the engine delivered is not the clip that was asked for, however often it is fetched."""

    code = "take.clip_broken"
    message = (
        "The engine delivered a broken clip, also when it was fetched again. Retry the job: it is fetched once more."
    )

    @classmethod
    def over(cls, faults: Sequence[str]) -> Self:
        """Says what is wrong with the file."""
        said = f"The engine delivered a broken clip: {'; '.join(faults)}. Retry the job: it is fetched once more."
        return cls(said, facts={"faults": list(faults)})
