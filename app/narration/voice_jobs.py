"""Jobs on voices: clone, design, preview, delete, and the rounds that watch over them."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any

import structlog
from pydantic import BaseModel, JsonValue

from app.accounts.errors import UserNotFound
from app.accounts.provider_keys import OwnKeys, resources_of
from app.accounts.service import AccountService
from app.core.database import Session
from app.core.logging import audit
from app.core.schema import format_utc
from app.core.sealing import SealBroken
from app.jobs.attempts import PaidCall, Repeat
from app.jobs.domain import AttemptView
from app.jobs.handlers import JobRun
from app.jobs.persistence import VendorAnswer
from app.jobs.service import JobService
from app.library.domain import AssetView
from app.library.errors import QuotaExceeded
from app.library.service import LibraryService, discard
from app.moderation.service import ModerationService
from app.narration.domain import VoiceCondition, VoiceView
from app.narration.errors import ConsentMissing, RecordingUnusable, SampleUnfit, VoiceNotFound
from app.narration.models import Voice
from app.narration.recordings import RAW_FOLDER, Recording, Recordings, digest_of, raw_sound
from app.narration.repository import ConsentRepository, NarrationRepository, VoiceRepository
from app.projects.domain import ProjectStatus, ProjectView
from app.projects.errors import ProjectBusy, ProjectNotFound
from app.projects.layout import is_busy
from app.projects.progress import ProgressService
from app.providers.errors import EngineAbsent, EngineUnknown, ProviderError
from app.providers.speech import (
    CloneRequest,
    DesignRequest,
    MadeVoice,
    SpeechProvider,
    SpeechRequest,
    VoiceOrigin,
    VoiceSample,
)
from app.providers.values import AttemptKey, MediaType, Reconcile
from app.resources import Resources
from app.usage.domain import voice_micro_usd

# A clone sends the recording before it asks for the voice.
UPLOAD_SECONDS = 120.0
log = structlog.get_logger(__name__)
# A vendor's list may lag behind the first words of a voice.
LIST_LAG = timedelta(hours=1)
RAW_KEPT = timedelta(days=30)
BATCH = 200


async def delete_voice(resources: Resources, voice: VoiceView) -> None:
    """Nothing is left at the vendor when the row is gone; after a crash it may be called again."""
    async with resources.database.reading() as session:
        is_shared = await VoiceRepository(session, resources.clock).is_shared(voice)
    if voice.is_made and not is_shared:
        await resources.engines.speech(voice.provider).delete(voice.voice_id, voice.origin)
    await _discard_recordings(resources, voice)
    async with resources.database.unit_of_work() as session:
        await VoiceRepository(session, resources.clock).remove(voice.id)
    audit("voice_deleted", who=voice.owner_id, what=voice.voice_id, object=voice.id)


async def _discard_recordings(resources: Resources, voice: VoiceView) -> None:
    """A film's own sample stays with the film."""
    named = {voice.preview_asset_id, voice.sample_asset_id if voice.sample_is_own else None} - {None}
    async with resources.database.reading() as session:
        known = await LibraryService.over(session, resources).views({name for name in named if name is not None})
    for asset in known.values():
        await discard(resources, asset)


def reply_of(made: MadeVoice) -> dict[str, JsonValue]:
    """What is kept of a vendor's new voice before anything is done with it."""
    expires_at = None if made.expires_at is None else format_utc(made.expires_at)
    return {"voice_id": made.voice_id, "expires_at": expires_at, "note": made.note}


async def film_of(progress: ProgressService, project_id: str | None) -> ProjectView | None:
    """The film that a job works for; one that was deleted meanwhile is nobody's."""
    if project_id is None:
        return None
    try:
        return (await progress.board(project_id)).project
    except ProjectNotFound:
        return None


async def take_film(progress: ProgressService, film: ProjectView) -> None:
    """Keeps other work on the film away while its narrator is cloned."""
    if is_busy(film.segments):
        raise ProjectBusy
    await progress.begin(film.id, ProjectStatus.VOICE_CLONING)


async def keep_voice(session: Session, work: JobRun, row: Voice, made: Mapping[str, Any]) -> VoiceView:
    """Stores the voice once, gives it to the job's film and lets the film rest."""
    resources: Resources = work.resources
    expires_at = made["expires_at"]
    row.voice_id, row.note, row.job_id = str(made["voice_id"]), str(made["note"]), work.job.id
    row.expires_at = datetime.fromisoformat(expires_at) if expires_at else None
    voice = await _kept_before(session, work) or await VoiceRepository(session, resources.clock).keep(row)
    progress = ProgressService.over(session, resources)
    film = await film_of(progress, work.job.project_id)
    if film is not None:
        await progress.assign_voice(film.id, voice.voice_id)
        if film.status is ProjectStatus.VOICE_CLONING:
            await progress.rest(film.id)
    return voice


