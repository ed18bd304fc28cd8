"""Pictures and voice samples that owners bring: judged by the library, then put in their place."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from enum import StrEnum
from typing import Protocol

from app.library.domain import AssetKind, AssetView
from app.library.intake import Intake
from app.projects.domain import FrameOrigin, ProjectView, SegmentStatus, SegmentView
from app.projects.errors import SegmentBusy
from app.projects.progress import ProgressService
from app.resources import Resources


class FrameSide(StrEnum):
    """Which end of a segment a frame stands at."""

    FIRST = "first"
    LAST = "last"


class Incoming(Protocol):
    """A file on its way in."""

    @property
    def name(self) -> str:
        """What its sender calls it."""

    def chunks(self) -> AsyncIterator[bytes]:
        """Its bytes, a piece at a time."""


class UploadService:
    """Takes a file in outside any transaction, then changes the film in a short one; a refusal leaves nothing."""

    def __init__(self, resources: Resources) -> None:
        self._resources = resources
        self._intake = Intake(resources)

    async def first_frame(self, project: ProjectView, file: Incoming) -> AssetView:
        """The picture a film begins with."""
        async with (
            self._intake.received(project.owner_id, AssetKind.FIRST_FRAME, file.name, file.chunks()) as asset,
            self._film() as film,
        ):
            first = await film.frame_at(project.id, 0)
            await film.accept_frame(first.id, asset.id, FrameOrigin.UPLOADED, approved=True)
        return asset

    async def audio_sample(self, project: ProjectView, file: Incoming) -> AssetView:
        """The recording from which the narrator's voice is cloned."""
        async with (
            self._intake.received(project.owner_id, AssetKind.AUDIO_SAMPLE, file.name, file.chunks()) as asset,
            self._film() as film,
        ):
            await film.accept_audio_sample(project.id, asset.id)
        return asset

    async def segment_frame(self, segment: SegmentView, side: FrameSide, file: Incoming) -> AssetView:
        """The picture a segment begins or ends with; the neighbour shares it."""
        if segment.status is SegmentStatus.GENERATING:
            raise SegmentBusy
        async with (
            self._intake.received(segment.owner_id, AssetKind.KEY_FRAME, file.name, file.chunks()) as asset,
            self._film() as film,
        ):
            current = await film.segment(segment.id)
            if current.status is SegmentStatus.GENERATING:
                raise SegmentBusy
            frame = current.first_frame if side is FrameSide.FIRST else current.last_frame
            await film.accept_frame(frame.id, asset.id, FrameOrigin.UPLOADED, approved=True)
        return asset

    @asynccontextmanager
    async def _film(self) -> AsyncIterator[ProgressService]:
        async with self._resources.database.unit_of_work() as session:
            yield ProgressService.over(session, self._resources)
