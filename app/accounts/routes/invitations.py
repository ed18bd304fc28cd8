"""/invitations: administrators make them, list them and take them back."""

from datetime import timedelta

from fastapi import Response

from app.accounts import errors
from app.accounts.dependencies import AdminUser, ResourcesDep
from app.accounts.routes.inputs import Invitations, InvitationsReading
from app.accounts.schemas import InvitationBody, InvitationList, InvitationMade
from app.core.dependencies import NextLink, WindowDep
from app.core.responses import documents
from app.core.routing import Router

__all__ = ["router"]

router = Router(prefix="/invitations", tags=["accounts"])


@router.get("", operation_id="invitations_list", responses=documents(errors.ScopeMissing))
async def list_invitations(
    _admin: AdminUser, invitations: InvitationsReading, window: WindowDep, link: NextLink
) -> InvitationList:
    """Every invitation, newest first, without its code."""
    page, total = await invitations.listed(window)
    link.point_after(page)
    return InvitationList.of(page.items, total)


@router.post("", operation_id="invitations_make", status_code=201, responses=documents(errors.ScopeMissing))
async def make_invitation(
    admin: AdminUser, body: InvitationBody, invitations: Invitations, resources: ResourcesDep, response: Response
) -> InvitationMade:
    """Makes a link by which one person can register; it is shown in this answer and never again."""
    response.headers["Cache-Control"] = "no-store"
    made = await invitations.make(admin, body.note, timedelta(days=body.expires_in_days))
    return InvitationMade.of(made, resources.settings.server.public_base_url)


@router.delete(
    "/{invitation_id}",
    operation_id="invitations_revoke",
    status_code=204,
    responses=documents(errors.ScopeMissing, errors.InvitationNotFound),
)
async def revoke_invitation(admin: AdminUser, invitation_id: str, invitations: Invitations) -> None:
    """Takes an invitation back that nobody has used."""
    await invitations.revoke(admin, invitation_id)
