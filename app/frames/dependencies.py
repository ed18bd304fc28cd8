"""The services of one request, and the position that it names."""

from typing import Annotated

from fastapi import Depends, Path

from app.accounts.dependencies import OwnResources
from app.core.dependencies import ReadSession, SessionDep
from app.frames.service import FrameService
from app.frames.showing import FrameShowing

__all__ = ["Frames", "FramesRead", "FramesShown", "FramesShownRead", "Position"]


async def frame_service(session: SessionDep, resources: OwnResources) -> FrameService:
    """Frames in this request's unit of work."""
    return FrameService.over(session, resources)


async def frame_reader(session: ReadSession, resources: OwnResources) -> FrameService:
    """Frames in a session that only reads."""
    return FrameService.over(session, resources)


async def frame_showing(session: SessionDep, resources: OwnResources) -> FrameShowing:
    """Replies in this request's unit of work."""
    return FrameShowing.over(session, resources)


async def frame_showing_reader(session: ReadSession, resources: OwnResources) -> FrameShowing:
    """Replies in a session that only reads."""
    return FrameShowing.over(session, resources)


Frames = Annotated[FrameService, Depends(frame_service)]
FramesRead = Annotated[FrameService, Depends(frame_reader)]
FramesShown = Annotated[FrameShowing, Depends(frame_showing)]
FramesShownRead = Annotated[FrameShowing, Depends(frame_showing_reader)]
Position = Annotated[int, Path(ge=0, le=1000, description="0 to the number of segments")]
