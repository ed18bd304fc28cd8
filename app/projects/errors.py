"""Named refusals of projects and segments."""

from collections.abc import Sequence
from enum import StrEnum
from typing import ClassVar, Self

from app.core.errors import Conflict, NotFound, Unusable


class ProjectNotFound(NotFound):
    """No such project of this caller."""

    code = "project.not_found"
    message = "There is no such project. Check the id, or look for it among your projects."
    advice = "GET /api/v1/projects lists yours."


class SegmentNotFound(NotFound):
    """No such segment of this caller."""

    code = "segment.not_found"
    message = "There is no such segment. Check the id, or read the project's segments."


class FrameNotFound(NotFound):
    """The project has no key frame at this position."""

    code = "frame.not_found"
    message = "The project has no key frame at this position. A film of n segments has the frames 0 to n."


class IllegalMove(Conflict):
    """The state does not lead where the caller wants."""

    code = "segment.illegal_move"
    message = "The segment's present state does not allow this. See `allowed` for what it may become."
    subject: ClassVar[str] = "segment"

    @classmethod
    def of(cls, current: StrEnum, to: StrEnum, legal: Sequence[StrEnum]) -> Self:
        """Says where it stands and which moves are legal."""
        allowed = ", ".join(legal) or "nothing"
        return cls(
            f"The {cls.subject} is {current} and cannot become {to}. From {current} it may become: {allowed}.",
            facts={"current": str(current), "requested": str(to), "allowed": [str(state) for state in legal]},
        )


class IllegalProjectMove(IllegalMove):
    """The project's state does not lead where the caller wants."""

    code = "project.illegal_move"
    message = "The project's present state does not allow this. See `allowed` for what it may become."
    subject = "project"


class ProjectBusy(Conflict):
    """Paid work of this project is running."""

    code = "project.busy"
    message = "Paid work of this project is running. Wait for it or cancel its jobs, then repeat."


class SegmentBusy(Conflict):
    """Paid work of this segment is running."""

    code = "segment.busy"
    message = "This segment is being made right now. Wait for its job or cancel it, then repeat."


class LayoutFixed(Conflict):
    """The segments carry work that a new layout would throw away."""

    code = "project.layout_fixed"
    message = "The segments are planned already, so lengths stay. Add, remove or reorder segments instead."


class MissingPrompt(Conflict):
    """A segment without a prompt cannot be approved."""

    code = "segment.prompt_missing"
    message = "This segment has no video prompt yet. Generate the plan or write one, then approve it."


class SegmentsIncomplete(Conflict):
    """The film cannot be cut because segments are not finished."""

    code = "project.segments_incomplete"
    message = "Some segments are not finished. Generate the named ones first."

    @classmethod
    def of(cls, missing: Sequence[int]) -> Self:
        """Names the missing segments by their index."""
        named = ", ".join(map(str, missing))
        return cls(f"These segments are not finished: {named}. Generate them first.", facts={"missing": list(missing)})


class SegmentsExhausted(Conflict):
    """The film already has as many segments as allowed."""

    code = "project.too_long"
    message = "The film would become longer than allowed. Remove a segment first."


class LastSegment(Conflict):
    """A film needs at least one segment."""

    code = "segment.last_one"
    message = "A film needs at least one segment. Delete the project instead, or add another segment first."


class OptionsClash(Unusable):
    """Two settings of a project exclude each other."""

    code = "project.options_clash"
    message = "These settings exclude each other. 1080P is offered for segments of 6 seconds only."


class TargetTooLong(Unusable):
    """The film would be longer than this service makes."""

    code = "project.target_too_long"
    message = "The film would be longer than this service makes. Ask for a shorter one."


class PlanUnfit(Unusable):
    """The plan has another number of segments than the project."""

    code = "project.plan_unfit"
    message = "The plan must have exactly as many segments as the project. Plan again."

    @classmethod
    def of(cls, *, planned: int, laid_out: int) -> Self:
        """Says both numbers."""
        return cls(f"The plan has {planned} segments, but the project has {laid_out}. Plan again.")


class PositionUnknown(Unusable):
    """A segment cannot be put there."""

    code = "segment.position_unknown"
    message = "A segment can be put at an index from 0 to the number of segments."


class PromptTooLong(Unusable):
    """The prompt with its camera tags is longer than providers read."""

    code = "segment.prompt_too_long"
    message = "The video prompt with its camera tags may have at most 2000 characters. Shorten it."


class OrderIncomplete(Unusable):
    """The new order does not name every segment once."""

    code = "segment.order_incomplete"
    message = "Name every segment of the project exactly once, in the new order."


class NotOfThisProject(Unusable):
    """Something named in the request belongs elsewhere."""

    code = "project.asset_unusable"
    message = "The named asset does not exist or is of another kind. Upload it first and use its asset_id."
