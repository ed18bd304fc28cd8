"""The steps of one voice.clone job: the sample is read, copied at the vendor once, and kept as its owner's voice."""

from typing import Any

from pydantic import BaseModel, JsonValue

from app.jobs.attempts import PaidCall, Repeat, VendorAnswer
from app.jobs.domain import AttemptView
from app.jobs.handlers import Work
from app.library.service import LibraryService
from app.library.values import AssetView
from app.narration.errors import ConsentMissing, SampleUnfit
from app.narration.making import UPLOAD_SECONDS, film_of, keep_voice, reply_of, shown, take_film
from app.narration.models import Voice
from app.narration.recordings import digest_of
from app.narration.repository import ConsentRepository
from app.projects.progress import ProgressService
from app.projects.states import ProjectStatus
from app.providers.speech import CloneRequest, SpeechProvider, VoiceOrigin, VoiceSample
from app.providers.values import AttemptKey, MediaType, Reconcile
from app.resources import Resources
from app.usage.domain import voice_micro_usd

__all__ = ["CloneParams", "Cloning", "check_sample"]


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

    def __init__(self, work: Work, params: CloneParams) -> None:
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
