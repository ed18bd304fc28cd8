"""HTTP of voices in the making: clone with consent, design, preview."""

from typing import Any

from fastapi import Response

from app.core.dependencies import FILE_FORM
from app.core.routing import Router, documents
from app.jobs import errors as job_errors
from app.jobs.dependencies import IdempotentRoute
from app.jobs.errors import WorkCancelled, WorkFailed
from app.jobs.schemas import JobRead
from app.library.errors import NothingSent, QuotaExceeded, UploadTooLarge
from app.media.errors import UnreadableMedia, UnsupportedMedia
from app.moderation.errors import ContentHeld, ContentRefused, ContentUnjudged
from app.narration import errors
from app.narration.dependencies import Answering, CloneForm, OwnedVoice, Working
from app.narration.schemas import ClonedRead, DesignBody, PreviewBody, PreviewRead, VoiceRead
from app.projects.dependencies import OwnedProject
from app.projects.errors import IllegalProjectMove, ProjectBusy, ProjectNotFound
from app.projects.routes import LARGEST_FORM_BYTES, FormFile
from app.providers.errors import EngineAbsent, EngineUnknown
from app.usage.domain import BudgetExceeded

router = Router(tags=["voices"], route_class=IdempotentRoute)
CREATED, ACCEPTED = 201, 202
GOES_ON: dict[int | str, dict[str, Any]] = {
    ACCEPTED: {"model": JobRead, "description": "The job goes on; read it at Location"}
}
STARTS = (
    BudgetExceeded,
    WorkFailed,
    WorkCancelled,
    EngineAbsent,
    EngineUnknown,
    job_errors.QueueFull,
    job_errors.TooManyJobs,
)
JUDGED = (ContentRefused, ContentHeld, ContentUnjudged)


@router.post(
    "/voices/clone",
    operation_id="voices_clone",
    status_code=CREATED,
    response_model=VoiceRead,
    max_body_size=LARGEST_FORM_BYTES,
    form_limits=FILE_FORM,
    responses=GOES_ON
    | documents(
        ProjectNotFound,
        ProjectBusy,
        IllegalProjectMove,
        NothingSent,
        UploadTooLarge,
        QuotaExceeded,
        UnreadableMedia,
        UnsupportedMedia,
        errors.ConsentMissing,
        errors.SampleUnfit,
        *STARTS,
    ),
)
async def clone_voice(asked: CloneForm, working: Working, answers: Answering) -> Response:
    """Copies the voice of a person who agrees; waits up to 60 seconds unless Prefer says otherwise."""
    return await answers.voice(await working.clone_file(FormFile(asked.file), asked.wish, asked.project))


@router.post(
    "/voices/design",
    operation_id="voices_design",
    status_code=CREATED,
    response_model=VoiceRead,
    responses=GOES_ON | documents(errors.DesignNotOffered, errors.RecordingUnusable, *JUDGED, *STARTS),
)
async def design_voice(body: DesignBody, working: Working, answers: Answering) -> Response:
    """Invents a voice from a description; waits up to 60 seconds unless Prefer says otherwise."""
    return await answers.voice(await working.design(body.wish()))


@router.post(
    "/voices/{voice_id}/preview",
    operation_id="voices_preview",
    response_model=PreviewRead,
    responses=GOES_ON
    | documents(errors.VoiceNotFound, errors.VoiceExpired, errors.RecordingUnusable, *JUDGED, *STARTS),
)
async def preview_voice(
    voice: OwnedVoice, working: Working, answers: Answering, body: PreviewBody | None = None
) -> Response:
    """Makes a voice heard; waits up to 60 seconds unless Prefer says otherwise."""
    return await answers.preview(await working.preview(voice, (body or PreviewBody()).wish()))


@router.post(
    "/generation/voice-clone",
    operation_id="generation_voice_clone",
    response_model=ClonedRead,
    responses=GOES_ON
    | documents(ProjectNotFound, ProjectBusy, IllegalProjectMove, errors.SampleMissing, errors.SampleUnfit, *STARTS),
)
async def clone_narrator(project: OwnedProject, working: Working, answers: Answering) -> Response:
    """Clones the film's narrator from its voice sample; waits up to 60 seconds unless Prefer says otherwise."""
    return await answers.cloned(await working.clone_film(project), project)
