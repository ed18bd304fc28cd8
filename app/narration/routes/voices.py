"""HTTP of the voices library: list, save, read, delete, assign."""

from app.accounts.dependencies import CurrentUser, OwnResources
from app.core.dependencies import NextLink, WindowDep
from app.core.routing import Router, documents
from app.jobs.dependencies import IdempotentRoute
from app.narration import errors
from app.narration.dependencies import AssignedProject, OwnedVoice, ProjectPresenter, Saving, Voices, VoicesRead
from app.narration.schemas import AssignBody, AssignRead, VoiceList, VoiceRead, VoiceSave
from app.narration.voice_jobs import delete_voice
from app.projects.errors import ProjectNotFound
from app.providers.errors import EngineAbsent, EngineUnknown

router = Router(tags=["voices"], route_class=IdempotentRoute)
CREATED, NO_CONTENT = 201, 204


@router.get("/voices", operation_id="voices_list")
async def list_voices(
    account: CurrentUser, voices: VoicesRead, window: WindowDep, link: NextLink, showing: ProjectPresenter
) -> VoiceList:
    """The caller's voices, newest first."""
    page, total = await voices.listed(account.id, window)
    link.point_after(page)
    return VoiceList(voices=await showing.read(*page.items), total=total)


@router.post(
    "/voices",
    operation_id="voices_save",
    status_code=CREATED,
    responses=documents(
        errors.VoiceTaken,
        errors.VoiceNotFound,
        errors.ConsentMissing,
        EngineAbsent,
        EngineUnknown,
    ),
)
async def save_voice(wish: VoiceSave, saving: Saving, showing: ProjectPresenter) -> VoiceRead:
    """Saves a voice that an engine lists under a name of the caller's; one cloned elsewhere with its consent."""
    return (await showing.read(await saving.save(wish.wish())))[0]


@router.post(
    "/voices/assign",
    operation_id="voices_assign",
    responses=documents(ProjectNotFound, errors.VoiceNotFound, errors.VoiceExpired),
)
async def assign_voice(project: AssignedProject, body: AssignBody, voices: Voices) -> AssignRead:
    """Makes a voice the narrator of a film; what was spoken in another voice becomes stale."""
    voice = await voices.assign(project, body.voice_id)
    return AssignRead(project_id=project.id, voice_id=voice.voice_id, id=voice.id)


@router.get("/voices/{voice_id}", operation_id="voices_read", responses=documents(errors.VoiceNotFound))
async def read_voice(voice: OwnedVoice, showing: ProjectPresenter) -> VoiceRead:
    """One voice, by its id or by what its engine calls it."""
    return (await showing.read(voice))[0]


@router.delete(
    "/voices/{voice_id}",
    operation_id="voices_delete",
    status_code=NO_CONTENT,
    responses=documents(errors.VoiceNotFound, EngineAbsent),
)
async def remove_voice(voice: OwnedVoice, resources: OwnResources) -> None:
    """Deletes a voice, at its engine too; films that it has narrated stay as they are."""
    await delete_voice(resources, voice)
