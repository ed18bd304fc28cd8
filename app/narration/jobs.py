"""What the worker does for narrations and voices: narrate, clone, design, preview, watch."""

from datetime import timedelta
from pathlib import Path
from typing import Any, ClassVar

from pydantic import BaseModel, JsonValue
from typing_extensions import override

from app.core.database import Session
from app.jobs.domain import JobFailed, JobView, Lane
from app.jobs.handlers import Ending, JobHandler, JobRun, NoParams
from app.moderation.service import ModerationService
from app.narration.domain import Fit, NarrationView, estimated, fit, hastened, may_stretch, script_of
from app.narration.errors import NarrationTooLong, VoiceExpired
from app.narration.models import Narration
from app.narration.recordings import Casting, Recording, Recordings
from app.narration.repository import NarrationRepository, VoiceRepository
from app.narration.service import KeptNarrations
from app.narration.voice_jobs import (
    CloneParams,
    Cloning,
    Designing,
    DesignParams,
    Previewing,
    PreviewParams,
    VoiceWatch,
    film_of,
)
from app.projects.cleanup import purge
from app.projects.domain import Failure, ProjectStatus, SegmentView, SpokenNarration
from app.projects.freshness import narration_digest
from app.projects.progress import ProgressService
from app.projects.service import failure_to_keep
from app.providers.speech import SpeechRequest
from app.providers.values import MediaType
from app.resources import Resources

VOICE_REPLACED = "The narrator's voice is gone at its engine; the engine's usual voice speaks instead."


class Narrating:
    """Speaks the narration of one segment within one job."""

    def __init__(self, work: JobRun, segment_id: str, *, replaces_lost: bool) -> None:
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


class NarrateParams(BaseModel):
    """Which segment is narrated, and whether a lost voice is replaced by the engine's usual one."""

    segment_id: str
    replaces_lost: bool = False


class NarrateSegment(JobHandler[NarrateParams]):
    """Speaks, measures and fits; what was spoken stays as a take, whether it fits or not."""

    kind: ClassVar[str] = "segment.narrate"
    label: ClassVar[str] = "Narrate the segment"
    lane: ClassVar[Lane] = Lane.REMOTE
    params = NarrateParams

    @override
    async def run(self, work: JobRun, params: NarrateParams) -> dict[str, JsonValue]:
        return await Narrating(work, params.segment_id, replaces_lost=params.replaces_lost).run()


class CloneVoice(JobHandler[CloneParams]):
    """Copies a voice with its owner's consent; the film that it is for waits meanwhile."""

    kind: ClassVar[str] = "voice.clone"
    label: ClassVar[str] = "Clone the voice"
    lane: ClassVar[Lane] = Lane.REMOTE
    params = CloneParams

    def __init__(self, resources: Resources) -> None:
        self._resources = resources

    @override
    async def run(self, work: JobRun, params: CloneParams) -> dict[str, JsonValue]:
        return await Cloning(work, params).run()

    @override
    async def ended(self, session: Session, job: JobView, ending: Ending) -> None:
        """The film rests: failed with its reason, or where it stood when the work was cancelled."""
        progress = ProgressService.over(session, self._resources)
        film = await film_of(progress, job.project_id)
        if film is None or film.status is not ProjectStatus.VOICE_CLONING:
            return
        await progress.rest(film.id, await failure_to_keep(session, self._resources, job, ending))


class DesignVoice(JobHandler[DesignParams]):
    """Invents a voice from a description."""

    kind: ClassVar[str] = "voice.design"
    label: ClassVar[str] = "Design the voice"
    lane: ClassVar[Lane] = Lane.REMOTE
    params = DesignParams

    @override
    async def run(self, work: JobRun, params: DesignParams) -> dict[str, JsonValue]:
        return await Designing(work, params).run()


class PreviewVoice(JobHandler[PreviewParams]):
    """Makes a voice heard."""

    kind: ClassVar[str] = "voice.preview"
    label: ClassVar[str] = "Listen to the voice"
    lane: ClassVar[Lane] = Lane.REMOTE
    params = PreviewParams

    @override
    async def run(self, work: JobRun, params: PreviewParams) -> dict[str, JsonValue]:
        return await Previewing(work, params).run()


class WatchVoices(JobHandler[NoParams]):
    """Marks voices that vendors have lost, and removes what nobody may keep."""

    kind: ClassVar[str] = "voice.watch"
    label: ClassVar[str] = "Watch over the voices"
    lane: ClassVar[Lane] = Lane.LIGHT
    every: ClassVar[timedelta | None] = timedelta(hours=1)
    params = NoParams

    def __init__(self, resources: Resources) -> None:
        self._resources = resources
        self._watch = VoiceWatch(resources)

    @override
    async def run(self, work: JobRun, params: NoParams) -> dict[str, JsonValue]:
        await work.stage("watching_voices", progress=10)
        lost = await work.step("lost", self._watch.mark_lost)
        deleted = await work.step("deleted", self._watch.bid_farewell)
        takes = await work.step("takes", purge, self._resources, KeptNarrations(self._resources.clock))
        raw_sounds = await work.step("raw_sounds", self._watch.drop_raw_sounds)
        return {"lost": lost, "deleted": deleted, "takes": takes, "raw_sounds": raw_sounds}
