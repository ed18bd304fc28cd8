"""Views to replies, with links to the media they show."""

from collections.abc import Iterable, Mapping
from typing import Self

from app.core.database import Session
from app.library.domain import AssetView
from app.library.links import MediaLinks
from app.library.service import LibraryService
from app.projects.replies import ProjectList, ProjectReply, SegmentReply, project_media, segment_media
from app.projects.values import ProjectPage, ProjectView, SegmentView
from app.resources import Resources


class ProjectPresenter:
    """What clients read, with fresh links."""

    def __init__(self, library: LibraryService, links: MediaLinks) -> None:
        self._library = library
        self._links = links

    @classmethod
    def over(cls, session: Session, resources: Resources) -> Self:
        """With the links of the native API."""
        return cls(LibraryService.over(session, resources), MediaLinks.over(resources))

    async def project(self, project: ProjectView) -> ProjectReply:
        """One project."""
        return ProjectReply.of(project, await self._linked(project_media([project])))

    async def page(self, found: ProjectPage) -> ProjectList:
        """One page of projects."""
        links = await self._linked(project_media(found.page.items))
        return ProjectList(projects=[ProjectReply.of(each, links) for each in found.page.items], total=found.total)

    async def segment(self, segment: SegmentView) -> SegmentReply:
        """One segment."""
        return SegmentReply.of(segment, await self._linked(segment_media([segment])))

    async def segments(self, segments: Iterable[SegmentView]) -> list[SegmentReply]:
        """Segments in order."""
        shown = list(segments)
        links = await self._linked(segment_media(shown))
        return [SegmentReply.of(segment, links) for segment in shown]

    async def _linked(self, asset_ids: frozenset[str]) -> Mapping[str, str]:
        assets: Mapping[str, AssetView] = await self._library.views(asset_ids)
        return {asset_id: self._links.to(asset) for asset_id, asset in assets.items()}
