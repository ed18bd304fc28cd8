"""Pictures of people under the paths of the wizard client, and the alias of the native ones."""

from typing import Annotated

from fastapi import File, Response, UploadFile

from app.accounts import errors
from app.accounts.dependencies import CurrentUser, Oneself
from app.accounts.links import AvatarSize
from app.accounts.routes.avatar import LARGEST_FORM_BYTES, PICTURE, SHOWN, WEBP
from app.accounts.routes.inputs import AvatarLinksDep, AvatarsDep
from app.accounts.schemas import UserRead
from app.api.dialects.wizard.account_shapes import WizardDone
from app.core.dependencies import FILE_FORM
from app.core.responses import documents
from app.core.routing import Router
from app.jobs.dependencies import IdempotentRoute

__all__ = ["router"]

router = Router(tags=["wizard"], route_class=IdempotentRoute)
REFUSALS = documents(errors.AvatarUnusable, errors.AvatarTooLarge)
NOT_YOURS = documents(errors.AvatarNotFound, errors.UserNotFound)


@router.post(
    "/api/avatar",
    operation_id="wizard_avatar_alias_upload",
    max_body_size=LARGEST_FORM_BYTES,
    form_limits=FILE_FORM,
    responses=REFUSALS,
)
async def upload(
    account: CurrentUser, file: Annotated[UploadFile, File()], avatars: AvatarsDep, links: AvatarLinksDep
) -> UserRead:
    """The same as POST /api/v1/avatar."""
    return UserRead.of(await avatars.keep(account, file), links)


@router.delete("/api/avatar", operation_id="wizard_avatar_alias_delete", status_code=204)
async def delete(account: CurrentUser, avatars: AvatarsDep) -> None:
    """The same as DELETE /api/v1/avatar."""
    await avatars.drop(account)


@router.get(
    "/api/avatar/{user_id}",
    operation_id="wizard_avatar_alias_read",
    response_class=Response,
    responses={**PICTURE, **NOT_YOURS},
)
@router.get(
    "/api/video/user/{user_id}/avatar",
    operation_id="wizard_avatar_read",
    response_class=Response,
    responses={**PICTURE, **NOT_YOURS},
)
async def read(account: Oneself, user_id: str, avatars: AvatarsDep) -> Response:
    """Your own picture; 404 says that there is none."""
    return Response(await avatars.own(account, user_id, AvatarSize.LARGE), media_type=WEBP, headers=SHOWN)


@router.post(
    "/api/video/user/{user_id}/avatar",
    operation_id="wizard_avatar_upload",
    max_body_size=LARGEST_FORM_BYTES,
    form_limits=FILE_FORM,
    responses={**REFUSALS, **NOT_YOURS},
)
async def upload_own(account: Oneself, file: Annotated[UploadFile, File()], avatars: AvatarsDep) -> WizardDone:
    """Takes a PNG, JPEG or WebP picture of up to 5 MB."""
    await avatars.keep(account, file)
    return WizardDone()
