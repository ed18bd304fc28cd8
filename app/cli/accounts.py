"""`avc users` and `avc keys`: accounts as an operator changes them, also beside a running service, and API keys."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING, Annotated, Any

import typer

from app.cli.installation import configure_logging
from app.cli.service import API, run
from app.cli.terminal import (
    AsJson,
    CommandError,
    ExitCode,
    Json,
    Yes,
    ask_password,
    confirm,
    gc_paused,
    new_password,
    print_json,
    print_message,
    print_table,
)

if TYPE_CHECKING:
    from pydantic import ValidationError

    from app.accounts.domain import AccountRole, Registration
    from app.administration.accounts import AccountAdministration, UserAccount
    from app.cli.client import ApiClient
    from app.resources import Resources

Name = Annotated[str, typer.Argument(help="E-mail, user name or id of the account.")]
Reason = Annotated[str, typer.Option(help="Why; kept in the audit log.")]
Person = Annotated[
    str | None, typer.Option("--as", help="E-mail or user name to sign in with; the password is asked or read.")
]
PAGE = 100
USER_HEADS = ("id", "name", "role", "state", "stored")
KEY_HEADS = ("id", "name", "scopes", "hint", "expires")
MEBIBYTE = 1024 * 1024

users = typer.Typer(no_args_is_help=True, add_completion=False)
keys = typer.Typer(no_args_is_help=True, add_completion=False)


@users.command("list", hidden=True)
@users.command("ls")
def list_users(
    *,
    search: Annotated[str, typer.Option(help="Only accounts whose names contain this.")] = "",
    as_json: AsJson = False,
) -> None:
    """Lists accounts, newest first: id, name, role, whether it may sign in, and what it keeps."""
    configure_logging()
    asyncio.run(_list_users(search, as_json=as_json))


@users.command("create")
def create(
    *,
    email: Annotated[str, typer.Argument(help="E-mail address of the account.")],
    username: Annotated[str | None, typer.Option(help="A user name to sign in with as well.")] = None,
    name: Annotated[str | None, typer.Option(help="The person's name.")] = None,
    admin: Annotated[bool, typer.Option("--admin", help="Makes it an administrator.")] = False,
    reason: Reason = "",
) -> None:
    """Makes an account; its password is asked for unseen, or is the first line of standard input."""
    configure_logging()
    with gc_paused():
        from pydantic import ValidationError

        from app.accounts.domain import AccountRole
        from app.accounts.schemas import RegisterBody
    password = new_password(email)
    try:
        body = RegisterBody(email=email, password=password, username=username, name=name)
    except ValidationError as fault:
        raise _unusable(fault) from None
    asyncio.run(_create(body.as_wish(), AccountRole.ADMIN if admin else AccountRole.USER, reason))


@users.command("passwd")
def passwd(
    *,
    name: Name,
    end_keys: Annotated[bool, typer.Option("--end-keys", help="Ends the API keys of the account too.")] = False,
    end_second_factor: Annotated[
        bool, typer.Option("--end-second-factor", help="Forgets the authenticator app of the account too.")
    ] = False,
    reason: Reason = "",
) -> None:
    """Sets a new password, asked for unseen or the first line of standard input, and ends all sessions."""
    configure_logging()
    with gc_paused():
        from pydantic import TypeAdapter, ValidationError

        from app.accounts.schemas import NewPassword
    password = new_password(name)
    try:
        TypeAdapter(NewPassword).validate_python(password)
    except ValidationError as fault:
        raise _unusable(fault) from None
    asyncio.run(_set_password(name, password, reason, end_keys=end_keys, end_second_factor=end_second_factor))


@users.command("promote")
def promote(name: Name, reason: Reason = "") -> None:
    """Makes an account an administrator."""
    from app.accounts.domain import AccountRole

    _change(lambda accounts: accounts.set_role(name, AccountRole.ADMIN), reason)


@users.command("demote")
def demote(name: Name, reason: Reason = "") -> None:
    """Makes an administrator an ordinary user again."""
    from app.accounts.domain import AccountRole

    _change(lambda accounts: accounts.set_role(name, AccountRole.USER), reason)


@users.command("disable")
def disable(name: Name, reason: Reason = "") -> None:
    """Keeps an account from signing in and ends its sessions."""
    _change(lambda accounts: accounts.disable(name), reason)


@users.command("enable")
def enable(name: Name, reason: Reason = "") -> None:
    """Lets a disabled account sign in again."""
    _change(lambda accounts: accounts.enable(name), reason)


@users.command("quota")
def quota(
    name: Name,
    mb: Annotated[int | None, typer.Option(min=0, help="Most megabytes that it may keep.")] = None,
    files: Annotated[int | None, typer.Option(min=0, help="Most files that it may keep.")] = None,
    reason: Reason = "",
) -> None:
    """Gives an account a quota of its own; what is not named goes back to what the settings say."""
    _change(lambda accounts: accounts.set_quota(name, mb, files), reason)


@users.command("delete")
def delete(*, name: Name, yes: Yes = False, reason: Reason = "") -> None:
    """Closes an account for ever: its work stops, its names are free, the service deletes its media."""
    configure_logging()
    confirm(f"Delete the account {name} with all its films?", sure=yes)
    asyncio.run(_delete(name, reason))


@keys.command("list", hidden=True)
@keys.command("ls")
def list_keys(*, person: Person = None, as_json: AsJson = False) -> None:
    """Lists your keys without their secrets."""
    found: Json = _signed_in(person, lambda api: api.get(f"{API}/api-keys"))
    if as_json:
        print_json(found)
        return
    rows = (
        (key["id"], key["name"], ",".join(sorted(key["scopes"])), key["hint"], key["expires_at"] or "never")
        for key in found["api_keys"]
    )
    print_table(KEY_HEADS, rows)


@keys.command("make")
def make_key(
    *,
    name: Annotated[str, typer.Argument(help="What the key is for.")],
    scopes: Annotated[list[str] | None, typer.Option("--scope", help="read, write, admin or worker.")] = None,
    person: Person = None,
    as_json: AsJson = False,
) -> None:
    """Makes a key that may read and write, and prints its secret this once."""
    fields: Json = {"name": name, "scopes": scopes or ["read", "write"]}
    made: Json = _signed_in(person, lambda api: api.post(f"{API}/api-keys", fields))
    if as_json:
        print_json(made)
        return
    print_message(f"Key {made['id']}, shown this once; keep it in AVC_API_KEY:")
    typer.echo(made["key"])


@keys.command("rm")
def remove_key(key: Annotated[str, typer.Argument(help="Id of the key.")], person: Person = None) -> None:
    """Ends a key at once."""
    _signed_in(person, lambda api: api.delete(f"{API}/api-keys/{key}"))
    print_message(f"Key {key} is deleted.")


@asynccontextmanager
async def _open_resources() -> "AsyncIterator[Resources]":
    """Resources on a database that is at head, shared with the service where one runs."""
    with gc_paused():
        from app.core import startup
        from app.core.migrations import missing_revisions
        from app.core.settings import Settings
        from app.resources import open_resources
    settings = startup.with_secret(Settings.load())
    async with open_resources(settings, is_beside=True) as resources:
        if missing := await missing_revisions(resources.database):
            text = f"The database lacks the revisions {', '.join(missing)}. Run `avc db upgrade` first."
            raise CommandError(text, ExitCode.MISUSED)
        yield resources


@asynccontextmanager
async def _accounts(resources: "Resources", reason: str = "") -> "AsyncIterator[AccountAdministration]":
    from app.administration.accounts import AccountAdministration, Act
    from app.audit.domain import OPERATOR

    async with resources.database.unit_of_work() as session:
        yield AccountAdministration.over(session, resources, Act(OPERATOR, reason))


async def _list_users(search: str, *, as_json: bool) -> None:
    with gc_paused():
        from app.accounts.domain import UserSearch
        from app.administration.schemas import AdminUserRead
        from app.core.pagination import Window
    found: list[UserAccount] = []
    window: Window | None = Window(limit=PAGE)
    async with _open_resources() as resources, _accounts(resources) as accounts:
        while window is not None:
            page, _ = await accounts.searched(UserSearch(words=search), window)
            found += page.items
            window = Window(limit=PAGE, after=page.next) if page.next else None
    if not as_json:
        print_table(USER_HEADS, map(_cells, found))
        return
    for account in found:
        print_json(AdminUserRead.of(account).model_dump(mode="json"))


async def _create(registration: "Registration", role: "AccountRole", reason: str) -> None:
    with gc_paused():
        from app.accounts.passwords import refuse_common
        from app.accounts.sign_in import passwords_of
    refuse_common(registration.password, registration.email, registration.username)
    async with _open_resources() as resources:
        hashed = await resources.once(passwords_of).hash(registration.password)
        async with _accounts(resources, reason) as accounts:
            account = await accounts.create(registration, hashed, role)
    _print_account(account)


async def _set_password(name: str, password: str, reason: str, **ends: bool) -> None:
    with gc_paused():
        from app.accounts.passwords import refuse_common
        from app.accounts.sign_in import passwords_of
    async with _open_resources() as resources:
        async with _accounts(resources) as accounts:
            user = (await accounts.find(name)).user
        refuse_common(password, user.email, user.username)
        hashed = await resources.once(passwords_of).hash(password)
        async with _accounts(resources, reason) as accounts:
            account = await accounts.set_password(user.id, hashed, **ends)
    _print_account(account)
    kept = "ended" if ends["end_keys"] else "kept; --end-keys ends them"
    print_message(f"The sessions of this account are ended; its API keys are {kept}.")


async def _delete(name: str, reason: str) -> None:
    with gc_paused():
        from app.worker import background
    async with AsyncExitStack() as opened:
        resources = await opened.enter_async_context(_open_resources())
        # What ends together with an account is known to the worker's parts; no job runs here.
        await opened.enter_async_context(background(resources, with_worker=False))
        accounts = await opened.enter_async_context(_accounts(resources, reason))
        user = await accounts.delete(name)
    print_message(f"The account {user.id} is closed. The service deletes its media within a day.")


def _change(change: "Callable[[AccountAdministration], Awaitable[UserAccount]]", reason: str) -> None:
    configure_logging()

    async def changed() -> "UserAccount":
        async with _open_resources() as resources, _accounts(resources, reason) as accounts:
            return await change(accounts)

    _print_account(asyncio.run(changed()))


def _print_account(account: "UserAccount") -> None:
    typer.echo("  ".join(_cells(account)))


def _cells(account: "UserAccount") -> tuple[str, ...]:
    user, kept = account.user, account.storage
    stored = f"{kept.size_bytes // MEBIBYTE} of {(kept.most_bytes or 0) // MEBIBYTE} MB"
    state = "active" if user.is_active else "disabled"
    return user.id, user.email or user.username or "-", user.role, state, stored


def _unusable(fault: "ValidationError") -> CommandError:
    """What is wrong with what was typed, without repeating it."""
    error = fault.errors(include_input=False, include_url=False)[0]
    what = str(error["loc"][0]) if error["loc"] else "password"
    return CommandError(f"The {what} cannot be used: {error['msg']}.", ExitCode.MISUSED)


def _signed_in(person: str | None, act: "Callable[[ApiClient], Awaitable[Any]]") -> Any:
    """Does this as the named person; keys cannot manage keys."""
    password = None if person is None else ask_password(person)

    async def acted(api: "ApiClient") -> Any:
        if password is not None:
            name = "email" if "@" in str(person) else "username"
            session: Json = await api.post(f"{API}/auth/login", {name: person, "password": password})
            api.sign_in(session["access_token"])
        return await act(api)

    return run(acted)
