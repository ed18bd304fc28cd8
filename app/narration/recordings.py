"""Which voice speaks, and paid sound: kept as it came, never changed, and shaped into assets from there."""

import hashlib
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import JsonValue

from app.core.database import Session, may_be_committed
from app.jobs.attempts import PaidCall, Repeat
from app.jobs.domain import AttemptView
from app.jobs.handlers import JobRun, PaidResult
from app.jobs.persistence import Payload, VendorAnswer
from app.library.domain import AssetKind, AssetView
from app.library.intake import Intake, MadeFile
from app.library.service import discard
from app.media.audio import AudioRules
from app.media.errors import AudioTooShort, UnreadableMedia, UnsupportedMedia
from app.narration.domain import VoiceCondition, VoiceView
from app.narration.errors import RecordingUnusable, VoiceExpired, VoiceNotFound
from app.narration.repository import VoiceRepository
from app.projects.domain import SegmentView, SpokenWord
from app.providers.errors import InvalidRequest
from app.providers.speech import SpeechProvider, SpeechRequest
from app.providers.values import AttemptKey, MediaType, Role
from app.resources import Resources
from app.storage.base import FileMissing
from app.usage.domain import speech_micro_usd

SPOKEN = AudioRules()
RAW_FOLDER = "spoken/"
ENDINGS = {MediaType.MP3: "mp3", MediaType.WAV: "wav", MediaType.M4A: "m4a"}


@dataclass(frozen=True)
class ChosenVoice:
    """Who speaks: a voice by its engine's name of it, or no name for the engine's usual one."""

    name: str | None
    engine: str
    is_replaced: bool = False


class Casting:
    """Finds voices and notices when the vendor has lost one."""

    def __init__(self, resources: Resources) -> None:
        self._resources = resources
        self._clock = resources.clock

    async def cast(self, session: Session, owner_id: str, name: str) -> VoiceView | None:
        """The owner's saved voice of this name; None means a voice that the engine offers to everybody."""
        voices = VoiceRepository(session, self._clock)
        voice = await voices.owned(owner_id, name)
        voice = voice or await voices.former(owner_id, name)
        if voice is None and await voices.is_of_another(owner_id, name):
            raise VoiceNotFound(param="voice")
        if voice is not None and voice.condition(self._clock.now()) is VoiceCondition.EXPIRED:
            raise VoiceExpired(provider=voice.provider)
        return voice

    async def cast_for(self, session: Session, segment: SegmentView, *, replaces_lost: bool = False) -> ChosenVoice:
        """Who speaks a segment; a saved voice brings its own engine, and a lost one may give way to the usual one."""
        engine = segment.settings.providers.get(Role.SPEECH, "auto")
        name = segment.settings.narration.voice or segment.voice_id
        try:
            voice = await self.cast(session, segment.owner_id, name) if name else None
        except VoiceExpired:
            if not replaces_lost:
                raise
            return ChosenVoice(None, engine, is_replaced=True)
        return ChosenVoice(voice.voice_id, voice.provider) if voice else ChosenVoice(name, engine)

    async def refused(
        self, engine: SpeechProvider, owner_id: str, voice_id: str, refusal: InvalidRequest
    ) -> InvalidRequest:
        """The refusal, told as an expired voice where the vendor no longer lists it; the voice is marked then."""
        async with self._resources.database.reading() as session:
            voice = await VoiceRepository(session, self._clock).owned(owner_id, voice_id)
        if voice is None or not await self._is_gone(engine, voice):
            return refusal
        async with self._resources.database.unit_of_work() as session:
            await VoiceRepository(session, self._clock).note(voice.id, lost_at=self._clock.now())
        return VoiceExpired(provider=engine.name, provider_code=refusal.provider_code, trace_id=refusal.trace_id)

    async def _is_gone(self, engine: SpeechProvider, voice: VoiceView) -> bool:
        """A clone that has never spoken may be missing from the list while it lives."""
        if voice.is_made and engine.capabilities().clone_lives_hours is None:
            return False
        if voice.spoken_at is None and voice.expires_at is not None and self._clock.now() < voice.expires_at:
            return False
        return voice.voice_id not in {listed.voice_id for listed in await engine.voices()}


