"""/api/gallery/{user_id}: the same films by name, under the path of their owner."""

from typing import Any

from fastapi import Request, Response

from app.accounts.dependencies import ResourcesDep
from app.core.responses import documents
from app.core.routing import Router
from app.jobs.dependencies import IdempotentRoute
from app.library.dependencies import AskedFor
from app.library.gallery import errors
from app.library.gallery.dependencies import (
    GalleryReading,
    GalleryWriting,
    NamedFilm,
    NamedThumbnail,
    PathOwner,
    RootedLinks,
    VideoName,
)
from app.library.gallery.schemas import FilmRead, RenameNamedBody, VideoList
from app.library.gallery.service import remove_named
from app.library.routes import answer
from app.library.serving import serve
from app.storage.base import FileMissing

__all__ = ["router"]

router = Router(prefix="/api/gallery/{user_id}", tags=["gallery"], route_class=IdempotentRoute)
MISSING = documents(errors.FilmNotFound)
FILE: dict[int | str, dict[str, Any]] = {
    200: {"description": "The file, or the part of it that `Range` names", "content": {"video/mp4": {}}},
    **documents(errors.FilmNotFound, FileMissing),
}


@router.get("", operation_id="user_gallery_list", responses=MISSING)
async def list_videos(owner: PathOwner, gallery: GalleryReading, links: RootedLinks) -> VideoList:
    """Your finished films, the newest first."""
    return VideoList(videos=[FilmRead.of(film, links) for film in await gallery.newest(owner.id)])


@router.post(
    "/rename", operation_id="user_gallery_rename", responses=documents(errors.FilmNotFound, errors.FilmNameTaken)
)
async def rename_video(
    owner: PathOwner, body: RenameNamedBody, gallery: GalleryWriting, links: RootedLinks
) -> FilmRead:
    """Gives a film another name; the same request twice has the same answer."""
    return FilmRead.of(await gallery.rename_named(owner.id, body.old_name, body.new_name), links)


@router.delete("/{video_name}", operation_id="user_gallery_delete", status_code=204, responses=MISSING)
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
    router.get(path, operation_id=f"user_gallery_{name}", response_class=Response, responses=FILE)(read)
    router.head(path, operation_id=f"user_gallery_{name}_head", include_in_schema=False)(read)
