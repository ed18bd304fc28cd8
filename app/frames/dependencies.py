"""The services of one request, the position that it names, and replies with links."""

from collections.abc import Sequence
from typing import Annotated, Self

from fastapi import Depends, Path

from app.accounts.dependencies import OwnResources
from app.core.database import Session
from app.core.dependencies import ReadSession, SessionDep
from app.frames.domain import FrameSheet
from app.frames.schemas import FrameList, FrameRead, sheet_media
from app.frames.service import FrameService
from app.library.links import MediaLinks
from app.library.service import LibraryService
from app.resources import Resources


class FramePresenter:
    """What clients read of frames, with fresh links."""

    def __init__(self, library: LibraryService, links: MediaLinks) -> None:
        self._library = library
        self._links = links

    @classmethod
    def over(cls, session: Session, resources: Resources) -> Self:
        """With the links of the native API."""
        return cls(LibraryService.over(session, resources), MediaLinks.over(resources))

    async def all(self, sheets: Sequence[FrameSheet]) -> FrameList:
        """Every frame of a project."""
        frames = await self._shown(sheets)
        return FrameList(frames=frames, total=len(frames))

    async def one(self, sheet: FrameSheet) -> FrameRead:
        """One frame."""
        return (await self._shown([sheet]))[0]

    async def _shown(self, sheets: Sequence[FrameSheet]) -> list[FrameRead]:
        assets = await self._library.views(sheet_media(sheets))
        links = {asset_id: self._links.to(asset) for asset_id, asset in assets.items()}
        return [FrameRead.of(sheet, links) for sheet in sheets]


async def frame_service(session: SessionDep, resources: OwnResources) -> FrameService:
    """Frames in this request's unit of work."""
    return FrameService.over(session, resources)


async def frame_reader(session: ReadSession, resources: OwnResources) -> FrameService:
    """Frames in a session that only reads."""
    return FrameService.over(session, resources)


async def frame_showing(session: SessionDep, resources: OwnResources) -> FramePresenter:
    """Replies in this request's unit of work."""
    return FramePresenter.over(session, resources)


async def frame_showing_reader(session: ReadSession, resources: OwnResources) -> FramePresenter:
    """Replies in a session that only reads."""
    return FramePresenter.over(session, resources)


Frames = Annotated[FrameService, Depends(frame_service)]
FramesRead = Annotated[FrameService, Depends(frame_reader)]
FramesShown = Annotated[FramePresenter, Depends(frame_showing)]
FramesShownRead = Annotated[FramePresenter, Depends(frame_showing_reader)]
Position = Annotated[int, Path(ge=0, le=1000, description="0 to the number of segments")]
