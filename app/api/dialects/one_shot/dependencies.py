"""What the routes of this face are given: the caller's videos, pictures, music and settings."""

from typing import Annotated

from fastapi import Depends, Query, Request, UploadFile

from app.accounts.dependencies import CurrentUser, OwnResources, ResourcesDep
from app.accounts.preferences import ClientSettings
from app.api.dialects.one_shot.schemas import Jobs, Started, VideoForm, VideoJob
from app.api.dialects.rules import links_under
from app.core.dependencies import AsyncConstructor, ReadSession, SessionDep
from app.jobs.errors import NotDownloadable
from app.library.dependencies import chunks_of
from app.library.domain import AssetView
from app.library.links import MediaLinks
from app.library.service import LibraryService
from app.pieces.domain import PieceFilter, PieceKind, PieceStatus, PieceView
from app.pieces.service import PieceFacade
from app.production.dependencies import OwnedVideo
from app.production.oneshot import one_shot_wish
from app.production.videos import VideoService, offers_full_size, reference_text, wish_with_reference

MOST_LISTED = 100
Word = Annotated[str | None, Query(max_length=64)]


async def face_links(request: Request, resources: ResourcesDep) -> MediaLinks:
    """Absolute links to media."""
    return links_under("", request, resources)


FaceLinks = Annotated[MediaLinks, Depends(face_links)]


class Videos:
    """One-shot videos of the caller."""

    def __init__(self, resources: OwnResources, account: CurrentUser) -> None:
        self._resources = resources
        self._owner_id = account.id

    async def start(self, form: VideoForm) -> Started:
        """A new video, with the reference picture as its first frame."""
        wish = one_shot_wish(form.asked(), full_size=offers_full_size(self._resources))
        async with (
            wish_with_reference(self._resources, self._owner_id, wish, form.reference_image) as complete,
            self._resources.database.unit_of_work() as session,
        ):
            video = await VideoService.over(session, self._resources).begin(self._owner_id, complete)
        message = " ".join(("The video is being made.", *video.notes))
        return Started(job_id=video.id, status="pending", message=message, notes=list(video.notes))

    async def listed(self) -> Jobs:
        """The newest videos."""
        async with self._resources.database.reading() as session:
            videos = VideoService.over(session, self._resources)
            found = await videos.listed(self._owner_id, 0, MOST_LISTED)
            return Jobs(jobs=[VideoJob.of(video) for video in found], total=await videos.total(self._owner_id))

    async def reference(self, file: UploadFile) -> str:
        """A reference picture as text."""
        return await reference_text(self._resources, chunks_of(file))


VideosDep = Annotated[Videos, Depends(AsyncConstructor(Videos))]


async def film(video: OwnedVideo, resources: ResourcesDep) -> AssetView:
    """The finished film of a video."""
    if video.project.film is None:
        raise NotDownloadable
    async with resources.database.reading() as session:
        return await LibraryService.over(session, resources).owned(video.project.film.asset_id, video.owner_id)


Film = Annotated[AssetView, Depends(film)]


async def piece_facade(resources: OwnResources, account: CurrentUser) -> PieceFacade:
    """Pictures and music of the caller."""
    return PieceFacade(resources, account.id)


Pieces = Annotated[PieceFacade, Depends(piece_facade)]


async def image_filter(
    style: Word = None, quality: Word = None, status: Annotated[PieceStatus | None, Query()] = None
) -> PieceFilter:
    """Which pictures are listed."""
    return PieceFilter(PieceKind.IMAGE, style or None, quality or None, status)


async def music_filter(
    style: Word = None, mood: Word = None, status: Annotated[PieceStatus | None, Query()] = None
) -> PieceFilter:
    """Which music is listed."""
    return PieceFilter(PieceKind.MUSIC, style or None, status=status, mood=mood or None)


ImageFilter = Annotated[PieceFilter, Depends(image_filter)]
MusicFilter = Annotated[PieceFilter, Depends(music_filter)]


async def owned_image(image_id: str, pieces: Pieces) -> PieceView:
    """The caller's own picture."""
    return await pieces.owned(image_id, PieceKind.IMAGE)


async def owned_music(music_id: str, pieces: Pieces) -> PieceView:
    """The caller's own music."""
    return await pieces.owned(music_id, PieceKind.MUSIC)


OwnedImage = Annotated[PieceView, Depends(owned_image)]
OwnedMusic = Annotated[PieceView, Depends(owned_music)]


async def settings_writing(session: SessionDep, resources: ResourcesDep) -> ClientSettings:
    """Changing settings in this request."""
    return ClientSettings.over(session, resources)


async def settings_reading(session: ReadSession, resources: ResourcesDep) -> ClientSettings:
    """Reading settings in this request."""
    return ClientSettings.over(session, resources)


SettingsWrite = Annotated[ClientSettings, Depends(settings_writing)]
SettingsRead = Annotated[ClientSettings, Depends(settings_reading)]
