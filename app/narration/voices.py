"""Voices of one owner: list, save a vendor's own, clone with consent, design, preview, assign to a film."""

from dataclasses import dataclass, replace
from typing import Self

from app.core.database import Session
from app.core.logging import audit
from app.core.pagination import Page, Window
from app.jobs.domain import JobView, JsonObject, Lane
from app.jobs.queue import JobQueue, Order
from app.jobs.service import JobService, follow, start_and_follow
from app.library.domain import AssetKind, AssetView
from app.library.intake import Intake
from app.library.service import LibraryService
from app.narration.domain import (
    CloneWish,
    ConsentView,
    DesignWish,
    Following,
    PreviewWish,
    SaveWish,
    VoiceCondition,
    VoiceView,
)
from app.narration.errors import ConsentMissing, DesignNotOffered, SampleMissing, VoiceNotFound, VoiceTaken
from app.narration.models import Consent, Voice
from app.narration.recordings import Casting
from app.narration.repository import ConsentRepository, VoiceRepository
from app.narration.voice_jobs import CloneParams, DesignParams, PreviewParams, check_sample, take_film
from app.projects.domain import ProjectView
from app.projects.progress import ProgressService
from app.projects.schemas import NarrationBody, ProjectEdit
from app.projects.service import ProjectService
from app.projects.uploads import Incoming
from app.providers.speech import VoiceOrigin
from app.providers.values import Role
from app.resources import Resources
from app.usage.domain import speech_micro_usd, voice_micro_usd
from app.usage.ledger import LedgerBudget, PaidEngine

CLONE, DESIGN, PREVIEW = "voice.clone", "voice.design", "voice.preview"
NOT_LISTED = "The engine lists no voice of this id. Check it for typing errors, or clone the voice here."


@dataclass(frozen=True)
class Costs:
    """What a piece of work on voices costs at most, and which work is the same."""

    micro_usd: int
    same_work: str


