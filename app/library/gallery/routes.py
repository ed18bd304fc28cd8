"""Routes of the gallery: the native ones, those under a user's path, and public files."""

from datetime import timedelta
from typing import Any

from fastapi import Request, Response

from app.accounts.dependencies import CurrentUser, Public, ResourcesDep
from app.core.dependencies import NextLink, WindowDep
from app.core.pagination import CursorUnreadable
from app.core.routing import Router, documents
from app.jobs.dependencies import IdempotentRoute, SecretRoute
from app.library.dependencies import AskedFor, Links, OpenedLink, ShownName
from app.library.gallery import errors
from app.library.gallery.dependencies import (
    GalleryReading,
    GalleryWriting,
    NamedFilm,
    NamedThumbnail,
    OpenedThumbnail,
    OwnedFilm,
    PathOwner,
    RootedLinks,
    SharedFilm,
    VideoName,
    Wished,
)
from app.library.gallery.links import SHARED, THUMBNAILS
from app.library.gallery.schemas import (
    FilmRead,
    GalleryList,
    RenameBody,
    RenameNamedBody,
    ShareBody,
    ShareRead,
    VideoList,
)
from app.library.gallery.service import remove_film, remove_named
from app.library.routes import answer
from app.library.serving import serve
from app.storage.base import FileMissing
from app.storage.signing import LinkRefused

films = Router(tags=["media"], dependencies=[Public])
THUMBNAIL_PATHS = (THUMBNAILS, f"/spa{THUMBNAILS}", f"/hub{THUMBNAILS}", f"/studio-api{THUMBNAILS}")


async def show_thumbnail(
    picture: OpenedThumbnail,
    link: OpenedLink,
    _name: ShownName,
    asked: AskedFor,
    resources: ResourcesDep,
    request: Request,
) -> Response:
    """The small picture of a film; whoever has the link may see it until it expires."""
    return await answer(resources, picture, serve(picture, "inline", asked, link), request)


async def show_shared(
    film: SharedFilm, _name: ShownName, asked: AskedFor, resources: ResourcesDep, request: Request
) -> Response:
    """A shared film; whoever has the link may watch until it ends or is taken back."""
    return await answer(resources, film, serve(film, "inline", asked), request)


for number, prefix in enumerate(THUMBNAIL_PATHS):
    path = f"{prefix}/{{token}}/{{name}}"
    refusals = {
        200: {"description": "The picture", "content": {"image/jpeg": {}}},
        **documents(LinkRefused, errors.FilmNotFound, FileMissing),
    }
    films.get(
        path,
        operation_id=f"thumbnails_read_{number}",
        response_class=Response,
        include_in_schema=number == 0,
        responses=refusals,
    )(show_thumbnail)
    films.head(path, operation_id=f"thumbnails_head_{number}", include_in_schema=False)(show_thumbnail)

films.get(
    f"{SHARED}/{{token}}/{{name}}",
    operation_id="shared_film_read",
    response_class=Response,
    responses={
        200: {"description": "The film, or a part of it", "content": {"video/mp4": {}}},
        **documents(errors.ShareEnded, FileMissing),
    },
)(show_shared)

films.head(f"{SHARED}/{{token}}/{{name}}", operation_id="shared_film_head", include_in_schema=False)(show_shared)


router = Router(prefix="/gallery", tags=["gallery"], route_class=SecretRoute)
MISSING = documents(errors.FilmNotFound)


@router.get("", operation_id="gallery_list", responses=documents(CursorUnreadable))
async def list_films(
    user: CurrentUser, gallery: GalleryReading, links: Links, wish: Wished, window: WindowDep, link: NextLink
) -> GalleryList:
    """Your finished films, the newest first."""
    page, total = await gallery.listed(user.id, wish, window)
    link.point_after(page)
    return GalleryList(videos=[FilmRead.of(film, links) for film in page.items], total=total)


