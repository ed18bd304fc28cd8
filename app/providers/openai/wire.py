"""What the vendor's answers must hold to be of use; unknown fields are tolerated."""

from pydantic import BaseModel, ConfigDict, Field


class _Answer(BaseModel):
    model_config = ConfigDict(extra="ignore", allow_inf_nan=False)


class DrawnPicture(_Answer):
    """One picture inside an answer."""

    b64_json: str


class ImagesReply(_Answer):
    """Made pictures."""

    data: list[DrawnPicture] = Field(min_length=1)


class InputVerdict(_Answer):
    """What was found in one input; a category that does not apply may have no score."""

    flagged: bool
    category_scores: dict[str, float | None]


class ModerationReply(_Answer):
    """The verdict on one input."""

    model: str
    results: list[InputVerdict] = Field(min_length=1)


class SegmentAnswer(BaseModel):
    """One segment of the film."""

    model_config = ConfigDict(extra="forbid")

    video_prompt: str
    narration_text: str
    end_frame_prompt: str
    camera_commands: list[str]


# Both documents travel in the schema; limits stay out of it, because some servers refuse them there.
class PlanAnswer(BaseModel):
    """The plan of the whole film."""

    model_config = ConfigDict(extra="forbid")

    title: str
    segments: list[SegmentAnswer]
    continuity_notes: str
