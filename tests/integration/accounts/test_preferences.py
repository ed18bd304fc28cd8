"""Settings of a user by name: partial writes, limits, the theme shared with the profile, nobody else's."""

import pytest

from app.accounts.domain import Registration, Theme, UserView
from app.accounts.errors import SettingNotFound, SettingUnusable
from app.accounts.preferences import Preferences
from app.accounts.service import AccountService
from app.resources import Resources


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    return sqlite_url


async def person(resources: Resources, name: str) -> UserView:
    async with resources.database.unit_of_work() as session:
        wish = Registration(email=f"{name}@example.com", username=name, password="")
        return await AccountService.over(session, resources).add(wish, "no password belongs to this")


async def test_a_partial_write_leaves_the_others(resources: Resources) -> None:
    ada, bob = await person(resources, "ada"), await person(resources, "bob")
    async with resources.database.unit_of_work() as session:
        preferences = Preferences.over(session, resources)
        await preferences.save(ada.id, {"default_style": "cinematic", "auto_save": False})
        assert await preferences.save(ada.id, {"auto_save": True}) == {"default_style": "cinematic", "auto_save": True}
        assert await preferences.one(ada.id, "auto_save") is True
        assert await preferences.all(bob.id) == {}
        with pytest.raises(SettingNotFound):
            await preferences.one(bob.id, "auto_save")


async def test_the_theme_is_the_profiles(resources: Resources) -> None:
    ada = await person(resources, "ada")
    async with resources.database.unit_of_work() as session:
        preferences, accounts = Preferences.over(session, resources), AccountService.over(session, resources)
        await preferences.save(ada.id, {"theme": "dark"})
        assert (await accounts.find("ada")).theme_pref is Theme.DARK
        assert (await preferences.save(ada.id, {"theme": "system"}))["theme"] == "system"
        assert (await accounts.find("ada")).theme_pref is None


@pytest.mark.parametrize(
    "changes", [{"": 1}, {"a b": 1}, {"x" * 101: 1}, {"long": "x" * 5000}, {f"s{n}": n for n in range(101)}]
)
async def test_what_cannot_be_kept_is_refused(resources: Resources, changes: dict[str, str | int]) -> None:
    ada = await person(resources, "ada")
    async with resources.database.unit_of_work() as session:
        with pytest.raises(SettingUnusable):
            await Preferences.over(session, resources).save(ada.id, changes)
