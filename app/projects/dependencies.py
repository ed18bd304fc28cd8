"""Loads the project or segment of a request for its owner; foreign and absent look the same."""

import re
from typing import Annotated, TypeVar

from fastapi import Depends, Header, Response, status

from app.accounts.dependencies import CurrentUser, ResourcesDep
from app.core.dependencies import AsyncConstructor, ReadSession, SessionDep
from app.core.schema import Reply
from app.projects.domain import ProjectView, SegmentView, entity_tag, expected_version, is_known
from app.projects.errors import ProjectNotFound, SegmentNotFound
from app.projects.replies import ProjectPresenter
from app.projects.repository import Aggregate
from app.projects.service import ProjectService
from app.projects.storyboard import StoryboardService
from app.projects.uploads import UploadService

UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
ReplyT = TypeVar("ReplyT", bound=Reply)


async def owned_project(project_id: str, account: CurrentUser, resources: ResourcesDep) -> ProjectView:
    """The caller's project, read in a short session of its own."""
    if UUID.fullmatch(project_id) is None:
        raise ProjectNotFound
    async with resources.database.reading() as session:
        found = await Aggregate.over(session, resources).projects.find_view(project_id)
    if found is None or found.owner_id != account.id:
        raise ProjectNotFound
    return found


async def owned_segment(segment_id: str, account: CurrentUser, resources: ResourcesDep) -> SegmentView:
    """The caller's segment, read in a short session of its own."""
    if UUID.fullmatch(segment_id) is None:
        raise SegmentNotFound
    async with resources.database.reading() as session:
        found = await Aggregate.over(session, resources).segments.find_view(segment_id)
    if found is None or found.owner_id != account.id:
        raise SegmentNotFound
    return found


OwnedProject = Annotated[ProjectView, Depends(owned_project)]
OwnedSegment = Annotated[SegmentView, Depends(owned_segment)]


async def project_service(session: SessionDep, resources: ResourcesDep) -> ProjectService:
    """Projects in this request's unit of work."""
    return ProjectService.over(session, resources)


async def storyboard_service(session: SessionDep, resources: ResourcesDep) -> StoryboardService:
    """Segments and frames in this request's unit of work."""
    return StoryboardService.over(session, resources)


async def project_reader(session: ReadSession, resources: ResourcesDep) -> ProjectService:
    """Projects in a session that only reads."""
    return ProjectService.over(session, resources)


async def storyboard_reader(session: ReadSession, resources: ResourcesDep) -> StoryboardService:
    """Segments and frames in a session that only reads."""
    return StoryboardService.over(session, resources)


ProjectsRead = Annotated[ProjectService, Depends(project_reader)]
StoryboardsRead = Annotated[StoryboardService, Depends(storyboard_reader)]
Projects = Annotated[ProjectService, Depends(project_service)]
Storyboards = Annotated[StoryboardService, Depends(storyboard_service)]


async def if_match(header: Annotated[str | None, Header(alias="If-Match", max_length=1000)] = None) -> int | None:
    """The version the caller has read, when they say so."""
    return expected_version(header)


ExpectedVersion = Annotated[int | None, Depends(if_match)]


class Tags:
    """Tags replies with their version, and spares the client what it already has."""

    def __init__(
        self,
        reply: Response,
        resources: ResourcesDep,
        if_none_match: Annotated[str | None, Header(max_length=4000)] = None,
    ) -> None:
        self._reply = reply
        self._clock = resources.clock
        self._link_seconds = resources.settings.storage.media_url_ttl_seconds
        self._known = if_none_match

    def tagged(self, shown: ReplyT, version: int) -> ReplyT:
        """The reply with its tag."""
        self._reply.headers["ETag"] = self._tag(version)
        return shown

    def unless_known(self, shown: ReplyT, version: int) -> ReplyT | Response:
        """The reply with its tag, or an empty answer when the client has it."""
        tag = self._tag(version)
        if is_known(self._known, tag):
            return Response(status_code=status.HTTP_304_NOT_MODIFIED, headers={"ETag": tag})
        return self.tagged(shown, version)

    def _tag(self, version: int) -> str:
        return entity_tag(version, self._clock.now(), self._link_seconds)


Tagged = Annotated[Tags, Depends(AsyncConstructor(Tags))]


async def showing(session: SessionDep, resources: ResourcesDep) -> ProjectPresenter:
    """Replies in this request's unit of work."""
    return ProjectPresenter.over(session, resources)


async def showing_reader(session: ReadSession, resources: ResourcesDep) -> ProjectPresenter:
    """Replies in a session that only reads."""
    return ProjectPresenter.over(session, resources)


async def upload_service(resources: ResourcesDep) -> UploadService:
    """Takes files in; opens its own short units of work."""
    return UploadService(resources)


Shown = Annotated[ProjectPresenter, Depends(showing)]
ShownRead = Annotated[ProjectPresenter, Depends(showing_reader)]
Uploads = Annotated[UploadService, Depends(upload_service)]
