"""segment.narrate: the words of a segment are spoken and brought into its length."""

from datetime import timedelta
from typing import ClassVar

from pydantic import BaseModel, JsonValue
from typing_extensions import override

from app.core.database import Session
from app.jobs.context import Work
from app.jobs.handlers import Ending, JobHandler
from app.jobs.values import JobView, Lane
from app.narration.steps import Narrating

__all__ = ["NarrateParams", "NarrateSegment"]


class NarrateParams(BaseModel):
    """Which segment is narrated."""

    segment_id: str


class NarrateSegment(JobHandler[NarrateParams]):
    """Speaks, measures and fits; what was spoken stays as a take, whether it fits or not."""

    kind: ClassVar[str] = "segment.narrate"
    label: ClassVar[str] = "Narrate the segment"
    lane: ClassVar[Lane] = Lane.REMOTE
    startable: ClassVar[bool] = False
    every: ClassVar[timedelta | None] = None
    params = NarrateParams

    @override
    async def run(self, work: Work, params: NarrateParams) -> dict[str, JsonValue]:
        return await Narrating(work, params.segment_id).run()

    @override
    async def ended(self, session: Session, job: JobView, ending: Ending) -> None:
        """Nothing else changes: a narration takes no state of its segment."""
