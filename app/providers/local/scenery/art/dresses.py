"""How people look, read from the file that says it: garments, hats, what they hold, and colours to pick from."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any, Final

__all__ = ["Dress", "dress_of", "groups", "held", "is_kin", "is_person", "palette"]

PEOPLE_FILE: Final = Path(__file__).with_name("people.toml")


@dataclass(frozen=True)
class Dress:
    """One person: names of parts, and colours where they are not for the seed to pick."""

    sex: str = "either"
    age: str = "adult"
    body: tuple[str, ...] = ("shirt",)
    legs: str = ""
    arm: str = ""
    head: str = "head"
    face: str = "calm"
    hair: tuple[str, ...] = ()
    beard: str = ""
    hat: str = ""
    worn: tuple[str, ...] = ()
    prop: str = ""
    prop_at_feet: str = ""
    stick: bool = True
    short: bool = False
    coloured: str = "main"
    colours: Mapping[str, str] = field(default_factory=dict)


def is_person(key: str) -> bool:
    """Whether the key is a person or a group of them."""
    return key in _tables()["people"] or key in groups()


def dress_of(key: str, trait: str = "") -> Dress:
    """How that person looks; a trait changes the age or the face."""
    dress = _dresses()[key]
    if trait == "old" and dress.age == "adult":
        return replace(dress, age="old", stick=not dress.prop)
    if trait == "young" and dress.age == "old":
        return replace(dress, age="adult")
    if trait in {"sad", "happy"} and dress.face == "calm":
        return replace(dress, face=trait)
    return dress


def groups() -> Mapping[str, list[str]]:
    """Who stands in each group, from left to right."""
    members: Mapping[str, list[str]] = _tables()["groups"]
    return members


def is_kin(key: str) -> bool:
    """Whether the person belongs to the family of those with the same seed."""
    return key in _tables()["kin"]["keys"]


def held(name: str) -> tuple[float, float, float]:
    """How high a thing in the hand is, and where the hand holds it."""
    measures = _tables()["held"]
    height, across, down = measures.get(name, measures["usually"])
    return height, across, down


def palette(name: str) -> list[str]:
    """The colours or parts from which the seed picks."""
    found: list[str] = _tables()["palettes"][name]
    return found


@cache
def _tables() -> Mapping[str, Mapping[str, Any]]:
    return tomllib.loads(PEOPLE_FILE.read_text(encoding="utf-8"))


@cache
def _dresses() -> dict[str, Dress]:
    return {key: _dress(table) for key, table in _tables()["people"].items()}


def _dress(table: Mapping[str, Any]) -> Dress:
    values: dict[str, Any] = {name: tuple(value) if isinstance(value, list) else value for name, value in table.items()}
    return Dress(**values)
