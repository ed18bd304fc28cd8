"""HTTP of one-shot videos."""

from typing import Annotated

from fastapi import Query

from app.core.responses import documents
from app.core.routing import Router
from app.generation.errors import NotOffered
from app.jobs import errors as job_errors
from app.jobs.dependencies import IdempotentRoute
from app.production.dependencies import OwnedVideo, Videos
from app.production.errors import VideoNotFailed, VideoNotFound
from app.production.video_schemas import VideoBody, VideoDeleted, VideoRead, VideoStarted
from app.projects.errors import OptionsClash, TargetTooLong

__all__ = ["router"]

router = Router(prefix="/videos", tags=["videos"], route_class=IdempotentRoute)
MOST_LISTED = 100
QUEUE_ERRORS = (job_errors.QueueFull, job_errors.TooManyJobs)


@router.post(
    "/generate",
    operation_id="videos_create",
    responses=documents(NotOffered, OptionsClash, TargetTooLong, *QUEUE_ERRORS),
)
async def create_video(body: VideoBody, videos: Videos) -> VideoStarted:
    """Makes a video from a prompt without asking again; read it at its `job_id`."""
    return await videos.start(body)


@router.get("", operation_id="videos_list")
async def list_videos(
    videos: Videos,
    skip: Annotated[int, Query(ge=0, le=1_000_000)] = 0,
    limit: Annotated[int, Query(ge=1, description="Over 100 counts as 100")] = 20,
) -> list[VideoRead]:
    """Your videos, the newest first."""
    return await videos.listed(skip, min(limit, MOST_LISTED))


@router.get("/{video_id}", operation_id="videos_get", responses=documents(VideoNotFound))
async def get_video(video: OwnedVideo, videos: Videos) -> VideoRead:
    """One video."""
    return await videos.shown(video)


@router.delete("/{video_id}", operation_id="videos_delete", responses=documents(VideoNotFound))
async def delete_video(video: OwnedVideo, videos: Videos) -> VideoDeleted:
    """Deletes a video with its media; work on it is cancelled."""
    return await videos.delete(video)


@router.post(
    "/{video_id}/regenerate",
    operation_id="videos_regenerate",
    responses=documents(VideoNotFound, VideoNotFailed, *QUEUE_ERRORS),
)
async def regenerate_video(video: OwnedVideo, videos: Videos) -> VideoStarted:
    """Tries a failed video again; what was bought is not bought again."""
    return await videos.again(video)
