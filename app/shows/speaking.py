"""The stage voices: each text is judged, spoken once in pieces that the engine takes, and kept as one sound."""

from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

from pydantic import JsonValue

from app.core.database import Session
from app.jobs.domain import JobFailed, JobStatus, JobView, Phase, Step
from app.jobs.service import JobService
from app.library.domain import AssetKind
from app.library.intake import MadeFile
from app.library.service import LibraryService
from app.media.audio import AudioRules, Splices
from app.media.timeline import Word
from app.moderation.service import ModerationService
from app.narration.domain import CloneWish, Following, estimated
from app.narration.errors import VoiceNotFound
from app.narration.recordings import Casting, Recording, Recordings
from app.narration.voices import VoiceService
from app.providers.speech import SpeechProvider, SpeechRequest
from app.providers.values import MediaType
from app.shows.domain import (
    UNKNOWN_VOICE,
    Made,
    OwnVoice,
    ShowStage,
    ShowView,
    SpokenText,
    cast_among,
    due_texts,
    texts_of,
    voice_digest,
)
from app.shows.errors import NotAVoiceYet, ScriptMissing, ShowNotOffered
from app.shows.stage_context import Plain, StageContext
from app.shows.wording import pieces_of

SPOKEN = AudioRules(longest_seconds=3600.0)
CLONE_LOOK_SECONDS = 0.5


def check_texts(show: ShowView, engine: SpeechProvider) -> tuple[str, ...]:
    """The texts that are spoken; refuses before money is spent what the engine would refuse after."""
    texts = texts_of(show)
    if not texts:
        raise ScriptMissing(param="script_text")
    can = engine.capabilities()
    if show.language.value not in can.languages:
        said = f"This engine speaks only: {', '.join(sorted(can.languages))}. Choose one of these, or another engine."
        raise ShowNotOffered(said, param="language")
    return texts


@dataclass(frozen=True)
class Cast:
    """Who speaks, and whether it is who was asked for."""

    engine: str
    voice_id: str
    is_asked: bool = True


