"""Starts takes in the caller's unit of work, lists them and lets the owner choose an earlier one."""

from collections.abc import Collection
from typing import Self

from typing_extensions import override

from app.core.clock import Clock
from app.core.database import Session
from app.core.pagination import Page, Window
from app.generation.domain import (
    ClipShape,
    Pair,
    RestoredTake,
    TakeView,
    TakeWish,
    check,
    engine_name,
    request_of,
    shape_of,
)
from app.generation.errors import TakeNotFound
from app.generation.repository import TakeRepository
from app.jobs.domain import JobView, Lane
from app.jobs.errors import JobNotFound
from app.jobs.queue import JobQueue, Order
from app.jobs.service import JobService
from app.library.errors import AssetNotFound
from app.library.pictures import still_facts
from app.library.service import LibraryService
from app.projects.cleanup import ProjectArtifacts
from app.projects.domain import DeletedProject, Failure, FrameOrigin, SegmentStatus, SegmentView
from app.projects.errors import SegmentBusy
from app.projects.freshness import OUT_OF_DATE, clip_digest, extraction_digest
from app.projects.progress import ProgressService
from app.providers.video import VideoRequest
from app.resources import Resources
from app.usage.domain import clip_micro_usd
from app.usage.ledger import LedgerBudget

KIND = "segment.take"


class GenerationService:
    """Works on behalf of a segment's owner, in the caller's unit of work."""

    def __init__(self, session: Session, resources: Resources) -> None:
        self._session = session
        self._resources = resources
        self._progress = ProgressService.over(session, resources)
        self._takes = TakeRepository(session, resources.clock)
        self._library = LibraryService.over(session, resources)

    @classmethod
    def over(cls, session: Session, resources: Resources) -> Self:
        """The service on this session."""
        return cls(session, resources)

    async def begin(self, segment: SegmentView, wish: TakeWish) -> JobView:
        """Puts one take in line and takes the segment; belongs to the caller's unit of work.

        Commits nothing and sends nothing: the job row, the hold on the budget, the segment's move to `generating` and
        whatever the caller writes beside them stand or fall together. While a take of this segment is being made its
        job is given, which need not be the caller's child. A producer that holds the segment by its own job
        (`ProgressService.begin_segment(segment.id, parent.id)`) names that job as `parent_id`: its child then works
        on the held segment, and lets it go at its end. Refuses before anything is paid: SegmentNotReady, FramesMissing
        (names the positions), NotOffered, BudgetExceeded, ProjectBusy.
        """
        current = await self._progress.segment(segment.id)
        if _is_taken(current, wish):
            return await JobService.over(self._session, self._resources).any(current.job_id or "")
        engine = self._resources.engines.video(engine_name(current.settings))
        can = engine.capabilities(engine.models()[0])
        shape = shape_of(current, can)
        request, picture_bytes = await self._asked(current, shape, wish)
        check(request, can, picture_bytes)
        price = clip_micro_usd(engine.name, can.model, request.duration_seconds, request.resolution)
        job, is_new = await JobQueue(self._session, self._resources).enqueue(_order(current, wish, price))
        if is_new:
            await LedgerBudget(self._resources).hold(self._session, job, price, engine)
            if current.status is not SegmentStatus.GENERATING or wish.parent_id is None:
                await self._progress.begin_segment(current.id, job.id)
        return job

    async def waited_for(self, segment: SegmentView) -> SegmentView | None:
        """The segment as it stands; None when the job that it still waits for has ended or is gone."""
        current = await self._progress.segment(segment.id)
        if current.status is not SegmentStatus.GENERATING or current.job_id is None:
            return current
        job = await self._job_of(current)
        return None if job is None or job.is_final else current

    async def let_go(self, segment: SegmentView) -> SegmentView:
        """Ends the wait for a job that has ended or is gone; the job's failure becomes the segment's."""
        if (current := await self.waited_for(segment)) is not None:
            return current
        job = await self._job_of(await self._progress.segment(segment.id))
        failure = Failure(job.failure.code, job.failure.message) if job and job.failure else None
        return await self._progress.end_segment(segment.id, failure)

    async def listed(self, segment_id: str, window: Window) -> tuple[Page[TakeView], int]:
        """One page of a segment's takes, the newest first, and how many there are."""
        return await self._takes.listed(segment_id, window)

    async def restore(self, segment: SegmentView, take: RestoredTake) -> TakeView:
        """Adds a clip that comes with an archive to the history of its segment."""
        facts = {name: value for name, value in vars(take).items() if name not in {"is_fresh", "look"}}
        digest = clip_digest(segment) if take.is_fresh else OUT_OF_DATE
        # A take names the job that made it; no job of this service has made this one.
        made_by = self._resources.clock.new_id()
        return await self._takes.insert(
            segment.id, made_by, digest=digest, look=vars(take.look), cost_micro_usd=0, **facts
        )

    async def pair(self, segment: SegmentView, take_id: str, other_id: str | None) -> tuple[TakeView, TakeView]:
        """Two takes of a segment to be compared; the other one is the present one unless it is named."""
        present = None if segment.clip is None else segment.clip.take_id
        found = [await self._takes.of_segment(segment.id, each or "") for each in (take_id, other_id or present)]
        one, other = found
        if one is None or other is None:
            raise TakeNotFound
        return one, other

    async def use(self, segment: SegmentView, take_id: str) -> SegmentView:
        """Chooses an earlier take; its approval is to be given again."""
        take = await self._takes.of_segment(segment.id, take_id)
        if take is None:
            raise TakeNotFound
        try:
            await self._library.owned(take.asset_id, segment.owner_id)
        except AssetNotFound as gone:
            raise TakeNotFound from gone
        if (await self._progress.segment(segment.id)).status is SegmentStatus.GENERATING:
            raise SegmentBusy
        used = await self._progress.use_take(segment.id, take.accepted())
        return await chain_last_frame(self._progress, used, take)

    async def _job_of(self, segment: SegmentView) -> JobView | None:
        try:
            return await JobService.over(self._session, self._resources).any(segment.job_id or "")
        except JobNotFound:
            return None

    async def _asked(
        self, segment: SegmentView, shape: ClipShape, wish: TakeWish
    ) -> tuple[VideoRequest, tuple[int, ...]]:
        """The request without its pictures' bytes, and how many those are."""
        first = await self._library.owned(shape.first_asset_id, segment.owner_id)
        last = shape.last_asset_id and await self._library.owned(shape.last_asset_id, segment.owner_id)
        pair = Pair(still_facts(first), still_facts(last) if last else None)
        engine = self._resources.engines.video(engine_name(segment.settings))
        can = engine.capabilities(engine.models()[0])
        request = request_of(segment, can, pair, optimize_prompt=wish.optimize_prompt)
        return request, tuple(asset.size_bytes for asset in (first, last) if asset)


