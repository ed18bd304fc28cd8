"""Jobs of production: film, segments and segment as parents of other jobs; the erasing of deleted projects."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, ClassVar, assert_never

import structlog
from pydantic import JsonValue, TypeAdapter
from typing_extensions import override

from app.assembly.jobs import AssembleFilm, PrepareSound
from app.assembly.service import AssemblyService, CutWish
from app.core.database import Session
from app.core.errors import AppError, NotNow
from app.frames.domain import FrameWish
from app.frames.jobs import MakeFrames
from app.frames.service import FrameService, KeptPictures
from app.generation.domain import TakeWish, engine_name
from app.generation.jobs import TakeSegment
from app.generation.service import GenerationService, KeptClips
from app.jobs.domain import (
    EventView,
    JobFailed,
    JobFailure,
    JobStatus,
    JobView,
    JsonObject,
    Lane,
    Question,
    Step,
    failure_of,
)
from app.jobs.handlers import Ending, JobHandler, JobRun, NoParams
from app.jobs.queue import JobQueue, project_topic
from app.jobs.service import JobService
from app.narration.domain import Following
from app.narration.jobs import CloneVoice as CloneVoiceJob
from app.narration.jobs import NarrateSegment
from app.narration.service import KeptNarrations, NarrationService
from app.narration.voices import VoiceService
from app.planning.jobs import CreatePlan
from app.planning.service import PlanningService, PlanWish
from app.production.capacity import FilmRoom, place_topic, production_places
from app.production.domain import (
    ApprovalRequest,
    Child,
    DrawFrames,
    Goal,
    GoalParams,
    MakeClip,
    MixSound,
    Move,
    Narrate,
    NextMoves,
    ProductionJobKind,
    ProductionSnapshot,
    Stage,
    StartCut,
    StartVoiceClone,
    Topic,
    WritePlan,
)
from app.production.errors import PartCancelled
from app.production.steps import decide, narration_is_due, progress_percent, reasons
from app.projects.cleanup import erase
from app.projects.domain import READY_TO_CUT, Failure, SegmentStatus, SegmentView, Storyboard
from app.projects.errors import ProjectNotFound
from app.projects.progress import ProgressService
from app.projects.storyboard import StoryboardService
from app.providers.values import Role
from app.providers.video import VideoMode
from app.resources import Resources

MOVES: dict[str, type[Move]] = {
    CreatePlan.kind: WritePlan,
    MakeFrames.kind: DrawFrames,
    CloneVoiceJob.kind: StartVoiceClone,
    NarrateSegment.kind: Narrate,
    TakeSegment.kind: MakeClip,
    PrepareSound.kind: MixSound,
    AssembleFilm.kind: StartCut,
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
            case StartVoiceClone():
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
            case StartCut():
                wish_to_cut = CutWish(parent_id=self._parent.id)
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


log = structlog.get_logger(__name__)
APPROVE = "approve"
LONGEST_PAUSE_SECONDS = 1.0
# Whatever changes a film notifies; this look is for a notice that got lost.
QUIET_SECONDS = 600.0
# Shorter than what makes a place in line forgotten.
IN_LINE_SECONDS = 30.0
IN_LINE_STAGE = "waiting_for_other_films"
SHORTEST_PAUSE_SECONDS = 0.02
STATUSES = {
    Stage.DRAWING_FRAMES: JobStatus.GENERATING_IMAGES,
    Stage.MAKING_CLIPS: JobStatus.GENERATING_VIDEO,
    Stage.AWAITING_CLIP_APPROVAL: JobStatus.GENERATING_VIDEO,
    Stage.CUTTING: JobStatus.COMPOSING,
}
QUESTIONS = {
    Topic.PLAN: "Read the plan and approve its segments. Nothing has been paid for clips yet. Approve all as they are?",
    Topic.CLIPS: "Watch the clips and approve or reject each. Approve all as they are and cut the film?",
}


class Advance:
    """Brings one project as far as the goal says, within one job."""

    def __init__(self, work: JobRun, goal: Goal) -> None:
        self._work = work
        self._job = work.job
        self._goal = goal
        self._resources: Resources = work.resources
        self._project_id = work.job.project_id or ""
        self._starting = Starting(work.resources, work.job, optimize_prompt=goal.optimize_prompt)
        self._refused: list[Child] = []
        self._told: tuple[Stage, int] | None = None
        self._places = work.resources.once(production_places)
        self._room = work.resources.once(FilmRoom)

    async def run(self) -> dict[str, JsonValue]:
        """The result of the whole."""
        until = self._job.deadline_at or self._resources.clock.now()
        try:
            return await self._work.wait(
                "advance", self._look, until, every_seconds=SHORTEST_PAUSE_SECONDS, until=until
            )
        finally:
            self._places.leave(self._job.owner_id, self._job.id)
            self._room.leave(self._job.id)

    async def _look(self, until: datetime) -> dict[str, Any] | None:
        known = len(self._refused)
        # Whoever listens only after reading sleeps through what changes in between.
        with self._resources.notifier.subscribe(project_topic(self._project_id), place_topic(self._job.id)) as ring:
            if self._places.must_wait(self._job.owner_id, self._job.id):
                await self._resources.notifier.wait(ring, IN_LINE_SECONDS)
                return None
            decision = await self._advanced()
            if decision.is_over and decision.failure is not None:
                raise JobFailed(decision.failure)
            if decision.is_over:
                return await self._result()
            if not decision.approve and len(self._refused) == known:
                await self._resources.notifier.wait(ring, self._pause_seconds(decision, until))
        return None

    def _pause_seconds(self, decision: NextMoves, until: datetime) -> float:
        """How long to sleep where nothing is heard; the end of the id is chance, so that films do not look together."""
        if decision.asked is None:
            return LONGEST_PAUSE_SECONDS
        spread = int(self._job.id[-4:], 16) / 0xFFFF
        left_seconds = (until - self._resources.clock.now()).total_seconds()
        return max(0.0, min(QUIET_SECONDS * (1 + spread), left_seconds))

    async def _advanced(self) -> NextMoves:
        snapshot = await self._seen()
        if not snapshot.children:
            await self._room.admit(self._job.id, snapshot.board)
        decision = decide(snapshot, self._goal)
        if decision.asked is not None:
            await self._tell(snapshot, decision)
            decision = await self._asked(snapshot, decision.asked)
        if decision.approve:
            await self._approve(decision)
        elif self._may_work(snapshot, decision):
            await self._start(decision)
        else:
            await self._wait_in_line(snapshot)
            return decision
        # Work comes before the word of it, because the whole film waits for the next piece.
        await self._tell(snapshot, decision)
        return decision

    async def _seen(self) -> ProductionSnapshot:
        async with self._resources.database.reading() as session:
            board = await ProgressService.over(session, self._resources).board(self._project_id)
            return await self._snapshot(session, board)

    async def _snapshot(self, session: Session, board: Storyboard) -> ProductionSnapshot:
        jobs = JobService.over(session, self._resources)
        drawing = await jobs.at_work(self._project_id, MakeFrames.kind)
        return ProductionSnapshot(
            board=board,
            children=(*await self._children(jobs), *self._refused),
            takes_last=self._takes_last(board),
            job_id=self._job.id,
            frames_are_drawn=bool(drawing),
            frames_due=frozenset(await FrameService.over(session, self._resources).needed(board)),
        )

    async def _children(self, jobs: JobService) -> tuple[Child, ...]:
        """What this job has started, and what the jobs it retries have finished."""
        found = [child_of(job) for job in await jobs.children(self._job.id)]
        earlier = self._job.retry_of
        while earlier is not None:
            parts = [child_of(job) for job in await jobs.children(earlier)]
            found += [part for part in parts if part is not None and part.succeeded]
            earlier = (await jobs.any(earlier)).retry_of
        return tuple(part for part in found if part is not None)

    def _may_work(self, snapshot: ProductionSnapshot, decision: NextMoves) -> bool:
        """Whether what comes next may be started now, or whether films of the same owner come first."""
        owner, job_id = self._job.owner_id, self._job.id
        if any(child.is_active for child in snapshot.children):
            self._places.keep(owner, job_id)
            return True
        if decision.moves or decision.hold:
            return self._places.take(owner, job_id)
        self._places.leave(owner, job_id)
        return True

    async def _wait_in_line(self, snapshot: ProductionSnapshot) -> None:
        await self._work.reporter.stage(IN_LINE_STAGE, progress_percent(snapshot, self._goal))
        self._told = None

    def _takes_last(self, board: Storyboard) -> bool:
        engine = self._resources.engines.video(engine_name(board.project.settings))
        return VideoMode.FIRST_LAST_FRAME in engine.capabilities(engine.models()[0]).outputs

    async def _start(self, decision: NextMoves) -> None:
        """Holds the segments, then starts one move after the other, each only if it is still the next."""
        if decision.hold:
            decision = await self._held()
        known = len(self._refused)
        for move in decision.moves:
            if len(self._refused) == known:
                await self._begin(move)

    async def _held(self) -> NextMoves:
        async with self._resources.database.unit_of_work() as session:
            await JobQueue(session, self._resources).hold_parent(self._job.id)
            progress = ProgressService.over(session, self._resources)
            snapshot = await self._snapshot(session, await progress.hold(self._project_id))
            for segment_id in decide(snapshot, self._goal).hold:
                await progress.begin_segment(segment_id, self._job.id)
        return decide(await self._seen(), self._goal)

    async def _begin(self, move: Move) -> None:
        try:
            async with self._resources.database.unit_of_work() as session:
                await JobQueue(session, self._resources).hold_parent(self._job.id)
                board = await ProgressService.over(session, self._resources).hold(self._project_id)
                snapshot = await self._snapshot(session, board)
                if move in decide(snapshot, self._goal).moves:
                    await self._starting.begin(session, board, move)
        except NotNow:
            raise
        except AppError as refusal:
            log.info("move_refused", job_id=self._job.id, move=type(move).__name__, error=refusal.code)
            self._refused.append(refused_child(move, failure_of(refusal)))
            await self._work.reporter.refused(type(move).__name__, facts_of(self._refused[-1]))

    async def _asked(self, snapshot: ProductionSnapshot, asked: ApprovalRequest) -> NextMoves:
        """The question is put once; with the owner's yes the decision is made again."""
        if await self._work.reporter.answer(asked.topic) == APPROVE:
            return decide(replace(snapshot, answered=frozenset({asked.topic})), self._goal)
        question = Question(asked.topic.value, QUESTIONS[asked.topic], (APPROVE,))
        await self._work.reporter.ask_again(question)
        return decide(snapshot, self._goal)

    async def _approve(self, decision: NextMoves) -> None:
        for topic, segment_ids in decision.approve.items():
            async with self._resources.database.unit_of_work() as session:
                board = StoryboardService.over(session, self._resources)
                for segment_id in segment_ids:
                    segment = await board.view(segment_id)
                    await (board.approve(segment) if topic is Topic.PLAN else board.approve_clip(segment))
            await self._work.reporter.consume_answer(topic.value)

    async def _tell(self, snapshot: ProductionSnapshot, decision: NextMoves) -> None:
        """Says stage and progress when they change; a question that is settled is taken back."""
        now = decision.stage, progress_percent(snapshot, self._goal)
        if now == self._told:
            return
        if decision.asked is None and (self._told is None or self._told[0] != now[0]):
            for topic in Topic:
                await self._work.reporter.consume_answer(topic.value)
        made = sum(segment.clip is not None for segment in snapshot.board.segments)
        step = Step(made, len(snapshot.board.segments), decision.stage.value.replace("_", " "))
        await self._work.reporter.stage(now[0].value, now[1], STATUSES.get(now[0], JobStatus.PROCESSING), step)
        await self._work.reporter.progress(now[1])
        self._told = now

    async def _result(self) -> dict[str, JsonValue]:
        async with self._resources.database.reading() as session:
            board = await ProgressService.over(session, self._resources).board(self._project_id)
        found: dict[str, JsonValue] = {"project_id": self._project_id}
        if self._goal.cuts and board.project.film is not None:
            return found | {"asset_id": board.project.film.asset_id}
        made = next((s for s in board.segments if s.id == self._job.segment_id), None)
        if made is not None and made.clip is not None:
            return found | {"segment_id": made.id, "asset_id": made.clip.asset_id, "take_id": made.clip.take_id}
        return found


