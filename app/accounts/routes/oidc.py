"""/auth/oidc: sends people to the OpenID Connect provider and signs them in when they come back."""

from typing import Annotated
from urllib.parse import urlsplit

from fastapi import Query, Request
from fastapi.responses import RedirectResponse

from app.accounts import errors
from app.accounts.dependencies import CallerDep, Public, ResourcesDep, set_session_cookie
from app.accounts.oidc import BEGUN_SECONDS, BroughtBack, oidc_provider
from app.accounts.routes.inputs import SigningIn
from app.core.responses import documents
from app.core.routing import Router

__all__ = ["router"]

router = Router(prefix="/auth/oidc", tags=["accounts"], dependencies=[Public])
COOKIE = "avc_oidc"
COOKIE_PATH = "/api/v1/auth/oidc"
HOME = "/"
SEE_OTHER = 303


@router.get(
    "/login",
    operation_id="oidc_log_in",
    status_code=SEE_OTHER,
    response_class=RedirectResponse,
    responses=documents(errors.OidcOff, errors.OidcUnavailable),
)
async def log_in(resources: ResourcesDep, invitation: Annotated[str, Query(max_length=200)] = "") -> RedirectResponse:
    """Sends the browser to the provider, where the person signs in."""
    address, begun = await resources.once(oidc_provider).begin(invitation)
    reply = RedirectResponse(address, status_code=SEE_OTHER, headers={"Cache-Control": "no-store"})
    reply.set_cookie(
        COOKIE,
        begun,
        max_age=BEGUN_SECONDS,
        path=COOKIE_PATH,
        httponly=True,
        samesite="lax",
        secure=urlsplit(resources.settings.server.public_base_url).scheme == "https",
    )
    return reply


@router.get(
    "/callback",
    operation_id="oidc_callback",
    status_code=SEE_OTHER,
    response_class=RedirectResponse,
    responses=documents(
        errors.OidcOff,
        errors.OidcRefused,
        errors.OidcUnavailable,
        errors.AccountInactive,
        errors.RegistrationClosed,
        errors.InvitationNeeded,
        errors.InvitationSpent,
    ),
)
async def come_back(
    request: Request,
    resources: ResourcesDep,
    caller: CallerDep,
    service: SigningIn,
    code: Annotated[str, Query(max_length=4096)] = "",
    state: Annotated[str, Query(max_length=200)] = "",
) -> RedirectResponse:
    """Signs in whom the provider names, by cookie, and goes on to the pages of this service."""
    back = BroughtBack(code, state, request.cookies.get(COOKIE, ""))
    signed_in = await service.sign_in_by_oidc(resources.once(oidc_provider), back, caller)
    reply = RedirectResponse(HOME, status_code=SEE_OTHER)
    set_session_cookie(request, reply, signed_in)
    reply.delete_cookie(COOKIE, path=COOKIE_PATH)
    return reply
