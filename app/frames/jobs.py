"""frame.make: pictures for the key frames of a project."""

import hashlib
import json
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any, ClassVar

from pydantic import BaseModel, JsonValue
from typing_extensions import override

from app.core.database import Session
from app.core.errors import AppError
from app.frames.domain import (
    CandidateView,
    FrameScene,
    input_digest,
    is_extracted,
    reference_position,
    request_of,
    scene_of,
    seed_of,
)
from app.frames.errors import ClipMissing, PictureLost
from app.frames.repository import CandidateRepository, FrameCandidate
from app.frames.service import KeptPictures, needed
from app.jobs.attempts import PaidCall
from app.jobs.domain import AttemptView, JobView, Lane, Step
from app.jobs.handlers import JobHandler, JobRun, NoParams, PaidResult
from app.jobs.persistence import VendorAnswer, passes
from app.jobs.service import JobService
from app.library.domain import AssetKind, AssetView
from app.library.errors import QuotaExceeded
from app.library.pictures import BoughtPictures, Stills, sent_picture
from app.library.service import LibraryService, discard
from app.moderation.errors import ContentRefused
from app.moderation.service import ModerationService
from app.projects.cleanup import purge
from app.projects.domain import FrameOrigin, Storyboard
from app.projects.progress import ProgressService
from app.providers.errors import ContentBlocked, InvalidRequest, UnexpectedReply
from app.providers.image import ImageProvider, ImageRequest
from app.providers.values import AttemptKey, Role
from app.resources import Resources
from app.usage.domain import picture_micro_usd

READING_SECONDS = 60.0
# A retry after one of these buys anew, because what was bought can never be used.
USELESS = frozenset(
    {PictureLost.code, ContentRefused.code, ContentBlocked.code, InvalidRequest.code, UnexpectedReply.code}
)
Plain = dict[str, Any]


@dataclass(frozen=True)
class Need:
    """Whether frames that need nothing are passed over, and whether clips that rest on one make it need less."""

    only: bool = False
    spare_clips: bool = False


