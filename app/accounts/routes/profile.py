"""/auth/me, /auth/profile, /auth/change-password, /auth/email/change, /users/me and /users/me/sessions."""

from fastapi import Request, Response

from app.accounts import errors
from app.accounts.dependencies import CallerDep, CurrentUser, SessionUser, clear_session_cookie
from app.accounts.routes.inputs import (
    Accounts,
    AvatarLinksDep,
    AvatarsDep,
    OwnSessionsReading,
    OwnSessionsWriting,
    Passwording,
)
from app.accounts.schemas import EmailChangeBody, PasswordBody, ProfileBody, SessionList, UserRead
from app.core.dependencies import NextLink, WindowDep
from app.core.responses import alias_of, documents
from app.core.routing import Router

__all__ = ["router"]

router = Router(tags=["accounts"])
PRIVATE = {"Cache-Control": "private, no-store"}


@router.get("/auth/me", operation_id="auth_me", responses=documents(errors.TokenRefused, errors.AccountClosed))
@router.get(
    "/users/me",
    operation_id="users_me",
    openapi_extra=alias_of("auth_me"),
    responses=documents(errors.TokenRefused, errors.AccountClosed),
)
async def me(account: CurrentUser, links: AvatarLinksDep, response: Response) -> UserRead:
    """Who you are."""
    response.headers.update(PRIVATE)
    return UserRead.of(account, links)


@router.put(
    "/auth/profile",
    operation_id="auth_profile_put",
    openapi_extra=alias_of("auth_profile"),
    responses=documents(errors.Taken),
)
@router.patch("/auth/profile", operation_id="auth_profile", responses=documents(errors.Taken))
@router.patch(
    "/users/me", operation_id="users_me_edit", openapi_extra=alias_of("auth_profile"), responses=documents(errors.Taken)
)
async def edit_profile(account: CurrentUser, body: ProfileBody, accounts: Accounts, links: AvatarLinksDep) -> UserRead:
    """Changes the fields that are sent; the others stay."""
    return UserRead.of(await accounts.edit(account, body.changes()), links)


@router.post(
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


@router.post(
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


@router.get("/users/me/sessions", operation_id="sessions_list", responses=documents(errors.SignInNeeded))
async def list_sessions(
    account: SessionUser, sessions: OwnSessionsReading, window: WindowDep, link: NextLink, response: Response
) -> SessionList:
    """Where you are signed in, newest first."""
    response.headers.update(PRIVATE)
    page, total = await sessions.listed(account, window)
    link.point_after(page)
    return SessionList.of(page.items, total)


@router.delete(
    "/users/me/sessions",
    operation_id="sessions_end_others",
    status_code=204,
    responses=documents(errors.SignInNeeded),
)
async def end_other_sessions(account: SessionUser, sessions: OwnSessionsWriting) -> None:
    """Signs you out everywhere but here."""
    await sessions.end_others(account)


@router.delete(
    "/users/me/sessions/{session_id}",
    operation_id="sessions_end",
    status_code=204,
    responses=documents(errors.SignInNeeded, errors.SessionNotFound),
)
async def end_session(account: SessionUser, session_id: str, sessions: OwnSessionsWriting) -> None:
    """Signs you out of one session."""
    await sessions.end(account, session_id)


@router.delete("/users/me", operation_id="users_me_close", status_code=204, responses=documents(errors.SignInNeeded))
async def close_account(account: SessionUser, avatars: AvatarsDep, request: Request, response: Response) -> None:
    """Closes the account for good: sessions and keys end now, its media is deleted by a job."""
    clear_session_cookie(request, response)
    await avatars.close_account(account)
