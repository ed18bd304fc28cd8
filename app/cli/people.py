"""Accounts as an operator sees them: lists them, gives and takes the administrator's role, disables and enables."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import typer

from app.accounts.service import AccountService
from app.accounts.values import Role, UserView
from app.core import startup
from app.core.pagination import Window
from app.core.settings import Settings
from app.resources import open_resources

__all__ = ["demote", "disable", "enable", "promote", "show"]

Act = Callable[[AccountService], Awaitable[UserView]]
PAGE = 100


def show() -> None:
    """Lists every account, newest first: id, name, role, whether it may sign in."""
    asyncio.run(_show())


def promote(name: str) -> None:
    """Makes an account an administrator."""
    asyncio.run(_change(lambda accounts: accounts.promote(name)))


def demote(name: str) -> None:
    """Makes an administrator an ordinary user again."""
    asyncio.run(_change(lambda accounts: accounts.promote(name, Role.USER)))


def disable(name: str) -> None:
    """Keeps an account from signing in and ends its sessions."""
    asyncio.run(_change(lambda accounts: accounts.disable(name)))


def enable(name: str) -> None:
    """Lets a disabled account sign in again."""
    asyncio.run(_change(lambda accounts: accounts.enable(name)))


@asynccontextmanager
async def _accounts() -> AsyncIterator[AccountService]:
    settings = startup.with_secret(Settings.load())
    async with open_resources(settings) as resources, resources.database.unit_of_work() as session:
        yield AccountService.over(session, resources)


async def _show() -> None:
    window: Window | None = Window(limit=PAGE)
    async with _accounts() as accounts:
        while window is not None:
            page = await accounts.listed(window)
            for user in page.items:
                _tell(user)
            window = Window(limit=PAGE, after=page.next) if page.next else None


async def _change(act: Act) -> None:
    async with _accounts() as accounts:
        user = await act(accounts)
    _tell(user)


def _tell(user: UserView) -> None:
    name = user.email or user.username or "-"
    typer.echo(f"{user.id}  {name}  {user.role}  {'active' if user.is_active else 'disabled'}")
