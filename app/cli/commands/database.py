"""`avc db`: brings the schema up or down, and says where it stands."""

from typing import Annotated

import typer

from app.cli.loading import own_part

commands = typer.Typer(help="The database: its schema and where it stands.", no_args_is_help=True)


@commands.command("upgrade")
def upgrade(revision: Annotated[str, typer.Argument(help="Revision to move up to.")] = "head") -> None:
    """Moves the schema up, to the newest revision if none is named."""
    own_part("schema").move(revision)


@commands.command("downgrade")
def downgrade(revision: Annotated[str, typer.Argument(help="base, or a number of steps such as -1.")]) -> None:
    """Moves the schema down; rows of the removed tables are lost."""
    if revision != "base" and not revision.startswith("-"):
        message = "a move down is named base, or -1 for one step"
        raise typer.BadParameter(message)
    own_part("schema").move(revision)


@commands.command("current")
def current() -> None:
    """Says at which revision the database stands and what is missing; exit code 1 when something is."""
    own_part("schema").current()
