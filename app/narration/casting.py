"""Which voice speaks: the project's own, a saved one of its owner, or the engine's; never another owner's."""

from dataclasses import dataclass

from app.core.database import Session
from app.narration.errors import VoiceExpired, VoiceNotFound
from app.narration.repository import VoiceRepository
from app.narration.values import VoiceCondition, VoiceView
from app.projects.options import Role
from app.projects.values import SegmentView
from app.providers.errors import InvalidRequest
from app.providers.speech import SpeechProvider
from app.resources import Resources

__all__ = ["Casting", "ChosenVoice"]


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
