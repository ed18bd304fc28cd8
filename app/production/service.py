"""Starts productions in the caller's unit of work: of a film, of its approved segments, or of one segment."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Self

from pydantic import JsonValue

from app.core.database import Session
from app.generation.domain import Pair, check, engine_name, request_of
from app.generation.errors import SegmentNotReady
from app.jobs.domain import JobView, Lane
from app.jobs.queue import JobQueue, Order
from app.jobs.service import JobService
from app.planning.errors import StoryMissing
from app.production.domain import GoalParams, ProductionJobKind, RemakePart
from app.production.errors import NothingToMake
from app.production.steps import clip_is_due, is_due
from app.projects.domain import PROMPT_APPROVED, ProjectView, SegmentStatus, SegmentView
from app.projects.progress import ProgressService
from app.providers.values import MediaType, Picture
from app.providers.video import VideoMode
from app.resources import Resources

# Stands for a key frame that is still to be drawn when a request is checked before any money is spent.
ANY_FRAME = Picture(b"", MediaType.PNG, 1280, 720)


@dataclass(frozen=True, kw_only=True)
class FilmWish:
    """How a film is made, and how the caller is answered."""

    auto_approve: bool = False
    narrates: bool = True
    optimize_prompt: bool = True
    parent_id: str | None = None
    config: Mapping[str, JsonValue] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class SegmentWish:
    """What of a segment is made; nothing to renew means whatever is missing or out of date."""

    renew: frozenset[RemakePart] = frozenset()
    optimize_prompt: bool = True


class ProductionService:
    """Works on behalf of a project's owner."""

    def __init__(self, session: Session, resources: Resources) -> None:
        self._session = session
        self._resources = resources
        self._progress = ProgressService.over(session, resources)
        self._jobs = JobService.over(session, resources)

    @classmethod
    def over(cls, session: Session, resources: Resources) -> Self:
        """The service on this session."""
        return cls(session, resources)

    async def begin_film(self, project: ProjectView, wish: FilmWish) -> JobView:
        """The whole way as one job; while one is on it, that one is given."""
        board = await self._progress.hold(project.id)
        unwritten = any(segment.status is SegmentStatus.PENDING for segment in board.segments)
        if unwritten and not project.settings.story_prompt.strip():
            raise StoryMissing(param="story_prompt")
        for segment in board.segments:
            self._check(segment)
        params = GoalParams(
            plans=True,
            cuts=True,
            auto_approve=wish.auto_approve,
            only=tuple(RemakePart) if wish.narrates else (RemakePart.VIDEO, RemakePart.FRAME),
            optimize_prompt=wish.optimize_prompt,
            config=dict(wish.config),
        )
        return await self._enqueue(_order(ProductionJobKind.FILM, project, params, f"produce:{project.id}", wish))

    async def begin_segments(self, project: ProjectView, wish: FilmWish) -> JobView:
        """Every approved segment that lacks something or is out of date, as one job."""
        board = await self._progress.hold(project.id)
        same_work = f"segments:{project.id}"
        due = [s for s in board.segments if s.status in PROMPT_APPROVED and is_due(s)]
        if not due:
            raise NothingToMake
        for segment in due:
            self._check(segment)
        ids = tuple(segment.id for segment in due)
        params = GoalParams(segment_ids=ids, optimize_prompt=wish.optimize_prompt)
        return await self._enqueue(_order(ProductionJobKind.SEGMENTS, project, params, same_work, wish))

    async def begin_segment(self, segment: SegmentView, wish: SegmentWish) -> JobView:
        """One segment as one job; while it is being made, its job is given."""
        board = await self._progress.hold(segment.project_id)
        current = await self._progress.segment(segment.id)
        if current.status is SegmentStatus.GENERATING and current.job_id is not None:
            return await self._jobs.any(current.job_id)
        if current.status not in PROMPT_APPROVED or not current.video_prompt.strip():
            raise SegmentNotReady
        self._check(current)
        params = _params_of(current, wish)
        same_work = f"produce:{current.id}"
        order = _order(ProductionJobKind.SEGMENT, board.project, params, same_work, FilmWish())
        job = await self._enqueue(replace(order, segment_id=current.id))
        if RemakePart.VIDEO in params.only and (clip_is_due(current) or RemakePart.VIDEO in params.renew):
            await self._progress.begin_segment(current.id, job.id)
        return job

    def model_of(self, segment: SegmentView) -> str:
        """The model that makes this segment's clips."""
        return self._resources.engines.video(engine_name(segment.settings)).models()[0]

    async def _enqueue(self, order: Order) -> JobView:
        return (await JobQueue(self._session, self._resources).enqueue(order))[0]

    def _check(self, segment: SegmentView) -> None:
        """Refuses before money is spent what the video engine would refuse after narration and frames are paid."""
        engine = self._resources.engines.video(engine_name(segment.settings))
        can = engine.capabilities(engine.models()[0])
        if not segment.video_prompt.strip():
            return
        last = ANY_FRAME if VideoMode.FIRST_LAST_FRAME in can.outputs else None
        check(request_of(segment, can, Pair(ANY_FRAME, last), optimize_prompt=True), can, ())


def _order(kind: ProductionJobKind, project: ProjectView, params: GoalParams, same_work: str, wish: FilmWish) -> Order:
    plain: dict[str, JsonValue] = params.model_dump(mode="json")
    return Order(
        owner_id=project.owner_id,
        kind=kind.value,
        lane=Lane.REMOTE,
        params=plain,
        project_id=project.id,
        parent_id=wish.parent_id,
        same_work=same_work,
        direct=True,
    )


def _params_of(segment: SegmentView, wish: SegmentWish) -> GoalParams:
    """What is named is made anew and nothing else; a clip takes with it whatever it needs."""
    renew = wish.renew or (frozenset() if is_due(segment) else frozenset({RemakePart.VIDEO}))
    whole = not wish.renew or RemakePart.VIDEO in wish.renew
    only = frozenset(RemakePart) if whole else renew
    return GoalParams(
        segment_ids=(segment.id,),
        renew=tuple(sorted(renew)),
        only=tuple(sorted(only)),
        optimize_prompt=wish.optimize_prompt,
    )