async def checked(resources: Resources, segment: SegmentView) -> SegmentView:
    """The segment up to date with its job; pages ask often, so only what has ended is written."""
    async with resources.database.reading() as session:
        current = await GenerationService.over(session, resources).waited_for(segment)
    if current is not None:
        return current
    async with resources.database.unit_of_work() as session:
        return await GenerationService.over(session, resources).let_go(segment)


async def chain_last_frame(progress: ProgressService, segment: SegmentView, take: TakeView) -> SegmentView:
    """Where a clip ends as it likes, its last picture becomes the key frame that the next segment begins with."""
    frame = segment.last_frame
    is_free = frame.asset_id is None or frame.origin is FrameOrigin.EXTRACTED
    if not (take.hands_on and is_free):
        return segment
    await progress.accept_frame(
        frame.id, take.last_picture_asset_id, FrameOrigin.EXTRACTED, digest=extraction_digest(take.asset_id)
    )
    return await progress.segment(segment.id)


def _is_taken(segment: SegmentView, wish: TakeWish) -> bool:
    return segment.status is SegmentStatus.GENERATING and segment.job_id not in {None, wish.parent_id}


def _order(segment: SegmentView, wish: TakeWish, price_micro_usd: int) -> Order:
    return Order(
        owner_id=segment.owner_id,
        kind=KIND,
        lane=Lane.REMOTE,
        params={"optimize_prompt": wish.optimize_prompt},
        project_id=segment.project_id,
        segment_id=segment.id,
        parent_id=wish.parent_id,
        same_work=f"take:{segment.id}",
        direct=wish.direct,
        continues=True,
        estimated_micro_usd=price_micro_usd,
    )


class KeptClips(ProjectArtifacts):
    """The history that goes when its project goes."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    @override
    async def media(self, session: Session, project: DeletedProject) -> Collection[str]:
        return await TakeRepository(session, self._clock).media(project.segment_ids)

    @override
    async def drop(self, session: Session, project: DeletedProject) -> None:
        await TakeRepository(session, self._clock).drop(project.segment_ids)
