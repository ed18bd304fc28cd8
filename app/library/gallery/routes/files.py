"""/media/thumbs and /media/shared: what links of the gallery show to whoever has them."""

from fastapi import Request, Response

from app.accounts.dependencies import Public, ResourcesDep
from app.core.responses import documents
from app.core.routing import Router
from app.library.dependencies import AskedFor, OpenedLink, ShownName
from app.library.gallery import errors
from app.library.gallery.dependencies import OpenedThumbnail, SharedFilm
from app.library.gallery.links import SHARED, THUMBNAILS
from app.library.routes import answer
from app.library.serving import serve
from app.storage.base import FileMissing
from app.storage.signing import LinkRefused

__all__ = ["films"]

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
