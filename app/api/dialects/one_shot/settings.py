"""/api/v1/settings: what the page remembers of its user; keys go in and come out as masks."""

from typing import Annotated

from fastapi import Path
from pydantic import JsonValue

from app.accounts import errors
from app.accounts.dependencies import SessionUser
from app.api.dialects.one_shot.dependencies import SettingsRead, SettingsWrite
from app.api.dialects.one_shot.forms import SettingForm, SettingsForm
from app.api.dialects.one_shot.shapes import Setting
from app.api.dialects.rules import camel_beside_snake
from app.core.responses import documents
from app.core.routing import Router
from app.jobs.dependencies import IdempotentRoute

__all__ = ["router"]

router = Router(route_class=IdempotentRoute)
Name = Annotated[str, Path(max_length=100)]
UNUSABLE = documents(errors.SettingUnusable, errors.ProviderKeyUnusable, errors.SignInNeeded)


@router.get("", operation_id="settings_read", responses=documents(errors.SignInNeeded))
async def read_settings(account: SessionUser, settings: SettingsRead) -> dict[str, JsonValue]:
    """Every setting in both spellings; a key is shown by its mask."""
    return camel_beside_snake(await settings.shown(account.id))


@router.post("", operation_id="settings_save", responses=UNUSABLE)
async def save_settings(account: SessionUser, form: SettingsForm, settings: SettingsWrite) -> dict[str, JsonValue]:
    """Writes what is named; the others stay."""
    changes = form.changes(await settings.shown(account.id))
    return camel_beside_snake(await settings.save(account.id, changes))


@router.get(
    "/{key}", operation_id="settings_read_one", responses=documents(errors.SettingNotFound, errors.SignInNeeded)
)
async def read_setting(account: SessionUser, key: Name, settings: SettingsRead) -> Setting:
    """One setting."""
    return Setting.of(key, await settings.one(account.id, key))


@router.post("/{key}", operation_id="settings_save_one", responses=UNUSABLE)
async def save_setting(account: SessionUser, key: Name, form: SettingForm, settings: SettingsWrite) -> Setting:
    """Writes one setting."""
    return Setting.of(key, (await settings.save(account.id, {key: form.value})).get(key), form.type)
