"""film.produce, segments.produce and segment.produce: parents whose children are the jobs of the workflow slices."""

from collections.abc import Iterable, Mapping
from typing import ClassVar

from pydantic import JsonValue
from typing_extensions import override

from app.core.database import Session
from app.jobs.domain import JobView, Lane
from app.jobs.handlers import Ending, JobHandler, Work
from app.jobs.service import JobService
from app.production.advance import Advance
from app.production.params import GoalParams
from app.production.starting import parts_of
from app.production.steps import narration_is_due, reasons
from app.production.values import Child, Kind, Narrate
from app.projects.errors import ProjectNotFound
from app.projects.progress import ProgressService
from app.projects.states import READY_TO_CUT, SegmentStatus
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
        async with self._resources.database.reading() as session:
            parts = await JobService.over(session, self._resources).children(work.job.id)
        notes = [note for each in (params.config, *(part.result or {} for part in parts)) for note in _notes(each)]
        return {**made, "notes": list(dict.fromkeys(notes))} if notes else made

    @override
    async def ended(self, session: Session, job: JobView, ending: Ending) -> None:
        """Segments that this work still holds are let go, each with the reason that its parts give."""
        progress = ProgressService.over(session, self._resources)
        try:
            board = await progress.board(job.project_id or "")
        except ProjectNotFound:
            return
        parts = await self._parts(session, job) if ending is Ending.FAILED else []
        why = {segment_id: Failure(each.code, each.message) for segment_id, each in reasons(board, parts).items()}
        for segment in board.segments:
            if segment.status is SegmentStatus.GENERATING and segment.job_id == job.id:
                await progress.let_go(segment.id, {job.id}, why.get(segment.id))
            elif segment.id in _unspoken(parts) and segment.status in READY_TO_CUT and narration_is_due(segment):
                await progress.leave_unspoken(segment.id, why[segment.id])

    async def _parts(self, session: Session, job: JobView) -> list[Child]:
        jobs = JobService.over(session, self._resources)
        return parts_of(await jobs.children(job.id), await jobs.refusals(job))


def _notes(told: Mapping[str, JsonValue]) -> list[str]:
    notes = told.get("notes")
    return [str(note) for note in notes] if isinstance(notes, list) else []


def _unspoken(parts: Iterable[Child]) -> frozenset[str | None]:
    """Segments whose clip was made although nobody could speak them."""
    return frozenset(part.segment_id for part in parts if part.move is Narrate and part.failure is not None)


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
