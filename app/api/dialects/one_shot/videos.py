"""/api/v1/video: reference picture, generate, poll, play, list, delete."""

from typing import Annotated

from fastapi import File, Request, Response, UploadFile

from app.accounts.dependencies import Public, ResourcesDep
from app.api.dialects.one_shot.dependencies import Film, VideosDep
from app.api.dialects.one_shot.forms import LARGEST_BODY_BYTES, VideoForm
from app.api.dialects.one_shot.shapes import Health, Jobs, OneShotDone, Reference, Started, VideoJob
from app.core.dependencies import FILE_FORM
from app.core.responses import documents
from app.core.routing import Router
from app.generation.errors import NotOffered
from app.jobs import errors as job_errors
from app.jobs.dependencies import IdempotentRoute
from app.library.dependencies import AskedFor
from app.library.errors import NothingSent, UploadTooLarge
from app.library.routes import answer
from app.library.serving import serve
from app.production.dependencies import OwnedVideo
from app.production.dependencies import Videos as NativeVideos
from app.production.errors import VideoNotFound
from app.production.references import ReferenceGarbled

__all__ = ["router"]

router = Router(route_class=IdempotentRoute)
REFUSALS = (NotOffered, job_errors.QueueFull, job_errors.TooManyJobs, ReferenceGarbled)


@router.post(
    "/upload-reference",
    operation_id="one_shot_reference",
    max_body_size=LARGEST_BODY_BYTES,
    form_limits=FILE_FORM,
    responses=documents(NothingSent, UploadTooLarge),
)
async def upload_reference(file: Annotated[UploadFile, File()], videos: VideosDep) -> Reference:
    """Judges a picture and gives it back as text, to be sent with the wish."""
    return Reference(image_base64=await videos.reference(file))


@router.post(
    "/generate",
    operation_id="one_shot_generate",
    max_body_size=LARGEST_BODY_BYTES,
    responses=documents(*REFUSALS),
)
async def generate(form: VideoForm, videos: VideosDep) -> Started:
    """Makes a video; what cannot be made is brought to the nearest and said in `notes`."""
    return await videos.start(form)


@router.get("/health", operation_id="one_shot_health", dependencies=[Public])
async def health() -> Health:
    """That this part of the service answers."""
    return Health()


@router.get("/jobs", operation_id="one_shot_jobs")
async def list_jobs(videos: VideosDep) -> Jobs:
    """The newest videos."""
    return await videos.listed()


@router.delete("/jobs/{video_id}", operation_id="one_shot_delete", responses=documents(VideoNotFound))
async def delete_job(video: OwnedVideo, videos: NativeVideos) -> OneShotDone:
    """Cancels the work and removes the video."""
    return OneShotDone(message=(await videos.delete(video)).message)


@router.get("/status/{video_id}", operation_id="one_shot_status", responses=documents(VideoNotFound))
async def status(video: OwnedVideo) -> VideoJob:
    """How far a video is."""
    return VideoJob.of(video)


async def download(film: Film, asked: AskedFor, resources: ResourcesDep, request: Request) -> Response:
    """The finished film, whole or in ranges."""
    return await answer(resources, film, serve(film, "inline", asked), request)


NO_FILM = documents(VideoNotFound, job_errors.NotDownloadable)
router.get("/download/{video_id}", operation_id="one_shot_download", response_class=Response, responses=NO_FILM)(
    download
)
router.head("/download/{video_id}", operation_id="one_shot_download_head", include_in_schema=False)(download)
