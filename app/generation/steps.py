"""The steps of one segment.take job: begin, judge, buy, look, fetch, accept; each may run again after a crash."""

from dataclasses import asdict
from typing import Any

import structlog
from pydantic import JsonValue

from app.core.database import Session
from app.core.errors import AppError
from app.generation.adoption import last_useless
from app.generation.delivery import Delivery
from app.generation.filming import LOOKED, Filming
from app.generation.prompt import Pair, check, engine_name, request_of, shape_of
from app.generation.records import digest, plain_request, read_request
from app.generation.repository import TakeRepository
from app.generation.service import hand_on
from app.generation.values import TakeView
from app.jobs.context import Work
from app.jobs.service import JobService
from app.jobs.values import JobView
from app.library.service import LibraryService
from app.library.stills import Stills, still_facts
from app.library.values import AssetView
from app.moderation.service import ModerationService
from app.projects.errors import SegmentBusy
from app.projects.freshness import clip_digest
from app.projects.progress import ProgressService
from app.projects.states import SegmentStatus
from app.projects.values import SegmentView
from app.providers.video import (
    Succeeded,
    VideoProvider,
    VideoRequest,
)
from app.resources import Resources
from app.usage.prices import clip_micro_usd

__all__ = ["TakeMaking"]

log = structlog.get_logger(__name__)


Plain = dict[str, Any]


class TakeMaking:
    """Makes one clip of one segment within one job."""

    def __init__(self, work: Work, *, optimize_prompt: bool) -> None:
        self._work = work
        self._resources: Resources = work.resources
        self._clock = work.resources.clock
        self._segment_id = work.job.segment_id or ""
        self._optimize_prompt = optimize_prompt
        self._stills = Stills(work.resources)

    async def run(self) -> dict[str, JsonValue]:
        """The accepted take, as the job's result."""
        work = self._work
        await work.stage("checking_segment", progress=2)
        plan: Plain = await work.step("begin", self._begin)
        await work.step("moderate", self._moderate, plan)
        await work.stage("buying_clip", progress=10)
        engine = self._resources.engines.video(plan["provider"])
        done = await Filming(work, engine, plan, self._request).run()
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
                shape_of(segment, self._engine(segment).capabilities(self._model(segment)))
                segment = await progress.begin_segment(segment.id, self._work.job.id)
            elif segment.job_id not in {self._work.job.id, self._work.job.parent_id}:
                raise SegmentBusy
            salt = await self._salt(JobService.over(session, self._resources))
            library = LibraryService.over(session, self._resources)
            return await self._plan(segment, library, salt)

    async def _plan(self, segment: SegmentView, library: LibraryService, salt: str) -> Plain:
        engine = self._engine(segment)
        can = engine.capabilities(self._model(segment))
        shape = shape_of(segment, can)
        first = await library.owned(shape.first_asset_id, segment.owner_id)
        last = await library.owned(shape.last_asset_id, segment.owner_id) if shape.last_asset_id else None
        pair = Pair(still_facts(first), still_facts(last) if last else None)
        request = request_of(segment, can, pair, optimize_prompt=self._optimize_prompt)
        pictures = [asset for asset in (first, last) if asset is not None]
        check(request, can, tuple(asset.size_bytes for asset in pictures))
        kept = plain_request(request)
        return {
            "provider": engine.name,
            "request": kept,
            "text": request.text,
            "pictures": [asset.id for asset in pictures],
            "hash": digest(kept, [asset.sha256 for asset in pictures], salt),
            "digest": clip_digest(segment),
            "last_frame_asset_id": segment.last_frame.asset_id,
            "hands_on": last is None,
            "name": f"segment-{segment.index + 1}",
            "price_micro_usd": clip_micro_usd(engine.name, request.model, request.duration_seconds, request.resolution),
        }

    async def _moderate(self, plan: Plain) -> None:
        judge = ModerationService(self._resources)
        await judge.admit_text(plan["request"]["prompt"])
        for asset_id in plan["pictures"]:
            await judge.admit_picture(await self._stills.picture(await self._asset(asset_id)))

    async def _fetch(self, engine: VideoProvider, done: Succeeded, plan: Plain) -> Plain:
        delivery = Delivery(self._resources, self._work.job.owner_id, plan["name"])
        wanted_seconds = plan["request"]["duration_seconds"]
        clip = await delivery.take_in(engine, done, wanted_seconds, await self._ends(plan))
        return asdict(clip)

    async def _request(self, plan: Plain) -> VideoRequest:
        pictures = [await self._stills.picture(await self._asset(asset_id)) for asset_id in plan["pictures"]]
        return read_request(plan["request"], Pair(*pictures))

    async def _ends(self, plan: Plain) -> list[bytes | None]:
        """The key frames that the clip was given; one that is gone from the library is not compared."""
        found: list[bytes | None] = []
        for asset_id in plan["pictures"]:
            try:
                found.append((await self._stills.picture(await self._asset(asset_id))).content)
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
        await hand_on(progress, segment, take)
        return take

    async def _asset(self, asset_id: str) -> AssetView:
        async with self._resources.database.reading() as session:
            return await LibraryService.over(session, self._resources).owned(asset_id, self._work.job.owner_id)

    def _engine(self, segment: SegmentView) -> VideoProvider:
        return self._resources.engines.video(engine_name(segment.settings))

    def _model(self, segment: SegmentView) -> str:
        return self._engine(segment).models()[0]

    async def _salt(self, jobs: JobService) -> str:
        chain: list[JobView] = []
        earlier = self._work.job.retry_of
        while earlier is not None:
            chain.append(await jobs.any(earlier))
            earlier = chain[-1].retry_of
        return last_useless([(job.id, job.failure.code if job.failure else "") for job in reversed(chain)])
