"""The steps of one voice.design job: the wish is judged, the voice invented once, and kept with its introduction."""

from typing import Any

import structlog
from pydantic import BaseModel, JsonValue

from app.jobs.attempts import PaidCall, Repeat, VendorAnswer
from app.jobs.domain import AttemptView
from app.jobs.handlers import Work
from app.library.errors import QuotaExceeded
from app.moderation.service import ModerationService
from app.narration.errors import RecordingUnusable
from app.narration.making import keep_voice, reply_of, shown
from app.narration.models import Voice
from app.narration.recordings import Recordings, digest_of, raw_sound
from app.narration.repository import VoiceRepository
from app.providers.speech import DesignRequest, VoiceOrigin
from app.providers.values import AttemptKey
from app.resources import Resources
from app.usage.domain import voice_micro_usd

__all__ = ["DesignParams", "Designing"]

log = structlog.get_logger(__name__)


class DesignParams(BaseModel):
    """Which voice is wished for; `voice_key` names it for ever, also in a retry."""

    name: str
    description: str = ""
    prompt: str
    preview_text: str
    voice_key: str
    engine: str


class Designing:
    """Invents one voice within one job."""

    def __init__(self, work: Work, params: DesignParams) -> None:
        self._work = work
        self._resources: Resources = work.resources
        self._params = params
        self._recordings = Recordings(work.resources)

    async def run(self) -> dict[str, JsonValue]:
        """The voice that was made."""
        work, wish = self._work, self._params
        await work.stage("checking_wish", progress=5)
        await work.step("room", self._recordings.ready)
        await work.step(
            "moderate", ModerationService(self._resources).admit_text, f"{wish.prompt}\n{wish.preview_text}"
        )
        await work.stage("designing_voice", progress=20)
        made = await self._buy()
        await work.stage("keeping_voice", progress=80)
        voice = await work.step("accept", self._accept, made)
        await work.step("introduce", self._introduce, str(voice["id"]), str(made["store_key"]))
        return voice

    async def _buy(self) -> dict[str, Any]:
        engine = self._resources.engines.speech(self._params.engine)
        can = engine.capabilities()
        call = PaidCall(
            operation="voice.design",
            provider=engine.name,
            account=engine.account,
            request_hash=digest_of(can.model, self._params.model_dump()),
            estimated_micro_usd=voice_micro_usd(engine.name, designed=True),
            repeat=Repeat.NEVER,
            send_timeout_seconds=can.deadline_seconds,
        )
        request = DesignRequest(self._params.voice_key, self._params.prompt, self._params.preview_text)

        async def send(attempt: AttemptView) -> VendorAnswer:
            made = await engine.design(request, key=AttemptKey(attempt.id))
            payload = raw_sound(self._work.job.owner_id, attempt.id, made.preview, made.media_type)
            reply = {**reply_of(made.voice), "store_key": payload.store_key}
            return VendorAnswer(None, reply, actual_micro_usd=call.estimated_micro_usd, payload=payload)

        return dict((await self._work.buy(call, send)).reply)

    async def _accept(self, made: dict[str, Any]) -> dict[str, JsonValue]:
        wish = self._params
        row = Voice(
            owner_id=self._work.job.owner_id,
            provider=self._resources.engines.speech(wish.engine).name,
            origin=VoiceOrigin.DESIGNED,
            name=wish.name,
            description=wish.description or wish.prompt,
        )
        async with self._resources.database.unit_of_work() as session:
            return shown(await keep_voice(session, self._work, row, made))

    async def _introduce(self, voice_row_id: str, store_key: str) -> None:
        """Makes the voice heard; the voice itself is safe by now, so it stays when its introduction cannot."""
        try:
            async with (
                self._recordings.opened(store_key) as (sound, seconds),
                self._recordings.as_asset(self._work.job.owner_id, self._params.name, sound, seconds) as asset,
                self._resources.database.unit_of_work() as session,
            ):
                await VoiceRepository(session, self._resources.clock).note(voice_row_id, preview_asset_id=asset.id)
        except (RecordingUnusable, QuotaExceeded) as fault:
            log.warning("voice_without_introduction", voice=voice_row_id, reason=fault.code)
