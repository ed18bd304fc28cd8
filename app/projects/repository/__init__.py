"""SQL of the aggregate: projects and their lists, segments and key frames, guarded moves."""

from app.projects.repository.aggregate import Aggregate
from app.projects.repository.cleanup import DeletedRepository
from app.projects.repository.listing import SEARCH_TOTAL_MAX, ListingRepository
from app.projects.repository.projects import ProjectRepository
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
