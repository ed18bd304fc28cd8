"""Accounts as an operator changes them, also beside a running service: rows of the database, each act in the log."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

import typer
from pydantic import TypeAdapter, ValidationError

from app.accounts.domain import AccountRole, Registration, UserSearch
from app.accounts.passwords import refuse_common
from app.accounts.schemas import NewPassword, RegisterBody
from app.accounts.sign_in import passwords_of
from app.administration.accounts import AccountAdministration, Act, UserAccount
from app.administration.schemas import AdminUserRead
from app.audit.domain import OPERATOR
from app.cli.asking import make_sure, new_password
from app.cli.display import say, table, tell_json
from app.cli.exits import Exit, Stopped
from app.core import startup
from app.core.migrations import missing_revisions
from app.core.pagination import Window
from app.core.settings import Settings
from app.resources import Resources, open_resources
from app.worker import background

Change = Callable[[AccountAdministration], Awaitable[UserAccount]]
PAGE = 100
HEADS = ("id", "name", "role", "state", "stored")
MEBIBYTE = 1024 * 1024


@dataclass(frozen=True)
class NewUser:
    """An account to be made; its password is asked for."""

    email: str
    username: str | None
    name: str | None
    is_admin: bool


def show(search: str, *, as_json: bool) -> None:
    """Lists accounts, newest first: id, name, role, whether it may sign in, and what it keeps."""
    asyncio.run(_show(search, as_json=as_json))


def create(new: NewUser, reason: str) -> None:
    """Makes an account that signs in with a password."""
    password = new_password(new.email)
    try:
        body = RegisterBody(email=new.email, password=password, username=new.username, name=new.name)
    except ValidationError as fault:
        raise _unusable(fault) from None
    asyncio.run(_create(body.as_wish(), AccountRole.ADMIN if new.is_admin else AccountRole.USER, reason))


def passwd(name: str, reason: str, *, end_keys: bool, end_second_factor: bool) -> None:
    """Sets a password without the one so far, and ends all sessions of the account."""
    password = new_password(name)
    try:
        TypeAdapter(NewPassword).validate_python(password)
    except ValidationError as fault:
        raise _unusable(fault) from None
    asyncio.run(_passwd(name, password, reason, end_keys=end_keys, end_second_factor=end_second_factor))


def promote(name: str, reason: str) -> None:
    """Makes an account an administrator."""
    _changed(lambda accounts: accounts.set_role(name, AccountRole.ADMIN), reason)


def demote(name: str, reason: str) -> None:
    """Makes an administrator an ordinary user again."""
    _changed(lambda accounts: accounts.set_role(name, AccountRole.USER), reason)


def disable(name: str, reason: str) -> None:
    """Keeps an account from signing in and ends its sessions."""
    _changed(lambda accounts: accounts.disable(name), reason)


def enable(name: str, reason: str) -> None:
    """Lets a disabled account sign in again."""
    _changed(lambda accounts: accounts.enable(name), reason)


def quota(name: str, most_mb: int | None, most_files: int | None, reason: str) -> None:
    """Gives an account a quota of its own; none named goes back to what the settings say."""
    _changed(lambda accounts: accounts.set_quota(name, most_mb, most_files), reason)


def remove(name: str, reason: str, *, sure: bool) -> None:
    """Closes an account for ever."""
    make_sure(f"Delete the account {name} with all its films?", sure=sure)
    asyncio.run(_remove(name, reason))


@asynccontextmanager
async def _opened() -> AsyncIterator[Resources]:
    """Resources on a database that is at head, shared with the service where one runs."""
    settings = startup.with_secret(Settings.load())
    async with open_resources(settings, is_beside=True) as resources:
        if missing := await missing_revisions(resources.database):
            text = f"The database lacks the revisions {', '.join(missing)}. Run `avc db upgrade` first."
            raise Stopped(text, Exit.MISUSED)
        yield resources


@asynccontextmanager
async def _accounts(resources: Resources, reason: str = "") -> AsyncIterator[AccountAdministration]:
    async with resources.database.unit_of_work() as session:
        yield AccountAdministration.over(session, resources, Act(OPERATOR, reason))


async def _show(search: str, *, as_json: bool) -> None:
    found: list[UserAccount] = []
    window: Window | None = Window(limit=PAGE)
    async with _opened() as resources, _accounts(resources) as accounts:
        while window is not None:
            page, _ = await accounts.searched(UserSearch(words=search), window)
            found += page.items
            window = Window(limit=PAGE, after=page.next) if page.next else None
    if not as_json:
        table(HEADS, (_cells(account) for account in found))
        return
    for account in found:
        tell_json(AdminUserRead.of(account).model_dump(mode="json"))


async def _create(wish: Registration, role: AccountRole, reason: str) -> None:
    refuse_common(wish.password, wish.email, wish.username)
    async with _opened() as resources:
        hashed = await resources.once(passwords_of).hash(wish.password)
        async with _accounts(resources, reason) as accounts:
            account = await accounts.create(wish, hashed, role)
    _tell(account)


async def _passwd(name: str, password: str, reason: str, **ends: bool) -> None:
    async with _opened() as resources:
        async with _accounts(resources) as accounts:
            user = (await accounts.find(name)).user
        refuse_common(password, user.email, user.username)
        hashed = await resources.once(passwords_of).hash(password)
        async with _accounts(resources, reason) as accounts:
            account = await accounts.set_password(user.id, hashed, **ends)
    _tell(account)
    kept = "ended" if ends["end_keys"] else "kept; --end-keys ends them"
    say(f"The sessions of this account are ended; its API keys are {kept}.")


async def _remove(name: str, reason: str) -> None:
    async with AsyncExitStack() as opened:
        resources = await opened.enter_async_context(_opened())
        # What ends together with an account is known to the worker's parts; no job runs here.
        await opened.enter_async_context(background(resources, with_worker=False))
        accounts = await opened.enter_async_context(_accounts(resources, reason))
        user = await accounts.delete(name)
    say(f"The account {user.id} is closed. The service deletes its media within a day.")


def _changed(change: Change, reason: str) -> None:
    asyncio.run(_change(change, reason))


async def _change(change: Change, reason: str) -> None:
    async with _opened() as resources, _accounts(resources, reason) as accounts:
        account = await change(accounts)
    _tell(account)


def _tell(account: UserAccount) -> None:
    typer.echo("  ".join(_cells(account)))


def _cells(account: UserAccount) -> tuple[str, ...]:
    user, kept = account.user, account.storage
    stored = f"{kept.size_bytes // MEBIBYTE} of {(kept.most_bytes or 0) // MEBIBYTE} MB"
    state = "active" if user.is_active else "disabled"
    return user.id, user.email or user.username or "-", user.role, state, stored


def _unusable(fault: ValidationError) -> Stopped:
    """What is wrong with what was typed, without repeating it."""
    error = fault.errors(include_input=False, include_url=False)[0]
    what = str(error["loc"][0]) if error["loc"] else "password"
    return Stopped(f"The {what} cannot be used: {error['msg']}.", Exit.MISUSED)
