"""/provider-keys: which keys of vendors you keep here, keep one, forget one."""

from typing import Annotated

from fastapi import Path, Response

from app.accounts import errors
from app.accounts.dependencies import SessionUser
from app.accounts.own_key_schemas import ProviderKeyBody, ProviderKeyList, ProviderKeyRead
from app.accounts.routes.inputs import OwnKeysReading, OwnKeysWriting
from app.core.responses import documents
from app.core.routing import Router

__all__ = ["router"]

router = Router(prefix="/provider-keys", tags=["provider-keys"])
Provider = Annotated[str, Path(max_length=40, examples=["minimax"])]


@router.get("", operation_id="provider_keys_list", responses=documents(errors.SignInNeeded))
async def list_provider_keys(account: SessionUser, keys: OwnKeysReading, response: Response) -> ProviderKeyList:
    """Your own keys of vendors: present or not, with their last characters. Work of yours is done on them."""
    response.headers["Cache-Control"] = "private, no-store"
    return ProviderKeyList.of(await keys.listed(account.id))


@router.put(
    "/{provider}",
    operation_id="provider_keys_put",
    responses=documents(errors.SignInNeeded, errors.ProviderUnknown, errors.ProviderKeyUnusable),
)
async def put_provider_key(
    account: SessionUser, provider: Provider, body: ProviderKeyBody, keys: OwnKeysWriting
) -> ProviderKeyRead:
    """Keeps a key, encrypted, in place of an earlier one; nobody can read it again."""
    return ProviderKeyRead.of(await keys.put(account.id, provider, body.key.get_secret_value()))


@router.delete(
    "/{provider}",
    operation_id="provider_keys_delete",
    status_code=204,
    responses=documents(errors.SignInNeeded, errors.ProviderUnknown, errors.ProviderKeyNotFound),
)
async def delete_provider_key(account: SessionUser, provider: Provider, keys: OwnKeysWriting) -> None:
    """Forgets a key; work begun on it that is still at the vendor is lost."""
    await keys.remove(account.id, provider)
