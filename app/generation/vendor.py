"""The vendor's part of a clip: what is asked for, bought once, polled, found again when its answer was lost."""

from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import structlog

from app.accounts.provider_keys import resources_of
from app.core.database import Session
from app.core.errors import AppError
from app.generation.domain import (
    Pair,
    check,
    digest,
    engine_name,
    last_useless,
    plain_request,
    plain_task,
    read_request,
    read_task,
    request_of,
    shape_of,
)
from app.jobs import reconcile
from app.jobs.attempts import PaidCall
from app.jobs.domain import AttemptView, JobCancelled, JobFailed, JobView, failure_of
from app.jobs.handlers import JobRun, PaidResult
from app.jobs.persistence import VendorAnswer, passes
from app.jobs.reconcile import AttemptFound, AttemptNotReceived, AttemptUnclear, callback_url
from app.jobs.service import JobService
from app.library.domain import AssetView
from app.library.pictures import Stills, sizes_of, still_facts
from app.library.service import LibraryService
from app.projects.domain import SegmentView
from app.projects.freshness import clip_digest
from app.projects.layout import crop_of, cropped_notes
from app.projects.progress import ProgressService
from app.providers import video
from app.providers.errors import InvalidRequest, ProviderError, TaskLost, UnexpectedReply
from app.providers.values import AttemptKey, Picture
from app.providers.video import Failed, RemoteTask, Running, Succeeded, VideoCapabilities, VideoProvider, VideoRequest
from app.resources import Resources
from app.usage.domain import clip_micro_usd

Plain = dict[str, Any]
log = structlog.get_logger(__name__)
OPERATION = "clip"
SUBMIT_MARGIN_SECONDS = 30.0
PAUSE_SECONDS = 5
SHORTEST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 0.2, 30.0
LOOKING, LOOKED = 20, 80
# Work of an earlier job that ends like this was taken back or forgotten, so the retry that adopted it has nothing.
GONE = frozenset({TaskLost.code, UnexpectedReply.code})


class Drafting:
    """Drafts the clip of one job; the same rows give the same draft."""

    def __init__(self, resources: Resources, job: JobView, *, optimize_prompt: bool) -> None:
        self._resources = resources
        self._job = job
        self._optimize_prompt = optimize_prompt
        self._stills = Stills(resources)

    def offers(self, segment: SegmentView) -> VideoCapabilities:
        """What the segment's engine takes."""
        engine = self._engine(segment)
        return engine.capabilities(engine.models()[0])

    async def draft(self, session: Session, segment: SegmentView) -> Plain:
        """The plan of one clip, as a step remembers it."""
        engine, can = self._engine(segment), self.offers(segment)
        library = LibraryService.over(session, self._resources)
        shape = shape_of(segment, can)
        first = await library.owned(shape.first_asset_id, segment.owner_id)
        last = await library.owned(shape.last_asset_id, segment.owner_id) if shape.last_asset_id else None
        pictures = [asset for asset in (first, last) if asset is not None]
        crops = _crops(segment, pictures)
        pair = Pair(*map(_shaped, pictures, crops))
        request = request_of(segment, can, pair, optimize_prompt=self._optimize_prompt)
        check(request, can, tuple(asset.size_bytes for asset in pictures))
        kept = plain_request(request)
        salt = await self._salt(JobService.over(session, self._resources))
        return {
            "provider": engine.name,
            "request": kept,
            "text": request.text,
            "pictures": [asset.id for asset in pictures],
            "crops": crops,
            "notes": _notes(segment, pictures),
            "hash": digest(kept, [*map(_content_of, pictures, crops)], salt),
            "digest": clip_digest(segment),
            "last_frame_asset_id": segment.last_frame.asset_id,
            "hands_on": last is None,
            "name": f"segment-{segment.index + 1}",
            "price_micro_usd": clip_micro_usd(engine.name, request.model, request.duration_seconds, request.resolution),
        }

    async def request(self, plan: Plain) -> VideoRequest:
        """What the vendor is asked, with the bytes of its pictures."""
        wanted = zip(plan["pictures"], plan["crops"], strict=True)
        return read_request(plan["request"], Pair(*[await self.shaped(asset_id, crop) for asset_id, crop in wanted]))

    async def picture(self, asset_id: str) -> Picture:
        """A picture as its owner knows it."""
        return await self._stills.picture(await self._asset(asset_id))

    async def shaped(self, asset_id: str, crop: Sequence[int] | None) -> Picture:
        """A picture as the clip is given it, in the shape of the film."""
        asset = await self._asset(asset_id)
        return await (self._stills.cropped(asset, *crop) if crop else self._stills.picture(asset))

    async def _asset(self, asset_id: str) -> AssetView:
        async with self._resources.database.reading() as session:
            return await LibraryService.over(session, self._resources).owned(asset_id, self._job.owner_id)

    def _engine(self, segment: SegmentView) -> VideoProvider:
        return self._resources.engines.video(engine_name(segment.settings))

    async def _salt(self, jobs: JobService) -> str:
        chain: list[JobView] = []
        earlier = self._job.retry_of
        while earlier is not None:
            chain.append(await jobs.any(earlier))
            earlier = chain[-1].retry_of
        return last_useless([(job.id, job.failure.code if job.failure else "") for job in reversed(chain)])