class VoiceService:
    """Voices in the caller's unit of work."""

    def __init__(self, session: Session, resources: Resources) -> None:
        self._session = session
        self._resources = resources
        self._voices = VoiceRepository(session, resources.clock)
        self._progress = ProgressService.over(session, resources)

    @classmethod
    def over(cls, session: Session, resources: Resources) -> Self:
        """The service on this session."""
        return cls(session, resources)

    async def owned(self, owner_id: str, name: str) -> VoiceView:
        """The owner's voice by our id or the vendor's name; a foreign one is not found."""
        voice = await self._voices.owned(owner_id, name)
        if voice is None:
            raise VoiceNotFound
        return voice

    async def listed(self, owner_id: str, window: Window) -> tuple[Page[VoiceView], int]:
        """One page of an owner's voices and how many there are."""
        return await self._voices.listed(owner_id, window)

    async def check_free(self, owner_id: str, wish: SaveWish) -> None:
        """Refuses a voice that the owner has, or that somebody else has made."""
        if await self._voices.owned(owner_id, wish.voice_id) is not None:
            raise VoiceTaken(param="voice_id")
        if await self._voices.is_of_another(owner_id, wish.voice_id):
            raise VoiceNotFound(param="voice_id")

    async def save(self, owner_id: str, provider: str, wish: SaveWish, origin: VoiceOrigin) -> VoiceView:
        """Keeps a voice of the vendor's list under a name of the owner's; the copy of a person's with its consent."""
        await self.check_free(owner_id, wish)
        agreed = await self._agreed(owner_id, wish) if origin is VoiceOrigin.CLONED else None
        row = Voice(
            owner_id=owner_id,
            voice_id=wish.voice_id,
            provider=provider,
            origin=origin,
            is_brought=origin is not VoiceOrigin.SYSTEM,
            consent_id=agreed.id if agreed else None,
            consent_at=agreed.created_at if agreed else None,
            name=wish.name,
            description=wish.description,
            note="",
        )
        return await self._voices.keep(row)

    async def assign(self, project: ProjectView, name: str) -> VoiceView:
        """Gives a film its narrator; a voice that the vendor has lost is refused."""
        await self.owned(project.owner_id, name)
        voice = await Casting(self._resources).cast(self._session, project.owner_id, name)
        if voice is None:
            raise VoiceNotFound(param="voice_id")
        if project.settings.narration.voice is not None:
            spoken = NarrationBody(voice=None, speed=project.settings.narration.speed)
            films = ProjectService.over(self._session, self._resources)
            await films.edit(project.id, ProjectEdit(narration=spoken))
        await self._progress.assign_voice(project.id, voice.voice_id)
        return voice

    async def begin_clone(
        self, sample: AssetView, wish: CloneWish, follow: Following, project: ProjectView | None = None
    ) -> JobView:
        """Writes the agreement down and puts the copying in line; a film is taken for it."""
        if not wish.consent.strip():
            raise ConsentMissing(param="consent")
        engine = self._resources.engines.speech(wish.engine)
        check_sample(engine, sample)
        consent = await self._consented(sample, wish.consent.strip())
        params = CloneParams(
            name=wish.name,
            description=wish.description,
            sample_asset_id=sample.id,
            sample_is_own=wish.sample_is_own,
            consent_id=consent,
            engine=engine.name,
            language=wish.language,
        )
        same_work = f"clone:{project.id}" if project else f"clone:{sample.id}"
        costs = Costs(voice_micro_usd(engine.name), same_work)
        order = _order(sample.owner_id, CLONE, params.model_dump(), costs, follow)
        job, is_new = await self._enqueued(order, engine, project)
        if is_new and project is not None:
            await take_film(self._progress, project)
        return job

    async def begin_film_clone(self, project: ProjectView, words: str, follow: Following) -> JobView:
        """Clones a film's narrator from its sample; a voice that was made of just this sample is taken again."""
        if project.audio_sample_asset_id is None:
            raise SampleMissing
        library = LibraryService.over(self._session, self._resources)
        sample = await library.owned(project.audio_sample_asset_id, project.owner_id)
        engine = self._resources.engines.speech(engine_of(project))
        voice = await self._voices.cloned_from(project.owner_id, sample.id, engine.name)
        is_alive = voice is not None and voice.condition(self._resources.clock.now()) is not VoiceCondition.EXPIRED
        if voice is not None and voice.job_id is not None and is_alive:
            await self.assign(project, voice.id)
            return await JobService.over(self._session, self._resources).any(voice.job_id)
        wish = CloneWish(
            name=project.settings.name,
            consent=words,
            engine=engine.name,
            language=project.settings.language.value,
        )
        return await self.begin_clone(sample, wish, follow, project)

    async def begin_design(self, owner_id: str, wish: DesignWish, follow: Following) -> JobView:
        """Puts the invention of a voice in line."""
        engine = self._resources.engines.speech(wish.engine)
        if not engine.capabilities().designs_voices:
            raise DesignNotOffered(param="provider")
        voice_key = self._resources.clock.new_id()
        params = DesignParams(
            name=wish.name,
            description=wish.description,
            prompt=wish.prompt,
            preview_text=wish.preview_text,
            voice_key=voice_key,
            engine=engine.name,
        )
        costs = Costs(voice_micro_usd(engine.name, designed=True), f"design:{voice_key}")
        return (await self._enqueued(_order(owner_id, DESIGN, params.model_dump(), costs, follow), engine))[0]

    async def begin_preview(self, voice: VoiceView, wish: PreviewWish, follow: Following) -> JobView:
        """Puts a sentence in line; one that is being spoken is joined."""
        await Casting(self._resources).cast(self._session, voice.owner_id, voice.id)
        engine = self._resources.engines.speech(voice.provider)
        cost = speech_micro_usd(engine.name, engine.capabilities().model, len(wish.text))
        params = PreviewParams(voice_row_id=voice.id, text=wish.text, language=wish.language)
        order = _order(voice.owner_id, PREVIEW, params.model_dump(), Costs(cost, f"preview:{voice.id}"), follow)
        return (await self._enqueued(order, engine))[0]

    async def _enqueued(
        self, order: Order, engine: PaidEngine, project: ProjectView | None = None
    ) -> tuple[JobView, bool]:
        placed = order if project is None else replace(order, project_id=project.id)
        job, is_new = await JobQueue(self._session, self._resources).enqueue(placed)
        if is_new:
            await LedgerBudget(self._resources).hold(self._session, job, job.estimated_micro_usd, engine)
        return job, is_new

    async def _consented(self, sample: AssetView, words: str) -> str:
        return (await self._written_down(sample.owner_id, words, sample)).id

    async def _agreed(self, owner_id: str, wish: SaveWish) -> ConsentView:
        if not wish.consent.strip():
            raise ConsentMissing(param="consent")
        return await self._written_down(owner_id, wish.consent.strip())

    async def _written_down(self, owner_id: str, words: str, sample: AssetView | None = None) -> ConsentView:
        named, digest = (sample.id, sample.sha256) if sample else ("", "")
        row = Consent(owner_id=owner_id, words=words, sample_asset_id=named, sample_sha256=digest)
        kept = await ConsentRepository(self._session, self._resources.clock).keep(row)
        audit("voice_consent", who=owner_id, what=kept.id, object=named)
        return kept


