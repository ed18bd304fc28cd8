"""/api-keys, /provider-keys and /invitations."""

from datetime import timedelta
from typing import Annotated

from fastapi import Path, Response

from app.accounts import errors
from app.accounts.dependencies import AdminUser, ResourcesDep, SessionUser
from app.accounts.routes.dependencies import (
    Invitations,
    InvitationsReading,
    Keys,
    KeysReading,
    OwnKeysReading,
    OwnKeysWriting,
)
from app.accounts.schemas import (
    InvitationBody,
    InvitationList,
    InvitationMade,
    KeyBody,
    KeyList,
    KeyMade,
    ProviderKeyBody,
    ProviderKeyList,
    ProviderKeyRead,
)
from app.core.dependencies import NextLink, WindowDep
from app.core.routing import Router, documents

key_router = Router(prefix="/api-keys", tags=["api-keys"])


@key_router.get("", operation_id="api_keys_list", responses=documents(errors.SignInNeeded))
async def list_keys(account: SessionUser, keys: KeysReading, window: WindowDep, link: NextLink) -> KeyList:
    """Your keys, newest first, without their secrets."""
    page, total = await keys.listed(account, window)
    link.point_after(page)
    return KeyList.of(page.items, total)


@key_router.post(
    "",
    operation_id="api_keys_make",
    status_code=201,
    responses=documents(errors.SignInNeeded, errors.ScopeNotYours, errors.KeyExpiryPassed, errors.TooManyKeys),
)
async def make_key(account: SessionUser, wish: KeyBody, keys: Keys, response: Response) -> KeyMade:
    """Makes a key; its secret is shown in this answer and never again."""
    response.headers["Cache-Control"] = "no-store"
    return KeyMade.of(await keys.make(account, wish.as_wish()))


@key_router.delete(
    "/{key_id}",
    operation_id="api_keys_delete",
    status_code=204,
    responses=documents(errors.SignInNeeded, errors.KeyNotFound),
)
async def delete_key(account: SessionUser, key_id: str, keys: Keys) -> None:
    """Ends a key with the next request."""
    await keys.revoke(account, key_id)


provider_key_router = Router(prefix="/provider-keys", tags=["provider-keys"])
Provider = Annotated[str, Path(max_length=40, examples=["minimax"])]


@provider_key_router.get("", operation_id="provider_keys_list", responses=documents(errors.SignInNeeded))
async def list_provider_keys(account: SessionUser, keys: OwnKeysReading, response: Response) -> ProviderKeyList:
    """Your own keys of vendors: present or not, with their last characters. Work of yours is done on them."""
    response.headers["Cache-Control"] = "private, no-store"
    return ProviderKeyList.of(await keys.listed(account.id))


@provider_key_router.put(
    "/{provider}",
    operation_id="provider_keys_put",
    responses=documents(errors.SignInNeeded, errors.ProviderUnknown, errors.ProviderKeyUnusable),
)
async def put_provider_key(
    account: SessionUser, provider: Provider, body: ProviderKeyBody, keys: OwnKeysWriting
) -> ProviderKeyRead:
    """Keeps a key, encrypted, in place of an earlier one; nobody can read it again."""
    return ProviderKeyRead.of(await keys.put(account.id, provider, body.key.get_secret_value()))


@provider_key_router.delete(
    "/{provider}",
    operation_id="provider_keys_delete",
    status_code=204,
    responses=documents(errors.SignInNeeded, errors.ProviderUnknown, errors.ProviderKeyNotFound),
)
async def delete_provider_key(account: SessionUser, provider: Provider, keys: OwnKeysWriting) -> None:
    """Forgets a key; work begun on it that is still at the vendor is lost."""
    await keys.remove(account.id, provider)


invitation_router = Router(prefix="/invitations", tags=["accounts"])


@invitation_router.get("", operation_id="invitations_list", responses=documents(errors.ScopeMissing))
async def list_invitations(
    _admin: AdminUser, invitations: InvitationsReading, window: WindowDep, link: NextLink
) -> InvitationList:
    """Every invitation, newest first, without its code."""
    page, total = await invitations.listed(window)
    link.point_after(page)
    return InvitationList.of(page.items, total)


@invitation_router.post("", operation_id="invitations_make", status_code=201, responses=documents(errors.ScopeMissing))
async def make_invitation(
    admin: AdminUser, body: InvitationBody, invitations: Invitations, resources: ResourcesDep, response: Response
) -> InvitationMade:
    """Makes a link by which one person can register; it is shown in this answer and never again."""
    response.headers["Cache-Control"] = "no-store"
    made = await invitations.make(admin, body.note, timedelta(days=body.expires_in_days))
    return InvitationMade.of(made, resources.settings.server.public_base_url)


@invitation_router.delete(
    "/{invitation_id}",
    operation_id="invitations_revoke",
    status_code=204,
    responses=documents(errors.ScopeMissing, errors.InvitationNotFound),
)
async def revoke_invitation(admin: AdminUser, invitation_id: str, invitations: Invitations) -> None:
    """Takes an invitation back that nobody has used."""
    await invitations.revoke(admin, invitation_id)
