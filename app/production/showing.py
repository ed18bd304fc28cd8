"""What a caller who waited is shown of a production that has ended."""

from app.projects.progress import ProgressService
from app.projects.replies import ProjectReply, SegmentReply
from app.projects.service import ProjectService
from app.projects.showing import Showing
from app.resources import Resources

__all__ = ["project_made", "segment_made"]


async def project_made(resources: Resources, project_id: str) -> ProjectReply:
    """The project as it stands now."""
    async with resources.database.reading() as session:
        project = await ProjectService.over(session, resources).view(project_id)
        return await Showing.over(session, resources).project(project)


async def segment_made(resources: Resources, segment_id: str) -> SegmentReply:
    """The segment as it stands now."""
    async with resources.database.reading() as session:
        segment = await ProgressService.over(session, resources).segment(segment_id)
        return await Showing.over(session, resources).segment(segment)
