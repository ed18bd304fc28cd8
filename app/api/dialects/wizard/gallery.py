"""Films of a person under the paths of the wizard client; links begin at the root and hold no spaces."""

from typing import Literal, Self

from fastapi import Request, Response
from pydantic import BaseModel, Field

from app.accounts.dependencies import ResourcesDep
from app.api.dialects.rules import FaceBody, RootLinks
from app.api.dialects.wizard.account_shapes import WizardDone
from app.core.responses import documents
from app.core.routing import Router
from app.core.schema import Utc
from app.jobs.dependencies import IdempotentRoute
from app.library.dependencies import AskedFor
from app.library.gallery import errors
from app.library.gallery.dependencies import (
    GalleryReading,
    GalleryWriting,
    NamedFilm,
    NamedThumbnail,
    PathOwner,
    VideoName,
)
from app.library.gallery.domain import FilmView
from app.library.gallery.links import thumbnail_link
from app.library.gallery.service import remove_named
from app.library.links import MediaLinks
from app.library.routes import answer
from app.library.serving import serve

__all__ = ["router"]

router = Router(prefix="/api/video/user/{user_id}/gallery", tags=["wizard"], route_class=IdempotentRoute)
MISSING = documents(errors.FilmNotFound)


class WizardRenameBody(FaceBody):
    """What a film is to be called, without its extension."""

    new_name: str = Field(min_length=1, max_length=200, examples=["The-found-lantern"])


class WizardGalleryFilm(BaseModel):
    """A film as it hangs in the gallery; its thumbnail stands unquoted in a style sheet."""

    name: str
    title: str
    size: int
    modified: Utc
    url: str
    thumbnail: str

    @classmethod
    def of(cls, film: FilmView, links: MediaLinks) -> Self:
        """The wire form of a film."""
        return cls(
            name=film.name,
            title=film.title,
            size=film.asset.size_bytes,
            modified=film.asset.updated_at,
            url=links.to(film.asset),
            thumbnail=thumbnail_link(film, links),
        )


class WizardGallery(BaseModel):
    """Every film, the newest first."""

    items: list[WizardGalleryFilm]


class WizardRenamed(BaseModel):
    """What the film is called now."""

    status: Literal["success"] = "success"
    new: str


@router.get("", operation_id="wizard_gallery_list", responses=MISSING)
async def list_films(owner: PathOwner, gallery: GalleryReading, links: RootLinks) -> WizardGallery:
    """Your finished films, the newest first."""
    return WizardGallery(items=[WizardGalleryFilm.of(film, links) for film in await gallery.newest(owner.id)])


@router.post(
    "/rename/{video_name}",
    operation_id="wizard_gallery_rename",
    responses=documents(errors.FilmNotFound, errors.FilmNameTaken),
)
async def rename_film(
    owner: PathOwner, video_name: VideoName, body: WizardRenameBody, gallery: GalleryWriting
) -> WizardRenamed:
    """Gives a film another name; the same request twice has the same answer."""
    return WizardRenamed(new=(await gallery.rename_named(owner.id, video_name, body.new_name)).name)


@router.delete("/file/{video_name}", operation_id="wizard_gallery_delete", responses=MISSING)
async def delete_film(owner: PathOwner, video_name: VideoName, resources: ResourcesDep) -> WizardDone:
    """Deletes a film; one that is gone already is no error."""
    await remove_named(resources, owner.id, video_name)
    return WizardDone()


async def read_film(film: NamedFilm, asked: AskedFor, resources: ResourcesDep, request: Request) -> Response:
    """A film by its name, whole or in ranges."""
    return await answer(resources, film, serve(film, "inline", asked), request)


async def read_thumbnail(
    picture: NamedThumbnail, asked: AskedFor, resources: ResourcesDep, request: Request
) -> Response:
    """A film's small picture."""
    return await answer(resources, picture, serve(picture, "inline", asked), request)


for path, name, media_type, read in (
    ("/file/{video_name}", "file", "video/mp4", read_film),
    ("/thumb/{video_name}.jpg", "thumb", "image/jpeg", read_thumbnail),
):
    router.get(
        path,
        operation_id=f"wizard_gallery_{name}",
        response_class=Response,
        responses={
            200: {"description": "The file, or a part of it", "content": {media_type: {}}},
            **documents(errors.FilmNotFound),
        },
    )(read)
    router.head(path, operation_id=f"wizard_gallery_{name}_head", include_in_schema=False)(read)
