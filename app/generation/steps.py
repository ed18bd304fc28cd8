"""The steps of one segment.take job: begin, judge, buy, look, fetch, accept; each may run again after a crash."""

from dataclasses import asdict

import structlog
from pydantic import JsonValue

from app.core.database import Session
from app.core.errors import AppError, NotNow
from app.generation.delivery import Delivery
from app.generation.drafting import Drafting, Plain
from app.generation.filming import LOOKED, Filming
from app.generation.prompt import shape_of
from app.generation.repository import TakeRepository
from app.generation.service import chain_last_frame
from app.generation.values import TakeView
from app.jobs.handlers import Work
from app.moderation.service import ModerationService
from app.projects.errors import SegmentBusy
from app.projects.progress import ProgressService
from app.projects.states import SegmentStatus
from app.providers.video import Succeeded, VideoProvider
from app.resources import Resources

__all__ = ["TakeMaking"]

log = structlog.get_logger(__name__)


class TakeMaking:
    """Makes one clip of one segment within one job."""

    def __init__(self, work: Work, *, optimize_prompt: bool) -> None:
        self._work = work
        self._resources: Resources = work.resources
        self._clock = work.resources.clock
        self._segment_id = work.job.segment_id or ""
        self._drafting = Drafting(work.resources, work.job, optimize_prompt=optimize_prompt)

    async def run(self) -> dict[str, JsonValue]:
        """The accepted take, as the job's result."""
        work = self._work
        await work.stage("checking_segment", progress=2)
        plan: Plain = await work.step("begin", self._begin)
        await work.step("moderate", self._moderate, plan)
        await work.stage("buying_clip", progress=10)
        engine = self._resources.engines.video(plan["provider"])
        done = await Filming(work, engine, plan, self._drafting.request).run()
        await work.stage("fetching_clip", progress=LOOKED + 5)
        clip: Plain = await work.step("fetch", self._fetch, engine, done, plan)
        await work.stage("accepting_take", progress=95)
        return await work.step("accept", self._accept, plan, clip)

    async def _begin(self) -> Plain:
        """Takes the segment unless the start has taken it, and writes down what the clip is made from."""
        async with self._resources.database.unit_of_work() as session:
            progress = ProgressService.over(session, self._resources)
            segment = await progress.segment(self._segment_id)
            if segment.status is not SegmentStatus.GENERATING:
                shape_of(segment, self._drafting.offers(segment))
                segment = await progress.begin_segment(segment.id, self._work.job.id)
            elif segment.job_id not in {self._work.job.id, self._work.job.parent_id}:
                raise SegmentBusy
            return await self._drafting.draft(session, segment)

    async def _moderate(self, plan: Plain) -> None:
        judge = ModerationService(self._resources)
        await judge.admit_text(plan["request"]["prompt"])
        for asset_id in plan["pictures"]:
            await judge.admit_picture(await self._drafting.picture(asset_id))

    async def _fetch(self, engine: VideoProvider, done: Succeeded, plan: Plain) -> Plain:
        delivery = Delivery(self._resources, self._work.job.owner_id, plan["name"])
        wanted_seconds = plan["request"]["duration_seconds"]
        clip = await delivery.take_in(engine, done, wanted_seconds, await self._ends(plan))
        return asdict(clip)

    async def _ends(self, plan: Plain) -> list[bytes | None]:
        """The key frames that the clip was given; one that is gone from the library is not compared."""
        found: list[bytes | None] = []
        for asset_id, crop in zip(plan["pictures"], plan["crops"], strict=True):
            try:
                found.append((await self._drafting.shaped(asset_id, crop)).content)
            except NotNow:
                raise
            except AppError as gone:
                log.info("key_frame_not_compared", asset_id=asset_id, error=gone.code)
                found.append(None)
        return found

    async def _accept(self, plan: Plain, clip: Plain) -> dict[str, JsonValue]:
        async with self._resources.database.unit_of_work() as session:
            take = await TakeRepository(session, self._clock).of_job(self._work.job.id)
            if take is None:
                take = await self._put_in_place(session, plan, clip)
        return {
            "take_id": take.id,
            "segment_id": take.segment_id,
            "number": take.number,
            "asset_id": take.asset_id,
            "duration_seconds": take.duration_seconds,
            "notes": plan["notes"],
        }

    async def _put_in_place(self, session: Session, plan: Plain, clip: Plain) -> TakeView:
        progress = ProgressService.over(session, self._resources)
        request = plan["request"]
        take = await TakeRepository(session, self._clock).insert(
            self._segment_id,
            self._work.job.id,
            **clip,
            first_frame_asset_id=plan["pictures"][0],
            last_frame_asset_id=plan["last_frame_asset_id"],
            hands_on=plan["hands_on"],
            digest=plan["digest"],
            provider=plan["provider"],
            model=request["model"],
            prompt=plan["text"],
            resolution=request["resolution"],
            cost_micro_usd=plan["price_micro_usd"],
        )
        segment = await progress.accept_take(self._segment_id, take.accepted())
        await chain_last_frame(progress, segment, take)
        return take