def _crops(segment: SegmentView, pictures: Sequence[AssetView]) -> list[list[int] | None]:
    """The size to which each picture is cropped; None leaves it as it is."""
    stills = map(still_facts, pictures)
    ratio = segment.settings.aspect_ratio
    pairs = zip((segment.first_frame, segment.last_frame), stills, strict=False)
    crops = (crop_of(frame, (still.width_px, still.height_px), ratio) for frame, still in pairs)
    # A step remembers lists, no tuples.
    return [list(crop) if crop else None for crop in crops]


def _shaped(asset: AssetView, crop: Sequence[int] | None) -> Picture:
    """A stored picture in the shape of the film, without its bytes."""
    facts = still_facts(asset)
    return replace(facts, width_px=crop[0], height_px=crop[1]) if crop else facts


def _content_of(asset: AssetView, crop: Sequence[int] | None) -> str:
    """What stands for the bytes of a picture: cropped they are others."""
    return f"{asset.sha256} {crop[0]}x{crop[1]}" if crop else asset.sha256


def _notes(segment: SegmentView, pictures: Sequence[AssetView]) -> list[str]:
    """What is said of the owner's pictures that were cropped."""
    frames = (segment.first_frame, segment.last_frame)[: len(pictures)]
    return cropped_notes(frames, sizes_of(pictures), segment.settings.aspect_ratio)


class Filming:
    """Buys one clip for one job and waits for it."""

    def __init__(
        self, work: JobRun, engine: VideoProvider, plan: Plain, request: Callable[[Plain], Awaitable[VideoRequest]]
    ) -> None:
        self._work = work
        self._resources = work.resources
        self._clock = work.resources.clock
        self._engine = engine
        self._plan = plan
        self._request = request
        self._can = engine.capabilities(plan["request"]["model"])

    async def run(self) -> Succeeded:
        """The finished work; where an adopted one is gone at the vendor, the retry buys one of its own."""
        bought = await self._bought()
        await self._work.stage("rendering_clip", progress=LOOKING)
        try:
            return await self._finished(bought, "poll")
        except JobFailed as lost:
            if not (bought.is_adopted and lost.failure.code in GONE):
                raise
        log.info("adopted_clip_gone", job_id=self._work.job.id, attempt_id=bought.attempt_id)
        return await self._finished(await self._bought(gone=bought.attempt_id), "poll.again")

    async def _bought(self, *, gone: str = "") -> PaidResult:
        """What was bought; where the vendor accepts it when nobody wants it any more it is taken back."""
        try:
            return await self._buy(gone=gone)
        except JobCancelled:
            for accepted in await self._work.accepted(OPERATION):
                await self._forget(self._task(accepted))
            raise

    async def _buy(self, *, gone: str = "") -> PaidResult:
        call = PaidCall(
            operation=OPERATION,
            provider=self._engine.name,
            account=self._engine.account,
            request_hash=self._plan["hash"],
            estimated_micro_usd=self._plan["price_micro_usd"],
            exclusive=True,
            gone=gone,
            send_timeout_seconds=self._can.submit_deadline_seconds + SUBMIT_MARGIN_SECONDS,
        )
        return await self._work.buy(call, self._send, self._find)

    async def _send(self, attempt: AttemptView) -> VendorAnswer:
        try:
            request = await self._request(self._plan)
        except AppError as fault:
            if passes(fault):
                raise
            raise InvalidRequest(provider=self._engine.name, hint=fault.text) from fault
        task = await self._engine.submit(request, key=self._key(attempt))
        return VendorAnswer(task.id, plain_task(task))

    async def _find(
        self, attempt: AttemptView, known: frozenset[str], since: datetime
    ) -> reconcile.AttemptFound | reconcile.AttemptNotReceived | reconcile.AttemptUnclear:
        try:
            request = await self._request(self._plan)
            return await found_out(self._engine, request, self._key(attempt), known, since)
        except AppError as fault:
            log.info("attempt_not_found_out", attempt_id=attempt.id, error=fault.code)
            return reconcile.AttemptUnclear()

    async def _finished(self, bought: PaidResult, name: str) -> Succeeded:
        """Waits until the vendor has made the clip; work that nobody wants any more is taken back."""
        task = self._task(bought)
        until = max(task.submitted_at, self._work.job.created_at) + timedelta(seconds=self._can.give_up_after_seconds)
        try:
            done: Plain = await self._work.wait(
                name, self._look, task, every_seconds=SHORTEST_PAUSE_SECONDS, until=until
            )
        except JobCancelled:
            await self._forget(task)
            raise
        await self._work.settle(bought, self._plan["price_micro_usd"])
        return Succeeded(task, **done)

    async def _look(self, task: RemoteTask) -> Plain | None:
        match await self._engine.poll(task):
            case Succeeded(_, file_id, width_px, height_px):
                return {"file_id": file_id, "width_px": width_px, "height_px": height_px}
            case Failed(error):
                # The vendor's last word on this clip, whatever sort of error it gives.
                raise JobFailed(failure_of(error))
            case Running(look_again_seconds):
                await self._report(task)
                pause = min(look_again_seconds, LONGEST_PAUSE_SECONDS) - SHORTEST_PAUSE_SECONDS
                await self._clock.sleep(max(0.0, pause))
                return None

    async def _report(self, task: RemoteTask) -> None:
        """Vendors give no share of the work done, so the time that such a clip usually takes stands for it."""
        usual = max(1, self._can.usual_seconds)
        share = min(1.0, (self._clock.now() - task.submitted_at).total_seconds() / usual)
        tens = int(LOOKING + (LOOKED - LOOKING) * share) // 10 * 10
        if tens > LOOKING:
            await self._work.report(tens)

    async def _forget(self, task: RemoteTask) -> None:
        try:
            await self._engine.forget(task)
        except ProviderError as fault:
            log.info("clip_not_taken_back", task_id=task.id, error=fault.code)

    def _task(self, bought: PaidResult) -> RemoteTask:
        model = self._plan["request"]["model"]
        return read_task(bought.reply, bought.remote_id or "", model, self._work.job.created_at)

    def _key(self, attempt: AttemptView) -> AttemptKey:
        return AttemptKey(attempt.id, callback_url(self._resources, attempt))


