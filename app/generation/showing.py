"""Takes and generations to replies, with links to their media."""

from collections.abc import Sequence
from typing import Self

from app.core.database import Session
from app.generation.comparing import differences
from app.generation.schemas import DifferenceRead, TakeComparison, TakeList, TakeRead, TaskStatusRead, take_media
from app.generation.values import TakeView
from app.jobs.domain import JobView
from app.library.links import MediaLinks
from app.library.service import LibraryService
from app.projects.values import SegmentView
from app.resources import Resources

__all__ = ["TakeShowing"]


class TakeShowing:
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
