"""Wire shapes of production."""

from enum import StrEnum
from typing import Self

from pydantic import Field, StrictBool

from app.core.schema import Body, Reply
from app.jobs.domain import JobView
from app.jobs.schemas import JobRead
from app.production.values import Part

__all__ = ["GenerateBody", "ProduceBody", "RegenerateBody", "Renewed", "SegmentTask"]


class ProduceBody(Body):
    """How a film is made."""

    auto_approve: StrictBool = Field(default=False, description="Goes on without asking for approval of plan and clips")
    prompt_optimizer: StrictBool = Field(default=True, description="Whether the video engine may improve the prompts")


class GenerateBody(Body):
    """How a segment is made."""

    prompt_optimizer: StrictBool = Field(default=True, description="Whether the video engine may improve the prompt")


class Renewed(StrEnum):
    """What is made anew."""

    VIDEO = "video"
    AUDIO = "audio"
    FRAME = "frame"
    ALL = "all"

    def parts(self) -> frozenset[Part]:
        """The parts that it names."""
        return frozenset(Part) if self is Renewed.ALL else frozenset({Part(self.value)})


class RegenerateBody(Body):
    """What of a segment is made anew; its earlier takes are kept."""

    what: Renewed = Renewed.VIDEO
    prompt_optimizer: StrictBool = Field(default=True, description="Whether the video engine may improve the prompt")


class SegmentTask(Reply):
    """A generation that was started; `task_id` is the id of its job."""

    task_id: str
    status: str
    segment_id: str
    model: str
    job: JobRead

    @classmethod
    def of(cls, job: JobView, segment_id: str, model: str) -> Self:
        """The job in the vendor's words."""
        return cls(task_id=job.id, status="submitted", segment_id=segment_id, model=model, job=JobRead.of(job))
