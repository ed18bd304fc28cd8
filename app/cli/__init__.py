"""`avc`: make, jobs, projects, keys, providers, voices, serve, worker, mcp, db, doctor, users, backup and so on."""

import gc
import sys
from functools import partial
from importlib import import_module
from typing import Annotated, Any

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_command
from typing_extensions import override

# Where each command or group of commands is, and its line in the help. Help and refusals come at once, because
# the module is imported only when the command is used.
COMMANDS = {
    "make": (
        "films:make",
        "Makes a narrated film from a story and says where it is; Ctrl-C leaves it at work where a service runs it.",
    ),
    "providers": ("films:providers", "Lists the engines, what each does, and why one is absent."),
    "serve": ("serve:serve", "Serves the API, the page and the documents at HOST and PORT until it is stopped."),
    "worker": (
        "serve:worker",
        "Runs jobs without serving the API; needs Postgres, because SQLite serves one process.",
    ),
    "mcp": (
        "mcp:mcp",
        "Offers films and media tools to an agent over MCP on the standard streams; acts as the other commands do.",
    ),
    "doctor": ("doctor:doctor", "Checks this installation; exit code 1 when something needs mending."),
    "backup": ("installation:backup", "Writes database and media into one file, also while the service runs."),
    "restore": (
        "installation:restore",
        "Restores a backup while no service runs, and says what must be looked at; nothing is paid for again unasked.",
    ),
    "openapi": ("installation:openapi", "Prints the OpenAPI document of this installation as JSON."),
    "jobs": ("jobs:commands", "Work that takes time: lists it, follows it, stops it."),
    "projects": ("films:projects", "Stories on their way to a film."),
    "keys": ("accounts:keys", "API keys, for programs that act for you."),
    "db": ("installation:commands", "The database: its schema and where it stands."),
    "users": ("accounts:users", "Accounts: who there is and what they may do."),
    "voices": ("voices:commands", "Natural voices, which speak instead of the synthetic ones."),
}
# These take no arguments and load the whole service, so even their own help does without their modules.
WITHOUT_ARGUMENTS = frozenset({"serve", "worker", "mcp", "doctor", "openapi"})


class LazyGroup(TyperGroup):
    """Knows the name and the help of each command, and loads the command itself when it is used."""

    def __init__(self, **attributes: Any) -> None:
        super().__init__(**attributes)
        for name, (place, text) in COMMANDS.items():
            self.add_command(TyperCommand(name, callback=partial(run_without_arguments, place), help=text))

    @override
    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        name, command, rest = super().resolve_command(ctx, args)
        return name, command if name in WITHOUT_ARGUMENTS else load_command(str(name)), rest


cli = typer.Typer(
    name="avc",
    cls=LazyGroup,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="AI Video Creator: turns a story into a narrated film.",
)


def show_version(value: object) -> None:
    """Prints the version and ends."""
    if value:
        from app.api.version import product_version

        typer.echo(f"avc {product_version()}")
        raise typer.Exit


@cli.callback()
def every_command(
    *,
    _version: Annotated[
        bool, typer.Option("--version", callback=show_version, is_eager=True, help="Prints the version and ends.")
    ] = False,
) -> None:
    """AI Video Creator: turns a story into a narrated film."""


def load_command(name: str) -> Any:
    """The command or group of this name, whole."""
    place, text = COMMANDS[name]
    found = _load(place)
    if not isinstance(found, typer.Typer):
        alone = typer.Typer(add_completion=False)
        alone.command(name, help=text)(found)
        return get_command(alone)
    group = get_command(found)
    group.name, group.help = name, text
    return group


def load_all_commands() -> Any:
    """The whole command line, for documents and tests."""
    whole: Any = get_command(cli)
    whole.commands.update({name: load_command(name) for name in COMMANDS if name not in WITHOUT_ARGUMENTS})
    return whole


def run_without_arguments(place: str) -> None:
    """Runs a command of this installation; unusable settings are refused before its modules load."""
    from app.cli.installation import configure_logging

    configure_logging()
    _load(place)()


def _load(place: str) -> Any:
    """What is at this place, such as `jobs:commands`, of this package."""
    from app.cli.terminal import gc_paused

    module, _, name = place.partition(":")
    with gc_paused():
        return getattr(import_module(f"app.cli.{module}"), name)


def main() -> None:
    """Runs the command line; a known refusal becomes its text and an exit code."""
    try:
        cli()
    except Exception as fault:
        from app.cli.terminal import command_error_of

        stopped = command_error_of(fault)
        if stopped is None:
            raise
        typer.echo(str(stopped), err=True)
        sys.exit(stopped.exit_code)
    finally:
        # The last collection of a process goes through everything that it has loaded, for nothing.
        gc.freeze()
