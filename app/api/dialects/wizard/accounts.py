"""/api/auth of the wizard client."""

from typing import Annotated

from fastapi import Depends, Request, Response

from app.accounts import errors
from app.accounts.dependencies import CallerDep, CurrentUser, Public, ResourcesDep, SessionUser, set_session_cookie
from app.accounts.joining import Joining
from app.accounts.links import AvatarLinks
from app.accounts.routes.inputs import (
    NO_REGISTRATION,
    NO_SIGN_IN,
    Accounts,
    OwnKeysReading,
    OwnKeysWriting,
    Passwording,
    SigningIn,
)
from app.accounts.values import SessionKind
from app.api.dialects.wizard.account_shapes import (
    WizardDone,
    WizardJoinBody,
    WizardKeys,
    WizardKeysBody,
    WizardPasswordBody,
    WizardProfile,
    WizardProfileBody,
    WizardSession,
    WizardSignInBody,
)
from app.core.responses import documents
from app.core.routing import Router
from app.jobs.dependencies import IdempotentRoute

__all__ = ["router"]

router = Router(prefix="/api/auth", tags=["wizard"], route_class=IdempotentRoute)
PRIVATE = {"Cache-Control": "private, no-store"}


async def joining(resources: ResourcesDep) -> Joining:
    """Registering at this process."""
    return Joining.over(resources)


async def own_links(resources: ResourcesDep) -> AvatarLinks:
    """Links without an origin: this client puts its own before them."""
    return AvatarLinks.over(resources).rooted()


JoiningDep = Annotated[Joining, Depends(joining)]
OwnLinks = Annotated[AvatarLinks, Depends(own_links)]


@router.post(
    "/register",
    operation_id="wizard_register",
    status_code=201,
    dependencies=[Public],
    responses=NO_REGISTRATION,
)
async def register(
    wish: WizardJoinBody, caller: CallerDep, facade: JoiningDep, links: OwnLinks, request: Request, response: Response
) -> WizardSession:
    """Makes an account and signs in."""
    signed_in = await facade.join(wish.as_wish(), caller, kind=SessionKind.CLIENT)
    set_session_cookie(request, response, signed_in)
    return WizardSession.of(signed_in, links)


@router.post(
    "/login",
    operation_id="wizard_log_in",
    dependencies=[Public],
    responses=NO_SIGN_IN,
)
async def log_in(
    login: WizardSignInBody, caller: CallerDep, facade: SigningIn, links: OwnLinks, request: Request, response: Response
) -> WizardSession:
    """Opens a session that lasts as long as a page of this client stays open."""
    signed_in = await facade.sign_in(login.as_login(), caller, kind=SessionKind.CLIENT)
    set_session_cookie(request, response, signed_in)
    return WizardSession.of(signed_in, links)


@router.get("/me", operation_id="wizard_me", responses=documents(errors.TokenRefused, errors.AccountClosed))
async def me(account: CurrentUser, response: Response) -> WizardProfile:
    """Who you are."""
    response.headers.update(PRIVATE)
    return WizardProfile.of(account)


@router.patch("/profile", operation_id="wizard_profile")
async def edit_profile(account: CurrentUser, body: WizardProfileBody, accounts: Accounts) -> WizardProfile:
    """Changes the name that is shown, and the theme."""
    return WizardProfile.of(await accounts.edit(account, body.changes()))


@router.post(
    "/change-password",
    operation_id="wizard_change_password",
    responses=documents(
        errors.WrongPassword,
        errors.PasswordTooCommon,
        errors.NoPassword,
        errors.TooManySignIns,
        errors.PasswordsBusy,
        errors.SignInNeeded,
    ),
)
async def change_password(
    account: SessionUser, body: WizardPasswordBody, caller: CallerDep, passwords: Passwording
) -> WizardDone:
    """Sets a new password; your other sessions end."""
    await passwords.change(account, body.as_change(), caller)
    return WizardDone()


@router.get("/api-keys", operation_id="wizard_keys", responses=documents(errors.SignInNeeded))
async def read_keys(account: SessionUser, keys: OwnKeysReading, response: Response) -> WizardKeys:
    """Which keys of vendors you keep here."""
    response.headers.update(PRIVATE)
    return WizardKeys.of(await keys.listed(account.id))


@router.put(
    "/api-keys",
    operation_id="wizard_keys_put",
    responses=documents(errors.SignInNeeded, errors.ProviderKeyUnusable),
)
async def keep_keys(account: SessionUser, body: WizardKeysBody, keys: OwnKeysWriting) -> WizardKeys:
    """Keeps the keys that are sent, encrypted; nobody can read them again."""
    return WizardKeys.of(await keys.put_all(account.id, body.as_wish()))
