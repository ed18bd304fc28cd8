"""/auth, /projects, /segments, /generation, /media and /voices of client A."""

from typing import Annotated

from fastapi import Form, Request, Response

from app.accounts import errors
from app.accounts.dependencies import CallerDep, CurrentUser, Public, ResourcesDep, set_session_cookie
from app.accounts.domain import SessionKind
from app.accounts.routes.dependencies import NO_REGISTRATION, NO_SIGN_IN, Passwording, SigningIn
from app.accounts.schemas import LoginForm
from app.api.dialects.rules import in_both_spellings
from app.api.dialects.spa.dependencies import (
    ArrivedProject,
    HeldWork,
    NarratedFilm,
    PatientRoute,
    PlannedFilm,
    Productions,
    SpaLinks,
    SpaShown,
    SpaShownRead,
)
from app.api.dialects.spa.schemas import (
    FilmChange,
    FilmForm,
    FilmList,
    FilmShown,
    FrameUploaded,
    Me,
    Narrator,
    PlanForm,
    RegisterForm,
    SavedVoices,
    SegmentForm,
    SegmentShown,
    Task,
    Token,
    Uploaded,
    VoiceForm,
    VoiceNamed,
    VoiceShown,
)
from app.assembly.errors import FilmClipsBroken, FilmFilesGone, FilmNotOffered
from app.core.dependencies import FILE_FORM, WindowDep
from app.core.routing import Router, documents
from app.frames.errors import ClipMissing
from app.generation.dependencies import CheckedSegment, OwnedTask
from app.generation.errors import FramesMissing, NotOffered, SegmentNotReady
from app.jobs.errors import JobNotFound, QueueFull, TooManyJobs, WorkCancelled, WorkFailed, WorkGoesOn
from app.library.errors import NothingSent, QuotaExceeded, UploadTooLarge
from app.moderation.errors import ContentHeld, ContentRefused, ContentUnjudged
from app.narration.dependencies import OwnedVoice, Saving, Voices, VoicesRead
from app.narration.errors import SampleMissing, SampleUnfit, VoiceExpired, VoiceNotFound, VoiceTaken
from app.narration.voice_jobs import delete_voice
from app.planning.errors import PlanNotOffered, PlanReplaces, PlanUnusable, StoryMissing
from app.production.service import SegmentWish
from app.projects.dependencies import (
    OwnedProject,
    OwnedSegment,
    Projects,
    ProjectsRead,
    Storyboards,
    StoryboardsRead,
    Uploads,
)
from app.projects.domain import Listing
from app.projects.errors import (
    IllegalMove,
    IllegalProjectMove,
    LayoutFixed,
    MissingPrompt,
    OptionsClash,
    ProjectBusy,
    ProjectNotFound,
    PromptTooLong,
    SegmentBusy,
    SegmentNotFound,
    SegmentsIncomplete,
    TargetTooLong,
)
from app.projects.routes import LARGEST_FORM_BYTES, FormFile, SentFile
from app.projects.uploads import FrameSide
from app.usage.domain import BudgetExceeded

people_router = Router(prefix="/auth", dependencies=[Public], route_class=PatientRoute)
# The page asks here first and must be told at once, so this route knows no pause.
identity = Router(prefix="/auth")
PRIVATE = {"Cache-Control": "private, no-store"}


@people_router.post(
    "/register",
    operation_id="spa_auth_register",
    status_code=201,
    responses=NO_REGISTRATION,
)
async def register(wish: RegisterForm, passwords: Passwording) -> Me:
    """Makes an account; the page then signs in by itself."""
    return Me.of(await passwords.register(wish.as_wish()))


@people_router.post(
    "/token",
    operation_id="spa_auth_token",
    response_model=Token,
    responses=NO_SIGN_IN,
)
async def token(form: Annotated[LoginForm, Form()], caller: CallerDep, facade: SigningIn, request: Request) -> Response:
    """Signs in for a day; the token stands there under both spellings."""
    signed_in = await facade.sign_in(form.as_login(), caller, kind=SessionKind.CLIENT)
    reply = in_both_spellings(Token.of(signed_in))
    set_session_cookie(request, reply, signed_in)
    return reply


