"""How each move of a production becomes a job of its slice, in the caller's unit of work."""

from collections.abc import Iterable
from typing import assert_never

from pydantic import TypeAdapter

from app.assembly.jobs import AssembleFilm, PrepareSound
from app.assembly.service import AssemblyService, FilmWish
from app.core.database import Session
from app.frames.domain import FrameWish
from app.frames.jobs import MakeFrames
from app.frames.service import FrameService
from app.generation.domain import TakeWish
from app.generation.jobs import TakeSegment
from app.generation.service import GenerationService
from app.jobs.domain import EventView, JobFailure, JobStatus, JobView, JsonObject, failure_of
from app.narration.domain import Following
from app.narration.jobs import CloneVoice as CloneVoiceJob
from app.narration.jobs import NarrateSegment
from app.narration.service import NarrationService
from app.narration.voices import VoiceService
from app.planning.jobs import CreatePlan
from app.planning.service import PlanningService, PlanWish
from app.production.errors import PartCancelled
from app.production.values import Child, CloneVoice, Cut, DrawFrames, MakeClip, MixSound, Move, Narrate, WritePlan
from app.projects.options import Role
from app.projects.values import SegmentView, Storyboard
from app.resources import Resources

__all__ = ["Starting", "child_of", "facts_of", "parts_of", "refused_child"]

MOVES: dict[str, type[Move]] = {
    CreatePlan.kind: WritePlan,
    MakeFrames.kind: DrawFrames,
    CloneVoiceJob.kind: CloneVoice,
    NarrateSegment.kind: Narrate,
    TakeSegment.kind: MakeClip,
    PrepareSound.kind: MixSound,
    AssembleFilm.kind: Cut,
}

SEGMENT_ID = TypeAdapter(str | None)
FAILURE = TypeAdapter(JobFailure)
POSITIONS = TypeAdapter(tuple[int, ...])


class Starting:
    """Starts moves as children of one job."""

    def __init__(self, resources: Resources, parent: JobView, *, optimize_prompt: bool) -> None:
        self._resources = resources
        self._parent = parent
        self._optimize_prompt = optimize_prompt

    async def begin(self, session: Session, board: Storyboard, move: Move) -> None:
        """One move; a second start while its job is active has no effect."""
        match move:
            case WritePlan():
                await self._plan(session, board)
            case CloneVoice():
                words = self._resources.settings.projects.voice_consent_words
                follow = Following(parent_id=self._parent.id)
                await VoiceService.over(session, self._resources).begin_film_clone(board.project, words, follow)
            case DrawFrames(positions, forced):
                wish = FrameWish(
                    positions=positions,
                    only_needed=not forced,
                    spare_clips=True,
                    parent_id=self._parent.id,
                    direct=True,
                )
                await FrameService.over(session, self._resources).begin(board.project, wish)
            case MakeClip(segment_id):
                take = TakeWish(optimize_prompt=self._optimize_prompt, parent_id=self._parent.id, direct=True)
                await GenerationService.over(session, self._resources).begin(_segment(board, segment_id), take)
            case Narrate(segment_id):
                narrations = NarrationService.over(session, self._resources)
                await narrations.begin(_segment(board, segment_id), parent_id=self._parent.id)
            case MixSound():
                await AssemblyService.over(session, self._resources).begin_sound(
                    board.project, parent_id=self._parent.id
                )
            case Cut():
                wish_to_cut = FilmWish(parent_id=self._parent.id)
                await AssemblyService.over(session, self._resources).begin(board.project, wish_to_cut)
            case _:
                assert_never(move)

    async def _plan(self, session: Session, board: Storyboard) -> None:
        project = board.project
        planner = self._resources.engines.planner(project.settings.providers.get(Role.PLANNER, "auto"))
        wish = PlanWish(keep_approved=True, parent_id=self._parent.id)
        await PlanningService.over(session, self._resources).begin(project, wish, planner)


def child_of(job: JobView) -> Child | None:
    """A job as a part of a production; None for kinds that are no part of one."""
    move = MOVES.get(job.kind)
    if move is None:
        return None
    positions = job.params.get("positions")
    drawn = tuple(p for p in positions if isinstance(p, int)) if isinstance(positions, list) else ()
    cancelled = failure_of(PartCancelled.of(job.kind)) if job.status is JobStatus.CANCELLED else None
    return Child(move, job.segment_id, not job.is_final, job.failure or cancelled, drawn)


def refused_child(move: Move, failure: JobFailure) -> Child:
    """A move that was refused before it became a job, as a part that has failed."""
    segment_id = move.segment_id if isinstance(move, Narrate | MakeClip) else None
    positions = move.positions if isinstance(move, DrawFrames) else ()
    return Child(type(move), segment_id, is_active=False, failure=failure, positions=positions)


def facts_of(refused: Child) -> JsonObject:
    """A refused part as the log of its production keeps it."""
    error = refused.failure.as_json() if refused.failure else None
    return {"segment_id": refused.segment_id, "positions": list(refused.positions), "error": error}


def parts_of(jobs: Iterable[JobView], refusals: Iterable[EventView]) -> list[Child]:
    """What a production has started, and what it was refused to start."""
    moves = {move.__name__: move for move in MOVES.values()}
    refused = [
        Child(
            moves[str(event.facts["part"])],
            SEGMENT_ID.validate_python(event.facts["segment_id"]),
            is_active=False,
            failure=FAILURE.validate_python(event.facts["error"]),
            positions=POSITIONS.validate_python(event.facts["positions"]),
        )
        for event in refusals
    ]
    return [part for part in map(child_of, jobs) if part is not None] + refused


def _segment(board: Storyboard, segment_id: str) -> SegmentView:
    return next(segment for segment in board.segments if segment.id == segment_id)
