"""The steps of one voice.preview job: a voice says a sentence, which replaces what was heard of it before."""

from typing import Any

from pydantic import BaseModel, JsonValue

from app.jobs.handlers import Work
from app.library.service import LibraryService
from app.moderation.service import ModerationService
from app.narration.errors import VoiceNotFound
from app.narration.recordings import Recording, Recordings
from app.narration.repository import VoiceRepository
from app.narration.values import VoiceView
from app.providers.speech import SpeechRequest
from app.resources import Resources

__all__ = ["PreviewParams", "Previewing"]


class PreviewParams(BaseModel):
    """Which voice is heard, and what it says."""

    voice_row_id: str
    text: str
    language: str


class Previewing:
    """Makes one voice heard within one job."""

    def __init__(self, work: Work, params: PreviewParams) -> None:
        self._work = work
        self._resources: Resources = work.resources
        self._params = params
        self._recordings = Recordings(work.resources)

    async def run(self) -> dict[str, JsonValue]:
        """The recording."""
        work = self._work
        await work.stage("checking_words", progress=5)
        await work.step("room", self._recordings.ready)
        await work.step("moderate", ModerationService(self._resources).admit_text, self._params.text)
        await work.stage("speaking", progress=20)
        voice = await self._voice()
        engine = self._resources.engines.speech(voice.provider)
        script = SpeechRequest(self._params.text, voice.voice_id, self._params.language, engine.capabilities().model)
        recording = await self._recordings.buy(work, "voice.preview", engine, script)
        await work.stage("keeping_preview", progress=80)
        return await work.step("accept", self._accept, voice, recording)

    async def _voice(self) -> VoiceView:
        async with self._resources.database.reading() as session:
            voices = VoiceRepository(session, self._resources.clock)
            voice = await voices.owned(self._work.job.owner_id, self._params.voice_row_id)
        if voice is None:
            raise VoiceNotFound
        return voice

    async def _accept(self, voice: VoiceView, recording: Recording) -> dict[str, JsonValue]:
        async with (
            self._recordings.opened(recording.store_key) as (sound, seconds),
            self._recordings.as_asset(voice.owner_id, f"voice-{voice.name}", sound, seconds) as asset,
        ):
            facts: dict[str, Any] = {"preview_asset_id": asset.id, "expires_at": None}
            async with self._resources.database.unit_of_work() as session:
                voices = VoiceRepository(session, self._resources.clock)
                await voices.note(voice.id, spoken_at=self._resources.clock.now(), **facts)
                library = LibraryService.over(session, self._resources)
                earlier = await library.views({voice.preview_asset_id} if voice.preview_asset_id else ())
                for heard in earlier.values():
                    await library.replace(heard, asset.id)
        return {
            "id": voice.id,
            "voice_id": voice.voice_id,
            "asset_id": asset.id,
            "duration_seconds": round(seconds, 3),
        }
