"""The rows of one aggregate together: the whole storyboard, and where its project comes to rest."""

from dataclasses import dataclass, replace
from typing import Self

from app.core.database import Session
from app.projects.errors import ProjectBusy
from app.projects.layout import is_busy, resting_status
from app.projects.repository.projects import ProjectRepository
from app.projects.repository.segments import FrameRepository, SegmentRepository
from app.projects.states import BUSY, ProjectStatus, SegmentStatus
from app.projects.values import ProjectView, Storyboard
from app.resources import Resources

IDLE = {SegmentStatus.GENERATING: SegmentStatus.APPROVED}
WAITING_FOR_INPUT = frozenset({ProjectStatus.CREATED, ProjectStatus.MEDIA_UPLOADED})


@dataclass(frozen=True)
class Aggregate:
    """The three tables that change together; each change begins with `projects.touch`."""

    projects: ProjectRepository
    segments: SegmentRepository
    frames: FrameRepository

    @classmethod
    def over(cls, session: Session, resources: Resources) -> Self:
        """The tables as one transaction sees them."""
        clock = resources.clock
        return cls(
            projects=ProjectRepository(session, clock, resources.notifier),
            segments=SegmentRepository(session, clock),
            frames=FrameRepository(session, clock),
        )

    async def board(self, project_id: str) -> Storyboard:
        """The whole aggregate as it stands now."""
        return Storyboard(
            project=await self.projects.view(project_id),
            segments=await self.segments.of_project(project_id),
            frames=await self.frames.of_project(project_id),
        )

    async def idle_board(self, project_id: str) -> Storyboard:
        """The aggregate, held for a change of its layout; refused while its work runs."""
        await self.projects.touch(project_id)
        board = await self.board(project_id)
        if board.project.status in BUSY or is_busy(board.segments):
            raise ProjectBusy
        return board

    async def copy(self, project: ProjectView, name: str) -> ProjectView:
        """Stores a copy of the aggregate: words, frames and accepted takes, but no film and no running work."""
        copied = replace(project, settings=replace(project.settings, name=name), film=None)
        idle = [replace(s, status=IDLE.get(s.status, s.status)) for s in project.segments]
        status = resting_status(replace(copied, segments=tuple(idle)))
        row = await self.projects.insert_copy(project.id, name, status)
        await self.segments.copy_all(project.id, row.id)
        await self.frames.copy_all(project.id, row.id)
        return await self.projects.view(row.id)

    async def settle(self, project_id: str) -> ProjectView:
        """Moves a project that waits for input on, once it holds what the next state stands for."""
        project = await self.projects.view(project_id)
        rest = resting_status(project)
        if project.status not in WAITING_FOR_INPUT or rest is project.status:
            return project
        await self.projects.move(project_id, to=rest)
        return await self.projects.view(project_id)
