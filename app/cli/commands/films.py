"""`avc make`: what may be said about the film that is asked for."""

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, TypeVar, get_type_hints

import typer

from app.cli.commands.options import AsJson, Timeout

__all__ = ["Wish", "taking"]

T = TypeVar("T")
NAME_CHARACTERS = 80

Picture = typer.Option(exists=True, dir_okay=False, help="First picture of the film.")
Voice = typer.Option(exists=True, dir_okay=False, help="Sample of the narrator's voice.")
Language = typer.Option(
    "--language", "--lang", help="Language of the narration: pl, en and others; that of the story if not said."
)
Out = typer.Option("--out", "-o", help="Where the film goes; film.mp4 here if not said.")


@dataclass(frozen=True, kw_only=True)
class Wish:
    """The film that is asked for, and how it is waited for."""

    story: Annotated[str, typer.Argument(help="The story to tell.")]
    picture: Annotated[Path | None, Picture] = None
    voice: Annotated[Path | None, Voice] = None
    length: Annotated[int, typer.Option(min=6, max=60, help="Seconds the film lasts.")] = 30
    language: Annotated[str | None, Language] = None
    out: Annotated[Path | None, Out] = None
    force: Annotated[bool, typer.Option("--force", help="Replaces the file that is there.")] = False
    wait: Annotated[bool, typer.Option(help="Follows the film until it is there.")] = True
    timeout: Timeout = None
    as_json: AsJson = False

    def fields(self, language: str) -> dict[str, str | int]:
        """The project that is ordered."""
        name = " ".join(self.story.split())[:NAME_CHARACTERS]
        order: dict[str, str | int] = {"name": name, "story_prompt": self.story, "target_duration_sec": self.length}
        return order | {"language": language}

    def files(self) -> dict[str, Path]:
        """The files of the order, by the paths that take them."""
        named = (("first-frame", self.picture), ("audio-sample", self.voice))
        return {name: file for name, file in named if file is not None}


def taking(kind: type[T]) -> Callable[[Callable[[T], None]], Callable[..., None]]:
    """Makes a command whose arguments and options are the fields of a dataclass."""

    def of(act: Callable[[T], None]) -> Callable[..., None]:
        def command(**given: Any) -> None:
            act(kind(**given))

        command.__dict__["__signature__"] = inspect.signature(kind)
        command.__annotations__ = get_type_hints(kind, include_extras=True)
        command.__doc__ = act.__doc__
        return command

    return of
