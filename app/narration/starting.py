"""Starts work on voices and waits for its end; files and vendors are asked outside of any transaction."""

from dataclasses import replace

from app.core.database import Session
from app.jobs.domain import JobView
from app.jobs.service import follow, start_and_follow
from app.library.intake import Intake
from app.library.values import AssetKind
from app.narration.errors import ConsentMissing, VoiceNotFound
from app.narration.values import CloneWish, DesignWish, Following, PreviewWish, SaveWish, VoiceView
from app.narration.voices import VoiceService
from app.projects.uploads import Incoming
from app.projects.values import ProjectView
from app.resources import Resources

__all__ = ["VoiceWork"]

NOT_LISTED = "The engine lists no voice of this id. Check it for typing errors, or clone the voice here."


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
