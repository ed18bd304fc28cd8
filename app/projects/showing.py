"""Views to replies, with links to the media they show."""

from collections.abc import Iterable
from typing import Self

from app.projects.replies import ProjectList, ProjectReply, SegmentReply
from app.projects.values import ProjectPage, ProjectView, SegmentView
from app.resources import Resources

__all__ = ["Showing"]


class Showing:
    """What clients read, with fresh links."""

    @classmethod
    def over(cls, resources: Resources) -> Self:
        """With the links of this service."""
        return cls()

    def project(self, project: ProjectView) -> ProjectReply:
        """One project."""
        return ProjectReply.of(project, {})

    def page(self, found: ProjectPage) -> ProjectList:
        """One page of projects."""
        return ProjectList(projects=[self.project(project) for project in found.page.items], total=found.total)

    def segment(self, segment: SegmentView) -> SegmentReply:
        """One segment."""
        return SegmentReply.of(segment, {})

    def segments(self, segments: Iterable[SegmentView]) -> list[SegmentReply]:
        """Segments in order."""
        return [self.segment(segment) for segment in segments]
