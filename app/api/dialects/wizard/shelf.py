"""/api/video beside its stages: uploads, voices, the film by its name, and what happened to each job."""

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import Depends, File, Query, Request, Response, UploadFile

from app.accounts.dependencies import CurrentUser, Oneself, ResourcesDep
from app.accounts.errors import UserNotFound
from app.api.dialects.rules import RootLinks
from app.api.dialects.wizard.stage_replies import (
    WizardJobs,
    WizardManifest,
    WizardTrack,
    WizardVoice,
    WizardVoiceList,
)
from app.api.dialects.wizard.stages import Pipeline
from app.core.dependencies import FILE_FORM, ReadSession
from app.core.responses import documents
from app.core.routing import Router
from app.jobs.dependencies import IdempotentRoute
from app.library import errors as library
from app.library.dependencies import AskedFor, chunks_of
from app.library.domain import AssetView
from app.library.routes import LARGEST_BODY_BYTES, answer
from app.library.serving import serve
from app.shows import errors
from app.shows.staged import ShowResolver, StagedFilm

__all__ = ["router"]

router = Router(prefix="/api/video", tags=["wizard"], route_class=IdempotentRoute)
FILMS: Mapping[str, StagedFilm] = {
    "output_with_glowing_captions.mp4": StagedFilm.CAPTIONED,
    "youtube_shorts_with_music.mp4": StagedFilm.SCORED,
    "youtube_shorts.mp4": StagedFilm.PLAIN,
}
FILE: dict[int | str, dict[str, Any]] = {
    200: {"description": "The film, or the part of it that `Range` names", "content": {"video/mp4": {}}},
    **documents(errors.StagedFilmUnknown, errors.NoShowYet, errors.ShowVideoMissing),
}
TAKEN = documents(errors.NoShowYet, library.NothingSent, library.UploadTooLarge, library.QuotaExceeded)


async def show_resolver(account: CurrentUser, session: ReadSession, resources: ResourcesDep) -> ShowResolver:
    """Shows of the caller."""
    return ShowResolver(session, resources, account.id)


async def named_film(
    file: Annotated[str, Query(max_length=200)], account: CurrentUser, resources: ResourcesDep
) -> AssetView:
    """The film of the caller's latest show that this name stands for."""
    async with resources.database.reading() as session:
        return await ShowResolver(session, resources, account.id).film(FILMS.get(file))


ShowResolverDep = Annotated[ShowResolver, Depends(show_resolver)]
NamedFilm = Annotated[AssetView, Depends(named_film)]


@router.post(
    "/custom-voice",
    operation_id="wizard_own_voice",
    max_body_size=LARGEST_BODY_BYTES,
    form_limits=FILE_FORM,
    responses=TAKEN,
)
async def keep_voice(voice_file: Annotated[UploadFile, File()], pipeline: Pipeline) -> WizardVoice:
    """Takes a recording of your voice for the latest show."""
    show = await pipeline.keep_voice(voice_file.filename or "voice", chunks_of(voice_file))
    return WizardVoice(job_id=show.id)


@router.post(
    "/upload-music",
    operation_id="wizard_track",
    max_body_size=LARGEST_BODY_BYTES,
    form_limits=FILE_FORM,
    responses=TAKEN,
)
async def keep_track(music_file: Annotated[UploadFile, File()], pipeline: Pipeline, links: RootLinks) -> WizardTrack:
    """Takes a track for the latest show."""
    track = await pipeline.keep_track(music_file.filename or "music", chunks_of(music_file))
    return WizardTrack(music_path=links.to(track))


@router.get("/voices/list", operation_id="wizard_voice_list")
async def list_voices(pipeline: Pipeline) -> WizardVoiceList:
    """The voices that may be asked for, your own first."""
    return WizardVoiceList.of(await pipeline.known_voices())


async def read_film(film: NamedFilm, asked: AskedFor, resources: ResourcesDep, request: Request) -> Response:
    """The latest film under one of the names that the client knows; the best there is when a stage was skipped."""
    return await answer(resources, film, serve(film, "inline", asked), request)


router.get("/video", operation_id="wizard_film", response_class=Response, responses=FILE)(read_film)
router.head("/video", operation_id="wizard_film_head", include_in_schema=False)(read_film)


@router.get("/jobs/{job_id}", operation_id="wizard_job", responses=documents(errors.ShowNotFound))
async def read_job(job_id: str, shows: ShowResolverDep, links: RootLinks) -> WizardManifest:
    """What happened to one job, and where its files are."""
    return WizardManifest.of(await shows.manifest(job_id), links)


@router.get("/user/{user_id}/jobs", operation_id="wizard_jobs", responses=documents(UserNotFound))
async def list_jobs(_user: Oneself, shows: ShowResolverDep, links: RootLinks) -> WizardJobs:
    """Your jobs, the one that was touched last first."""
    return WizardJobs.of(await shows.manifests(), links)
