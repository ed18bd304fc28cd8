"""One-shot videos: a prompt becomes a project and one job that makes its film; what clients see of them."""

import base64
import binascii
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Final, Protocol, Self

from pydantic import JsonValue

from app.assembly.service import AssemblyService
from app.core.database import Session
from app.core.errors import Unusable
from app.core.pagination import Cursor, Window
from app.generation.domain import engine_name
from app.jobs.domain import JobFilter, JobView, Phase
from app.jobs.service import JobService
from app.jobs.settlement import JobControl
from app.library.domain import AssetKind, AssetState, AssetView
from app.library.intake import Intake
from app.library.pictures import sizes_of
from app.library.service import LibraryService
from app.media.images import PictureFormat, PictureOutput
from app.production.domain import ProductionJobKind, VideoModel, VideoPage, VideoSnapshot, VideoView, VideoWish
from app.production.errors import (
    VideoModelNotFound,
    VideoNotFailed,
    VideoNotFound,
    VideoNotReady,
    VideoPartMissing,
    VideoUnfinished,
)
from app.production.oneshot import fitting_segment_seconds, project_of, remixed_story
from app.production.repository import Video, VideoRepository
from app.production.service import FilmWish, ProductionService
from app.projects.domain import FilmVariant, FrameOrigin, ProjectView
from app.projects.errors import NotOfThisProject, ProjectNotFound
from app.projects.layout import cropped_notes
from app.projects.progress import ProgressService
from app.projects.schemas import SegmentAdd
from app.projects.service import ProjectService
from app.projects.storyboard import StoryboardService
from app.providers.values import Role
from app.providers.values import Role as ProjectRole
from app.providers.video import VideoOutput, VideoResolution
from app.resources import Resources

SHORTEST_CLIP_SECONDS = 6
PICTURES = frozenset({AssetKind.FIRST_FRAME, AssetKind.KEY_FRAME})


