"""`avc voices`: lists, installs and removes natural voices."""

from pathlib import Path
from typing import Annotated

import typer

from app.cli.commands.options import AsJson
from app.cli.loading import own_part, part

commands = typer.Typer(help="Natural voices, which speak instead of the synthetic ones.", no_args_is_help=True)


@commands.command("list", hidden=True)
@commands.command("ls")
def show_all(*, as_json: AsJson = False) -> None:
    """Lists the voices that can be installed and those that are."""
    part("voices").show_all(as_json=as_json)


@commands.command("install")
def install(
    *,
    voice: Annotated[str, typer.Argument(help="A language such as en, or the name of a voice.")],
    source: Annotated[
        Path | None,
        typer.Option(
            "--from", exists=True, dir_okay=False, help="A Piper voice of your own: FILE.onnx, with FILE.onnx.json."
        ),
    ] = None,
) -> None:
    """Fetches a voice, checks it and installs it; a download that was cut goes on where it ended."""
    own_part("voices").install(voice, source)


@commands.command("remove")
def remove(voice: Annotated[str, typer.Argument(help="The name of an installed voice, or a language.")]) -> None:
    """Deletes an installed voice, or all of a language."""
    part("voices").remove(voice)