@identity.get("/me", operation_id="spa_auth_me", responses=documents(errors.TokenRefused, errors.AccountClosed))
async def me(account: CurrentUser, response: Response) -> Me:
    """Who is signed in; a bad token is refused at once."""
    response.headers.update(PRIVATE)
    return Me.of(account)


project_router = Router(prefix="/projects", route_class=PatientRoute)
CREATED, NO_CONTENT = 201, 204


@project_router.get("", operation_id="spa_projects_list")
async def list_projects(
    account: CurrentUser, projects: ProjectsRead, shown: SpaShownRead, window: WindowDep
) -> FilmList:
    """Your projects, the newest first."""
    return await shown.page(await projects.listed(account.id, Listing(), window))


@project_router.post(
    "",
    operation_id="spa_projects_create",
    status_code=CREATED,
    responses=documents(OptionsClash, TargetTooLong),
)
async def create_project(account: CurrentUser, wish: FilmForm, projects: Projects, shown: SpaShown) -> FilmShown:
    """Starts a film; its segments are laid out at once."""
    return await shown.film(await projects.create(account.id, wish))


@project_router.get("/{project_id}", operation_id="spa_projects_get", responses=documents(ProjectNotFound))
async def get_project(project: ArrivedProject, shown: SpaShownRead) -> FilmShown:
    """One project; while its plan is being written, the reply is held for it."""
    return await shown.film(project)


@project_router.put(
    "/{project_id}",
    operation_id="spa_projects_edit",
    responses=documents(ProjectNotFound, LayoutFixed, OptionsClash, TargetTooLong),
)
async def edit_project(project: OwnedProject, wish: FilmChange, projects: Projects, shown: SpaShown) -> FilmShown:
    """Changes what is named and leaves the rest."""
    return await shown.film(await projects.edit(project.id, wish))


@project_router.delete(
    "/{project_id}",
    operation_id="spa_projects_delete",
    status_code=NO_CONTENT,
    responses=documents(ProjectNotFound),
)
async def delete_project(project: OwnedProject, projects: Projects) -> None:
    """Cancels the work on a project, then deletes it with its media."""
    await projects.delete(project, cancel=True)


@project_router.post(
    "/{project_id}/finalize",
    operation_id="spa_projects_finalize",
    responses=documents(
        ProjectNotFound,
        IllegalProjectMove,
        SegmentsIncomplete,
        FilmFilesGone,
        FilmClipsBroken,
        FilmNotOffered,
        WorkFailed,
        WorkCancelled,
        WorkGoesOn,
    ),
)
async def finalize_project(project: OwnedProject, work: HeldWork) -> FilmShown:
    """Cuts the film; the reply is held until it is there."""
    return await work.finalized(project)


segment_router = Router(prefix="/segments", route_class=PatientRoute)
MOVE_ERRORS = (SegmentNotFound, SegmentBusy, IllegalMove)


@segment_router.get("/project/{project_id}", operation_id="spa_segments_list", responses=documents(ProjectNotFound))
async def list_segments(project: ArrivedProject, board: StoryboardsRead, shown: SpaShownRead) -> list[SegmentShown]:
    """All segments of a project, in order; while its plan is being written, the reply is held for it."""
    return await shown.segments(project.id, await board.segments(project.id))


@segment_router.put(
    "/{segment_id}",
    operation_id="spa_segments_edit",
    responses=documents(SegmentNotFound, SegmentBusy, PromptTooLong, OptionsClash),
)
async def edit_segment(segment: OwnedSegment, wish: SegmentForm, board: Storyboards, shown: SpaShown) -> SegmentShown:
    """Changes what is named; an approval falls with the words that it approved."""
    return await shown.segment(await board.edit(segment, wish))


