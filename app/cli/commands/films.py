"""`avc make`: from a story to a film in one command."""

from pathlib import Path
from typing import Annotated

import typer

from app.cli.commands.options import AsJson, Timeout
from app.cli.loading import part

__all__ = ["make"]

Out = Annotated[Path | None, typer.Option("--out", "-o", help="Where the film goes; film.mp4 here if not said.")]


def make(
    *,
    story: Annotated[str, typer.Argument(help="The story to tell, up to 2000 characters.")],
    picture: Annotated[
        Path | None, typer.Option(exists=True, dir_okay=False, help="First picture of the film.")
    ] = None,
    voice: Annotated[
        Path | None, typer.Option(exists=True, dir_okay=False, help="Sample of the narrator's voice.")
    ] = None,
    length: Annotated[int, typer.Option(min=5, max=60, help="Seconds the film lasts.")] = 30,
    language: Annotated[
        str | None, typer.Option("--language", "--lang", help="Language of the narration: pl, en …")
    ] = None,
    out: Out = None,
    force: Annotated[bool, typer.Option("--force", help="Replaces the file that is there.")] = False,
    wait: Annotated[bool, typer.Option(help="Follows the film until it is there.")] = True,
    timeout: Timeout = None,
    as_json: AsJson = False,
) -> None:
    """Makes a narrated film from a story and says where it is; Ctrl-C leaves the work going on."""
    making = part("making")
    making.make(
        making.Wish(
            story=story,
            picture=picture,
            voice=voice,
            length_seconds=length,
            language=language,
            out=out,
            force=force,
            wait=wait,
            timeout_seconds=timeout,
            as_json=as_json,
        )
    )
