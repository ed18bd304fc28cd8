"""`avc`: make, jobs, projects, keys, providers, voices, serve, worker, mcp, db, doctor, users, backup and so on."""

import gc
import sys
from importlib import import_module
from pathlib import Path
from typing import Annotated

import typer

from app.cli.commands import database, jobs, keys, projects, users, voices
from app.cli.commands.films import Wish, taking
from app.cli.commands.options import AsJson, Yes
from app.cli.exits import Exit, Stopped
from app.cli.loading import own_part, part

__all__ = ["cli", "main"]

cli = typer.Typer(
    name="avc",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="AI Video Creator: turns a story into a narrated film.",
)
cli.add_typer(jobs.commands, name="jobs")
cli.add_typer(projects.commands, name="projects")
cli.add_typer(keys.commands, name="keys")
cli.add_typer(database.commands, name="db")
cli.add_typer(users.commands, name="users")
cli.add_typer(voices.commands, name="voices")


def show_version(value: object) -> None:
    """Prints the version and ends."""
    if value:
        typer.echo(f"avc {import_module('app.api.version').product_version()}")
        raise typer.Exit


@cli.callback()
def every_command(
    *,
    _version: Annotated[
        bool, typer.Option("--version", callback=show_version, is_eager=True, help="Prints the version and ends.")
    ] = False,
) -> None:
    """AI Video Creator: turns a story into a narrated film."""


@cli.command("make")
@taking(Wish)
def make(wish: Wish) -> None:
    """Makes a narrated film from a story and says where it is; Ctrl-C leaves it at work where a service runs it."""
    part("making").make(wish)


@cli.command("providers")
def providers(*, as_json: AsJson = False) -> None:
    """Lists the engines, what each does, and why one is absent."""
    part("engines").show(as_json=as_json)


@cli.command("serve")
def serve() -> None:
    """Serves the API, the page and the documents at HOST and PORT until it is stopped."""
    own_part("serving").serve()


@cli.command("worker")
def worker() -> None:
    """Runs jobs without serving the API; needs Postgres, because SQLite serves one process."""
    own_part("working").work()


@cli.command("mcp")
def mcp() -> None:
    """Offers films and media tools to an agent over MCP on the standard streams; acts as the other commands do."""
    own_part("speaking").speak()


@cli.command("doctor")
def examine() -> None:
    """Checks this installation; exit code 1 when something needs mending."""
    own_part("doctor").doctor()


@cli.command("backup")
def backup(
    *,
    file: Annotated[Path, typer.Argument(help="The file to write; it must not be there yet.")],
    with_secrets: Annotated[bool, typer.Option("--with-secrets", help="Writes SECRET_KEY into the file too.")] = False,
) -> None:
    """Writes database and media into one file, also while the service runs."""
    own_part("saving").save(file, with_secrets=with_secrets)


@cli.command("restore")
def restore(
    *,
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="A file that `avc backup` wrote.")],
    replace: Annotated[bool, typer.Option("--replace", help="Deletes what the database holds now.")] = False,
    yes: Yes = False,
) -> None:
    """Restores a backup while no service runs, and says what must be looked at; nothing is paid for again unasked."""
    own_part("saving").bring_back(file, replace=replace, sure=yes)


@cli.command("openapi")
def openapi() -> None:
    """Prints the OpenAPI document of this installation as JSON."""
    own_part("documenting").print_document()


def main() -> None:
    """Runs the command line; a known refusal becomes its text and an exit code."""
    try:
        cli()
    except Stopped as stopped:
        typer.echo(str(stopped), err=True)
        sys.exit(stopped.exit_code)
    except Exception as fault:
        text = part("refusals").told(fault)
        if text is None:
            raise
        typer.echo(text, err=True)
        sys.exit(Exit.MISUSED)
    finally:
        # The last collection of a process goes through everything that it has loaded, for nothing.
        gc.freeze()
