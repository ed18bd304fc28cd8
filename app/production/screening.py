"""One-shot videos with their files and models, for clients that know nothing of projects: each act in its own unit."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from typing import Protocol

from app.generation.domain import engine_name
from app.library.domain import AssetKind, AssetView
from app.library.intake import Intake
from app.library.service import LibraryService
from app.production.errors import VideoModelNotFound
from app.production.values import VideoModel, VideoSnapshot, VideoView, VideoWish
from app.production.videos import VideoService
from app.projects.values import FilmVariant
from app.providers.values import Role
from app.resources import Resources

__all__ = ["Screening", "SentPicture", "VideoModels"]


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


class Screening:
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
