"""/avatar: upload, own picture, delete; and the signed links that pages show."""

from typing import Annotated, Any

from fastapi import File, Header, Response, UploadFile

from app.accounts import errors
from app.accounts.dependencies import CurrentUser, Public
from app.accounts.links import AvatarSize
from app.accounts.routes.inputs import AvatarLinksDep, AvatarsDep
from app.accounts.schemas import UserRead
from app.core.dependencies import FILE_FORM
from app.core.responses import documents
from app.core.routing import Router
from app.media.errors import MediaTooLarge, UnreadableMedia, UnsupportedMedia
from app.storage.signing import LinkRefused

__all__ = ["media", "router"]

router = Router(prefix="/avatar", tags=["avatar"])
media = Router(tags=["media"], dependencies=[Public])
MEDIA_PATHS = ("/media", "/spa/media", "/hub/media", "/studio-api/media")
WEBP = "image/webp"
LARGEST_FORM_BYTES = 6 * 1024 * 1024
SHOWN = {"Cache-Control": "private, no-store", "Content-Security-Policy": "default-src 'none'; sandbox"}
SHOWN_ELSEWHERE = SHOWN | {"Access-Control-Allow-Origin": "*", "Cross-Origin-Resource-Policy": "cross-origin"}
PICTURE: dict[int | str, dict[str, Any]] = {
    200: {"content": {WEBP: {"schema": {"type": "string", "format": "binary"}}}, "description": "The picture"}
}


@router.post(
    "",
    operation_id="avatar_upload",
    max_body_size=LARGEST_FORM_BYTES,
    form_limits=FILE_FORM,
    responses=documents(errors.AvatarUnusable, errors.AvatarTooLarge, MediaTooLarge, UnreadableMedia, UnsupportedMedia),
)
async def upload_avatar(
    account: CurrentUser, file: Annotated[UploadFile, File()], avatars: AvatarsDep, links: AvatarLinksDep
) -> UserRead:
    """Takes a PNG, JPEG or WebP picture, crops it to a square and keeps it in three sizes."""
    return UserRead.of(await avatars.keep(account, file), links)


@router.get(
    "/{user_id}",
    operation_id="avatar_read",
    response_class=Response,
    responses={**PICTURE, **documents(errors.AvatarNotFound)},
)
async def read_avatar(
    account: CurrentUser, user_id: str, avatars: AvatarsDep, size: AvatarSize = AvatarSize.LARGE
) -> Response:
    """Your own picture; pages use `avatar_url` instead."""
    return Response(await avatars.own(account, user_id, size), media_type=WEBP, headers=SHOWN)


@router.delete("", operation_id="avatar_delete", status_code=204)
async def delete_avatar(account: CurrentUser, avatars: AvatarsDep) -> None:
    """Takes your picture away."""
    await avatars.drop(account)


async def show(
    token: str, name: str, avatars: AvatarsDep, if_none_match: Annotated[str | None, Header(max_length=1000)] = None
) -> Response:
    """A picture by its signed link; whoever has the link may see it until it expires."""
    found = await avatars.granted(token, name)
    kept = {"ETag": found.etag, "Cache-Control": f"private, max-age={int(found.rest.total_seconds())}"}
    if found.etag in (if_none_match or ""):
        return Response(status_code=304, headers=SHOWN_ELSEWHERE | kept)
    return Response(found.content, media_type=WEBP, headers=SHOWN_ELSEWHERE | kept)


for number, prefix in enumerate(MEDIA_PATHS):
    path = f"{prefix}/avatars/{{token}}/{{name}}"
    is_native = number == 0
    refusals = {**PICTURE, **documents(LinkRefused, errors.AvatarNotFound)}
    media.get(
        path,
        operation_id=f"avatar_show_{number}",
        include_in_schema=is_native,
        response_class=Response,
        responses=refusals,
    )(show)
    media.head(path, operation_id=f"avatar_head_{number}", include_in_schema=False)(show)
