"""Deletes a voice: at its vendor first, then its row and the recordings that stand for it."""

from app.core.logging import audit
from app.library.service import LibraryService, discard
from app.narration.repository import VoiceRepository
from app.narration.values import VoiceView
from app.resources import Resources

__all__ = ["delete_voice"]


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