class _Produce(JobHandler[GoalParams]):
    """What all three have in common."""

    lane: ClassVar[Lane] = Lane.REMOTE
    params = GoalParams

    def __init__(self, resources: Resources) -> None:
        self._resources = resources

    @override
    async def run(self, work: JobRun, params: GoalParams) -> dict[str, JsonValue]:
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

    kind: ClassVar[str] = ProductionJobKind.FILM.value
    label: ClassVar[str] = "Make the film"


class ProduceSegments(_Produce):
    """The approved segments of a project up to their clips."""

    kind: ClassVar[str] = ProductionJobKind.SEGMENTS.value
    label: ClassVar[str] = "Make the segments"


class ProduceSegment(_Produce):
    """One segment: narration, missing frames and clip."""

    kind: ClassVar[str] = ProductionJobKind.SEGMENT.value
    label: ClassVar[str] = "Make a segment"


class EraseProjects(JobHandler[NoParams]):
    """Ends what the deletion of a project began, once every slice has let its media go."""

    kind: ClassVar[str] = "projects.erase"
    label: ClassVar[str] = "Erase deleted projects"
    lane: ClassVar[Lane] = Lane.LIGHT
    every: ClassVar[timedelta | None] = timedelta(hours=1)
    params = NoParams

    def __init__(self, resources: Resources) -> None:
        self._resources = resources

    @override
    async def run(self, work: JobRun, params: NoParams) -> dict[str, JsonValue]:
        await work.stage("erasing", progress=10)
        return {"projects": await work.step("erase", self.erase)}

    async def erase(self) -> int:
        """Erases what nothing keeps any more; says how many projects."""
        clock = self._resources.clock
        return await erase(self._resources, (KeptClips(clock), KeptPictures(clock), KeptNarrations(clock)))
