"""/voices of client A: the saved voices and who narrates which film."""

from fastapi import Response

from app.accounts.dependencies import CurrentUser, ResourcesDep
from app.api.dialects.rules import in_both_spellings
from app.api.dialects.spa.dependencies import NarratedFilm
from app.api.dialects.spa.forms import Narrator, VoiceForm
from app.api.dialects.spa.patience import PatientRoute
from app.api.dialects.spa.shapes import SavedVoices, VoiceNamed, VoiceShown
from app.core.dependencies import WindowDep
from app.core.responses import documents
from app.core.routing import Router
from app.narration.dependencies import OwnedVoice, Saving, Voices, VoicesRead
from app.narration.errors import VoiceExpired, VoiceNotFound, VoiceTaken
from app.narration.voice_jobs import delete_voice
from app.projects.errors import ProjectNotFound

__all__ = ["router"]

router = Router(prefix="/voices", route_class=PatientRoute)
CREATED, NO_CONTENT = 201, 204


@router.get("", operation_id="spa_voices_list")
async def list_voices(account: CurrentUser, voices: VoicesRead, window: WindowDep) -> SavedVoices:
    """Your voices, the newest first."""
    page, total = await voices.listed(account.id, window)
    return SavedVoices(voices=[VoiceShown.of(voice) for voice in page.items], total=total)


@router.post("", operation_id="spa_voices_save", status_code=CREATED, responses=documents(VoiceTaken, VoiceNotFound))
async def save_voice(saving: Saving, wish: VoiceForm) -> VoiceShown:
    """Saves a voice that the engine lists; saving one that was cloned elsewhere states that its person agrees."""
    return VoiceShown.of(await saving.save_declared(wish.wish()))


@router.post(
    "/assign",
    operation_id="spa_voices_assign",
    response_model=VoiceNamed,
    responses=documents(ProjectNotFound, VoiceNotFound, VoiceExpired),
)
async def assign_voice(project: NarratedFilm, body: Narrator, voices: Voices) -> Response:
    """Makes a voice the narrator of a film."""
    voice = await voices.assign(project, body.voice_id)
    return in_both_spellings(VoiceNamed(voice_id=voice.voice_id, project_id=project.id))


@router.delete(
    "/{voice_id}", operation_id="spa_voices_delete", status_code=NO_CONTENT, responses=documents(VoiceNotFound)
)
async def remove_voice(voice: OwnedVoice, resources: ResourcesDep) -> None:
    """Deletes a voice, at its engine too."""
    await delete_voice(resources, voice)
