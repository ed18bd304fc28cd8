"""`avc users`: makes, lists, changes and deletes accounts, also while the service runs."""

from typing import Annotated

import typer

from app.cli.commands.options import AsJson, Yes
from app.cli.loading import own_part

Name = Annotated[str, typer.Argument(help="E-mail, user name or id of the account.")]
Reason = Annotated[str, typer.Option(help="Why; kept in the audit log.")]
commands = typer.Typer(help="Accounts: who there is and what they may do.", no_args_is_help=True)


@commands.command("list", hidden=True)
@commands.command("ls")
def show(
    *,
    search: Annotated[str, typer.Option(help="Only accounts whose names contain this.")] = "",
    as_json: AsJson = False,
) -> None:
    """Lists accounts, newest first: id, name, role, whether it may sign in, and what it keeps."""
    own_part("people").show(search, as_json=as_json)


@commands.command("create")
def create(
    *,
    email: Annotated[str, typer.Argument(help="E-mail address of the account.")],
    username: Annotated[str | None, typer.Option(help="A user name to sign in with as well.")] = None,
    name: Annotated[str | None, typer.Option(help="The person's name.")] = None,
    admin: Annotated[bool, typer.Option("--admin", help="Makes it an administrator.")] = False,
    reason: Reason = "",
) -> None:
    """Makes an account; its password is asked for unseen, or is the first line of standard input."""
    people = own_part("people")
    people.create(people.NewUser(email, username, name, admin), reason)


@commands.command("passwd")
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
    own_part("people").passwd(name, reason, end_keys=end_keys, end_second_factor=end_second_factor)


@commands.command("promote")
def promote(name: Name, reason: Reason = "") -> None:
    """Makes an account an administrator."""
    own_part("people").promote(name, reason)


@commands.command("demote")
def demote(name: Name, reason: Reason = "") -> None:
    """Makes an administrator an ordinary user again."""
    own_part("people").demote(name, reason)


@commands.command("disable")
def disable(name: Name, reason: Reason = "") -> None:
    """Keeps an account from signing in and ends its sessions."""
    own_part("people").disable(name, reason)


@commands.command("enable")
def enable(name: Name, reason: Reason = "") -> None:
    """Lets a disabled account sign in again."""
    own_part("people").enable(name, reason)


@commands.command("quota")
def quota(
    name: Name,
    mb: Annotated[int | None, typer.Option(min=0, help="Most megabytes that it may keep.")] = None,
    files: Annotated[int | None, typer.Option(min=0, help="Most files that it may keep.")] = None,
    reason: Reason = "",
) -> None:
    """Gives an account a quota of its own; what is not named goes back to what the settings say."""
    own_part("people").quota(name, mb, files, reason)


@commands.command("delete")
def remove(*, name: Name, yes: Yes = False, reason: Reason = "") -> None:
    """Closes an account for ever: its work stops, its names are free, the service deletes its media."""
    own_part("people").remove(name, reason, sure=yes)
