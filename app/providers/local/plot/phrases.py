"""What the rules must know about one language: its whole sentences, its clauses and the words that call them."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

from app.providers.values import CameraCommand

__all__ = ["Phrases", "phrases_of"]

FOLDER: Final = Path(__file__).with_name("phrases")
LISTS: Final = ("opening_shots", "further_shots", "endings")


@dataclass(frozen=True)
class Phrases:
    """One language.

    Times, weathers, places and moods are whole clauses for the values of a scene; they begin in lower case and carry
    no full stop. All other phrases are made of words that name nothing that a painter could draw.
    """

    language: str
    words_per_second: float
    small_words: str
    clause_openers: str
    joiners: str
    last_joint: str
    pronouns: str
    times: Mapping[str, str]
    weathers: Mapping[str, str]
    places: Mapping[str, str]
    moods: Mapping[str, str]
    opening_shots: tuple[str, ...]
    further_shots: tuple[str, ...]
    cameras: Mapping[CameraCommand, str]
    flow: str
    start: str
    kept_in_view: str
    style: str
    still: str
    last_still: str
    endings: tuple[str, ...]
    untitled: str
    notes: str
    foreign_said: str
    scene: str
    foreign_note: str
    left_out: str
    drops_pronouns: bool = False


@cache
def phrases_of(language: str) -> Phrases:
    """The phrases of one language, read when they are first wanted."""
    told: dict[str, Any] = tomllib.loads((FOLDER / f"{language}.toml").read_text(encoding="utf-8"))
    for kind in LISTS:
        told[kind] = tuple(told[kind])
    told["cameras"] = {CameraCommand[name.upper()]: clause for name, clause in told["cameras"].items()}
    return Phrases(language=language, **told)
