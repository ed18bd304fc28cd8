"""OwnedFilm, films by their names under the caller's own path, and what a shared link shows."""

from typing import Annotated

from fastapi import Depends, Path, Query

from app.accounts.dependencies import CurrentUser, ResourcesDep
from app.accounts.domain import Account
from app.core.dependencies import ReadSession, SessionDep
from app.library.dependencies import Opened
from app.library.domain import AssetKind, AssetView
from app.library.gallery.domain import FilmView, GallerySort, GalleryWish
from app.library.gallery.errors import FilmNotFound
from app.library.gallery.links import thumbnail
from app.library.gallery.service import GalleryService
from app.library.links import MediaLinks

VideoName = Annotated[str, Path(max_length=200, description="The film's name, present or earlier")]


async def gallery_reading(session: ReadSession, resources: ResourcesDep) -> GalleryService:
    """Reading service of this request."""
    return GalleryService.over(session, resources)


async def gallery_writing(session: SessionDep, resources: ResourcesDep) -> GalleryService:
    """Changing service of this request."""
    return GalleryService.over(session, resources)


GalleryReading = Annotated[GalleryService, Depends(gallery_reading)]
GalleryWriting = Annotated[GalleryService, Depends(gallery_writing)]


async def wished(
    search: Annotated[str, Query(max_length=200, description="Words of the title")] = "",
    sort: Annotated[GallerySort, Query(description="Order; a minus means the last first")] = GallerySort.NEWEST,
) -> GalleryWish:
    """Which films are wanted."""
    return GalleryWish(search, sort)


async def owned_film(asset_id: str, user: CurrentUser, resources: ResourcesDep) -> FilmView:
    """The caller's own film; a foreign one is not found."""
    async with resources.database.reading() as session:
        return await GalleryService.over(session, resources).film(user.id, asset_id)


async def path_owner(user_id: str, user: CurrentUser) -> Account:
    """The caller under the caller's own path; under another's there is nothing."""
    if user_id != user.id:
        raise FilmNotFound
    return user


PathOwner = Annotated[Account, Depends(path_owner)]


async def named_film(video_name: VideoName, owner: PathOwner, resources: ResourcesDep) -> AssetView:
    """The caller's film of this name."""
    async with resources.database.reading() as session:
        return (await GalleryService.over(session, resources).get(owner.id, video_name)).asset


NamedFilm = Annotated[AssetView, Depends(named_film)]


async def named_thumbnail(film: NamedFilm, resources: ResourcesDep) -> AssetView:
    """The small picture of the caller's film of this name."""
    return await thumbnail(resources, film)


async def opened_thumbnail(found: Opened, resources: ResourcesDep) -> AssetView:
    """The small picture of the film that a link opens."""
    if found[0].kind is not AssetKind.FILM:
        raise FilmNotFound
    return await thumbnail(resources, found[0])


async def rooted_links(resources: ResourcesDep) -> MediaLinks:
    """Links for clients that put an address of their own before them, as long-lived as their tokens."""
    return MediaLinks.rooted(resources)


async def shared_film(token: Annotated[str, Path(max_length=100)], resources: ResourcesDep) -> AssetView:
    """The film that a shared link shows."""
    async with resources.database.reading() as session:
        return await GalleryService.over(session, resources).shared(token)


Wished = Annotated[GalleryWish, Depends(wished)]
OwnedFilm = Annotated[FilmView, Depends(owned_film)]
NamedThumbnail = Annotated[AssetView, Depends(named_thumbnail)]
OpenedThumbnail = Annotated[AssetView, Depends(opened_thumbnail)]
RootedLinks = Annotated[MediaLinks, Depends(rooted_links)]
SharedFilm = Annotated[AssetView, Depends(shared_film)]
