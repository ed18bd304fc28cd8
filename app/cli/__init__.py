"""`avc`: serve, worker, db, doctor, openapi, users; every refusal is a sentence, not a stack."""

import json
import sys

import typer
from pydantic import ValidationError

from app.cli import database, doctor, serving, users, working
from app.cli.refusals import REFUSALS, explain
from app.core import logging
from app.core.settings import Settings
from app.main import create_app

__all__ = ["cli", "main"]

cli = typer.Typer(
    name="avc",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
cli.add_typer(database.commands, name="db")
cli.add_typer(users.commands, name="users")


@cli.callback()
def prepare() -> None:
    """AI Video Creator: turns a story into a narrated film."""
    logging.configure(Settings.load())


@cli.command("serve")
def serve() -> None:
    """Serves the API, the page and the documents at HOST and PORT until it is stopped."""
    serving.serve()


@cli.command("worker")
def worker() -> None:
    """Runs jobs without serving the API; needs Postgres, because SQLite serves one process."""
    working.work()


@cli.command("doctor")
def examine() -> None:
    """Checks this installation; exit code 1 when something needs mending."""
    doctor.doctor()


@cli.command("openapi")
def openapi() -> None:
    """Prints the OpenAPI document of this installation as JSON."""
    typer.echo(json.dumps(create_app(Settings.load()).openapi(), indent=2, ensure_ascii=False))


def main() -> None:
    """Runs the command line; a known refusal becomes its text and exit code 2."""
    try:
        cli()
    except ValidationError as fault:
        typer.echo(explain(fault), err=True)
        sys.exit(2)
    except REFUSALS as refusal:
        typer.echo(str(refusal), err=True)
        sys.exit(2)