class PaintFrames:
    """Makes the frames of one job, one after the other, because each may follow the one before."""

    def __init__(self, work: JobRun, positions: tuple[int, ...], need: Need) -> None:
        self._work = work
        self._resources: Resources = work.resources
        self._project_id = work.job.project_id or ""
        self._positions = positions
        self._need = need
        self._moderation = ModerationService(work.resources)
        self._stills = Stills(work.resources)

    async def run(self) -> dict[str, JsonValue]:
        """What was made, frame by frame."""
        made: list[JsonValue] = []
        for index, position in enumerate(self._positions):
            label = f"Frame {position}"
            step = Step(index + 1, len(self._positions), label)
            await self._work.stage(f"frame_{position}", progress=5 + 90 * index // len(self._positions), step=step)
            brief: Plain = await self._work.step(f"begin.{position}", self._begin, position)
            if not brief["skipped"]:
                made.append(await self._make(position, brief))
        return {"frames": made}

    async def _make(self, position: int, brief: Plain) -> JsonValue:
        if brief["origin"] == FrameOrigin.EXTRACTED:
            asset_id = await self._work.step(f"extract.{position}", self._extract, position, brief)
            return await self._work.step(f"accept.{position}", self._accept, position, brief, asset_id, 0)
        await self._work.step(f"moderate.{position}", self._moderation.admit_text, str(brief["request"]["prompt"]))
        bought = await self._buy(position, brief)
        asset_id = await self._work.step(f"keep.{position}", self._keep, bought, position)
        await self._work.step(f"judge.{position}", self._judge, asset_id)
        price = picture_micro_usd(brief["provider"])
        return await self._work.step(f"accept.{position}", self._accept, position, brief, asset_id, price)

    async def _begin(self, position: int) -> Plain:
        """Writes down what this frame is made from now; one that needs nothing any more is passed over."""
        async with self._resources.database.reading() as session:
            board = await ProgressService.over(session, self._resources).board(self._project_id)
            salt = await self._salt(JobService.over(session, self._resources))
            candidates = CandidateRepository(session, self._resources.clock)
            if self._need.only and position not in await needed(board, candidates, spare_clips=self._need.spare_clips):
                return {"skipped": True}
            digest = input_digest(board, position)
            if digest is None:
                raise ClipMissing
            frame = board.frames[position]
            brief: Plain = {"skipped": False, "frame_id": frame.id, "digest": digest, "salt": salt}
            if is_extracted(board, position):
                clip = board.segments[position - 1].clip_asset_id
                return {**brief, "origin": FrameOrigin.EXTRACTED.value, "clip": clip}
            before = reference_position(position)
            brief["before"] = reference = None if before is None else board.frames[before].asset_id
            tries = await candidates.tries(frame.id, digest, self._work.job.id)
            brief["seed"] = seed_of(self._project_id, tries)
        return {**brief, "origin": FrameOrigin.GENERATED.value, **await self._drawing(board, position, reference)}

    async def _drawing(self, board: Storyboard, position: int, reference: str | None) -> Plain:
        engine = self._resources.engines.image(board.project.settings.providers.get(Role.IMAGE, "auto"))
        scene = scene_of(board, position)
        request = await self._request(engine, scene, reference, None)
        shown = {"prompt": request.prompt, "model": request.model}
        facts = {"provider": engine.name, "scene": asdict(scene), "request": shown}
        return {**facts, "reference": reference if request.references else None}

    async def _request(
        self, engine: ImageProvider, scene: FrameScene, reference: str | None, seed: int | None
    ) -> ImageRequest:
        picture = None if reference is None else await self._stills.picture(await self._asset(reference))
        return request_of(scene, engine.capabilities(), picture, seed)

    async def _buy(self, position: int, brief: Plain) -> PaidResult:
        engine = self._resources.engines.image(brief["provider"])
        call = PaidCall(
            operation=f"frame.{position}",
            provider=engine.name,
            account=engine.account,
            request_hash=await self._request_hash(brief),
            estimated_micro_usd=picture_micro_usd(engine.name),
            send_timeout_seconds=engine.capabilities().deadline_seconds + READING_SECONDS,
        )

        async def send(attempt: AttemptView) -> VendorAnswer:
            try:
                request = await self._request(engine, FrameScene(**brief["scene"]), brief["reference"], brief["seed"])
            except AppError as fault:
                if passes(fault):
                    raise
                raise InvalidRequest(provider=engine.name, hint=fault.text) from fault
            drawn = await engine.draw(request, key=AttemptKey(attempt.id))
            return sent_picture(self._work.job.owner_id, attempt, drawn.stills[0].content)

        bought = await self._work.buy(call, send)
        await self._work.settle(bought, call.estimated_micro_usd)
        return bought

    async def _keep(self, bought: PaidResult, position: int) -> str:
        """The paid picture in the library, or why it cannot be kept."""
        try:
            return await BoughtPictures(self._resources).keep(
                self._work, bought, AssetKind.KEY_FRAME, f"frame-{position}"
            )
        except AppError as fault:
            if passes(fault) or isinstance(fault, QuotaExceeded):
                raise
            raise PictureLost.because(fault) from fault

    async def _request_hash(self, brief: Plain) -> str:
        """The same for a retry, which may count the pictures made before it differently: hence without the seed."""
        reference = brief["reference"]
        sha256 = "" if reference is None else (await self._asset(reference)).sha256
        asked = {"request": brief["request"], "ratio": brief["scene"]["aspect_ratio"], "reference": sha256}
        known = {**asked, "frame": brief["frame_id"], "salt": brief["salt"]}
        return hashlib.sha256(json.dumps(known, sort_keys=True).encode()).hexdigest()

    async def _judge(self, asset_id: str) -> None:
        """Lets the picture pass, or throws a refused one away."""
        asset = await self._asset(asset_id)
        try:
            await self._moderation.admit_picture(await self._stills.picture(asset))
        except ContentRefused:
            await discard(self._resources, asset)
            raise

    async def _extract(self, position: int, brief: Plain) -> str:
        clip = await self._asset(brief["clip"])
        return (await self._stills.last_of(clip, f"frame-{position}")).id

    async def _accept(self, position: int, brief: Plain, asset_id: str, cost_micro_usd: int) -> JsonValue:
        async with self._resources.database.unit_of_work() as session:
            candidates = CandidateRepository(session, self._resources.clock)
            made = await candidates.of_job(self._work.job.id, brief["frame_id"])
            if made is None:
                made = await candidates.insert(self._row(brief, asset_id, cost_micro_usd))
                await self._put_in_place(session, made)
        return {"position": position, "candidate_id": made.id, "asset_id": made.asset_id}

    async def _put_in_place(self, session: Session, made: CandidateView) -> None:
        progress = ProgressService.over(session, self._resources)
        await progress.accept_frame(made.frame_id, made.asset_id, made.origin, digest=made.digest)

    def _row(self, brief: Plain, asset_id: str, cost_micro_usd: int) -> FrameCandidate:
        request = brief.get("request", {})
        return FrameCandidate(
            project_id=self._project_id,
            frame_id=brief["frame_id"],
            job_id=self._work.job.id,
            origin=FrameOrigin(brief["origin"]),
            asset_id=asset_id,
            digest=brief["digest"],
            reference_asset_id=brief.get("before"),
            prompt=request.get("prompt", ""),
            provider=brief.get("provider"),
            model=request.get("model"),
            cost_micro_usd=cost_micro_usd,
        )

    async def _asset(self, asset_id: str) -> AssetView:
        async with self._resources.database.reading() as session:
            return await LibraryService.over(session, self._resources).owned(asset_id, self._work.job.owner_id)

    async def _salt(self, jobs: JobService) -> str:
        """The last job of this retry chain whose purchase is of no use: it must not be adopted."""
        earlier = self._work.job.retry_of
        while earlier is not None:
            job: JobView = await jobs.any(earlier)
            if job.failure is not None and job.failure.code in USELESS:
                return job.id
            earlier = job.retry_of
        return ""


class FrameParams(BaseModel):
    """Which frames, in order; `only_needed` passes over those that need nothing (any more)."""

    positions: tuple[int, ...]
    only_needed: bool = False
    spare_clips: bool = False


class MakeFrames(JobHandler[FrameParams]):
    """Draws each frame by the project's picture engine, or takes it from the clip before it."""

    kind: ClassVar[str] = "frame.make"
    label: ClassVar[str] = "Make key frames"
    lane: ClassVar[Lane] = Lane.REMOTE
    params = FrameParams

    @override
    async def run(self, work: JobRun, params: FrameParams) -> dict[str, JsonValue]:
        return await PaintFrames(
            work, params.positions, Need(only=params.only_needed, spare_clips=params.spare_clips)
        ).run()


class SweepCandidates(JobHandler[NoParams]):
    """Deletes the pictures that nobody can see any more, because their project was deleted."""

    kind: ClassVar[str] = "frames.sweep"
    label: ClassVar[str] = "Remove pictures of deleted projects"
    lane: ClassVar[Lane] = Lane.LIGHT
    every: ClassVar[timedelta | None] = timedelta(hours=1)
    params = NoParams

    def __init__(self, resources: Resources) -> None:
        self._resources = resources

    @override
    async def run(self, work: JobRun, params: NoParams) -> dict[str, JsonValue]:
        await work.stage("sweeping", progress=10)
        return {"files": await work.step("purge", purge, self._resources, KeptPictures(self._resources.clock))}
