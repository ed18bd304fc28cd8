"""/gallery: the caller's finished films."""

from datetime import timedelta

from app.accounts.dependencies import CurrentUser, ResourcesDep
from app.core.dependencies import NextLink, WindowDep
from app.core.pagination import CursorUnreadable
from app.core.responses import documents
from app.core.routing import Router
from app.jobs.dependencies import SecretRoute
from app.library.dependencies import Links
from app.library.gallery import errors
from app.library.gallery.dependencies import GalleryReading, GalleryWriting, OwnedFilm, Wished
from app.library.gallery.schemas import FilmRead, GalleryList, RenameBody, ShareBody, ShareRead
from app.library.gallery.service import remove_film

__all__ = ["router"]

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
