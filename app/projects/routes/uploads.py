"""HTTP of uploads into a film: first frame, voice sample, frames of segments."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Annotated

from fastapi import File, UploadFile

from app.core.dependencies import FILE_FORM
from app.core.responses import alias_of, documents
from app.core.routing import Router
from app.jobs.dependencies import IdempotentRoute
from app.library.dependencies import Links, chunks_of
from app.library.errors import NothingSent, QuotaExceeded, UploadTooLarge
from app.media.errors import UnreadableMedia, UnsupportedMedia
from app.projects.dependencies import OwnedProject, OwnedSegment, Uploads
from app.projects.errors import ProjectNotFound, SegmentBusy, SegmentNotFound
from app.projects.replies import FrameUploadReply, UploadReply
from app.projects.uploads import FrameSide

router = Router(tags=["uploads"], route_class=IdempotentRoute)

# The real ceiling is UPLOAD_MAX_SIZE_MB, held by the edge and by the library; this only lifts the one of JSON bodies.
LARGEST_FORM_BYTES = 512 * 1024 * 1024
SentFile = Annotated[UploadFile, File(description="The file")]
REFUSALS = (NothingSent, UploadTooLarge, QuotaExceeded, UnreadableMedia, UnsupportedMedia)


@dataclass(frozen=True)
class FormFile:
    """The file of a form."""

    file: UploadFile

    @property
    def name(self) -> str:
        """What its sender calls it."""
        return self.file.filename or "upload"

    def chunks(self) -> AsyncIterator[bytes]:
        """Its bytes, a piece at a time."""
        return chunks_of(self.file)


@router.post(
    "/media/upload/first-frame",
    operation_id="media_upload_first_frame",
    openapi_extra=alias_of("projects_upload_first_frame"),
    max_body_size=LARGEST_FORM_BYTES,
    form_limits=FILE_FORM,
    responses=documents(ProjectNotFound, *REFUSALS),
)
@router.post(
    "/projects/{project_id}/first-frame",
    operation_id="projects_upload_first_frame",
    max_body_size=LARGEST_FORM_BYTES,
    form_limits=FILE_FORM,
    responses=documents(ProjectNotFound, *REFUSALS),
)
async def upload_first_frame(project: OwnedProject, file: SentFile, uploads: Uploads, links: Links) -> UploadReply:
    """The picture the film begins with: PNG, JPEG or WebP."""
    asset = await uploads.first_frame(project, FormFile(file))
    return UploadReply(url=links.to(asset), filename=asset.name, asset_id=asset.id)


@router.post(
    "/media/upload/audio",
    operation_id="media_upload_audio",
    openapi_extra=alias_of("projects_upload_audio_sample"),
    max_body_size=LARGEST_FORM_BYTES,
    form_limits=FILE_FORM,
    responses=documents(ProjectNotFound, *REFUSALS),
)
@router.post(
    "/projects/{project_id}/audio-sample",
    operation_id="projects_upload_audio_sample",
    max_body_size=LARGEST_FORM_BYTES,
    form_limits=FILE_FORM,
    responses=documents(ProjectNotFound, *REFUSALS),
)
async def upload_audio_sample(project: OwnedProject, file: SentFile, uploads: Uploads, links: Links) -> UploadReply:
    """The recording of the narrator's voice: MP3, M4A or WAV, ten seconds to five minutes."""
    asset = await uploads.audio_sample(project, FormFile(file))
    return UploadReply(url=links.to(asset), filename=asset.name, asset_id=asset.id)


@router.post(
    "/media/upload/segment-frame/{segment_id}",
    operation_id="media_upload_segment_frame",
    max_body_size=LARGEST_FORM_BYTES,
    form_limits=FILE_FORM,
    responses=documents(SegmentNotFound, SegmentBusy, *REFUSALS),
)
async def upload_segment_frame(
    segment: OwnedSegment, frame_type: FrameSide, file: SentFile, uploads: Uploads, links: Links
) -> FrameUploadReply:
    """The picture a segment begins or ends with; the neighbour shares it."""
    asset = await uploads.segment_frame(segment, frame_type, FormFile(file))
    return FrameUploadReply(url=links.to(asset), filename=asset.name, asset_id=asset.id, frame_type=frame_type)
