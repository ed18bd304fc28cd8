"""`avc make`: what may be said about the film that is asked for."""

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, TypeVar, get_type_hints

import typer

from app.cli.commands.options import AsJson, Timeout

T = TypeVar("T")


class CaptionForm(StrEnum):
    """How the words of the narrator are shown."""

    BURNED = "burned"
    FILE = "file"
    NONE = "none"


Title = typer.Option(help="Name of the film; the beginning of the story if not said.")
Picture = typer.Option(exists=True, dir_okay=False, help="First picture of the film.")
Voice = typer.Option(help="Who narrates: a voice by its name, such as en-warm, or a file with a sample of one.")
Speed = typer.Option(min=0.5, max=2.0, help="Pace of the narrator; 1 is usual.")
Length = typer.Option(min=6, help="Seconds the film lasts; as the story needs if not said.")
Language = typer.Option(
    "--language", "--lang", help="Language of the narration: pl, en and others; that of the story if not said."
)
Style = typer.Option(help="How the pictures look, in your words: watercolour, film noir, paper cut-out …")
Aspect = typer.Option(help="Shape of the picture, such as 16:9, 9:16 or 1:1; that of the first picture if not said.")
CaptionsForm = typer.Option(
    help="burned into the picture; in files beside the film, which every form but none leaves there; or none."
)
Music = typer.Option(help="Mood of the music, such as soft or cinematic, or none; fitting the story if not said.")
Budget = typer.Option(min=0.0, help="Most US dollars that the film may cost.")
Out = typer.Option("--out", "-o", help="Where the film goes; film.mp4 here if not said.")


@dataclass(frozen=True, kw_only=True)
class Wish:
    """The film that is asked for, and how it is waited for."""

    story: Annotated[str, typer.Argument(help="The story to tell.")]
    title: Annotated[str | None, Title] = None
    length: Annotated[int | None, Length] = None
    language: Annotated[str | None, Language] = None
    voice: Annotated[str | None, Voice] = None
    speed: Annotated[float | None, Speed] = None
    picture: Annotated[Path | None, Picture] = None
    style: Annotated[str | None, Style] = None
    aspect: Annotated[str | None, Aspect] = None
    captions: Annotated[CaptionForm, CaptionsForm] = CaptionForm.BURNED
    music: Annotated[str | None, Music] = None
    budget: Annotated[float | None, Budget] = None
    out: Annotated[Path | None, Out] = None
    force: Annotated[bool, typer.Option("--force", help="Replaces the files that are there.")] = False
    wait: Annotated[bool, typer.Option(help="Follows the film until it is there.")] = True
    timeout: Timeout = None
    as_json: AsJson = False


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
