"""`avc keys`: lists, makes and deletes API keys."""

from typing import Annotated

import typer

from app.cli.commands.options import AsJson
from app.cli.loading import part

Person = Annotated[
    str | None, typer.Option("--as", help="E-mail or user name to sign in with; the password is asked or read.")
]
commands = typer.Typer(help="API keys, for programs that act for you.", no_args_is_help=True)


@commands.command("list", hidden=True)
@commands.command("ls")
def show_all(*, person: Person = None, as_json: AsJson = False) -> None:
    """Lists your keys without their secrets."""
    part("credentials").show_all(person, as_json=as_json)


@commands.command("make")
def make(
    *,
    name: Annotated[str, typer.Argument(help="What the key is for.")],
    scopes: Annotated[list[str] | None, typer.Option("--scope", help="read, write, admin or worker.")] = None,
    person: Person = None,
    as_json: AsJson = False,
) -> None:
    """Makes a key that may read and write, and prints its secret this once."""
    part("credentials").make(name, scopes or ["read", "write"], person, as_json=as_json)


@commands.command("rm")
def remove(key: Annotated[str, typer.Argument(help="Id of the key.")], person: Person = None) -> None:
    """Ends a key at once."""
    part("credentials").remove(key, person)
