"""/api-keys: list, make, delete."""

from fastapi import Response

from app.accounts import errors
from app.accounts.dependencies import SessionUser
from app.accounts.routes.inputs import Keys, KeysReading
from app.accounts.schemas import KeyBody, KeyList, KeyMade
from app.core.dependencies import NextLink, WindowDep
from app.core.responses import documents
from app.core.routing import Router

__all__ = ["router"]

router = Router(prefix="/api-keys", tags=["api-keys"])


@router.get("", operation_id="api_keys_list", responses=documents(errors.SignInNeeded))
async def list_keys(account: SessionUser, keys: KeysReading, window: WindowDep, link: NextLink) -> KeyList:
    """Your keys, newest first, without their secrets."""
    page, total = await keys.listed(account, window)
    link.point_after(page)
    return KeyList.of(page.items, total)


@router.post(
    "",
    operation_id="api_keys_make",
    status_code=201,
    responses=documents(errors.SignInNeeded, errors.ScopeNotYours, errors.KeyExpiryPassed, errors.TooManyKeys),
)
async def make_key(account: SessionUser, wish: KeyBody, keys: Keys, response: Response) -> KeyMade:
    """Makes a key; its secret is shown in this answer and never again."""
    response.headers["Cache-Control"] = "no-store"
    return KeyMade.of(await keys.make(account, wish.as_wish()))


@router.delete(
    "/{key_id}",
    operation_id="api_keys_delete",
    status_code=204,
    responses=documents(errors.SignInNeeded, errors.KeyNotFound),
)
async def delete_key(account: SessionUser, key_id: str, keys: Keys) -> None:
    """Ends a key with the next request."""
    await keys.revoke(account, key_id)
