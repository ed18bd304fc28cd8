"""Loads the voice of a request for its owner, reads the form of a clone, and answers with what was made."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from typing import Annotated

from fastapi import Depends, File, Form, Response, UploadFile

from app.accounts.dependencies import CurrentUser, OwnResources
from app.core.dependencies import AsyncConstructor, ReadSession, SessionDep
from app.core.schema import PlainText, PlainTitle, Reply
from app.jobs.dependencies import OK, Prefer, job_reply
from app.jobs.domain import JobView
from app.library.dependencies import Links
from app.library.service import LibraryService
from app.narration.domain import CloneWish, Following, VoiceView
from app.narration.schemas import AssignBody, ClonedRead, NarrationRead, PreviewRead, VoiceRead
from app.narration.service import NarrationService
from app.narration.voices import VoiceService, VoiceWork
from app.projects.dependencies import owned_project
from app.projects.domain import ProjectView
from app.projects.options import Language

WAIT_SECONDS = 60
CREATED = 201
YES = frozenset({"true", "yes", "on", "1"})
NO = frozenset({"false", "no", "off", "0"})


async def narration_reader(session: ReadSession, resources: OwnResources) -> NarrationService:
    """Reading service of this request."""
    return NarrationService.over(session, resources)


async def voice_reader(session: ReadSession, resources: OwnResources) -> VoiceService:
    """Reading service of this request."""
    return VoiceService.over(session, resources)


async def voice_service(session: SessionDep, resources: OwnResources) -> VoiceService:
    """Changing service of this request."""
    return VoiceService.over(session, resources)


async def owned_voice(voice_id: str, account: CurrentUser, resources: OwnResources) -> VoiceView:
    """The caller's voice, read in a short session of its own."""
    async with resources.database.reading() as session:
        return await VoiceService.over(session, resources).owned(account.id, voice_id)


async def voice_work(account: CurrentUser, resources: OwnResources, prefer: Prefer) -> VoiceWork:
    """Starts work and waits as long as the caller wants."""
    return VoiceWork(resources, account.id, Following(prefer.seconds(WAIT_SECONDS)))


async def voice_saving(account: CurrentUser, resources: OwnResources) -> VoiceWork:
    """Keeps voices, which starts no work."""
    return VoiceWork(resources, account.id, Following())


async def assigned_project(body: AssignBody, account: CurrentUser, resources: OwnResources) -> ProjectView:
    """The caller's film that a voice is meant for."""
    return await owned_project(body.project_id, account, resources)


@dataclass(frozen=True)
class ClonedVoice:
    """How a clone is called and agreed to."""

    name: Annotated[PlainTitle, Form(min_length=1, max_length=255)]
    consent: Annotated[
        PlainText,
        Form(max_length=2000, description="The words by which the person agrees; `true` for the service's own"),
    ] = ""
    description: Annotated[PlainText, Form(max_length=2000)] = ""
    provider: Annotated[PlainText, Form(min_length=1, max_length=64)] = "auto"
    language: Annotated[Language, Form()] = Language.PL
    project_id: Annotated[PlainText | None, Form(max_length=64, description="The film it shall narrate")] = None

    def wish(self, standing_words: str) -> CloneWish:
        """As the service takes it."""
        said = self.consent.strip()
        words = {**dict.fromkeys(YES, standing_words), **dict.fromkeys(NO, "")}.get(said.lower(), said)
        return CloneWish(
            name=self.name,
            consent=words,
            description=self.description,
            engine=self.provider,
            language=self.language.value,
            sample_is_own=True,
        )


@dataclass(frozen=True)
class CloneAsked:
    """A clone that is asked for by a form."""

    file: UploadFile
    wish: CloneWish
    project: ProjectView | None


async def clone_asked(
    asked: Annotated[ClonedVoice, Depends(AsyncConstructor(ClonedVoice))],
    file: Annotated[UploadFile, File(description="The recording: MP3, M4A or WAV, 10 seconds to 5 minutes")],
    account: CurrentUser,
    resources: OwnResources,
) -> CloneAsked:
    """The form with its film."""
    project = await owned_project(asked.project_id, account, resources) if asked.project_id else None
    return CloneAsked(file, asked.wish(resources.settings.projects.voice_consent_words), project)


class VoicePresenter:
    """Voices as their owner reads them."""

    def __init__(self, resources: OwnResources, links: Links) -> None:
        self._resources = resources
        self._links = links

    async def read(self, *voices: VoiceView) -> list[VoiceRead]:
        """The voices with links to how they sound."""
        heard = {voice.preview_asset_id for voice in voices if voice.preview_asset_id is not None}
        async with self._resources.database.reading() as session:
            assets = await LibraryService.over(session, self._resources).views(heard)
        now = self._resources.clock.now()
        return [VoiceRead.of(voice, now, self._links, assets) for voice in voices]


ProjectPresenter = Annotated[VoicePresenter, Depends(AsyncConstructor(VoicePresenter))]


class Answers:
    """What a caller who waited is told: what was made, or the job that goes on."""

    def __init__(self, resources: OwnResources, links: Links, prefer: Prefer, showing: ProjectPresenter) -> None:
        self._resources = resources
        self._links = links
        self._prefer = prefer
        self._showing = showing

    async def voice(self, job: JobView) -> Response:
        """The voice that was made."""
        return await self._told(job, self._voice, CREATED)

    async def cloned(self, job: JobView, project: ProjectView) -> Response:
        """The voice by its name alone, as films' clients read it."""
        return await self._told(job, partial(self._cloned, project.id))

    async def preview(self, job: JobView) -> Response:
        """How the voice sounds."""
        return await self._told(job, self._preview)

    async def narration(self, job: JobView) -> Response:
        """The take that was spoken."""
        return await self._told(job, self._narration)

    async def _told(self, job: JobView, shown: Callable[[JobView], Awaitable[Reply]], status: int = OK) -> Response:
        return await job_reply(job, self._prefer, partial(shown, job), status)

    async def _narration(self, job: JobView) -> Reply:
        async with self._resources.database.reading() as session:
            take = await NarrationService.over(session, self._resources).take_of(job)
        return NarrationRead.model_validate(take)

    async def _voice(self, job: JobView) -> Reply:
        result = job.result or {}
        async with self._resources.database.reading() as session:
            voice = await VoiceService.over(session, self._resources).owned(job.owner_id, str(result["id"]))
        return (await self._showing.read(voice))[0]

    async def _cloned(self, project_id: str, job: JobView) -> Reply:
        return ClonedRead.model_validate({**(job.result or {}), "project_id": project_id})

    async def _preview(self, job: JobView) -> Reply:
        result = job.result or {}
        async with self._resources.database.reading() as session:
            asset = await LibraryService.over(session, self._resources).made_by(job)
        return PreviewRead.model_validate({**result, "audio_url": self._links.to(asset)})


NarrationsRead = Annotated[NarrationService, Depends(narration_reader)]
VoicesRead = Annotated[VoiceService, Depends(voice_reader)]
Voices = Annotated[VoiceService, Depends(voice_service)]
OwnedVoice = Annotated[VoiceView, Depends(owned_voice)]
Saving = Annotated[VoiceWork, Depends(voice_saving)]
Working = Annotated[VoiceWork, Depends(voice_work)]
AssignedProject = Annotated[ProjectView, Depends(assigned_project)]
CloneForm = Annotated[CloneAsked, Depends(clone_asked)]
Answering = Annotated[Answers, Depends(AsyncConstructor(Answers))]