def engine_of(project: ProjectView) -> str:
    """Who speaks in this film."""
    return project.settings.providers.get(Role.SPEECH, "auto")


def _order(owner_id: str, kind: str, params: JsonObject, costs: Costs, follow: Following) -> Order:
    return Order(
        owner_id=owner_id,
        kind=kind,
        lane=Lane.REMOTE,
        params=params,
        same_work=costs.same_work,
        parent_id=follow.parent_id,
        direct=follow.seconds > 0 or follow.parent_id is not None,
        continues=follow.parent_id is not None,
        estimated_micro_usd=costs.micro_usd,
    )


class VoiceWork:
    """Work on voices for one owner; each call opens its own short units of work."""

    def __init__(self, resources: Resources, owner_id: str, following: Following) -> None:
        self._resources = resources
        self._owner_id = owner_id
        self._following = following

    async def clone_file(self, file: Incoming, wish: CloneWish, project: ProjectView | None) -> JobView:
        """Copies the voice on a recording; a refusal leaves neither recording nor agreement behind."""
        if not wish.consent.strip():
            raise ConsentMissing(param="consent")
        intake = Intake(self._resources)
        async with (
            intake.received(self._owner_id, AssetKind.AUDIO_SAMPLE, file.name, file.chunks()) as sample,
            self._resources.database.unit_of_work() as session,
        ):
            voices = VoiceService.over(session, self._resources)
            job = await voices.begin_clone(sample, wish, self._following, project)
        return await follow(self._resources, job, self._following.seconds)

    async def clone_film(self, project: ProjectView) -> JobView:
        """Copies the voice of a film's sample; bringing the sample counts as its owner's declaration."""
        words = self._resources.settings.projects.voice_consent_words

        async def start(session: Session) -> JobView:
            return await VoiceService.over(session, self._resources).begin_film_clone(project, words, self._following)

        return await start_and_follow(self._resources, start, self._following.seconds)

    async def design(self, wish: DesignWish) -> JobView:
        """Invents a voice from a description."""

        async def start(session: Session) -> JobView:
            return await VoiceService.over(session, self._resources).begin_design(self._owner_id, wish, self._following)

        return await start_and_follow(self._resources, start, self._following.seconds)

    async def preview(self, voice: VoiceView, wish: PreviewWish) -> JobView:
        """Makes a voice heard."""

        async def start(session: Session) -> JobView:
            return await VoiceService.over(session, self._resources).begin_preview(voice, wish, self._following)

        return await start_and_follow(self._resources, start, self._following.seconds)

    async def save_declared(self, wish: SaveWish) -> VoiceView:
        """The same where bringing a voice counts as its owner's declaration that its person agrees."""
        words = wish.consent or self._resources.settings.projects.voice_consent_words
        return await self.save(replace(wish, consent=words))

    async def save(self, wish: SaveWish) -> VoiceView:
        """Keeps a voice that the engine lists, also one copied elsewhere; what others have made is not found."""
        async with self._resources.database.reading() as session:
            await VoiceService.over(session, self._resources).check_free(self._owner_id, wish)
        engine = self._resources.engines.speech(wish.engine)
        listed = next((voice for voice in await engine.voices() if voice.voice_id == wish.voice_id), None)
        if listed is None:
            raise VoiceNotFound(NOT_LISTED, param="voice_id")
        async with self._resources.database.unit_of_work() as session:
            voices = VoiceService.over(session, self._resources)
            return await voices.save(self._owner_id, engine.name, wish, listed.origin)
