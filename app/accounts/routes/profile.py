"""/auth/me, /auth/profile, /users/me and its sessions, and the avatar with its signed links."""

from typing import Annotated, Any

from fastapi import File, Header, Request, Response, UploadFile

from app.accounts import errors
from app.accounts.avatar_links import AvatarSize
from app.accounts.dependencies import CallerDep, CurrentUser, Public, SessionUser, clear_session_cookie
from app.accounts.routes.dependencies import (
    Accounts,
    AvatarLinksDep,
    AvatarsDep,
    OwnSessionsReading,
    OwnSessionsWriting,
    Passwording,
)
from app.accounts.schemas import EmailChangeBody, PasswordBody, ProfileBody, SessionList, UserRead
from app.core.dependencies import FILE_FORM, NextLink, WindowDep
from app.core.routing import Router, alias_of, documents
from app.media.errors import MediaTooLarge, UnreadableMedia, UnsupportedMedia
from app.storage.signing import LinkRefused

profile_router = Router(tags=["accounts"])
PRIVATE = {"Cache-Control": "private, no-store"}


@profile_router.get("/auth/me", operation_id="auth_me", responses=documents(errors.TokenRefused, errors.AccountClosed))
@profile_router.get(
    "/users/me",
    operation_id="users_me",
    openapi_extra=alias_of("auth_me"),
    responses=documents(errors.TokenRefused, errors.AccountClosed),
)
async def me(account: CurrentUser, links: AvatarLinksDep, response: Response) -> UserRead:
    """Who you are."""
    response.headers.update(PRIVATE)
    return UserRead.of(account, links)


@profile_router.put(
    "/auth/profile",
    operation_id="auth_profile_put",
    openapi_extra=alias_of("auth_profile"),
    responses=documents(errors.Taken),
)
@profile_router.patch("/auth/profile", operation_id="auth_profile", responses=documents(errors.Taken))
@profile_router.patch(
    "/users/me", operation_id="users_me_edit", openapi_extra=alias_of("auth_profile"), responses=documents(errors.Taken)
)
async def edit_profile(account: CurrentUser, body: ProfileBody, accounts: Accounts, links: AvatarLinksDep) -> UserRead:
    """Changes the fields that are sent; the others stay."""
    return UserRead.of(await accounts.edit(account, body.changes()), links)


@profile_router.post(
    "/auth/change-password",
    operation_id="auth_change_password",
    status_code=204,
    responses=documents(
        errors.WrongPassword,
        errors.PasswordTooCommon,
        errors.NoPassword,
        errors.TooManySignIns,
        errors.PasswordsBusy,
        errors.SignInNeeded,
    ),
)
async def change_password(account: SessionUser, body: PasswordBody, caller: CallerDep, passwords: Passwording) -> None:
    """Sets a new password; your other sessions end, and API keys made before your address was verified."""
    await passwords.change(account, body.as_change(), caller)


@profile_router.post(
    "/auth/email/change",
    operation_id="auth_email_change",
    responses=documents(
        errors.WrongPassword,
        errors.NoPassword,
        errors.Taken,
        errors.TooManySignIns,
        errors.PasswordsBusy,
        errors.SignInNeeded,
    ),
)
async def change_email(
    account: SessionUser, body: EmailChangeBody, caller: CallerDep, passwords: Passwording, links: AvatarLinksDep
) -> UserRead:
    """Moves your account to another address, to be verified anew; your other sessions end."""
    return UserRead.of(await passwords.change_email(account, body.as_change(), caller), links)


@profile_router.get("/users/me/sessions", operation_id="sessions_list", responses=documents(errors.SignInNeeded))
async def list_sessions(
    account: SessionUser, sessions: OwnSessionsReading, window: WindowDep, link: NextLink, response: Response
) -> SessionList:
    """Where you are signed in, newest first."""
    response.headers.update(PRIVATE)
    page, total = await sessions.listed(account, window)
    link.point_after(page)
    return SessionList.of(page.items, total)


@profile_router.delete(
    "/users/me/sessions",
    operation_id="sessions_end_others",
    status_code=204,
    responses=documents(errors.SignInNeeded),
)
async def end_other_sessions(account: SessionUser, sessions: OwnSessionsWriting) -> None:
    """Signs you out everywhere but here."""
    await sessions.end_others(account)


@profile_router.delete(
    "/users/me/sessions/{session_id}",
    operation_id="sessions_end",
    status_code=204,
    responses=documents(errors.SignInNeeded, errors.SessionNotFound),
)
async def end_session(account: SessionUser, session_id: str, sessions: OwnSessionsWriting) -> None:
    """Signs you out of one session."""
    await sessions.end(account, session_id)


@profile_router.delete(
    "/users/me", operation_id="users_me_close", status_code=204, responses=documents(errors.SignInNeeded)
)
async def close_account(account: SessionUser, avatars: AvatarsDep, request: Request, response: Response) -> None:
    """Closes the account for good: sessions and keys end now, its media is deleted by a job."""
    clear_session_cookie(request, response)
    await avatars.close_account(account)


avatar_router = Router(prefix="/avatar", tags=["avatar"])
media = Router(tags=["media"], dependencies=[Public])
MEDIA_PATHS = ("/media", "/spa/media", "/hub/media", "/studio-api/media")
WEBP = "image/webp"
LARGEST_FORM_BYTES = 6 * 1024 * 1024
SHOWN = {"Cache-Control": "private, no-store", "Content-Security-Policy": "default-src 'none'; sandbox"}
SHOWN_ELSEWHERE = SHOWN | {"Access-Control-Allow-Origin": "*", "Cross-Origin-Resource-Policy": "cross-origin"}
PICTURE: dict[int | str, dict[str, Any]] = {
    200: {"content": {WEBP: {"schema": {"type": "string", "format": "binary"}}}, "description": "The picture"}
}


@avatar_router.post(
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


@avatar_router.get(
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


@avatar_router.delete("", operation_id="avatar_delete", status_code=204)
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