async def _kept_before(session: Session, work: JobRun) -> VoiceView | None:
    """What the job that this one retries has kept already of the same purchase."""
    voices, jobs = VoiceRepository(session, work.resources.clock), JobService.over(session, work.resources)
    earlier = work.job.retry_of
    while earlier is not None:
        voice = await voices.of_job(earlier)
        if voice is not None:
            return voice
        earlier = (await jobs.any(earlier)).retry_of
    return None


def shown(voice: VoiceView) -> dict[str, JsonValue]:
    """What the job names as its result."""
    return {"id": voice.id, "voice_id": voice.voice_id}


class CloneParams(BaseModel):
    """What is cloned, by whose agreement, and how the voice is called."""

    name: str
    description: str = ""
    sample_asset_id: str
    sample_is_own: bool = False
    consent_id: str
    engine: str
    language: str


def check_sample(engine: SpeechProvider, sample: AssetView, content: bytes = b"") -> VoiceSample:
    """The recording as the vendor takes it; refused before it is paid."""
    rules = engine.capabilities().sample_rules
    seconds = sample.facts.get("duration_seconds")
    measured = float(seconds) if isinstance(seconds, int | float) else 0.0
    recording = VoiceSample(content, MediaType(sample.content_type), measured)
    if rules is None:
        said = "The chosen engine does not clone voices. Choose another one for speech."
        raise SampleUnfit(said, param="providers")
    unfit = list(rules.misfits(recording))
    if sample.size_bytes > rules.max_bytes:
        unfit.append(f"use a recording of at most {rules.max_bytes} bytes")
    if unfit:
        said = f"The engine does not clone voices from this recording: {'; '.join(unfit)}."
        raise SampleUnfit(said, param="file")
    return recording


class Cloning:
    """Copies one voice within one job."""

    def __init__(self, work: JobRun, params: CloneParams) -> None:
        self._work = work
        self._resources: Resources = work.resources
        self._params = params

    async def run(self) -> dict[str, JsonValue]:
        """The voice that was made."""
        work = self._work
        await work.step("begin", self._begin)
        await work.stage("cloning_voice", progress=20)
        made = await self._buy()
        await work.stage("keeping_voice", progress=90)
        return await work.step("accept", self._accept, made)

    async def _begin(self) -> None:
        """Takes the film unless the start has taken it: a retry finds it resting."""
        async with self._resources.database.unit_of_work() as session:
            progress = ProgressService.over(session, self._resources)
            film = await film_of(progress, self._work.job.project_id)
            if film is not None and film.status is not ProjectStatus.VOICE_CLONING:
                await take_film(progress, film)

    async def _buy(self) -> dict[str, Any]:
        engine = self._resources.engines.speech(self._params.engine)
        can = engine.capabilities()
        is_repeatable = can.clone_reconcile is Reconcile.BY_REPEATING
        call = PaidCall(
            operation="voice.clone",
            provider=engine.name,
            account=engine.account,
            request_hash=digest_of(can.model, self._params.model_dump()),
            estimated_micro_usd=voice_micro_usd(engine.name),
            repeat=Repeat.ONCE if is_repeatable else Repeat.NEVER,
            send_timeout_seconds=can.deadline_seconds + UPLOAD_SECONDS,
        )

        async def send(attempt: AttemptView) -> VendorAnswer:
            made = await engine.clone(await self._request(engine), key=AttemptKey(attempt.id))
            return VendorAnswer(None, reply_of(made), actual_micro_usd=call.estimated_micro_usd)

        return dict((await self._work.buy(call, send)).reply)

    async def _request(self, engine: SpeechProvider) -> CloneRequest:
        async with self._resources.database.reading() as session:
            library = LibraryService.over(session, self._resources)
            sample = await library.owned(self._params.sample_asset_id, self._work.job.owner_id)
        content = b"".join([chunk async for chunk in self._resources.store.open(sample.store_key)])
        recording = check_sample(engine, sample, content)
        # The agreement is new for every sample, so its id never names another voice.
        return CloneRequest(self._params.consent_id, recording, self._params.language)

    async def _accept(self, made: dict[str, Any]) -> dict[str, JsonValue]:
        params = self._params
        async with self._resources.database.unit_of_work() as session:
            consent = await ConsentRepository(session, self._resources.clock).view(params.consent_id)
            if consent is None:
                raise ConsentMissing
            row = Voice(
                owner_id=self._work.job.owner_id,
                provider=self._resources.engines.speech(params.engine).name,
                origin=VoiceOrigin.CLONED,
                name=params.name,
                description=params.description,
                sample_asset_id=params.sample_asset_id,
                sample_is_own=params.sample_is_own,
                consent_id=consent.id,
                consent_at=consent.created_at,
            )
            return shown(await keep_voice(session, self._work, row, made))


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

    def __init__(self, work: JobRun, params: DesignParams) -> None:
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