class Speaking:
    """Speaks the texts of one show within one job."""

    def __init__(self, context: StageContext, *, own_voice: bool = False) -> None:
        self._context = context
        self._work = context.work
        self._resources = context.resources
        self._own_voice = own_voice
        self._recordings = Recordings(context.resources)
        self._splices = Splices(context.resources.tools, context.resources.threads)

    async def run(self) -> dict[str, JsonValue]:
        """Every text that is not spoken the way it is wanted now."""
        work = self._work
        await work.stage(ShowStage.VOICES.value, progress=50, status=JobStatus.GENERATING_AUDIO)
        if self._own_voice:
            await self._own()
        drafted: Plain = await work.step("voices.begin", self._begin)
        await work.step("voices.room", self._recordings.ready)
        spoken: dict[int, Any] = {}
        for index, number in enumerate(drafted["due"]):
            step = Step(index + 1, len(drafted["due"]), f"Text {number + 1}")
            await work.stage(f"{ShowStage.VOICES}_{number}", progress=50 + 20 * index // len(drafted["due"]), step=step)
            spoken[number] = await self._spoken(number, drafted)
        kept = await work.step("voices.accept", self._accept, drafted, list(spoken.items()))
        await self._context.done(ShowStage.VOICES, {"texts": len(drafted["texts"]), "notes": drafted["notes"]})
        return {**kept, "notes": drafted["notes"]}

    async def _begin(self) -> Plain:
        """Writes down what is said and by whom, so that a later edit cannot change it halfway."""
        show = await self._context.show()
        cast = await self._cast(show)
        engine = self._resources.engines.speech(cast.engine)
        texts = check_texts(show, engine)
        can = engine.capabilities()
        request = SpeechRequest(
            text="",
            voice_id=cast.voice_id,
            language=show.language.value,
            model=can.model,
            speed=min(max(show.options.speed, can.min_speed), can.max_speed),
            word_times=can.gives_word_times,
        )
        return {
            "texts": list(texts),
            "digests": [voice_digest(text, show, own_voice=self._own_voice) for text in texts],
            "due": list(due_texts(show, own_voice=self._own_voice)),
            "engine": engine.name,
            "request": {**vars(request), "media_type": request.media_type.value},
            "pitch": show.options.pitch,
            "notes": [] if cast.is_asked else [UNKNOWN_VOICE],
        }

    async def _cast(self, show: ShowView) -> Cast:
        """The owner's own voice, a saved one, or one of the engine's; an unknown name gets some other voice."""
        own = show.made.own_voice
        name = own.voice_id if self._own_voice and own else show.options.voice
        if name:
            async with self._resources.database.reading() as session:
                try:
                    saved = await Casting(self._resources).cast(session, show.owner_id, name)
                except VoiceNotFound:
                    saved = None
            if saved is not None:
                return Cast(saved.provider, saved.voice_id)
        engine = self._resources.engines.speech()
        usual, language = engine.capabilities().default_voice, show.language.value
        listed = await engine.voices() if name else ()
        voice_id, is_asked = cast_among(name, listed, language, usual)
        return Cast(engine.name, voice_id, is_asked)

    async def _spoken(self, number: int, drafted: Plain) -> Plain:
        text, engine = str(drafted["texts"][number]), self._resources.engines.speech(drafted["engine"])
        await self._work.step(f"voices.moderate.{number}", ModerationService(self._resources).admit_text, text)
        pieces = pieces_of(text, engine.capabilities().text_limit_characters)
        recorded = []
        for order, piece in enumerate(pieces):
            asked = {**drafted["request"], "text": piece, "media_type": MediaType(drafted["request"]["media_type"])}
            request = SpeechRequest(**asked)
            recorded.append(await self._recordings.buy(self._work, f"voice.{number}.{order}", engine, request))
        return await self._work.step(f"voices.keep.{number}", self._kept, number, drafted, pieces, recorded)

    async def _kept(self, number: int, drafted: Plain, pieces: Sequence[str], recorded: Sequence[Recording]) -> Plain:
        """One sound of all pieces, in the pitch that was asked for, with the times of its words."""
        async with AsyncExitStack() as opened:
            parts = [await opened.enter_async_context(self._recordings.opened(each.store_key)) for each in recorded]
            temp_dir = await opened.enter_async_context(self._context.intake.temp_dir())
            durations = [Fraction(str(seconds)) for _, seconds in parts]
            sound = parts[0][0]
            if len(parts) > 1:
                sound = temp_dir / "joined.wav"
                await self._splices.join([path for path, _ in parts], durations, sound)
            clean = temp_dir / "voice"
            facts = await self._resources.sounds.clean(sound, clean, SPOKEN, pitch=float(drafted["pitch"]))
            seconds = round(facts.duration_seconds, 3)
            made = MadeFile(clean, "mp3", {"duration_seconds": seconds})
            asset = await self._context.intake.keep(
                self._context.owner_id, AssetKind.NARRATION, f"voice-{number + 1}", made
            )
        await self._context.note_files([asset.id])
        words = words_in_turn(pieces, recorded, [float(each) for each in durations])
        return {"asset_id": asset.id, "seconds": seconds, "words": [list(vars(word).values()) for word in words]}

    async def _accept(self, drafted: Plain, spoken: Sequence[tuple[int, Mapping[str, Any]]]) -> dict[str, JsonValue]:
        fresh = {number: self._voice(drafted, number, kept) for number, kept in spoken}

        def make(show: ShowView) -> Made:
            before = dict(enumerate(show.made.voices))
            voices = [fresh.get(number) or before.get(number) for number in range(len(drafted["texts"]))]
            return replace(show.made, voices=tuple(voice for voice in voices if voice is not None))

        show = await self._context.change(make)
        return {"asset_ids": [voice.asset_id for voice in show.made.voices]}

    def _voice(self, drafted: Plain, number: int, kept: Mapping[str, Any]) -> SpokenText:
        words = tuple(Word(*timed) for timed in kept["words"])
        texts, digests = drafted["texts"], drafted["digests"]
        return SpokenText(texts[number], kept["asset_id"], kept["seconds"], words, digests[number])

    async def _own(self) -> None:
        """Has the owner's voice copied from the recording, once for each recording."""
        own = (await self._context.show()).made.own_voice
        if own is None:
            raise NotAVoiceYet
        if own.voice_id:
            return
        begun: Plain = await self._context.once("voices.clone", self._begin_clone)
        until = self._work.job.deadline_at or self._resources.clock.now()
        cloned: str = await self._work.wait(
            "voices.cloned", self._cloned, str(begun["job_id"]), every_seconds=CLONE_LOOK_SECONDS, until=until
        )
        await self._work.step("voices.own", self._keep_own, own.sample_id, cloned)

    async def _begin_clone(self, session: Session) -> Plain:
        show = await self._context.show()
        own = show.made.own_voice
        if own is None:
            raise NotAVoiceYet
        sample = await LibraryService.over(session, self._resources).owned(own.sample_id, show.owner_id)
        words = self._resources.settings.projects.voice_consent_words
        wish = CloneWish(name=show.title or "My voice", consent=words, language=show.language.value)
        following = Following(parent_id=self._work.job.id)
        job = await VoiceService.over(session, self._resources).begin_clone(sample, wish, following)
        return {"job_id": job.id}

    async def _cloned(self, job_id: str) -> str | None:
        async with self._resources.database.reading() as session:
            job: JobView = await JobService.over(session, self._resources).any(job_id)
        if job.failure is not None:
            raise JobFailed(job.failure)
        if job.phase is Phase.CANCELLED:
            raise NotAVoiceYet
        return str((job.result or {})["voice_id"]) if job.phase is Phase.SUCCEEDED else None

    async def _keep_own(self, sample_id: str, voice_id: str) -> None:
        await self._context.change(lambda show: replace(show.made, own_voice=OwnVoice(sample_id, voice_id)))


def words_in_turn(
    pieces: Sequence[str], recorded: Sequence[Recording], durations_seconds: Sequence[float]
) -> tuple[Word, ...]:
    """The words of pieces that follow each other; where the vendor gave no times they are estimated."""
    words: list[Word] = []
    begin = 0.0
    for piece, recording, seconds in zip(pieces, recorded, durations_seconds, strict=True):
        timed = recording.words or estimated(piece, seconds)
        words += [Word(each.word, begin + each.start_seconds, begin + each.end_seconds) for each in timed]
        begin += seconds
    return tuple(words)
