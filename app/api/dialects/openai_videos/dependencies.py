"""What the routes need: the wish, the caller's own video, and the facade that answers in the words of the wire."""

from typing import Annotated

from fastapi import Depends, Query, Request, Response

from app.accounts.dependencies import CurrentUser, OwnResources, ResourcesDep
from app.api.dialects.openai_videos.bodies import SentWish, picture_in, read_wish
from app.api.dialects.openai_videos.wire import (
    WireDeleted,
    WireModel,
    WireModels,
    WirePage,
    WireRemix,
    WireVideo,
    native_id,
)
from app.core.dependencies import AsyncConstructor
from app.library.domain import AssetView
from app.library.links import MediaLinks
from app.production.dependencies import owned_video
from app.production.errors import VideoReferenceUnreadable
from app.production.screening import Screening, SentPicture, VideoModels
from app.production.values import VideoModel, VideoView
from app.projects.values import FilmVariant

__all__ = ["Cinema", "PosedWish", "Shelf", "WireOwned", "WirePart", "poll_calmly"]

POLL_AFTER_MS = "2000"
PARTS = {"video": FilmVariant.VIDEO, "thumbnail": FilmVariant.POSTER, "spritesheet": FilmVariant.SPRITE}


async def poll_calmly(reply: Response) -> None:
    """Tells the SDKs when to look again; they read it once for the whole wait."""
    reply.headers["openai-poll-after-ms"] = POLL_AFTER_MS


async def posed_wish(_account: CurrentUser, request: Request) -> SentWish:
    """The wish of a known caller."""
    return await read_wish(request)


async def wire_owned(video_id: str, account: CurrentUser, resources: ResourcesDep) -> VideoView:
    """The caller's own video by the id of the wire; a foreign one is not found."""
    return await owned_video(native_id(video_id), account, resources)


PosedWish = Annotated[SentWish, Depends(posed_wish)]
WireOwned = Annotated[VideoView, Depends(wire_owned)]
After = Annotated[str | None, Query(max_length=64, description="The last id of the page before")]


class CinemaFacade:
    """Starts, shows and deletes videos of one caller."""

    def __init__(self, resources: OwnResources, account: CurrentUser) -> None:
        self._screening = Screening(resources, account.id)
        self._models = VideoModels(resources)
        self._links = MediaLinks.over(resources)
        self._owner_id = account.id

    async def create(self, sent: SentWish) -> WireVideo:
        """A new video."""
        picture, asset_id = self._reference(sent)
        model, notes = await self._model(sent.wish.model)
        return WireVideo.of(await self._screening.start(sent.wish.wish(model, asset_id, notes), picture))

    async def remix(self, source: VideoView, body: WireRemix) -> WireVideo:
        """A new video like another."""
        return WireVideo.of(await self._screening.remix(source, body.prompt))

    async def extend(self, source: VideoView, prompt: str, seconds: int) -> WireVideo:
        """A new video that goes on where another ends."""
        return WireVideo.of(await self._screening.extend(source, prompt, seconds))

    async def shown(self, video: VideoView) -> WireVideo:
        """One video."""
        return WireVideo.of(await self._screening.shown(video))

    async def page(self, after: str | None, limit: int, *, descending: bool) -> WirePage:
        """Some videos."""
        last = native_id(after) if after else None
        snapshots, has_more = await self._screening.page(last, limit, descending=descending)
        return WirePage.of(snapshots, has_more=has_more)

    async def delete(self, video: VideoView) -> WireDeleted:
        """The video with its media."""
        await self._screening.delete(video)
        return WireDeleted.of(video)

    async def _model(self, name: str | None) -> tuple[VideoModel | None, list[str]]:
        """The model of this name, else the preferred one and what is said of that: scripts name models of elsewhere."""
        if not name:
            return None, []
        offered = await self._models.all()
        for model in offered:
            if model.id == name:
                return model, []
        return None, [f"The model {name} is not offered here; {offered[0].id} makes this video."] if offered else []

    def _reference(self, sent: SentWish) -> tuple[SentPicture | None, str | None]:
        named = sent.wish.input_reference
        if sent.picture is not None or named is None:
            return sent.picture, None
        if named.file_id is not None:
            return None, named.file_id
        url = named.image_url or ""
        picture, asset_id = picture_in(url), self._links.asset_id_of(url, self._owner_id)
        if picture is None and asset_id is None:
            raise VideoReferenceUnreadable(param="input_reference")
        return picture, asset_id


class ModelShelf:
    """The models that film here, for callers that are known."""

    def __init__(self, resources: OwnResources, _account: CurrentUser) -> None:
        self._models = VideoModels(resources)

    async def all(self) -> WireModels:
        """Every model."""
        return WireModels.of(await self._models.all())

    async def one(self, model: str) -> WireModel:
        """One model."""
        return WireModel.of(await self._models.one(model))


async def wire_part(
    video: WireOwned,
    account: CurrentUser,
    resources: ResourcesDep,
    variant: Annotated[str, Query(max_length=32, description="`video`, `thumbnail` or `spritesheet`")] = "video",
) -> AssetView:
    """One file of the caller's own finished video."""
    return await Screening(resources, account.id).part(video, PARTS.get(variant))


Cinema = Annotated[CinemaFacade, Depends(AsyncConstructor(CinemaFacade))]
Shelf = Annotated[ModelShelf, Depends(AsyncConstructor(ModelShelf))]
WirePart = Annotated[AssetView, Depends(wire_part)]