class PreviewParams(BaseModel):
    """Which voice is heard, and what it says."""

    voice_row_id: str
    text: str
    language: str


class Previewing:
    """Makes one voice heard within one job."""

    def __init__(self, work: JobRun, params: PreviewParams) -> None:
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


class VoiceWatch:
    """Looks after voices that nobody looks at; every round may be repeated."""

    def __init__(self, resources: Resources) -> None:
        self._resources = resources
        self._clock = resources.clock

    async def mark_lost(self) -> int:
        """Marks voices whose time is over or that their vendor no longer lists; says how many."""
        async with self._resources.database.reading() as session:
            voices = await VoiceRepository(session, self._clock).made_and_live()
        lost = [voice for voice in voices if voice.condition(self._clock.now()) is VoiceCondition.EXPIRED]
        spoken = [voice for voice in voices if voice.spoken_at and self._clock.now() - voice.spoken_at > LIST_LAG]
        for provider, of_provider in groupby(sorted(spoken, key=_provider), key=_provider):
            lost += await self._lost_at(provider, list(of_provider))
        async with self._resources.database.unit_of_work() as session:
            for voice in lost:
                await VoiceRepository(session, self._clock).note(voice.id, lost_at=self._clock.now())
        return len(lost)

    async def bid_farewell(self) -> int:
        """Deletes the voices of closed accounts, at their vendors too; says how many."""
        gone = 0
        for voice in await self._of_closed_accounts():
            try:
                await delete_voice(self._resources, voice)
                gone += 1
            except (ProviderError, EngineAbsent, EngineUnknown) as fault:
                log.warning("voice_left_at_vendor", voice=voice.id, provider=voice.provider, reason=fault.code)
        return gone

    async def drop_raw_sounds(self) -> int:
        """Deletes old raw sounds of which no take is left; says how many."""
        before = self._clock.now() - RAW_KEPT
        old = [s.key async for s in self._resources.store.walk(RAW_FOLDER) if s.modified_at < before]
        gone = 0
        for start in range(0, len(old), BATCH):
            keys = {key.rpartition("/")[2].partition(".")[0]: key for key in old[start : start + BATCH]}
            async with self._resources.database.reading() as session:
                used = await NarrationRepository(session, self._clock).known_attempts(keys)
            for attempt_id in keys.keys() - used:
                await self._resources.store.delete(keys[attempt_id])
                gone += 1
        return gone

    async def _lost_at(self, provider: str, voices: Sequence[VoiceView]) -> list[VoiceView]:
        """Who keeps a key of the vendor has their voices in an account of their own, and its list tells of them."""
        async with self._resources.database.reading() as session:
            holders = await OwnKeys.over(session, self._resources).holders(provider)
        shared = [voice for voice in voices if voice.owner_id not in holders]
        lost = await self._unlisted(self._resources, provider, shared) if shared else []
        for owner_id in holders & {voice.owner_id for voice in voices}:
            own = [voice for voice in voices if voice.owner_id == owner_id]
            try:
                async with resources_of(self._resources, owner_id) as resources:
                    lost += await self._unlisted(resources, provider, own)
            except SealBroken as broken:
                log.warning("voices_not_listed", provider=provider, reason=broken.code)
        return lost

    async def _unlisted(self, resources: Resources, provider: str, voices: Iterable[VoiceView]) -> list[VoiceView]:
        try:
            engine = resources.engines.speech(provider)
            # An engine whose voices never vanish does not list what was made with it.
            if engine.capabilities().clone_lives_hours is None:
                return []
            listed = {voice.voice_id for voice in await engine.voices()}
        except (ProviderError, EngineAbsent, EngineUnknown) as fault:
            log.warning("voices_not_listed", provider=provider, reason=fault.code)
            return []
        return [voice for voice in voices if voice.voice_id not in listed]

    async def _of_closed_accounts(self) -> Sequence[VoiceView]:
        async with self._resources.database.reading() as session:
            voices, accounts = VoiceRepository(session, self._clock), AccountService.over(session, self._resources)
            left: list[VoiceView] = []
            for owner_id in await voices.owners():
                if not await _is_open(accounts, owner_id):
                    left += await voices.all_of(owner_id)
            return left


async def _is_open(accounts: AccountService, owner_id: str) -> bool:
    try:
        await accounts.find(owner_id)
    except UserNotFound:
        return False
    return True


def _provider(voice: VoiceView) -> str:
    return voice.provider
