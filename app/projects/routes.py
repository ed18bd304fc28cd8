"""HTTP of projects and segments under /api/v1."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, File, Query, Response, UploadFile, status

from app.accounts.dependencies import CurrentUser
from app.core.dependencies import FILE_FORM, NextLink, WindowDep
from app.core.errors import Outdated
from app.core.pagination import CursorUnreadable
from app.core.routing import Router, alias_of, documents
from app.jobs.dependencies import IdempotentRoute
from app.library.dependencies import Links, chunks_of
from app.library.errors import NothingSent, QuotaExceeded, UploadTooLarge
from app.media.errors import UnreadableMedia, UnsupportedMedia
from app.projects.dependencies import (
    ExpectedVersion,
    OwnedProject,
    OwnedSegment,
    Projects,
    ProjectsRead,
    Shown,
    ShownRead,
    Storyboards,
    StoryboardsRead,
    Tagged,
    Uploads,
)
from app.projects.domain import Listing, ProjectStatus, Sort
from app.projects.errors import (
    IllegalMove,
    LastSegment,
    LayoutFixed,
    MissingPrompt,
    NotOfThisProject,
    OptionsClash,
    OrderIncomplete,
    PositionUnknown,
    ProjectBusy,
    ProjectNotFound,
    PromptTooLong,
    SegmentBusy,
    SegmentNotFound,
    SegmentsExhausted,
    TargetTooLong,
)
from app.projects.replies import FrameUploadReply, ProjectList, ProjectReply, SegmentReply, UploadReply
from app.projects.schemas import ProjectCreate, ProjectEdit, RejectBody, SegmentAdd, SegmentEdit, SegmentOrder
from app.projects.uploads import FrameSide

project_router = Router(prefix="/projects", tags=["projects"], route_class=IdempotentRoute)
EDIT_ERRORS = (ProjectNotFound, Outdated, LayoutFixed, OptionsClash, TargetTooLong, NotOfThisProject)
MAX_SEARCH_CHARACTERS = 200
Cancel = Annotated[bool, Query(description="Cancel running work first")]
Search = Annotated[str, Query(max_length=MAX_SEARCH_CHARACTERS, description="Beginnings of words in name or story")]


async def wanted_listing(
    status_wanted: Annotated[ProjectStatus | None, Query(alias="status", description="Only in this status")] = None,
    search: Search = "",
    sort: Annotated[Sort, Query(description="Order; a minus means the last first")] = Sort.NEWEST,
) -> Listing:
    """Which projects are wanted, and in what order."""
    return Listing(status=status_wanted, search=search, sort=sort)


@project_router.get("", operation_id="projects_list", responses=documents(CursorUnreadable))
async def list_projects(
    account: CurrentUser,
    projects: ProjectsRead,
    shown: ShownRead,
    window: WindowDep,
    link: NextLink,
    listing: Annotated[Listing, Depends(wanted_listing)],
) -> ProjectList:
    """Your projects, the newest first; a search counts its total no further than 2000."""
    found = await projects.listed(account.id, listing, window)
    link.point_after(found.page)
    return await shown.page(found)


@project_router.post(
    "",
    operation_id="projects_create",
    status_code=status.HTTP_201_CREATED,
    responses=documents(OptionsClash, TargetTooLong, NotOfThisProject),
)
async def create_project(
    account: CurrentUser, wish: ProjectCreate, projects: Projects, shown: Shown, tags: Tagged
) -> ProjectReply:
    """Starts a film: its segments are laid out at once."""
    project = await projects.create(account.id, wish)
    return tags.tagged(await shown.project(project), project.version)


@project_router.get(
    "/{project_id}",
    operation_id="projects_get",
    response_model=ProjectReply,
    responses=documents(ProjectNotFound),
)
async def get_project(project: OwnedProject, shown: ShownRead, tags: Tagged) -> ProjectReply | Response:
    """One project; with If-None-Match the answer is 304 while nothing changed."""
    return tags.unless_known(await shown.project(project), project.version)


@project_router.put(
    "/{project_id}",
    operation_id="projects_replace",
    openapi_extra=alias_of("projects_edit"),
    responses=documents(*EDIT_ERRORS),
)
@project_router.patch("/{project_id}", operation_id="projects_edit", responses=documents(*EDIT_ERRORS))
async def edit_project(
    project: OwnedProject,
    wish: ProjectEdit,
    expected: ExpectedVersion,
    projects: Projects,
    shown: Shown,
    tags: Tagged,
) -> ProjectReply:
    """Changes what is named and leaves the rest; with If-Match only the version you read."""
    edited = await projects.edit(project.id, wish, expected_version=expected)
    return tags.tagged(await shown.project(edited), edited.version)


@project_router.delete(
    "/{project_id}",
    operation_id="projects_delete",
    status_code=status.HTTP_204_NO_CONTENT,
    responses=documents(ProjectNotFound, ProjectBusy),
)
async def delete_project(project: OwnedProject, projects: Projects, *, cancel: Cancel = False) -> None:
    """Deletes the project and its media; running work refuses it, or is cancelled first when you say so."""
    await projects.delete(project, cancel=cancel)


@project_router.post(
    "/{project_id}/duplicate",
    operation_id="projects_duplicate",
    status_code=status.HTTP_201_CREATED,
    responses=documents(ProjectNotFound),
)
async def duplicate_project(project: OwnedProject, projects: Projects, shown: Shown, tags: Tagged) -> ProjectReply:
    """A copy with the same words, frames and clips, but without the film."""
    copy = await projects.duplicate(project)
    return tags.tagged(await shown.project(copy), copy.version)


segment_router = Router(tags=["segments"], route_class=IdempotentRoute)
SEGMENT_EDIT_ERRORS = (SegmentNotFound, Outdated, SegmentBusy, PromptTooLong, OptionsClash)
MOVE_ERRORS = (SegmentNotFound, SegmentBusy, IllegalMove)


@segment_router.get(
    "/projects/{project_id}/segments", operation_id="project_segments_list", responses=documents(ProjectNotFound)
)
@segment_router.get(
    "/segments/project/{project_id}",
    operation_id="segments_of_project",
    openapi_extra=alias_of("project_segments_list"),
    responses=documents(ProjectNotFound),
)
async def list_segments(project: OwnedProject, storyboards: StoryboardsRead, shown: ShownRead) -> list[SegmentReply]:
    """All segments of a project, in order."""
    return await shown.segments(await storyboards.segments(project.id))


@segment_router.post(
    "/projects/{project_id}/segments",
    operation_id="project_segments_add",
    status_code=status.HTTP_201_CREATED,
    responses=documents(ProjectNotFound, ProjectBusy, PositionUnknown, SegmentsExhausted, PromptTooLong, OptionsClash),
)
async def add_segment(
    project: OwnedProject, wish: SegmentAdd, storyboards: Storyboards, shown: Shown, tags: Tagged
) -> SegmentReply:
    """Puts a new segment into the film, by default at its end."""
    segment = await storyboards.add(project.id, wish)
    return tags.tagged(await shown.segment(segment), segment.version)


@segment_router.post(
    "/projects/{project_id}/segments/reorder",
    operation_id="project_segments_reorder",
    responses=documents(ProjectNotFound, ProjectBusy, OrderIncomplete),
)
async def reorder_segments(
    project: OwnedProject, order: SegmentOrder, storyboards: Storyboards, shown: Shown
) -> list[SegmentReply]:
    """Gives the segments a new order; the key frames beside moved segments go stale."""
    return await shown.segments(await storyboards.reorder(project.id, order.segment_ids))


@segment_router.get(
    "/segments/{segment_id}",
    operation_id="segments_get",
    response_model=SegmentReply,
    responses=documents(SegmentNotFound),
)
async def get_segment(segment: OwnedSegment, shown: ShownRead, tags: Tagged) -> SegmentReply | Response:
    """One segment; with If-None-Match the answer is 304 while nothing changed."""
    return tags.unless_known(await shown.segment(segment), segment.version)


@segment_router.put(
    "/segments/{segment_id}",
    operation_id="segments_replace",
    openapi_extra=alias_of("segments_edit"),
    responses=documents(*SEGMENT_EDIT_ERRORS),
)
@segment_router.patch("/segments/{segment_id}", operation_id="segments_edit", responses=documents(*SEGMENT_EDIT_ERRORS))
async def edit_segment(
    segment: OwnedSegment,
    wish: SegmentEdit,
    expected: ExpectedVersion,
    storyboards: Storyboards,
    shown: Shown,
    tags: Tagged,
) -> SegmentReply:
    """Changes what is named; an approval falls only with what it approved."""
    edited = await storyboards.edit(segment, wish, expected_version=expected)
    return tags.tagged(await shown.segment(edited), edited.version)


@segment_router.delete(
    "/segments/{segment_id}",
    operation_id="segments_delete",
    status_code=status.HTTP_204_NO_CONTENT,
    responses=documents(SegmentNotFound, ProjectBusy, LastSegment),
)
async def delete_segment(segment: OwnedSegment, storyboards: Storyboards) -> None:
    """Takes a segment out of the film; the neighbours close up."""
    await storyboards.remove(segment)


@segment_router.post(
    "/segments/{segment_id}/approve",
    operation_id="segments_approve",
    responses=documents(*MOVE_ERRORS, MissingPrompt),
)
async def approve_segment(segment: OwnedSegment, storyboards: Storyboards, shown: Shown, tags: Tagged) -> SegmentReply:
    """Approves the prompt of a segment."""
    approved = await storyboards.approve(segment)
    return tags.tagged(await shown.segment(approved), approved.version)


@segment_router.post(
    "/segments/{segment_id}/unapprove", operation_id="segments_unapprove", responses=documents(*MOVE_ERRORS)
)
async def unapprove_segment(
    segment: OwnedSegment, storyboards: Storyboards, shown: Shown, tags: Tagged
) -> SegmentReply:
    """Takes the approval of the prompt back."""
    revoked = await storyboards.unapprove(segment)
    return tags.tagged(await shown.segment(revoked), revoked.version)


@segment_router.post(
    "/segments/{segment_id}/approve-video", operation_id="segments_approve_video", responses=documents(*MOVE_ERRORS)
)
async def approve_video(segment: OwnedSegment, storyboards: Storyboards, shown: Shown, tags: Tagged) -> SegmentReply:
    """Accepts the generated clip for the film."""
    approved = await storyboards.approve_clip(segment)
    return tags.tagged(await shown.segment(approved), approved.version)


@segment_router.post(
    "/segments/{segment_id}/reject-video", operation_id="segments_reject_video", responses=documents(*MOVE_ERRORS)
)
async def reject_video(
    segment: OwnedSegment,
    storyboards: Storyboards,
    shown: Shown,
    tags: Tagged,
    wish: RejectBody | None = None,
) -> SegmentReply:
    """Wants another clip; the rejected one stays in the history."""
    rejected = await storyboards.reject_clip(segment, wish.reason if wish else None)
    return tags.tagged(await shown.segment(rejected), rejected.version)


@segment_router.delete(
    "/segments/{segment_id}/last-frame",
    operation_id="segments_clear_last_frame",
    responses=documents(SegmentNotFound, SegmentBusy),
)
async def clear_last_frame(segment: OwnedSegment, storyboards: Storyboards, shown: Shown, tags: Tagged) -> SegmentReply:
    """Empties the end frame, so that it is made from its prompt again."""
    cleared = await storyboards.clear_last_frame(segment)
    return tags.tagged(await shown.segment(cleared), cleared.version)


upload_router = Router(tags=["uploads"], route_class=IdempotentRoute)

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


@upload_router.post(
    "/media/upload/first-frame",
    operation_id="media_upload_first_frame",
    openapi_extra=alias_of("projects_upload_first_frame"),
    max_body_size=LARGEST_FORM_BYTES,
    form_limits=FILE_FORM,
    responses=documents(ProjectNotFound, *REFUSALS),
)
@upload_router.post(
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


@upload_router.post(
    "/media/upload/audio",
    operation_id="media_upload_audio",
    openapi_extra=alias_of("projects_upload_audio_sample"),
    max_body_size=LARGEST_FORM_BYTES,
    form_limits=FILE_FORM,
    responses=documents(ProjectNotFound, *REFUSALS),
)
@upload_router.post(
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


@upload_router.post(
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


router = Router()
router.include(project_router)
router.include(segment_router)
router.include(upload_router)