@dataclass(frozen=True)
class Recording:
    """One paid sound: where its bytes lie, and what the vendor said of it."""

    attempt_id: str
    store_key: str
    words: tuple[SpokenWord, ...]
    cost_micro_usd: int


class Recordings:
    """Buys spoken text and turns it into files of the library."""

    def __init__(self, resources: Resources) -> None:
        self._resources = resources
        self._intake = Intake(resources)
        self._casting = Casting(resources)

    async def ready(self) -> None:
        """Refuses while there is no room to keep what would be paid for."""
        async with self._intake.temp_dir():
            return

    async def buy(self, work: JobRun, operation: str, engine: SpeechProvider, request: SpeechRequest) -> Recording:
        """Pays once for a spoken text; a lost answer is asked for once more."""
        can = engine.capabilities(request.model)
        call = PaidCall(
            operation=operation,
            provider=engine.name,
            account=engine.account,
            request_hash=digest_of(can.model, vars(request)),
            estimated_micro_usd=speech_micro_usd(engine.name, can.model, len(request.text)),
            repeat=Repeat.ONCE,
            send_timeout_seconds=can.deadline_seconds,
        )

        owner_id = work.job.owner_id

        async def send(attempt: AttemptView) -> VendorAnswer:
            try:
                speech = await engine.speak(request, key=AttemptKey(attempt.id))
            except InvalidRequest as refusal:
                raise await self._casting.refused(engine, owner_id, request.voice_id, refusal) from refusal
            billed = speech_micro_usd(engine.name, can.model, speech.billed_characters)
            words: list[JsonValue] = [[timed.word, timed.start_seconds, timed.end_seconds] for timed in speech.words]
            payload = raw_sound(owner_id, attempt.id, speech.audio, speech.media_type)
            reply: dict[str, JsonValue] = {"store_key": payload.store_key, "words": words, "cost_micro_usd": billed}
            return VendorAnswer(None, reply, actual_micro_usd=billed, payload=payload)

        return read_recording(await work.buy(call, send))

    @asynccontextmanager
    async def opened(self, store_key: str) -> AsyncIterator[tuple[Path, float]]:
        """The sound decoded in a temporary folder, with its measured length; its raw bytes stay as they are."""
        async with self._intake.temp_dir() as temp_dir:
            raw, clean = temp_dir / "raw", temp_dir / "clean"
            try:
                content = b"".join([chunk async for chunk in self._resources.store.open(store_key)])
                await self._resources.threads.run(raw.write_bytes, content)
                facts = await self._resources.sounds.clean(raw, clean, SPOKEN)
            except (FileMissing, UnreadableMedia, UnsupportedMedia, AudioTooShort) as fault:
                raise RecordingUnusable from fault
            yield clean, facts.duration_seconds

    async def hastened(self, sound: Path, tempo: float) -> tuple[Path, float]:
        """The same sound spoken faster, and its new length."""
        target = sound.with_name("hastened")
        facts = await self._resources.sounds.clean(sound, target, SPOKEN, tempo=tempo)
        return target, facts.duration_seconds

    @asynccontextmanager
    async def as_asset(self, owner_id: str, name: str, sound: Path, seconds: float) -> AsyncIterator[AssetView]:
        """The sound as an asset; when the caller's own work with it fails, the asset is gone again."""
        made = MadeFile(sound, "mp3", {"duration_seconds": round(seconds, 3)})
        asset = await self._intake.keep(owner_id, AssetKind.NARRATION, name, made)
        try:
            yield asset
        except BaseException as fault:
            if not may_be_committed(fault):
                await discard(self._resources, asset)
            raise


def raw_sound(owner_id: str, attempt_id: str, audio: bytes, media_type: MediaType) -> Payload:
    """Raw sound under its owner's and attempt's names; every later try begins with it."""
    return Payload(f"{RAW_FOLDER}{owner_id}/{attempt_id}.{ENDINGS[media_type]}", audio)


def read_recording(bought: PaidResult) -> Recording:
    """What an attempt's kept answer says."""
    reply: Mapping[str, Any] = bought.reply
    words = tuple(SpokenWord(*timed) for timed in reply["words"])
    return Recording(bought.attempt_id, str(reply["store_key"]), words, int(reply["cost_micro_usd"]))


def digest_of(*asked: object) -> str:
    """The same for the same request."""
    return hashlib.sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()