@router.get("/{asset_id}", operation_id="gallery_read", responses=MISSING)
async def read_film(film: OwnedFilm, links: Links) -> FilmRead:
    """One film with fresh links."""
    return FilmRead.of(film, links)


@router.patch(
    "/{asset_id}", operation_id="gallery_rename", responses=documents(errors.FilmNotFound, errors.FilmNameTaken)
)
async def rename_film(film: OwnedFilm, body: RenameBody, gallery: GalleryWriting, links: Links) -> FilmRead:
    """Gives a film another title and name; its earlier names go on leading to it."""
    return FilmRead.of(await gallery.rename(film, body.wanted), links)


@router.delete("/{asset_id}", operation_id="gallery_delete", status_code=204, responses=MISSING)
async def delete_film(film: OwnedFilm, resources: ResourcesDep) -> None:
    """Deletes a film with its thumbnail and links; its project can make it again."""
    await remove_film(resources, film)


@router.post(
    "/{asset_id}/share",
    operation_id="gallery_share",
    status_code=201,
    responses=documents(errors.FilmNotFound, errors.TooManyShares),
)
async def share_film(
    film: OwnedFilm, gallery: GalleryWriting, links: Links, body: ShareBody | None = None
) -> ShareRead:
    """A link with which anybody can watch this film until it ends; it is told once."""
    wish = body or ShareBody()
    return ShareRead.of(await gallery.share(film, timedelta(seconds=wish.expires_in)), links)


@router.delete("/{asset_id}/share", operation_id="gallery_unshare", status_code=204, responses=MISSING)
async def unshare_film(film: OwnedFilm, gallery: GalleryWriting) -> None:
    """Takes back every link to this film."""
    await gallery.unshare(film)


staged = Router(prefix="/api/gallery/{user_id}", tags=["gallery"], route_class=IdempotentRoute)
FILE: dict[int | str, dict[str, Any]] = {
    200: {"description": "The file, or the part of it that `Range` names", "content": {"video/mp4": {}}},
    **documents(errors.FilmNotFound, FileMissing),
}


@staged.get("", operation_id="user_gallery_list", responses=MISSING)
async def list_videos(owner: PathOwner, gallery: GalleryReading, links: RootedLinks) -> VideoList:
    """Your finished films, the newest first."""
    return VideoList(videos=[FilmRead.of(film, links) for film in await gallery.newest(owner.id)])


@staged.post(
    "/rename", operation_id="user_gallery_rename", responses=documents(errors.FilmNotFound, errors.FilmNameTaken)
)
async def rename_video(
    owner: PathOwner, body: RenameNamedBody, gallery: GalleryWriting, links: RootedLinks
) -> FilmRead:
    """Gives a film another name; the same request twice has the same answer."""
    return FilmRead.of(await gallery.rename_named(owner.id, body.old_name, body.new_name), links)


@staged.delete("/{video_name}", operation_id="user_gallery_delete", status_code=204, responses=MISSING)
async def delete_video(owner: PathOwner, video_name: VideoName, resources: ResourcesDep) -> None:
    """Deletes a film; one that is gone already is no error."""
    await remove_named(resources, owner.id, video_name)


async def read_video(film: NamedFilm, asked: AskedFor, resources: ResourcesDep, request: Request) -> Response:
    """A film by its name, whole or in ranges."""
    return await answer(resources, film, serve(film, "inline", asked), request)


async def read_thumbnail(
    picture: NamedThumbnail, asked: AskedFor, resources: ResourcesDep, request: Request
) -> Response:
    """A film's small picture; made when it is first asked for."""
    return await answer(resources, picture, serve(picture, "inline", asked), request)


for path, name, read in (
    ("/video/{video_name}", "video", read_video),
    ("/thumb/{video_name}", "thumb", read_thumbnail),
):
    staged.get(path, operation_id=f"user_gallery_{name}", response_class=Response, responses=FILE)(read)
    staged.head(path, operation_id=f"user_gallery_{name}_head", include_in_schema=False)(read)
