"""The loop of one production: look, hold, start, approve, ask or end; a crash begins it again from what stands."""

from dataclasses import replace
from datetime import datetime
from typing import Any

import structlog
from pydantic import JsonValue

from app.core.database import Session
from app.core.errors import AppError, NotNow
from app.frames.jobs import MakeFrames
from app.frames.service import FrameService
from app.generation.domain import engine_name
from app.jobs.domain import JobFailed, JobStatus, Question, Step, failure_of
from app.jobs.handlers import Work
from app.jobs.queue import JobQueue, project_topic
from app.jobs.service import JobService
from app.production.places import place_topic, production_places
from app.production.room import FilmRoom
from app.production.starting import Starting, child_of, facts_of, refused_child
from app.production.steps import decide, progress_percent
from app.production.values import Asked, Child, Decision, Goal, Move, ProductionSnapshot, Stage, Topic
from app.projects.progress import ProgressService
from app.projects.storyboard import StoryboardService
from app.projects.values import Storyboard
from app.providers.video import VideoMode
from app.resources import Resources

__all__ = ["APPROVE", "Advance"]

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

    def __init__(self, work: Work, goal: Goal) -> None:
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

    def _pause_seconds(self, decision: Decision, until: datetime) -> float:
        """How long to sleep where nothing is heard; the end of the id is chance, so that films do not look together."""
        if decision.asked is None:
            return LONGEST_PAUSE_SECONDS
        spread = int(self._job.id[-4:], 16) / 0xFFFF
        left_seconds = (until - self._resources.clock.now()).total_seconds()
        return max(0.0, min(QUIET_SECONDS * (1 + spread), left_seconds))

    async def _advanced(self) -> Decision:
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

    def _may_work(self, snapshot: ProductionSnapshot, decision: Decision) -> bool:
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

    async def _start(self, decision: Decision) -> None:
        """Holds the segments, then starts one move after the other, each only if it is still the next."""
        if decision.hold:
            decision = await self._held()
        known = len(self._refused)
        for move in decision.moves:
            if len(self._refused) == known:
                await self._begin(move)

    async def _held(self) -> Decision:
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

    async def _asked(self, snapshot: ProductionSnapshot, asked: Asked) -> Decision:
        """The question is put once; with the owner's yes the decision is made again."""
        if await self._work.reporter.answer(asked.topic) == APPROVE:
            return decide(replace(snapshot, answered=frozenset({asked.topic})), self._goal)
        question = Question(asked.topic.value, QUESTIONS[asked.topic], (APPROVE,))
        await self._work.reporter.ask_again(question)
        return decide(snapshot, self._goal)

    async def _approve(self, decision: Decision) -> None:
        for topic, segment_ids in decision.approve.items():
            async with self._resources.database.unit_of_work() as session:
                board = StoryboardService.over(session, self._resources)
                for segment_id in segment_ids:
                    segment = await board.view(segment_id)
                    await (board.approve(segment) if topic is Topic.PLAN else board.approve_clip(segment))
            await self._work.reporter.consume_answer(topic.value)

    async def _tell(self, snapshot: ProductionSnapshot, decision: Decision) -> None:
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
