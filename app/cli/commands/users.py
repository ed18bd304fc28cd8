"""`avc users`: lists accounts, gives and takes the administrator's role, disables and enables."""

from typing import Annotated

import typer

from app.cli.loading import own_part

__all__ = ["commands"]

Name = Annotated[str, typer.Argument(help="E-mail, user name or id of the account.")]

commands = typer.Typer(help="Accounts: who there is and what they may do.", no_args_is_help=True)


@commands.command("list")
def show() -> None:
    """Lists every account, newest first: id, name, role, whether it may sign in."""
    own_part("people").show()


@commands.command("promote")
def promote(name: Name) -> None:
    """Makes an account an administrator."""
    own_part("people").promote(name)


@commands.command("demote")
def demote(name: Name) -> None:
    """Makes an administrator an ordinary user again."""
    own_part("people").demote(name)


@commands.command("disable")
def disable(name: Name) -> None:
    """Keeps an account from signing in and ends its sessions."""
    own_part("people").disable(name)


@commands.command("enable")
def enable(name: Name) -> None:
    """Lets a disabled account sign in again."""
    own_part("people").enable(name)
