"""What a request starts, waited for as its caller prefers, and answered by what was made or by the job."""

from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Annotated

from fastapi import Depends, Response

from app.accounts.dependencies import CurrentUser, OwnResources
from app.core.database import Session
from app.core.dependencies import AsyncConstructor, SessionDep
from app.core.schema import Reply
from app.generation.domain import engine_name
from app.jobs.dependencies import Prefer, job_reply
from app.jobs.domain import JobView
from app.jobs.service import JobService, start_and_follow
from app.library.links import MediaLinks
from app.library.service import LibraryService
from app.narration.service import NARRATE
from app.production.domain import ProductionJobKind, VideoView
from app.production.schemas import (
    GenerateBody,
    ProduceBody,
    RegenerateBody,
    SegmentTask,
    VideoBody,
    VideoDeleted,
    VideoRead,
    VideoStarted,
    video_media,
)
from app.production.service import FilmWish, ProductionService, SegmentWish
from app.production.videos import VideoService
from app.projects.domain import ProjectView, SegmentView
from app.projects.progress import ProgressService
from app.projects.replies import ProjectPresenter, ProjectReply, SegmentReply
from app.projects.service import ProjectService
from app.resources import Resources


async def project_made(resources: Resources, project_id: str) -> ProjectReply:
    """The project as it stands now."""
    async with resources.database.reading() as session:
        project = await ProjectService.over(session, resources).view(project_id)
        return await ProjectPresenter.over(session, resources).project(project)


async def segment_made(resources: Resources, segment_id: str) -> SegmentReply:
    """The segment as it stands now."""
    async with resources.database.reading() as session:
        segment = await ProgressService.over(session, resources).segment(segment_id)
        return await ProjectPresenter.over(session, resources).segment(segment)


async def segments_in_speech(session: Session, resources: Resources, project_id: str) -> frozenset[str]:
    """The segments whose narration is being spoken, or is still to be begun by the work that makes them."""
    jobs = JobService.over(session, resources)
    at_work = [
        *await jobs.at_work(project_id, NARRATE),
        *await jobs.at_work(project_id, ProductionJobKind.SEGMENT.value),
    ]
    return frozenset(job.segment_id for job in at_work if job.segment_id is not None)


class ProductionStarts:
    """Starts in a unit of work of their own, then waits without a session."""

    def __init__(self, resources: OwnResources, prefer: Prefer) -> None:
        self._resources = resources
        self._prefer = prefer

    async def film(self, project: ProjectView, body: ProduceBody) -> Response:
        """The whole film."""
        wish = FilmWish(auto_approve=body.auto_approve, optimize_prompt=body.prompt_optimizer)

        async def start(session: Session) -> JobView:
            return await ProductionService.over(session, self._resources).begin_film(project, wish)

        return await self._answer(start, partial(project_made, self._resources, project.id))

    async def segments(self, project: ProjectView, body: GenerateBody) -> Response:
        """All approved segments."""
        wish = FilmWish(optimize_prompt=body.prompt_optimizer)

        async def start(session: Session) -> JobView:
            return await ProductionService.over(session, self._resources).begin_segments(project, wish)

        return await self._answer(start, partial(project_made, self._resources, project.id))

    async def anew(self, segment: SegmentView, body: RegenerateBody) -> Response:
        """A new take of one segment."""
        wish = SegmentWish(renew=body.what.parts(), optimize_prompt=body.prompt_optimizer)

        async def start(session: Session) -> JobView:
            return await ProductionService.over(session, self._resources).begin_segment(segment, wish)

        return await self._answer(start, partial(segment_made, self._resources, segment.id))

    async def _answer(
        self, start: Callable[[Session], Awaitable[JobView]], made: Callable[[], Awaitable[Reply]]
    ) -> Response:
        job = await start_and_follow(self._resources, start, self._prefer.seconds(0))
        return await job_reply(job, self._prefer, made)


class SegmentTasks:
    """Starts that are answered at once, in the request's own unit of work."""

    def __init__(self, session: SessionDep, resources: OwnResources) -> None:
        self._productions = ProductionService.over(session, resources)

    async def segment(self, segment: SegmentView, body: GenerateBody) -> SegmentTask:
        """One segment."""
        wish = SegmentWish(optimize_prompt=body.prompt_optimizer)
        job = await self._productions.begin_segment(segment, wish)
        return SegmentTask.of(job, segment.id, self._productions.model_of(segment))


Starts = Annotated[ProductionStarts, Depends(AsyncConstructor(ProductionStarts))]
Tasks = Annotated[SegmentTasks, Depends(AsyncConstructor(SegmentTasks))]


class VideoFacade:
    """One-shot videos of one account: started, shown, made again and deleted."""

    def __init__(self, resources: OwnResources, account: CurrentUser) -> None:
        self._resources = resources
        self._owner_id = account.id

    async def start(self, body: VideoBody) -> VideoStarted:
        """A new video."""
        async with self._resources.database.unit_of_work() as session:
            video = await VideoService.over(session, self._resources).begin(self._owner_id, body.wish())
        return VideoStarted.of(video)

    async def shown(self, video: VideoView) -> VideoRead:
        """One video."""
        return (await self._all([video]))[0]

    async def listed(self, skip: int, limit: int) -> list[VideoRead]:
        """Videos of the account, the newest first."""
        async with self._resources.database.reading() as session:
            found = await VideoService.over(session, self._resources).listed(self._owner_id, skip, limit)
        return await self._all(found)

    async def again(self, video: VideoView) -> VideoStarted:
        """Another try at one that failed."""
        async with self._resources.database.unit_of_work() as session:
            return VideoStarted.of(await VideoService.over(session, self._resources).again(video))

    async def delete(self, video: VideoView) -> VideoDeleted:
        """The video with its media."""
        async with self._resources.database.unit_of_work() as session:
            await VideoService.over(session, self._resources).delete(video)
        return VideoDeleted(message="The video was deleted.")

    async def _all(self, videos: Sequence[VideoView]) -> list[VideoRead]:
        wanted = frozenset(asset_id for video in videos for asset_id in video_media(video))
        async with self._resources.database.reading() as session:
            assets = await LibraryService.over(session, self._resources).views(wanted)
        to = MediaLinks.over(self._resources)
        links = {asset_id: to.to(asset) for asset_id, asset in assets.items()}
        return [VideoRead.of(video, links, self._model(video)) for video in videos]

    def _model(self, video: VideoView) -> str | None:
        return self._resources.engines.video(engine_name(video.project.settings)).models()[0]


async def owned_video(video_id: str, account: CurrentUser, resources: OwnResources) -> VideoView:
    """The caller's own video; a foreign one is not found."""
    async with resources.database.reading() as session:
        return await VideoService.over(session, resources).owned(video_id, account.id)


Videos = Annotated[VideoFacade, Depends(AsyncConstructor(VideoFacade))]
OwnedVideo = Annotated[VideoView, Depends(owned_video)]
