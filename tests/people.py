"""People for tests: a factory of signed-in clients, and Alice, Bob and an administrator ready made."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import timedelta
from typing import Protocol

import httpx2
import pytest
from fastapi import FastAPI

from app.accounts.domain import AccountRole, Registration, SessionKind
from app.accounts.identity import local_tokens
from app.accounts.service import AccountService
from app.accounts.sessions import Families
from app.accounts.tokens import LocalClaims, TokenUse
from app.resources import Resources


class SignedIn(Protocol):
    async def __call__(self, name: str, *, role: AccountRole = AccountRole.USER) -> httpx2.AsyncClient: ...


async def access_token(resources: Resources, name: str, role: AccountRole = AccountRole.USER) -> str:
    """A new account and a token of a session of its own; nothing is hashed, so it takes milliseconds."""
    async with resources.database.unit_of_work() as session:
        wish = Registration(email=f"{name}@example.com", username=name, name=name.title(), password="")
        accounts = AccountService.over(session, resources)
        user = await accounts.add(wish, "no password belongs to this")
        if role is AccountRole.ADMIN:
            await accounts.promote(user.id)
        secret = resources.settings.security.secret_key.get_secret_value()
        families = Families(session, resources.clock, secret)
        family, _ = await families.open(user.id, SessionKind.NATIVE, timedelta(days=1))
    claims = LocalClaims(account_id=user.id, session_id=family.id)
    return resources.once(local_tokens).issue(claims, use=TokenUse.ACCESS, life=timedelta(hours=1))


@pytest.fixture
async def signed_in(app: FastAPI) -> AsyncIterator[SignedIn]:
    """Makes a user and gives a client that carries the user's token."""
    async with AsyncExitStack() as opened:

        async def make(name: str, *, role: AccountRole = AccountRole.USER) -> httpx2.AsyncClient:
            token = await access_token(app.state.resources, name, role)
            client = httpx2.AsyncClient(
                transport=httpx2.ASGITransport(app=app, raise_app_exceptions=False),
                base_url="http://testserver",
                headers={"Authorization": f"Bearer {token}"},
            )
            return await opened.enter_async_context(client)

        yield make


@pytest.fixture
async def alice(signed_in: SignedIn) -> httpx2.AsyncClient:
    return await signed_in("alice")


@pytest.fixture
async def bob(signed_in: SignedIn) -> httpx2.AsyncClient:
    return await signed_in("bob")


@pytest.fixture
async def admin(signed_in: SignedIn) -> httpx2.AsyncClient:
    return await signed_in("admin", role=AccountRole.ADMIN)
