"""`avc projects`: lists, shows and deletes projects."""

from typing import Annotated

import typer

from app.cli.commands.options import AsJson, Limit, Yes
from app.cli.loading import part

ProjectId = Annotated[str, typer.Argument(help="Id of the project.")]
commands = typer.Typer(help="Stories on their way to a film.", no_args_is_help=True)


@commands.command("list", hidden=True)
@commands.command("ls")
def show_all(
    *,
    status: Annotated[str | None, typer.Option(help="Only projects of this status.")] = None,
    limit: Limit = 20,
    as_json: AsJson = False,
) -> None:
    """Lists your projects, newest first."""
    part("stories").show_all(status, limit=limit, as_json=as_json)


@commands.command("show")
def show(*, project: ProjectId, as_json: AsJson = False) -> None:
    """Shows a project and its segments."""
    part("stories").show(project, as_json=as_json)


@commands.command("rm")
def remove(*, project: ProjectId, yes: Yes = False) -> None:
    """Deletes a project with its media."""
    part("stories").remove(project, sure=yes)
