"""film.produce, segments.produce and segment.produce: parents whose children are the jobs of the workflow slices."""

from typing import ClassVar

from pydantic import JsonValue
from typing_extensions import override

from app.core.database import Session
from app.jobs.context import Work
from app.jobs.handlers import Ending, JobHandler
from app.jobs.service import JobService
from app.jobs.values import JobView, Lane
from app.production.advance import Advance
from app.production.params import GoalParams
from app.production.starting import child_of
from app.production.values import Kind, Narrate
from app.projects.errors import ProjectNotFound
from app.projects.progress import ProgressService
from app.projects.states import SegmentStatus
from app.projects.values import Failure
from app.resources import Resources

__all__ = ["ProduceFilm", "ProduceSegment", "ProduceSegments"]


class _Produce(JobHandler[GoalParams]):
    """What all three have in common."""

    lane: ClassVar[Lane] = Lane.REMOTE
    params = GoalParams

    def __init__(self, resources: Resources) -> None:
        self._resources = resources

    @override
    async def run(self, work: Work, params: GoalParams) -> dict[str, JsonValue]:
        made = await Advance(work, params.goal()).run()
        notes = params.config.get("notes")
        return {**made, "notes": notes} if notes else made

    @override
    async def ended(self, session: Session, job: JobView, ending: Ending) -> None:
        """Segments that this work still holds are let go; one whose narration failed keeps the reason."""
        progress = ProgressService.over(session, self._resources)
        try:
            board = await progress.board(job.project_id or "")
        except ProjectNotFound:
            return
        held = [s for s in board.segments if s.status is SegmentStatus.GENERATING and s.job_id == job.id]
        reasons = await self._reasons(session, job) if ending is Ending.FAILED and held else {}
        for segment in held:
            await progress.let_go(segment.id, {job.id}, reasons.get(segment.id))

    async def _reasons(self, session: Session, job: JobView) -> dict[str, Failure]:
        parts = [child_of(child) for child in await JobService.over(session, self._resources).children(job.id)]
        return {
            part.segment_id: Failure(part.failure.code, part.failure.message)
            for part in parts
            if part is not None and part.move is Narrate and part.segment_id and part.failure is not None
        }


class ProduceFilm(_Produce):
    """Plan, approval, narrations, frames, clips, approval, cut."""

    kind: ClassVar[str] = Kind.FILM.value
    label: ClassVar[str] = "Make the film"


class ProduceSegments(_Produce):
    """The approved segments of a project up to their clips."""

    kind: ClassVar[str] = Kind.SEGMENTS.value
    label: ClassVar[str] = "Make the segments"


class ProduceSegment(_Produce):
    """One segment: narration, missing frames and clip."""

    kind: ClassVar[str] = Kind.SEGMENT.value
    label: ClassVar[str] = "Make a segment"
