"""Sheets to replies, with links to the pictures they show."""

from collections.abc import Sequence
from typing import Self

from app.core.database import Session
from app.frames.schemas import FrameList, FrameRead, sheet_media
from app.frames.values import FrameSheet
from app.library.links import MediaLinks
from app.library.service import LibraryService
from app.resources import Resources

__all__ = ["FrameShowing"]


class FrameShowing:
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
