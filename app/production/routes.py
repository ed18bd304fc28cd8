"""HTTP of production: films and their segments, what they cost, what forms offer, and one-shot videos."""

from typing import Annotated, Any

from fastapi import Depends, Query, Request, Response
from fastapi.responses import StreamingResponse

from app.accounts.dependencies import CurrentUser, OwnResources
from app.core.dependencies import ReadSession
from app.core.routing import Router, documents
from app.frames.errors import FramePromptMissing
from app.generation.errors import FramesMissing, NotOffered, SegmentNotReady
from app.jobs import errors as job_errors
from app.jobs.dependencies import STILL_AT_WORK, IdempotentRoute, StreamedRoute
from app.jobs.errors import WorkCancelled, WorkFailed
from app.library.domain import content_disposition
from app.library.errors import FormUnreadable, NothingSent, QuotaExceeded
from app.media.errors import MediaTooLarge, UnreadableMedia, UnsupportedMedia
from app.moderation.errors import ContentHeld, ContentRefused, ContentUnjudged
from app.narration.errors import VoiceExpired, VoiceNotFound
from app.planning.errors import StoryMissing
from app.production import errors
from app.production.archive.dependencies import ARCHIVE_FORM, Imports, WantedArchive
from app.production.dependencies import OwnedVideo, Starts, Tasks, Videos
from app.production.errors import NothingToMake, PartCancelled, VideoNotFailed, VideoNotFound
from app.production.estimates import EstimateService
from app.production.movies.routes import router as movies
from app.production.options import OptionService, OptionsRead
from app.production.schemas import (
    EstimateRead,
    GenerateBody,
    ProduceBody,
    RegenerateBody,
    SegmentTask,
    VideoBody,
    VideoDeleted,
    VideoRead,
    VideoStarted,
)
from app.projects.dependencies import OwnedProject, OwnedSegment
from app.projects.errors import (
    IllegalMove,
    IllegalProjectMove,
    OptionsClash,
    ProjectBusy,
    ProjectNotFound,
    PromptTooLong,
    SegmentNotFound,
    TargetTooLong,
)
from app.projects.replies import ProjectReply, SegmentReply
from app.providers.errors import EngineAbsent, EngineUnknown
from app.storage.base import FileMissing
from app.usage.domain import BudgetExceeded

archive_router = Router(prefix="/projects", tags=["archives"], route_class=StreamedRoute)
# The real ceiling is ARCHIVE_MAX_SIZE_MB, held by the edge and by the import; this only lifts the one of JSON bodies.
LARGEST_FORM_BYTES = 2048 * 1024 * 1024
ZIP: dict[int | str, dict[str, Any]] = {
    200: {"description": "The archive, made while it is sent", "content": {"application/zip": {}}}
}
NO_STORE = {"Cache-Control": "private, no-store", "X-Content-Type-Options": "nosniff"}


@archive_router.get(
    "/{project_id}/archive",
    operation_id="projects_export",
    response_class=StreamingResponse,
    responses=ZIP | documents(ProjectNotFound, FileMissing),
)
async def export_project(archive: WantedArchive) -> StreamingResponse:
    """The whole project as a zip with manifest.json; it can be imported again, here or elsewhere."""
    headers = NO_STORE | {"Content-Disposition": content_disposition("attachment", archive.name)}
    return StreamingResponse(archive.chunks, media_type="application/zip", headers=headers)


@archive_router.post(
    "/import",
    operation_id="projects_import",
    status_code=201,
    max_body_size=LARGEST_FORM_BYTES,
    openapi_extra=ARCHIVE_FORM,
    responses=documents(
        errors.NoArchive,
        errors.ArchiveUnsafe,
        errors.ArchiveDamaged,
        errors.ArchiveTooLarge,
        FormUnreadable,
        NothingSent,
        QuotaExceeded,
        TargetTooLong,
        OptionsClash,
        PromptTooLong,
        UnreadableMedia,
        UnsupportedMedia,
        MediaTooLarge,
    ),
)
async def import_project(request: Request, imports: Imports) -> ProjectReply:
    """A new project of yours from an archive: the same content, media and film; nothing is left when it is refused."""
    return await imports.take(request)


estimate_router = Router(tags=["production"])


async def estimates(session: ReadSession, resources: OwnResources) -> EstimateService:
    """Estimates of this request."""
    return EstimateService.over(session, resources)


@estimate_router.post(
    "/projects/{project_id}/estimate",
    operation_id="projects_estimate",
    responses=documents(ProjectNotFound, VoiceNotFound, VoiceExpired, EngineAbsent, EngineUnknown),
)
async def estimate(project: OwnedProject, service: Annotated[EstimateService, Depends(estimates)]) -> EstimateRead:
    """What finishing the film will cost, by work, engine and segment; starts nothing and changes nothing."""
    return EstimateRead.of(await service.estimate(project))


