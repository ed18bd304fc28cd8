"""SQL of deleted projects, whose rows stay for those who kept media for them."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, select

from app.core.repository import Repository
from app.projects.models import Project, Segment
from app.projects.values import DeletedProject


class DeletedRepository(Repository[Project]):
    """Projects that nobody sees any more."""

    table = Project

    async def deleted(self, after: str, limit: int, *, before: datetime) -> Sequence[DeletedProject]:
        """Projects that were deleted before then and not erased yet, in the order of their ids, behind one of them."""
        query = select(Project).where(Project.deleted_at <= before, Project.id > after).order_by(Project.id)
        rows = await self.all(query.limit(limit))
        ids = [row.id for row in rows]
        segments: dict[str, list[str]] = {project_id: [] for project_id in ids}
        found = await self._session.execute(select(Segment.project_id, Segment.id).where(Segment.project_id.in_(ids)))
        for project_id, segment_id in found:
            segments[project_id].append(segment_id)
        return [DeletedProject(id=row.id, owner_id=row.owner_id, segment_ids=tuple(segments[row.id])) for row in rows]

    async def texts(self, project_id: str) -> Sequence[str]:
        """Every text that its owner or a planner wrote into a project."""
        own = (Project.story_prompt, Project.continuity_notes)
        words = (Segment.video_prompt, Segment.narration_text, Segment.end_frame_prompt)
        found = [await self._session.execute(select(*own).where(Project.id == project_id))]
        found += [await self._session.execute(select(*words).where(Segment.project_id == project_id))]
        return [text for rows in found for row in rows for text in row if text]

    async def erase(self, project_id: str) -> None:
        """Takes the rows away; the database takes along what hangs on them."""
        await self._session.execute(delete(Project).where(Project.id == project_id, Project.deleted_at.is_not(None)))
