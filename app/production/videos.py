"""One-shot videos: a prompt becomes a project and the one job that makes its film."""

from typing import Self

from pydantic import JsonValue

from app.core.database import Session
from app.core.pagination import Window
from app.jobs.service import JobService
from app.jobs.states import Phase
from app.jobs.steering import JobSteering
from app.jobs.values import JobFilter, JobView
from app.production.errors import VideoNotFailed, VideoNotFound
from app.production.looks import project_of
from app.production.models import Video
from app.production.repository import VideoRepository
from app.production.service import FilmWish, ProductionService
from app.production.values import Kind, VideoView, VideoWish
from app.projects.errors import ProjectNotFound
from app.projects.progress import ProgressService
from app.projects.service import ProjectService
from app.projects.values import FrameOrigin, ProjectView
from app.providers.video import Output, Resolution
from app.resources import Resources

__all__ = ["VideoService", "offers_full_size"]

SHORTEST_IN_FULL_SIZE = Output(6, Resolution.P1080)


class VideoService:
    """Works on behalf of one owner, in the caller's unit of work."""

    def __init__(self, session: Session, resources: Resources) -> None:
        self._videos = VideoRepository(session, resources.clock)
        self._projects = ProjectService.over(session, resources)
        self._progress = ProgressService.over(session, resources)
        self._productions = ProductionService.over(session, resources)
        self._steering = JobSteering.over(session, resources)
        self._jobs = JobService.over(session, resources)

    @classmethod
    def over(cls, session: Session, resources: Resources) -> Self:
        """The service on this session."""
        return cls(session, resources)

    async def begin(self, owner_id: str, wish: VideoWish) -> VideoView:
        """A new project, and the job that makes its film without asking."""
        project = await self._projects.create(owner_id, project_of(wish))
        row = await self._videos.add(
            Video(
                owner_id=owner_id,
                project_id=project.id,
                prompt=wish.prompt,
                style=wish.style,
                quality=wish.quality,
                duration_sec=wish.duration_sec,
                narrated=wish.narrated,
                notes=list(wish.notes),
            )
        )
        if wish.reference_asset_id is not None:
            first = await self._progress.frame_at(project.id, 0)
            await self._progress.accept_frame(first.id, wish.reference_asset_id, FrameOrigin.UPLOADED, approved=True)
            project = await self._projects.view(project.id)
        config: dict[str, JsonValue] = {"notes": list(wish.notes)} if wish.notes else {}
        made = FilmWish(auto_approve=True, narrates=wish.narrated, record_id=wish.record_id, config=config)
        return _view(row, project, await self._productions.begin_film(project, made))

    async def owned(self, video_id: str, owner_id: str) -> VideoView:
        """The video of this owner; a foreign one, and one whose project is gone, is not found."""
        row = await self._videos.owned(video_id, owner_id)
        found = None if row is None else await self._shown(row)
        if found is None:
            raise VideoNotFound
        return found

    async def listed(self, owner_id: str, skip: int, limit: int) -> list[VideoView]:
        """Videos of this owner, the newest first."""
        shown = [await self._shown(row) for row in await self._videos.newest(owner_id, skip, limit)]
        return [video for video in shown if video is not None]

    async def total(self, owner_id: str) -> int:
        """How many videos this owner has."""
        return await self._videos.total(owner_id)

    async def again(self, video: VideoView, record_id: str | None) -> VideoView:
        """Another try at a video that failed; what was bought is not bought again."""
        current = await self.owned(video.id, video.owner_id)
        if current.job.phase is not Phase.FAILED:
            raise VideoNotFailed
        await self._steering.retry(current.job, record_id=record_id)
        return await self.owned(video.id, video.owner_id)

    async def delete(self, video: VideoView) -> None:
        """Deletes the video with its project and media; work on it is cancelled first."""
        await self._projects.delete(video.project, cancel=True)
        await self._videos.forget(video.id)

    async def _shown(self, row: Video) -> VideoView | None:
        try:
            project = await self._projects.view(row.project_id)
        except ProjectNotFound:
            return None
        wanted = JobFilter(kind=Kind.FILM.value, project_id=project.id)
        page, _ = await self._jobs.listed(row.owner_id, wanted, Window(limit=1))
        return _view(row, project, page.items[0]) if page.items else None


def offers_full_size(resources: Resources) -> bool:
    """Whether the engine that would be chosen makes the shortest clips in 1080P."""
    engine = resources.engines.video()
    offered = engine.capabilities(engine.models()[0]).outputs.values()
    return all(SHORTEST_IN_FULL_SIZE in outputs for outputs in offered)


def _view(row: Video, project: ProjectView, job: JobView) -> VideoView:
    return VideoView(
        id=row.id,
        owner_id=row.owner_id,
        project=project,
        job=job,
        prompt=row.prompt,
        style=row.style,
        quality=row.quality,
        duration_sec=row.duration_sec,
        notes=tuple(row.notes),
        created_at=row.created_at,
        updated_at=row.updated_at,
    )
