"""segment.take: an approved segment becomes a clip."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import timedelta
from pathlib import Path
from typing import ClassVar

import structlog
from pydantic import BaseModel, JsonValue
from typing_extensions import override

from app.core.database import Session
from app.core.errors import AppError, NotNow
from app.core.file_sinks import FileSink
from app.generation.domain import DeliveredClip, TakeLook, TakeView, clip_faults, shape_of
from app.generation.errors import ClipBroken
from app.generation.repository import TakeRepository
from app.generation.service import KeptClips, chain_last_frame
from app.generation.vendor import LOOKED, Afterwards, Drafting, Filming, Plain
from app.jobs.domain import AttemptView, JobView, Lane
from app.jobs.handlers import Ending, JobHandler, JobRun, NoParams
from app.jobs.reconcile import Inquiry
from app.library.domain import AssetKind
from app.library.intake import Intake, MadeFile
from app.library.pictures import Stills
from app.media.errors import UnreadableMedia, UnsupportedMedia
from app.media.looks import ClipLooks
from app.media.mp4_reading import VideoTrack
from app.media.probe import Probes
from app.moderation.service import ModerationService
from app.projects.cleanup import purge
from app.projects.domain import SegmentStatus
from app.projects.errors import SegmentBusy
from app.projects.progress import ProgressService
from app.projects.service import failure_to_keep
from app.providers.video import Succeeded, VideoProvider
from app.resources import Resources

log = structlog.get_logger(__name__)
MOST_FETCHES = 3
PAUSE_SECONDS = 1.0


class ClipFetch:
    """Fetches one clip for its owner; nothing of a broken file stays."""

    def __init__(self, resources: Resources, owner_id: str, name: str) -> None:
        self._resources = resources
        self._owner_id = owner_id
        self._name = name
        self._intake = Intake(resources)
        self._stills = Stills(resources)
        self._probes = Probes(resources.tools, resources.threads)
        self._looks = ClipLooks(resources.tools, resources.threads)

    async def take_in(
        self, engine: VideoProvider, done: Succeeded, wanted_seconds: float, ends: Sequence[bytes | None]
    ) -> DeliveredClip:
        """The clip and its last picture in the library; a broken file is fetched again a few times."""
        for number in range(1, MOST_FETCHES + 1):
            try:
                async with self._intake.temp_dir() as temp_dir:
                    clip = await self._fetched(engine, done, wanted_seconds, temp_dir)
                    return await self._kept(clip, ends, temp_dir)
            except (ClipBroken, UnreadableMedia, UnsupportedMedia) as fault:
                log.warning("clip_broken", task_id=done.task.id, number=number, error=fault.code, reason=fault.text)
                if isinstance(fault, ClipBroken) and number == MOST_FETCHES:
                    raise
            await self._resources.clock.sleep(PAUSE_SECONDS)
        raise ClipBroken

    async def _fetched(
        self, engine: VideoProvider, done: Succeeded, wanted_seconds: float, temp_dir: Path
    ) -> tuple[Path, VideoTrack]:
        clip = temp_dir / "clip.mp4"
        max_bytes = engine.capabilities(done.task.model).max_file_bytes
        async with FileSink(clip, self._resources.threads, max_bytes) as sink:
            fetched = await engine.fetch(done, sink)
        media = await self._probes.probe(clip)
        size_bytes = await self._resources.threads.run(_size, clip)
        faults = clip_faults(
            media, wanted_seconds=wanted_seconds, size_bytes=size_bytes, promised_bytes=fetched.size_bytes
        )
        if faults or media.video is None:
            raise ClipBroken.over(faults)
        return clip, media.video

    async def _kept(
        self, fetched: tuple[Path, VideoTrack], ends: Sequence[bytes | None], temp_dir: Path
    ) -> DeliveredClip:
        """Decodes the whole clip before anything of it is kept, because headers are right in many a broken file."""
        clip, video = fetched
        look = await self._looks.look(clip, ends, temp_dir)
        last = await self._stills.last_picture(clip, video.duration_seconds, temp_dir / "last.png")
        size = {"width": video.width_px, "height": video.height_px}
        facts: dict[str, JsonValue] = {
            **size,
            "duration_seconds": round(video.duration_seconds, 3),
            "look": asdict(look),
        }
        kept = await self._intake.keep(self._owner_id, AssetKind.CLIP, self._name, MadeFile(clip, "mp4", facts))
        picture = await self._intake.keep(self._owner_id, AssetKind.KEY_FRAME, f"{self._name}-end", last)
        return DeliveredClip(
            asset_id=kept.id,
            last_picture_asset_id=picture.id,
            duration_seconds=video.duration_seconds,
            width_px=video.width_px,
            height_px=video.height_px,
            look=TakeLook(**asdict(look)),
        )


def _size(path: Path) -> int:
    return path.stat().st_size


class GenerateClip:
    """Makes one clip of one segment within one job."""

    def __init__(self, work: JobRun, *, optimize_prompt: bool) -> None:
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
        delivery = ClipFetch(self._resources, self._work.job.owner_id, plan["name"])
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


class TakeParams(BaseModel):
    """Whether the engine may improve the prompt."""

    optimize_prompt: bool = True


class TakeSegment(JobHandler[TakeParams]):
    """Buys one clip, waits for it, checks the file and gives it to the segment."""

    kind: ClassVar[str] = "segment.take"
    label: ClassVar[str] = "Make a clip"
    lane: ClassVar[Lane] = Lane.REMOTE
    params = TakeParams

    def __init__(self, resources: Resources) -> None:
        self._resources = resources

    @override
    async def run(self, work: JobRun, params: TakeParams) -> dict[str, JsonValue]:
        return await GenerateClip(work, optimize_prompt=params.optimize_prompt).run()

    def inquiry(self, params: TakeParams, attempt: AttemptView) -> Inquiry:
        """How a clip is asked after whose job has ended."""
        return Inquiry.about(attempt, Afterwards(self._resources, optimize_prompt=params.optimize_prompt).find)

    @override
    async def ended(self, session: Session, job: JobView, ending: Ending) -> None:
        """The segment is let go: failed with its reason, or approved as before when the work was cancelled."""
        if ending is Ending.COMPLETED or job.segment_id is None:
            return
        holders = {job.id, job.parent_id or job.id}
        failure = await failure_to_keep(session, self._resources, job, ending)
        await ProgressService.over(session, self._resources).let_go(job.segment_id, holders, failure)


class SweepTakes(JobHandler[NoParams]):
    """Deletes the clips that nobody can see any more, because their project was deleted."""

    kind: ClassVar[str] = "takes.sweep"
    label: ClassVar[str] = "Remove clips of deleted projects"
    lane: ClassVar[Lane] = Lane.LIGHT
    every: ClassVar[timedelta | None] = timedelta(hours=1)
    params = NoParams

    def __init__(self, resources: Resources) -> None:
        self._resources = resources

    @override
    async def run(self, work: JobRun, params: NoParams) -> dict[str, JsonValue]:
        await work.stage("sweeping", progress=10)
        return {"files": await work.step("purge", purge, self._resources, KeptClips(self._resources.clock))}
