"""piece.picture and piece.music: a prompt becomes a picture, or a piece of music."""

import hashlib
import json
from typing import Any, ClassVar

from pydantic import BaseModel, JsonValue
from typing_extensions import override

from app.jobs.attempts import PaidCall
from app.jobs.domain import AttemptView, JobStatus, Lane
from app.jobs.handlers import JobHandler, JobRun, PaidResult
from app.jobs.persistence import VendorAnswer
from app.library.domain import AssetKind, AssetView
from app.library.intake import Intake, MadeFile
from app.library.pictures import BoughtPictures, Stills, sent_picture
from app.library.service import LibraryService, discard
from app.media.timeline import Mood
from app.media.tunes import Tune, Tunes
from app.moderation.errors import ContentRefused
from app.moderation.service import ModerationService
from app.pieces.domain import PieceLost, picture_prompt, tune_of
from app.pieces.repository import Piece, PieceRepository
from app.pieces.service import DRAW_KIND, TUNE_KIND
from app.providers.image import ImageRequest
from app.providers.values import AttemptKey
from app.resources import Resources
from app.usage.domain import picture_micro_usd

Plain = dict[str, Any]
OPERATION = "piece"
MOST_SEED = 2**31 - 1


class MakePiece:
    """Makes one piece within one job; every step may run again after a crash."""

    def __init__(self, work: JobRun, piece_id: str) -> None:
        self._work = work
        self._resources: Resources = work.resources
        self._piece_id = piece_id
        self._moderation = ModerationService(work.resources)

    async def picture(self) -> dict[str, JsonValue]:
        """The picture, as the job's result."""
        await self._work.stage("checking_prompt", progress=5)
        brief: Plain = await self._work.step("begin", self._begin)
        await self._work.step("moderate", self._moderation.admit_text, brief["words"])
        await self._work.stage("drawing", progress=15, status=JobStatus.GENERATING_IMAGES)
        asset_id = await self._work.step("keep", self._keep, await self._buy(brief))
        await self._work.step("judge", self._judge, asset_id)
        return await self._work.step("accept", self._accept, asset_id)

    async def music(self) -> dict[str, JsonValue]:
        """The music, as the job's result."""
        await self._work.stage("checking_prompt", progress=5)
        brief: Plain = await self._work.step("begin", self._begin)
        await self._work.step("moderate", self._moderation.admit_text, brief["words"])
        await self._work.stage("composing_music", progress=20, status=JobStatus.GENERATING_AUDIO)
        asset_id = await self._work.step("compose", self._compose, brief)
        return await self._work.step("accept", self._accept, str(asset_id))

    async def _begin(self) -> Plain:
        row = await self._row()
        turn = row.options.get("turn", 0)
        return {
            "words": row.prompt,
            "prompt": picture_prompt(row.prompt, row.options, int(turn)),
            "options": dict(row.options),
            "provider": self._resources.engines.image().name,
        }

    async def _buy(self, brief: Plain) -> PaidResult:
        engine = self._resources.engines.image(brief["provider"])
        can = engine.capabilities()
        ratio = str(brief["options"].get("aspect_ratio", "16:9"))
        shape = ratio if ratio in can.sizes else next(iter(can.sizes))
        prompt = str(brief["prompt"])[: can.prompt_limit_characters]
        digest = hashlib.sha256(json.dumps([self._piece_id, prompt, shape], sort_keys=True).encode()).hexdigest()
        seed = int(digest[:8], 16) % MOST_SEED if can.takes_seed else None
        request = ImageRequest(prompt, shape, seed=seed, model=can.model)
        price = picture_micro_usd(engine.name)
        call = PaidCall(
            operation=OPERATION,
            provider=engine.name,
            account=engine.account,
            request_hash=digest,
            estimated_micro_usd=price,
            send_timeout_seconds=can.deadline_seconds,
        )

        async def send(attempt: AttemptView) -> VendorAnswer:
            drawn = await engine.draw(request, key=AttemptKey(attempt.id))
            return sent_picture(self._work.job.owner_id, attempt, drawn.stills[0].content)

        bought = await self._work.buy(call, send)
        await self._work.settle(bought, price)
        return bought

    async def _keep(self, bought: PaidResult) -> str:
        pictures, name = BoughtPictures(self._resources), f"picture-{self._piece_id}"
        return await pictures.keep(self._work, bought, AssetKind.PICTURE, name)

    async def _judge(self, asset_id: str) -> None:
        asset = await self._asset(asset_id)
        try:
            await self._moderation.admit_picture(await Stills(self._resources).picture(asset))
        except ContentRefused:
            await discard(self._resources, asset)
            raise

    async def _compose(self, brief: Plain) -> str:
        mood, seconds, pace = tune_of(brief["options"])
        async with Intake(self._resources).temp_dir() as temp_dir:
            tunes = Tunes(self._resources.tools, self._resources.threads)
            path = await tunes.write(Tune(Mood(mood), seconds, pace), temp_dir)
            made = MadeFile(path, "mp3", {"duration_seconds": seconds})
            name = f"music-{self._piece_id}"
            return (await Intake(self._resources).keep(self._work.job.owner_id, AssetKind.MUSIC, name, made)).id

    async def _accept(self, asset_id: str) -> dict[str, JsonValue]:
        async with self._resources.database.unit_of_work() as session:
            stands = await PieceRepository(session, self._resources.clock).put(self._piece_id, asset_id=asset_id)
        if not stands:
            await discard(self._resources, await self._asset(asset_id))
            raise PieceLost
        notes: list[JsonValue] = list((await self._row()).notes)
        return {"piece_id": self._piece_id, "asset_id": asset_id, "notes": notes}

    async def _asset(self, asset_id: str) -> AssetView:
        async with self._resources.database.reading() as session:
            return await LibraryService.over(session, self._resources).owned(asset_id, self._work.job.owner_id)

    async def _row(self) -> Piece:
        async with self._resources.database.reading() as session:
            row = await PieceRepository(session, self._resources.clock).owned(self._piece_id, self._work.job.owner_id)
        if row is None:
            raise PieceLost
        return row


class PieceParams(BaseModel):
    """Which piece is made."""

    piece_id: str


class DrawPicture(JobHandler[PieceParams]):
    """Buys one picture and keeps it."""

    kind: ClassVar[str] = DRAW_KIND
    label: ClassVar[str] = "Draw a picture"
    lane: ClassVar[Lane] = Lane.REMOTE
    params = PieceParams

    @override
    async def run(self, work: JobRun, params: PieceParams) -> dict[str, JsonValue]:
        return await MakePiece(work, params.piece_id).picture()


class ComposeMusic(JobHandler[PieceParams]):
    """Computes one piece of music on this machine."""

    kind: ClassVar[str] = TUNE_KIND
    label: ClassVar[str] = "Compose music"
    lane: ClassVar[Lane] = Lane.RENDER
    params = PieceParams

    @override
    async def run(self, work: JobRun, params: PieceParams) -> dict[str, JsonValue]:
        return await MakePiece(work, params.piece_id).music()