@segment_router.post(
    "/{segment_id}/approve",
    operation_id="spa_segments_approve",
    responses=documents(*MOVE_ERRORS, MissingPrompt),
)
async def approve_segment(segment: OwnedSegment, board: Storyboards, shown: SpaShown) -> SegmentShown:
    """Approves the prompt of a segment."""
    return await shown.segment(await board.approve(segment))


@segment_router.post(
    "/{segment_id}/check-complete", operation_id="spa_segments_check", responses=documents(SegmentNotFound)
)
async def check_complete(segment: CheckedSegment, shown: SpaShownRead) -> SegmentShown:
    """Brings a segment up to date with the job that makes it; writes only when that has ended."""
    return await shown.segment(segment)


@segment_router.post(
    "/{segment_id}/extract-last-frame",
    operation_id="spa_segments_extract_frame",
    responses=documents(SegmentNotFound, SegmentBusy, ClipMissing),
)
async def extract_frame(segment: OwnedSegment, work: HeldWork) -> SegmentShown:
    """Makes the clip's last picture the one that the next segment begins with."""
    return await work.extracted(segment)


@segment_router.post(
    "/{segment_id}/approve-video", operation_id="spa_segments_approve_video", responses=documents(*MOVE_ERRORS)
)
async def approve_video(segment: OwnedSegment, board: Storyboards, shown: SpaShown) -> SegmentShown:
    """Accepts the generated clip for the film."""
    return await shown.segment(await board.approve_clip(segment))


@segment_router.post("/{segment_id}/regenerate", operation_id="spa_segments_reset", responses=documents(*MOVE_ERRORS))
async def regenerate(segment: OwnedSegment, board: Storyboards, shown: SpaShown) -> SegmentShown:
    """Takes the clip away, so that another one may be started; nothing is started, and the take is kept."""
    return await shown.segment(await board.reject_clip(segment, None))


@segment_router.delete(
    "/{segment_id}/last-frame",
    operation_id="spa_segments_clear_frame",
    responses=documents(SegmentNotFound, SegmentBusy),
)
async def clear_last_frame(segment: OwnedSegment, board: Storyboards, shown: SpaShown) -> SegmentShown:
    """Empties the end frame, so that it is made from its prompt again."""
    return await shown.segment(await board.clear_last_frame(segment))


generation_router = Router(prefix="/generation", route_class=PatientRoute)
HELD = (WorkFailed, WorkCancelled, WorkGoesOn, QueueFull, TooManyJobs, BudgetExceeded)
JUDGED = (ContentRefused, ContentHeld, ContentUnjudged)
MADE_AS_USUAL = SegmentWish()


@generation_router.post(
    "/plan",
    operation_id="spa_generation_plan",
    responses=documents(
        ProjectNotFound,
        ProjectBusy,
        IllegalProjectMove,
        StoryMissing,
        PlanNotOffered,
        PlanReplaces,
        PlanUnusable,
        *JUDGED,
        *HELD,
    ),
)
async def plan(project: PlannedFilm, body: PlanForm, work: HeldWork) -> FilmShown:
    """Writes the words of every segment; the reply is held until they stand."""
    return await work.planned(project, body)


@generation_router.post(
    "/voice-clone",
    operation_id="spa_generation_clone",
    response_model=VoiceNamed,
    responses=documents(ProjectNotFound, ProjectBusy, IllegalProjectMove, SampleMissing, SampleUnfit, *HELD),
)
async def clone_voice(project: OwnedProject, work: HeldWork) -> Response:
    """Clones the narrator from the project's sample; the reply is held until the voice is there."""
    return in_both_spellings(await work.cloned(project))


@generation_router.post(
    "/segment/{segment_id}",
    operation_id="spa_generation_segment",
    response_model=Task,
    responses=documents(
        SegmentNotFound, SegmentNotReady, IllegalMove, ProjectBusy, NotOffered, FramesMissing, QueueFull, TooManyJobs
    ),
)
async def generate_segment(segment: OwnedSegment, starts: Productions) -> Response:
    """Starts a segment's clip with its narration and missing frames; answers at once."""
    return in_both_spellings(Task.of(await starts.begin_segment(segment, MADE_AS_USUAL)))


