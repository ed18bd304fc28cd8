"""/media/upload of client A; a file is judged by its bytes, whatever its name and label say."""

from fastapi import Response

from app.api.dialects.rules import in_both_spellings
from app.api.dialects.spa.dependencies import SpaLinks
from app.api.dialects.spa.patience import PatientRoute
from app.api.dialects.spa.shapes import FrameUploaded, Uploaded
from app.core.dependencies import FILE_FORM
from app.core.responses import documents
from app.core.routing import Router
from app.library.errors import NothingSent, QuotaExceeded, UploadTooLarge
from app.projects.dependencies import OwnedProject, OwnedSegment, Uploads
from app.projects.errors import ProjectNotFound, SegmentBusy, SegmentNotFound
from app.projects.routes.uploads import LARGEST_FORM_BYTES, FormFile, SentFile
from app.projects.uploads import FrameSide

__all__ = ["router"]

router = Router(prefix="/media/upload", route_class=PatientRoute)
REFUSALS = (NothingSent, UploadTooLarge, QuotaExceeded)


@router.post(
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


@router.post(
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


@router.post(
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