class VideoService:
    """Works on behalf of one owner, in the caller's unit of work."""

    def __init__(self, session: Session, resources: Resources) -> None:
        self._videos = VideoRepository(session, resources.clock)
        self._projects = ProjectService.over(session, resources)
        self._progress = ProgressService.over(session, resources)
        self._storyboard = StoryboardService.over(session, resources)
        self._productions = ProductionService.over(session, resources)
        self._control = JobControl.over(session, resources)
        self._jobs = JobService.over(session, resources)
        self._library = LibraryService.over(session, resources)
        self._films = AssemblyService.over(session, resources)

    @classmethod
    def over(cls, session: Session, resources: Resources) -> Self:
        """The service on this session."""
        return cls(session, resources)

    async def begin(self, owner_id: str, wish: VideoWish) -> VideoView:
        """A new project, and the job that makes its film without asking."""
        project = await self._projects.create(owner_id, project_of(wish))
        notes = [*wish.notes, *_length_notes(wish, project)]
        if wish.first_frame_asset_id is not None:
            project, cropped = await self._opened_with(project, wish.first_frame_asset_id)
            notes += cropped
        return await self._filmed(project, replace(wish, notes=tuple(notes)))

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

    async def page(self, owner_id: str, after: str | None, limit: int, *, descending: bool) -> VideoPage:
        """Videos of this owner after one of them, by their age."""
        window = Window(limit=limit, after=await self._place(owner_id, after), descending=descending)
        shown: list[VideoView] = []
        while True:
            found = await self._videos.following(owner_id, window)
            shown += [video for row in found.items if (video := await self._shown(row)) is not None]
            if found.next is None or len(shown) == limit:
                return VideoPage(tuple(shown), found.next is not None)
            window = replace(window, after=found.next, limit=limit - len(shown))

    async def remix(self, source: VideoView, change: str) -> VideoView:
        """A new video like a finished one, with a change; a picture that its owner brought opens it again."""
        _check_finished(source)
        settings = source.project.settings
        opening = await self._progress.frame_at(source.project.id, 0)
        wish = VideoWish(
            prompt=change,
            story=remixed_story(settings.story_prompt, change),
            style=source.style,
            quality=source.quality,
            duration_sec=source.duration_sec,
            segment_len_sec=settings.segment_len_sec,
            aspect_ratio=settings.aspect_ratio,
            language=settings.language,
            narrated=source.narrated,
            engine=settings.providers.get(ProjectRole.VIDEO),
            first_frame_asset_id=opening.asset_id if opening.origin is FrameOrigin.UPLOADED else None,
            remixed_from_id=source.id,
        )
        return await self.begin(source.owner_id, wish)

    async def extend(self, source: VideoView, prompt: str, seconds: int) -> VideoView:
        """A new video that goes on where a finished one ends; what is filmed already is shared and not bought again."""
        _check_finished(source)
        copy = await self._projects.duplicate(source.project)
        segment_sec = fitting_segment_seconds(seconds, source.quality)
        words = {"video_prompt": prompt, "end_frame_prompt": prompt, "video_duration_sec": segment_sec}
        added = SegmentAdd.model_validate(words)
        for _ in range(-(-seconds // segment_sec)):
            await self._storyboard.add(copy.id, added)
        wish = VideoWish(
            prompt=prompt,
            style=source.style,
            quality=source.quality,
            duration_sec=source.duration_sec + seconds,
            narrated=source.narrated,
            remixed_from_id=source.id,
        )
        return await self._filmed(await self._projects.view(copy.id), wish)

    async def part(self, video: VideoView, variant: FilmVariant | None) -> AssetView:
        """One file of a finished video."""
        _check_finished(video)
        if variant is None:
            raise VideoPartMissing(param="variant")
        return await self._films.part(video.project, variant)

    async def again(self, video: VideoView) -> VideoView:
        """Another try at a video that failed; what was bought is not bought again."""
        current = await self.owned(video.id, video.owner_id)
        if current.job.phase is not Phase.FAILED:
            raise VideoNotFailed
        await self._control.retry(current.job)
        return await self.owned(video.id, video.owner_id)

    async def delete(self, video: VideoView) -> None:
        """Deletes the video with its project and media; work on it is cancelled first."""
        await self._projects.delete(video.project, cancel=True)
        await self._videos.forget(video.id)

    async def _filmed(self, project: ProjectView, wish: VideoWish) -> VideoView:
        row = await self._videos.add(
            Video(
                owner_id=project.owner_id,
                project_id=project.id,
                prompt=wish.prompt,
                style=wish.style,
                quality=wish.quality,
                duration_sec=wish.duration_sec,
                narrated=wish.narrated,
                notes=list(wish.notes),
                remixed_from_id=wish.remixed_from_id,
            )
        )
        config: dict[str, JsonValue] = {"notes": list(wish.notes)} if wish.notes else {}
        made = FilmWish(auto_approve=True, narrates=wish.narrated, config=config)
        return _view(row, project, await self._productions.begin_film(project, made))

    async def _opened_with(self, project: ProjectView, asset_id: str) -> tuple[ProjectView, list[str]]:
        """The project with its first picture, and what is said of the picture."""
        asset = (await self._library.views([asset_id])).get(asset_id)
        if asset is None or (asset.owner_id, asset.state) != (project.owner_id, AssetState.READY):
            raise NotOfThisProject(param="input_reference")
        if asset.kind not in PICTURES:
            raise NotOfThisProject(param="input_reference")
        first = await self._progress.frame_at(project.id, 0)
        frame = await self._progress.accept_frame(first.id, asset.id, FrameOrigin.UPLOADED, approved=True)
        opened = await self._projects.view(project.id)
        return opened, cropped_notes([frame], sizes_of([asset]), opened.settings.aspect_ratio)

    async def _place(self, owner_id: str, after: str | None) -> Cursor | None:
        if after is None:
            return None
        row = await self._videos.owned(after, owner_id)
        if row is None:
            raise VideoNotFound(param="after")
        return Cursor(row.created_at, row.id)

    async def _shown(self, row: Video) -> VideoView | None:
        try:
            project = await self._projects.view(row.project_id)
        except ProjectNotFound:
            return None
        wanted = JobFilter(kind=ProductionJobKind.FILM.value, project_id=project.id)
        page, _ = await self._jobs.listed(row.owner_id, wanted, Window(limit=1))
        return _view(row, project, page.items[0]) if page.items else None


def offers_full_size(resources: Resources) -> bool:
    """Whether the engine that would be chosen makes the shortest clips in 1080P."""
    engine = resources.engines.video()
    offered = engine.capabilities(engine.models()[0]).outputs.values()
    return all(VideoOutput(SHORTEST_CLIP_SECONDS, VideoResolution.P1080) in outputs for outputs in offered)


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
        narrated=row.narrated,
        remixed_from_id=row.remixed_from_id,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )


def _length_notes(wish: VideoWish, project: ProjectView) -> list[str]:
    seconds = sum(segment.duration_sec for segment in project.segments)
    if seconds == wish.duration_sec:
        return []
    return [f"The film lasts {seconds} seconds, because its clips last {wish.segment_len_sec} seconds each."]


def _check_finished(video: VideoView) -> None:
    if not video.job.is_final:
        raise VideoNotReady
    if video.job.phase is not Phase.SUCCEEDED:
        raise VideoUnfinished


class SentPicture(Protocol):
    """A picture that came with a wish."""

    @property
    def name(self) -> str:
        """What its sender calls it."""

    def chunks(self) -> AsyncIterator[bytes]:
        """Its bytes, a piece at a time."""


class VideoModels:
    """The models that film here: of each engine that is set up the one it works with."""

    def __init__(self, resources: Resources) -> None:
        self._engines = resources.engines
        self._threads = resources.threads

    async def all(self) -> tuple[VideoModel, ...]:
        """Every model, that of the preferred engine first."""
        # Importing an adapter for the first time takes a while.
        await self._threads.run(self._engines.warm)
        cards = [card for card in self._engines.cards() if card.role is Role.VIDEO and card.available]
        names = [card.vendor.name for card in sorted(cards, key=lambda card: not card.is_default)]
        return tuple(VideoModel(self._engines.video(name).models()[0], name) for name in names)

    async def one(self, model: str) -> VideoModel:
        """The model of this name."""
        for offered in await self.all():
            if offered.id == model:
                return offered
        raise VideoModelNotFound(param="model")


class OneShotVideos:
    """What one owner starts and sees."""

    def __init__(self, resources: Resources, owner_id: str) -> None:
        self._resources = resources
        self._owner_id = owner_id

    async def start(self, wish: VideoWish, picture: SentPicture | None = None) -> VideoSnapshot:
        """A new video; a picture that cannot be used, or a wish that is refused, leaves nothing behind."""
        if picture is None:
            return await self._begun(wish, wish.first_frame_asset_id)
        intake = Intake(self._resources)
        async with intake.received(self._owner_id, AssetKind.FIRST_FRAME, picture.name, picture.chunks()) as asset:
            return await self._begun(wish, asset.id)

    async def remix(self, source: VideoView, change: str) -> VideoSnapshot:
        """A new video like a finished one, with a change."""
        async with self._resources.database.unit_of_work() as session:
            video = await VideoService.over(session, self._resources).remix(source, change)
        return await self.shown(video)

    async def extend(self, source: VideoView, prompt: str, seconds: int) -> VideoSnapshot:
        """A new video that goes on where a finished one ends."""
        async with self._resources.database.unit_of_work() as session:
            video = await VideoService.over(session, self._resources).extend(source, prompt, seconds)
        return await self.shown(video)

    async def shown(self, video: VideoView) -> VideoSnapshot:
        """One video with its film."""
        return (await self._all([video]))[0]

    async def page(self, after: str | None, limit: int, *, descending: bool) -> tuple[list[VideoSnapshot], bool]:
        """Videos after one of them, and whether there are more."""
        async with self._resources.database.reading() as session:
            videos = VideoService.over(session, self._resources)
            found = await videos.page(self._owner_id, after, limit, descending=descending)
        return await self._all(found.items), found.has_more

    async def delete(self, video: VideoView) -> None:
        """The video with its media; work on it is cancelled."""
        async with self._resources.database.unit_of_work() as session:
            await VideoService.over(session, self._resources).delete(video)

    async def part(self, video: VideoView, variant: FilmVariant | None) -> AssetView:
        """One file of a finished video."""
        async with self._resources.database.reading() as session:
            return await VideoService.over(session, self._resources).part(video, variant)

    async def _begun(self, wish: VideoWish, first_frame_asset_id: str | None) -> VideoSnapshot:
        whole = replace(wish, first_frame_asset_id=first_frame_asset_id)
        async with self._resources.database.unit_of_work() as session:
            video = await VideoService.over(session, self._resources).begin(self._owner_id, whole)
        return await self.shown(video)

    async def _all(self, videos: Sequence[VideoView]) -> list[VideoSnapshot]:
        films = {video.project.film.asset_id for video in videos if video.project.film}
        async with self._resources.database.reading() as session:
            assets = await LibraryService.over(session, self._resources).views(films)
        return [VideoSnapshot(video, _film_of(video, assets), self._model(video)) for video in videos]

    def _model(self, video: VideoView) -> str:
        return self._resources.engines.video(engine_name(video.project.settings)).models()[0]


def _film_of(video: VideoView, assets: dict[str, AssetView]) -> AssetView | None:
    film = video.project.film
    return assets.get(film.asset_id) if film else None


LONGEST_SIDE_PX: Final = 1536
MARK: Final = "base64,"
CHUNK_BYTES: Final = 64 * 1024


class ReferenceGarbled(Unusable):
    """The reference picture is no base64 text."""

    code = "video.reference_garbled"
    message = "The reference picture cannot be read. Send what the upload answered in image_base64."


async def reference_text(resources: Resources, chunks: AsyncIterator[bytes]) -> str:
    """A picture that was brought, judged and made small enough to be sent back and forth; nothing is kept."""
    async with Intake(resources).judged(AssetKind.FIRST_FRAME, chunks) as made:
        small = made.path.with_name("small.jpg")
        await resources.pictures.make(
            made.path, [PictureOutput(small, PictureFormat.JPEG, longest_side_px=LONGEST_SIDE_PX)]
        )
        return base64.b64encode(await resources.threads.run(small.read_bytes)).decode()


@asynccontextmanager
async def wish_with_reference(
    resources: Resources, owner_id: str, wish: VideoWish, text: str
) -> AsyncIterator[VideoWish]:
    """The wish with the picture of such a text as an asset, which is gone again when the start fails."""
    if not text:
        yield wish
        return
    content = decoded(text)

    async def chunks() -> AsyncIterator[bytes]:
        for begin in range(0, len(content), CHUNK_BYTES):
            yield content[begin : begin + CHUNK_BYTES]

    async with Intake(resources).received(owner_id, AssetKind.FIRST_FRAME, "reference", chunks()) as asset:
        yield replace(wish, first_frame_asset_id=asset.id)


def decoded(text: str) -> bytes:
    """The bytes of a base64 text, with or without the head of a data address."""
    try:
        return base64.b64decode(text.rpartition(MARK)[2], validate=True)
    except (binascii.Error, ValueError) as fault:
        raise ReferenceGarbled(param="reference_image") from fault
