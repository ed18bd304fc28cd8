"""segment.take: an approved segment becomes a clip."""

from datetime import timedelta
from typing import ClassVar

from pydantic import BaseModel, JsonValue
from typing_extensions import override

from app.core.database import Session
from app.generation.inquiring import Afterwards
from app.generation.remains import KeptClips
from app.generation.steps import TakeMaking
from app.jobs.domain import AttemptView, JobView, Lane
from app.jobs.handlers import Ending, JobHandler, NoParams, Work
from app.jobs.reconcile import Inquiry
from app.projects.progress import ProgressService
from app.projects.remains import purge
from app.projects.work import failure_to_keep
from app.resources import Resources

__all__ = ["SweepTakes", "TakeParams", "TakeSegment"]


class TakeParams(BaseModel):
    """Whether the engine may improve the prompt."""

    optimize_prompt: bool = True


class TakeSegment(JobHandler[TakeParams]):
    """Buys one clip, waits for it, checks the file and gives it to the segment."""

    kind: ClassVar[str] = "segment.take"
    label: ClassVar[str] = "Make a clip"
    lane: ClassVar[Lane] = Lane.REMOTE
    params = TakeParams

    def __init__(self, resources: Resources) -> None:
        self._resources = resources

    @override
    async def run(self, work: Work, params: TakeParams) -> dict[str, JsonValue]:
        return await TakeMaking(work, optimize_prompt=params.optimize_prompt).run()

    def inquiry(self, params: TakeParams, attempt: AttemptView) -> Inquiry:
        """How a clip is asked after whose job has ended."""
        return Inquiry.about(attempt, Afterwards(self._resources, optimize_prompt=params.optimize_prompt).find)

    @override
    async def ended(self, session: Session, job: JobView, ending: Ending) -> None:
        """The segment is let go: failed with its reason, or approved as before when the work was cancelled."""
        if ending is Ending.COMPLETED or job.segment_id is None:
            return
        holders = {job.id, job.parent_id or job.id}
        failure = await failure_to_keep(session, self._resources, job, ending)
        await ProgressService.over(session, self._resources).let_go(job.segment_id, holders, failure)


class SweepTakes(JobHandler[NoParams]):
    """Deletes the clips that nobody can see any more, because their project was deleted."""

    kind: ClassVar[str] = "takes.sweep"
    label: ClassVar[str] = "Remove clips of deleted projects"
    lane: ClassVar[Lane] = Lane.LIGHT
    every: ClassVar[timedelta | None] = timedelta(hours=1)
    params = NoParams

    def __init__(self, resources: Resources) -> None:
        self._resources = resources

    @override
    async def run(self, work: Work, params: NoParams) -> dict[str, JsonValue]:
        await work.stage("sweeping", progress=10)
        return {"files": await work.step("purge", purge, self._resources, KeptClips(self._resources.clock))}
