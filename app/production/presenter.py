"""What a caller who waited is shown of a production that has ended."""

from app.core.database import Session
from app.jobs.service import JobService
from app.narration.service import NARRATE
from app.production.values import Kind
from app.projects.presenter import ProjectPresenter
from app.projects.progress import ProgressService
from app.projects.replies import ProjectReply, SegmentReply
from app.projects.service import ProjectService
from app.resources import Resources

__all__ = ["project_made", "segment_made", "segments_in_speech"]


async def project_made(resources: Resources, project_id: str) -> ProjectReply:
    """The project as it stands now."""
    async with resources.database.reading() as session:
        project = await ProjectService.over(session, resources).view(project_id)
        return await ProjectPresenter.over(session, resources).project(project)


async def segment_made(resources: Resources, segment_id: str) -> SegmentReply:
    """The segment as it stands now."""
    async with resources.database.reading() as session:
        segment = await ProgressService.over(session, resources).segment(segment_id)
        return await ProjectPresenter.over(session, resources).segment(segment)


async def segments_in_speech(session: Session, resources: Resources, project_id: str) -> frozenset[str]:
    """The segments whose narration is being spoken, or is still to be begun by the work that makes them."""
    jobs = JobService.over(session, resources)
    at_work = [*await jobs.at_work(project_id, NARRATE), *await jobs.at_work(project_id, Kind.SEGMENT.value)]
    return frozenset(job.segment_id for job in at_work if job.segment_id is not None)
