"""`avc make`: what may be said about the film that is asked for."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from app.cli.commands.options import AsJson, Timeout
from app.cli.loading import part

__all__ = ["Wish", "commands"]

NAME_CHARACTERS = 80

commands = typer.Typer()
Story = Annotated[str, typer.Argument(help="The story to tell.")]
Picture = Annotated[Path | None, typer.Option(exists=True, dir_okay=False, help="First picture of the film.")]
Voice = Annotated[Path | None, typer.Option(exists=True, dir_okay=False, help="Sample of the narrator's voice.")]
Length = Annotated[int, typer.Option(min=6, max=60, help="Seconds the film lasts.")]
Language = Annotated[
    str | None, typer.Option("--language", "--lang", help="Language of the narration: pl, en and others.")
]
Out = Annotated[Path | None, typer.Option("--out", "-o", help="Where the film goes; film.mp4 here if not said.")]
Force = Annotated[bool, typer.Option("--force", help="Replaces the file that is there.")]
Wait = Annotated[bool, typer.Option(help="Follows the film until it is there.")]


@dataclass(frozen=True, kw_only=True)
class Wish:
    """The film that is asked for, and how it is waited for."""

    story: str
    picture: Path | None = None
    voice: Path | None = None
    length: int = 30
    language: str | None = None
    out: Path | None = None
    force: bool = False
    wait: bool = True
    timeout: float | None = None
    as_json: bool = False

    def fields(self) -> dict[str, str | int]:
        """The project that is ordered."""
        name = " ".join(self.story.split())[:NAME_CHARACTERS]
        order: dict[str, str | int] = {"name": name, "story_prompt": self.story, "target_duration_sec": self.length}
        return order | ({"language": self.language} if self.language else {})

    def files(self) -> dict[str, Path]:
        """The files of the order, by the paths that take them."""
        named = (("first-frame", self.picture), ("audio-sample", self.voice))
        return {name: file for name, file in named if file is not None}


@commands.command("make")
def make(
    story: Story,
    *,
    picture: Picture = None,
    voice: Voice = None,
    length: Length = 30,
    language: Language = None,
    out: Out = None,
    force: Force = False,
    wait: Wait = True,
    timeout: Timeout = None,
    as_json: AsJson = False,
) -> None:
    """Makes a narrated film from a story and says where it is; Ctrl-C leaves the work going on."""
    wish = Wish(
        story=story,
        picture=picture,
        voice=voice,
        length=length,
        language=language,
        out=out,
        force=force,
        wait=wait,
        timeout=timeout,
        as_json=as_json,
    )
    part("making").make(wish)