film_router = Router(tags=["production"], route_class=IdempotentRoute)
NO_BODY = GenerateBody()
MADE_AS_USUAL = ProduceBody()
NEW_CLIP = RegenerateBody()
START_ERRORS = (
    NotOffered,
    FramesMissing,
    BudgetExceeded,
    ContentRefused,
    ContentHeld,
    ContentUnjudged,
    FramePromptMissing,
    PartCancelled,
    WorkFailed,
    WorkCancelled,
    job_errors.QueueFull,
    job_errors.TooManyJobs,
)
FILM_ERRORS = (ProjectNotFound, ProjectBusy, IllegalProjectMove, *START_ERRORS)
SEGMENT_ERRORS = (SegmentNotFound, SegmentNotReady, IllegalMove, ProjectBusy, *START_ERRORS)


@film_router.post(
    "/projects/{project_id}/produce",
    operation_id="projects_produce",
    response_model=ProjectReply,
    responses=STILL_AT_WORK | documents(*FILM_ERRORS, StoryMissing),
)
async def produce_film(starts: Starts, project: OwnedProject, body: ProduceBody = MADE_AS_USUAL) -> Response:
    """Makes the whole film as one job: plan, narrations, key frames, clips and cut; asks for approval on the way."""
    return await starts.film(project, body)


@film_router.post(
    "/generation/project/{project_id}",
    operation_id="generation_project",
    response_model=ProjectReply,
    responses=STILL_AT_WORK | documents(*FILM_ERRORS, NothingToMake),
)
async def generate_project(starts: Starts, project: OwnedProject, body: GenerateBody = NO_BODY) -> Response:
    """Makes every approved segment that lacks its clip or is out of date."""
    return await starts.segments(project, body)


@film_router.post(
    "/generation/segment/{segment_id}", operation_id="generation_segment", responses=documents(*SEGMENT_ERRORS)
)
async def generate_segment(segment: OwnedSegment, tasks: Tasks, body: GenerateBody = NO_BODY) -> SegmentTask:
    """Makes one approved segment with its narration and missing frames; answers at once, follow it by `task_id`."""
    return await tasks.segment(segment, body)


@film_router.post(
    "/segments/{segment_id}/regenerate",
    operation_id="segments_regenerate",
    response_model=SegmentReply,
    responses=STILL_AT_WORK | documents(*SEGMENT_ERRORS),
)
async def regenerate(starts: Starts, segment: OwnedSegment, body: RegenerateBody = NEW_CLIP) -> Response:
    """Makes a new take of a segment's clip, narration or last frame; the earlier ones are kept."""
    return await starts.anew(segment, body)


option_router = Router(tags=["providers"])


@option_router.get("/options", operation_id="options_read")
async def read_options(_user: CurrentUser, resources: OwnResources) -> OptionsRead:
    """Every choice with words for it, the limits of every field, engines and voices: what a form needs."""
    return await OptionService(resources).all()


video_router = Router(prefix="/videos", tags=["videos"], route_class=IdempotentRoute)
MOST_LISTED = 100
QUEUE_ERRORS = (job_errors.QueueFull, job_errors.TooManyJobs)


@video_router.post(
    "/generate",
    operation_id="videos_create",
    responses=documents(NotOffered, OptionsClash, TargetTooLong, *QUEUE_ERRORS),
)
async def create_video(body: VideoBody, videos: Videos) -> VideoStarted:
    """Makes a video from a prompt without asking again; read it at its `job_id`."""
    return await videos.start(body)


@video_router.get("", operation_id="videos_list")
async def list_videos(
    videos: Videos,
    skip: Annotated[int, Query(ge=0, le=1_000_000)] = 0,
    limit: Annotated[int, Query(ge=1, description="Over 100 counts as 100")] = 20,
) -> list[VideoRead]:
    """Your videos, the newest first."""
    return await videos.listed(skip, min(limit, MOST_LISTED))


@video_router.get("/{video_id}", operation_id="videos_get", responses=documents(VideoNotFound))
async def get_video(video: OwnedVideo, videos: Videos) -> VideoRead:
    """One video."""
    return await videos.shown(video)


@video_router.delete("/{video_id}", operation_id="videos_delete", responses=documents(VideoNotFound))
async def delete_video(video: OwnedVideo, videos: Videos) -> VideoDeleted:
    """Deletes a video with its media; work on it is cancelled."""
    return await videos.delete(video)


@video_router.post(
    "/{video_id}/regenerate",
    operation_id="videos_regenerate",
    responses=documents(VideoNotFound, VideoNotFailed, *QUEUE_ERRORS),
)
async def regenerate_video(video: OwnedVideo, videos: Videos) -> VideoStarted:
    """Tries a failed video again; what was bought is not bought again."""
    return await videos.again(video)


router = Router()

router.include(archive_router)

router.include(film_router)

router.include(estimate_router)

router.include(video_router)

router.include(movies)

router.include(option_router)
