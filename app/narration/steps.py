"""The steps of one segment.narrate job: begin, moderate, speak, fit and accept; each may run again after a crash."""

from pathlib import Path
from typing import Any

from pydantic import JsonValue

from app.core.database import Session
from app.jobs.domain import JobFailed
from app.jobs.handlers import Work
from app.moderation.service import ModerationService
from app.narration.casting import Casting
from app.narration.errors import NarrationTooLong, VoiceExpired
from app.narration.fit import Fit, fit, may_stretch, script_of
from app.narration.models import Narration
from app.narration.recordings import Recording, Recordings
from app.narration.repository import NarrationRepository, VoiceRepository
from app.narration.timing import estimated, hastened
from app.narration.values import NarrationView
from app.projects.freshness import narration_digest
from app.projects.progress import ProgressService
from app.projects.values import Failure, SegmentView, SpokenNarration
from app.providers.speech import SpeechRequest
from app.providers.values import MediaType
from app.resources import Resources

__all__ = ["Narrating"]

VOICE_REPLACED = "The narrator's voice is gone at its engine; the engine's usual voice speaks instead."


class Narrating:
    """Speaks the narration of one segment within one job."""

    def __init__(self, work: Work, segment_id: str, *, replaces_lost: bool) -> None:
        self._work = work
        self._resources: Resources = work.resources
        self._segment_id = segment_id
        self._replaces_lost = replaces_lost
        self._casting = Casting(work.resources)
        self._recordings = Recordings(work.resources)

    async def run(self) -> dict[str, JsonValue]:
        """The accepted take."""
        work = self._work
        await work.stage("checking_narration", progress=5)
        try:
            spoken = await self._spoken("")
        except JobFailed as failed:
            if not self._replaces_lost or failed.failure.code != VoiceExpired.code:
                raise
            # The refusal has marked the voice as lost, so the second draft is spoken with the usual one.
            spoken = await self._spoken(".replaced")
        await work.stage("fitting_narration", progress=80)
        return await work.step("accept", self._accept, *spoken)

    async def _spoken(self, turn: str) -> tuple[SpeechRequest, Recording, dict[str, Any]]:
        """What is asked for, and the sound that was bought for it."""
        work = self._work
        drafted = await work.step(f"begin{turn}", self._begin)
        await work.step(f"room{turn}", self._recordings.ready)
        await work.step(
            f"moderate{turn}", ModerationService(self._resources).admit_text, str(drafted["script"]["text"])
        )
        await work.stage("speaking", progress=20)
        script = SpeechRequest(**{**drafted["script"], "media_type": MediaType(drafted["script"]["media_type"])})
        engine = self._resources.engines.speech(str(drafted["engine"]))
        recording = await self._recordings.buy(work, f"speech{turn}", engine, script)
        return script, recording, drafted

    async def _begin(self) -> dict[str, Any]:
        """Writes down what is asked for, so that a later edit cannot change it halfway."""
        async with self._resources.database.reading() as session:
            segment = await ProgressService.over(session, self._resources).segment(self._segment_id)
            cast = await self._casting.cast_for(session, segment, replaces_lost=self._replaces_lost)
        script = script_of(segment, self._resources.engines.speech(cast.engine), cast.name)
        digest = narration_digest(segment.settings, segment.voice_id, segment.narration_text)
        said = {**vars(script), "media_type": script.media_type.value}
        return {"script": said, "engine": cast.engine, "digest": digest, "is_replaced": cast.is_replaced}

    async def _accept(
        self, script: SpeechRequest, recording: Recording, drafted: dict[str, Any]
    ) -> dict[str, JsonValue]:
        async with self._resources.database.reading() as session:
            takes = NarrationRepository(session, self._resources.clock)
            take = await takes.of_job(self._work.job.id)
            earlier = await takes.of_attempt(recording.attempt_id)
            segment = await ProgressService.over(session, self._resources).segment(self._segment_id)
        if take is None:
            take = await self._made(script, recording, drafted, segment, earlier)
        if take.words_to_cut:
            raise NarrationTooLong.of(take.spoken_seconds, segment.duration_sec, take.words_to_cut)
        return {
            "take_id": take.id,
            "asset_id": take.asset_id,
            "duration_seconds": take.duration_seconds,
            "tempo": take.tempo,
            **({"notes": [VOICE_REPLACED]} if drafted.get("is_replaced") else {}),
        }

    async def _made(
        self,
        script: SpeechRequest,
        recording: Recording,
        drafted: dict[str, Any],
        segment: SegmentView,
        earlier: NarrationView | None,
    ) -> NarrationView:
        """A take of the bought sound; one that an earlier job made in just this way is used again."""
        async with self._recordings.opened(recording.store_key) as (sound, seconds):
            count = len(script.text.split())
            fitting = fit(seconds, segment.duration_sec, word_count=count, may_stretch=may_stretch(segment))
            if earlier is not None and (earlier.tempo, earlier.words_to_cut) == (fitting.tempo, fitting.words_to_cut):
                await self._accepted(segment, earlier, fitting)
                return earlier
            draft = self._draft(script, recording, drafted, seconds, fitting)
            if earlier is not None:
                draft.cost_micro_usd = 0
            return await self._stored(segment, draft, sound, fitting)

    def _draft(
        self, script: SpeechRequest, recording: Recording, drafted: dict[str, Any], seconds: float, fitting: Fit
    ) -> Narration:
        words = hastened(recording.words or estimated(script.text, seconds), fitting.tempo)
        return Narration(
            segment_id=self._segment_id,
            job_id=self._work.job.id,
            attempt_id=recording.attempt_id,
            voice_id=script.voice_id,
            provider=self._resources.engines.speech(str(drafted["engine"])).name,
            text=script.text,
            spoken_seconds=round(seconds, 3),
            tempo=fitting.tempo,
            words_to_cut=fitting.words_to_cut,
            digest=str(drafted["digest"]),
            words=[[timed.word, timed.start_seconds, timed.end_seconds] for timed in words],
            cost_micro_usd=recording.cost_micro_usd,
        )

    async def _stored(self, segment: SegmentView, draft: Narration, sound: Path, fitting: Fit) -> NarrationView:
        """Keeps the file and the take, and tells the film what follows from them."""
        seconds = draft.spoken_seconds
        if fitting.tempo > 1.0:
            sound, seconds = await self._recordings.hastened(sound, fitting.tempo)
        name = f"narration-{segment.index + 1}"
        async with self._recordings.as_asset(segment.owner_id, name, sound, seconds) as asset:
            draft.asset_id, draft.duration_seconds = asset.id, round(seconds, 3)
            async with self._resources.database.unit_of_work() as session:
                await self._mark_voice(session, segment.owner_id, draft.voice_id)
                take = await NarrationRepository(session, self._resources.clock).keep(draft)
                await self._tell_film(ProgressService.over(session, self._resources), segment, take, fitting)
        return take

    async def _accepted(self, segment: SegmentView, take: NarrationView, fitting: Fit) -> None:
        async with self._resources.database.unit_of_work() as session:
            await self._tell_film(ProgressService.over(session, self._resources), segment, take, fitting)

    async def _mark_voice(self, session: Session, owner_id: str, voice_id: str) -> None:
        """A voice that has spoken no longer vanishes."""
        voices = VoiceRepository(session, self._resources.clock)
        voice = await voices.owned(owner_id, voice_id)
        if voice is not None:
            await voices.note(voice.id, spoken_at=self._resources.clock.now(), expires_at=None)

    async def _tell_film(
        self, progress: ProgressService, segment: SegmentView, take: NarrationView, fitting: Fit
    ) -> None:
        if not fitting.fits:
            told = NarrationTooLong.of(take.spoken_seconds, segment.duration_sec, fitting.words_to_cut)
            await progress.ask_owner(segment.id, Failure(told.code, told.text))
            return
        if fitting.segment_seconds != segment.duration_sec:
            await progress.stretch(segment.id, fitting.segment_seconds)
        spoken = SpokenNarration(
            asset_id=take.asset_id,
            take_id=take.id,
            duration_seconds=take.duration_seconds,
            digest=take.digest,
            words=take.words,
        )
        await progress.accept_narration(segment.id, spoken)
        await progress.need_nothing(segment.id, NarrationTooLong.code)
