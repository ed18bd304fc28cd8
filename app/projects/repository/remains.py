"""SQL of deleted projects, whose rows stay for those who kept media for them."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select

from app.core.repository import Repository
from app.projects.models import Project, Segment
from app.projects.values import DeletedProject

__all__ = ["DeletedRepository"]


class DeletedRepository(Repository[Project]):
    """Projects that nobody sees any more."""

    table = Project

    async def deleted(self, since: datetime, after: str, limit: int) -> Sequence[DeletedProject]:
        """Projects that were deleted lately, in the order of their ids, behind one of them."""
        query = select(Project).where(Project.deleted_at >= since, Project.id > after).order_by(Project.id)
        rows = await self.all(query.limit(limit))
        ids = [row.id for row in rows]
        segments: dict[str, list[str]] = {project_id: [] for project_id in ids}
        found = await self._session.execute(select(Segment.project_id, Segment.id).where(Segment.project_id.in_(ids)))
        for project_id, segment_id in found:
            segments[project_id].append(segment_id)
        return [DeletedProject(id=row.id, owner_id=row.owner_id, segment_ids=tuple(segments[row.id])) for row in rows]
