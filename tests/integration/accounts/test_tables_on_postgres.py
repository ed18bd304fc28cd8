"""The tables of keys, settings and mailed codes on Postgres."""

import asyncio

import pytest

from app.accounts.domain import MailPurpose, Registration
from app.accounts.preferences import Preferences
from app.accounts.provider_keys import OwnKeys
from app.accounts.recovery import Recovery
from app.accounts.service import AccountService
from app.resources import Resources


@pytest.fixture
def database_url(postgres_database_url: str) -> str:
    return postgres_database_url


async def test_keys_settings_and_codes_are_kept(resources: Resources) -> None:
    async with resources.database.unit_of_work() as session:
        wish = Registration(email="ada@example.com", username="ada", password="")
        ada = await AccountService.over(session, resources).add(wish, "no password belongs to this")

    async def put(key: str) -> None:
        async with resources.database.unit_of_work() as session:
            await OwnKeys.over(session, resources).put(ada.id, "minimax", key)
            await Preferences.over(session, resources).save(ada.id, {"theme": "dark", "auto_save": True, "none": None})

    await asyncio.gather(put("sk-first-key-1111"), put("sk-second-key-2222"))
    async with resources.database.reading() as session:
        kept = await OwnKeys.over(session, resources).opened(ada.id)
        assert kept["minimax"] in {"sk-first-key-1111", "sk-second-key-2222"}
        settings = await Preferences.over(session, resources).all(ada.id)
    assert settings == {"theme": "dark", "auto_save": True, "none": None}
    recovery = Recovery.over(resources)
    ticket = await recovery.ticket(ada.id, MailPurpose.VERIFY)
    assert ticket is not None
    await recovery.verify(ticket.token)
    async with resources.database.reading() as session:
        assert (await AccountService.over(session, resources).find("ada")).email_verified_at is not None
