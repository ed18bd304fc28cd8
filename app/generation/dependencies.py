"""The services of one request, and the generation that it names."""

from typing import Annotated

from fastapi import Depends, Query

from app.accounts.dependencies import CurrentUser, OwnResources
from app.core.dependencies import ReadSession, SessionDep
from app.generation.service import GenerationService, checked
from app.generation.showing import TakeShowing
from app.jobs.domain import JobView
from app.jobs.service import JobService
from app.projects.dependencies import OwnedSegment
from app.projects.values import SegmentView

__all__ = ["CheckedSegment", "OtherTake", "OwnedTask", "Takes", "TakesRead", "TakesShownRead"]


async def generation_service(session: SessionDep, resources: OwnResources) -> GenerationService:
    """Takes in this request's unit of work."""
    return GenerationService.over(session, resources)


async def generation_reader(session: ReadSession, resources: OwnResources) -> GenerationService:
    """Takes in a session that only reads."""
    return GenerationService.over(session, resources)


async def take_showing_reader(session: ReadSession, resources: OwnResources) -> TakeShowing:
    """Replies in a session that only reads."""
    return TakeShowing.over(session, resources)


async def owned_task(task_id: str, user: CurrentUser, resources: OwnResources) -> JobView:
    """The caller's own generation; a foreign one is not found."""
    async with resources.database.reading() as session:
        return await JobService.over(session, resources).owned(task_id, user.id)


async def checked_segment(segment: OwnedSegment, resources: OwnResources) -> SegmentView:
    """The caller's segment, up to date with the job that makes it."""
    return await checked(resources, segment)


CheckedSegment = Annotated[SegmentView, Depends(checked_segment)]
Takes = Annotated[GenerationService, Depends(generation_service)]
TakesRead = Annotated[GenerationService, Depends(generation_reader)]
TakesShownRead = Annotated[TakeShowing, Depends(take_showing_reader)]
OtherTake = Annotated[str | None, Query(max_length=36, description="The take to compare with")]
OwnedTask = Annotated[JobView, Depends(owned_task)]
