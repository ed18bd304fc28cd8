"""frame.make: pictures for the key frames of a project."""

from datetime import timedelta
from typing import ClassVar

from pydantic import BaseModel, JsonValue
from typing_extensions import override

from app.frames.remains import KeptPictures
from app.frames.steps import FrameMaking, Need
from app.jobs.domain import Lane
from app.jobs.handlers import JobHandler, NoParams, Work
from app.projects.remains import purge
from app.resources import Resources

__all__ = ["FrameParams", "MakeFrames", "SweepCandidates"]


class FrameParams(BaseModel):
    """Which frames, in order; `only_needed` passes over those that need nothing (any more)."""

    positions: tuple[int, ...]
    only_needed: bool = False
    spare_clips: bool = False


class MakeFrames(JobHandler[FrameParams]):
    """Draws each frame by the project's picture engine, or takes it from the clip before it."""

    kind: ClassVar[str] = "frame.make"
    label: ClassVar[str] = "Make key frames"
    lane: ClassVar[Lane] = Lane.REMOTE
    params = FrameParams

    @override
    async def run(self, work: Work, params: FrameParams) -> dict[str, JsonValue]:
        return await FrameMaking(
            work, params.positions, Need(only=params.only_needed, spare_clips=params.spare_clips)
        ).run()


class SweepCandidates(JobHandler[NoParams]):
    """Deletes the pictures that nobody can see any more, because their project was deleted."""

    kind: ClassVar[str] = "frames.sweep"
    label: ClassVar[str] = "Remove pictures of deleted projects"
    lane: ClassVar[Lane] = Lane.LIGHT
    every: ClassVar[timedelta | None] = timedelta(hours=1)
    params = NoParams

    def __init__(self, resources: Resources) -> None:
        self._resources = resources

    @override
    async def run(self, work: Work, params: NoParams) -> dict[str, JsonValue]:
        await work.stage("sweeping", progress=10)
        return {"files": await work.step("purge", purge, self._resources, KeptPictures(self._resources.clock))}
