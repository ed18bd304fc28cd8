"""The services of one request, the generation that it names, and replies with links."""

from collections.abc import Sequence
from typing import Annotated, Self

from fastapi import Depends, Query

from app.accounts.dependencies import CurrentUser, OwnResources
from app.core.database import Session
from app.core.dependencies import ReadSession, SessionDep
from app.generation.domain import TakeView, differences
from app.generation.schemas import DifferenceRead, TakeComparison, TakeList, TakeRead, TaskStatusRead, take_media
from app.generation.service import GenerationService, checked
from app.jobs.domain import JobView
from app.jobs.service import JobService
from app.library.links import MediaLinks
from app.library.service import LibraryService
from app.projects.dependencies import OwnedSegment
from app.projects.domain import SegmentView
from app.resources import Resources


class TakePresenter:
    """What clients read of takes, with fresh links."""

    def __init__(self, library: LibraryService, links: MediaLinks) -> None:
        self._library = library
        self._links = links

    @classmethod
    def over(cls, session: Session, resources: Resources) -> Self:
        """With the links of the native API."""
        return cls(LibraryService.over(session, resources), MediaLinks.over(resources))

    async def takes(self, segment: SegmentView, takes: Sequence[TakeView], total: int) -> TakeList:
        """One page of takes."""
        assets = await self._library.views(take_media(takes))
        links = {asset_id: self._links.to(asset) for asset_id, asset in assets.items()}
        return TakeList(takes=[TakeRead.of(take, segment, links) for take in takes], total=total)

    async def comparison(self, segment: SegmentView, one: TakeView, other: TakeView) -> TakeComparison:
        """Two takes side by side."""
        shown = (await self.takes(segment, (one, other), 2)).takes
        told = [DifferenceRead.of(difference) for difference in differences(one, other)]
        return TakeComparison(one=shown[0], other=shown[1], differences=told)

    async def task(self, job: JobView) -> TaskStatusRead:
        """A generation with the link to what it made."""
        made = (job.result or {}).get("asset_id")
        assets = await self._library.views([made]) if isinstance(made, str) else {}
        return TaskStatusRead.of(job, self._links.of(assets, made if isinstance(made, str) else None))


async def generation_service(session: SessionDep, resources: OwnResources) -> GenerationService:
    """Takes in this request's unit of work."""
    return GenerationService.over(session, resources)


async def generation_reader(session: ReadSession, resources: OwnResources) -> GenerationService:
    """Takes in a session that only reads."""
    return GenerationService.over(session, resources)


async def take_showing_reader(session: ReadSession, resources: OwnResources) -> TakePresenter:
    """Replies in a session that only reads."""
    return TakePresenter.over(session, resources)


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
TakesShownRead = Annotated[TakePresenter, Depends(take_showing_reader)]
OtherTake = Annotated[str | None, Query(max_length=36, description="The take to compare with")]
OwnedTask = Annotated[JobView, Depends(owned_task)]
