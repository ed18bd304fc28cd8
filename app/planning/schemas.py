"""Wire shapes of planning."""

from typing import Annotated, Self

from pydantic import Field, StrictBool, StringConstraints

from app.core.schema import Body, Reply
from app.projects.domain import Storyboard
from app.providers.values import CameraCommand

MAX_STORY_CHARACTERS = 20_000


class PlanBody(Body):
    """A project to plan."""

    project_id: Annotated[str, StringConstraints(min_length=1, max_length=36)] = Field(
        examples=["01a1fc00-0000-7000-8000-000000000000"]
    )
    story_prompt: Annotated[str, StringConstraints(max_length=MAX_STORY_CHARACTERS)] = Field(
        "", description="The story; left out, the project's own", examples=["A fox finds a lantern in the fog."]
    )
    keep_approved: StrictBool = Field(
        default=False, description="Whether approved segments keep their words and their approval"
    )
    force: StrictBool = Field(
        default=False, description="Whether approved segments are replaced; their clips and the film go out of date"
    )


class PlannedSegmentRead(Reply):
    """What the plan says about one segment."""

    segment_index: int
    video_prompt: str
    narration_text: str
    end_frame_prompt: str
    camera_commands: list[CameraCommand]


class PlanRead(Reply):
    """A plan as it stands in its project."""

    title: str
    segments: list[PlannedSegmentRead]
    continuity_notes: str

    @classmethod
    def of(cls, board: Storyboard) -> Self:
        """The plan that a project holds."""
        segments = [
            PlannedSegmentRead(
                segment_index=segment.index,
                video_prompt=segment.video_prompt,
                narration_text=segment.narration_text,
                end_frame_prompt=segment.end_frame_prompt,
                camera_commands=list(segment.camera_commands),
            )
            for segment in board.segments
        ]
        project = board.project
        return cls(title=project.plan_title, segments=segments, continuity_notes=project.continuity_notes)