async def found_out(
    engine: VideoProvider, request: VideoRequest, key: AttemptKey, known: Collection[str], since: datetime
) -> AttemptFound | AttemptNotReceived | AttemptUnclear:
    """The vendor's word on one attempt."""
    match await engine.find(key, since=since, request=request, known=known):
        case video.Found(task):
            return AttemptFound(task.id)
        case video.NotReceived():
            return AttemptNotReceived()
        case video.CannotTell():
            return AttemptUnclear()


class Afterwards:
    """Asks once the job has ended and nothing of its run is left but its rows."""

    def __init__(self, resources: Resources, *, optimize_prompt: bool) -> None:
        self._resources = resources
        self._optimize_prompt = optimize_prompt

    async def find(
        self, attempt: AttemptView, known: frozenset[str], since: datetime
    ) -> AttemptFound | AttemptNotReceived | AttemptUnclear:
        """The vendor's word; nobody can tell once key or segment are no longer those that the clip was ordered with."""
        try:
            async with self._resources.database.reading() as session:
                job = await JobService.over(session, self._resources).any(attempt.job_id)
            async with resources_of(self._resources, job.owner_id) as own:
                return await self._asked(own, job, attempt, known, since)
        except AppError as fault:
            log.info("attempt_not_found_out", attempt_id=attempt.id, error=fault.code)
            return AttemptUnclear()

    async def _asked(
        self, resources: Resources, job: JobView, attempt: AttemptView, known: frozenset[str], since: datetime
    ) -> AttemptFound | AttemptNotReceived | AttemptUnclear:
        engine = resources.engines.video(attempt.provider)
        drafting = Drafting(resources, job, optimize_prompt=self._optimize_prompt)
        async with resources.database.reading() as session:
            segment = await ProgressService.over(session, resources).segment(job.segment_id or "")
            plan = await drafting.draft(session, segment)
        if (engine.account, plan["hash"]) != (attempt.account, attempt.request_hash):
            return AttemptUnclear()
        key = AttemptKey(attempt.id, callback_url(resources, attempt))
        return await found_out(engine, await drafting.request(plan), key, known, since)
