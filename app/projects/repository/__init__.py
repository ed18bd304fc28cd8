"""SQL of the aggregate: projects and their lists, segments and key frames, guarded moves."""

from app.projects.repository.projects import (
    SEARCH_TOTAL_MAX,
    Aggregate,
    DeletedRepository,
    ListingRepository,
    ProjectRepository,
)
from app.projects.repository.segments import FrameRepository, SegmentRepository

__all__ = [
    "SEARCH_TOTAL_MAX",
    "Aggregate",
    "DeletedRepository",
    "FrameRepository",
    "ListingRepository",
    "ProjectRepository",
]
__all__ += ["SegmentRepository"]