@generation_router.get(
    "/status/{task_id}",
    operation_id="spa_generation_status",
    response_model=Task,
    responses=documents(JobNotFound),
)
async def generation_status(job: OwnedTask) -> Response:
    """How a generation stands."""
    return in_both_spellings(Task.of(job))


upload_router = Router(prefix="/media/upload", route_class=PatientRoute)
REFUSALS = (NothingSent, UploadTooLarge, QuotaExceeded)


@upload_router.post(
    "/first-frame",
    operation_id="spa_upload_first_frame",
    max_body_size=LARGEST_FORM_BYTES,
    form_limits=FILE_FORM,
    response_model=Uploaded,
    responses=documents(ProjectNotFound, *REFUSALS),
)
async def upload_first_frame(project: OwnedProject, file: SentFile, uploads: Uploads, links: SpaLinks) -> Response:
    """The picture the film begins with."""
    asset = await uploads.first_frame(project, FormFile(file))
    return in_both_spellings(Uploaded(url=links.to(asset), filename=asset.name))


@upload_router.post(
    "/audio",
    operation_id="spa_upload_audio",
    max_body_size=LARGEST_FORM_BYTES,
    form_limits=FILE_FORM,
    response_model=Uploaded,
    responses=documents(ProjectNotFound, *REFUSALS),
)
async def upload_audio(project: OwnedProject, file: SentFile, uploads: Uploads, links: SpaLinks) -> Response:
    """The recording of the narrator's voice."""
    asset = await uploads.audio_sample(project, FormFile(file))
    return in_both_spellings(Uploaded(url=links.to(asset), filename=asset.name))


@upload_router.post(
    "/segment-frame/{segment_id}",
    operation_id="spa_upload_segment_frame",
    max_body_size=LARGEST_FORM_BYTES,
    form_limits=FILE_FORM,
    response_model=FrameUploaded,
    responses=documents(SegmentNotFound, SegmentBusy, *REFUSALS),
)
async def upload_segment_frame(
    segment: OwnedSegment, frame_type: FrameSide, file: SentFile, uploads: Uploads, links: SpaLinks
) -> Response:
    """The picture a segment begins or ends with; the neighbour shares it."""
    asset = await uploads.segment_frame(segment, frame_type, FormFile(file))
    return in_both_spellings(FrameUploaded(url=links.to(asset), filename=asset.name, frame_type=frame_type))


voice_router = Router(prefix="/voices", route_class=PatientRoute)


@voice_router.get("", operation_id="spa_voices_list")
async def list_voices(account: CurrentUser, voices: VoicesRead, window: WindowDep) -> SavedVoices:
    """Your voices, the newest first."""
    page, total = await voices.listed(account.id, window)
    return SavedVoices(voices=[VoiceShown.of(voice) for voice in page.items], total=total)


@voice_router.post(
    "", operation_id="spa_voices_save", status_code=CREATED, responses=documents(VoiceTaken, VoiceNotFound)
)
async def save_voice(saving: Saving, wish: VoiceForm) -> VoiceShown:
    """Saves a voice that the engine lists; saving one that was cloned elsewhere states that its person agrees."""
    return VoiceShown.of(await saving.save_declared(wish.wish()))


@voice_router.post(
    "/assign",
    operation_id="spa_voices_assign",
    response_model=VoiceNamed,
    responses=documents(ProjectNotFound, VoiceNotFound, VoiceExpired),
)
async def assign_voice(project: NarratedFilm, body: Narrator, voices: Voices) -> Response:
    """Makes a voice the narrator of a film."""
    voice = await voices.assign(project, body.voice_id)
    return in_both_spellings(VoiceNamed(voice_id=voice.voice_id, project_id=project.id))


@voice_router.delete(
    "/{voice_id}", operation_id="spa_voices_delete", status_code=NO_CONTENT, responses=documents(VoiceNotFound)
)
async def remove_voice(voice: OwnedVoice, resources: ResourcesDep) -> None:
    """Deletes a voice, at its engine too."""
    await delete_voice(resources, voice)
