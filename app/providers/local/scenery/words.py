"""Reads from a text which scene it describes; pure."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from enum import StrEnum
from typing import Final, TypeVar

from app.providers.local.scenery.art.catalogue import catalogue
from app.providers.local.scenery.mentions import Mention, ReadClause
from app.providers.local.scenery.scene import MOST_FIGURES, Figure, Hour, Look, Mood, Place, Scene, Weather
from app.providers.local.scenery.tokens import Token, tokens_of
from app.providers.local.scenery.vocabulary import LANGUAGES, Marks, marks_of, vocabulary_of

__all__ = ["clause_of", "figures_of", "scene_of"]

CLOSENESS: Final = {"near": 1.7, "far": 0.7}
# A small word says more about the language of a text than a noun does.
SMALL_WORD_POINTS: Final = 2
# Places that are named in passing, beside the place where it happens.
PASSING: Final = frozenset(("sky", "path", "road", "cliff", "crossroads", "galaxy"))
NIGHTLY: Final = frozenset(("moon", "full_moon", "star", "shooting_star", "northern_lights", "firefly"))
WEATHERS: Final = {"rain": "rain", "hail": "rain", "snow": "snow", "fog": "fog", "storm": "storm"}
# What the place itself shows.
BACKDROPS: Final[Mapping[str, str]] = {
    "mountain": Place.MOUNTAINS,
    "library": Place.LIBRARY,
    **dict.fromkeys(("shop", "bakery", "cafe", "restaurant"), Place.SHOP),
}
# How a prompt is to be painted and what stands beside it, as the service and the planner word it, is not what it shows.
STYLE: Final = re.compile(
    r"\b(?:visual style|style visuel|style|styl|bildstil|estilo visual|estilo|stile visivo|stile)\s*:", re.IGNORECASE
)
ASIDES: Final = re.compile(
    r"^(?:Keep people, places and light as|Throughout the film:|What led here:|What begins here:)", re.MULTILINE
)
Named = TypeVar("Named", bound=StrEnum)


def scene_of(prompt: str, language: str = "") -> Scene:
    """The scene that these words describe; what they do not say stays open."""
    told = ASIDES.split(prompt, maxsplit=1)[0]
    text, *styles = STYLE.split(told, maxsplit=1)
    clause = clause_of(text, language)
    mentions = clause.mentions()
    named = [*clause.places()]
    place = _place(clause, named)
    return Scene(
        place=place,
        hour=_first(Hour, clause.values("hours")) or _hour(named, mentions),
        weather=_first(Weather, clause.values("weathers")) or _weather(named),
        mood=_first(Mood, clause.values("moods")) or Mood.PLAIN,
        look=_look(tokens_of(" ".join((text, *styles))), clause),
        figures=figures_of(mention for mention in mentions if BACKDROPS.get(mention.key, "") != place),
        closeness=CLOSENESS.get(next(clause.values("closeness"), ""), 1.0),
    )


def clause_of(text: str, language: str = "") -> ReadClause:
    """A text looked up in its language."""
    tokens = tokens_of(text)
    return ReadClause(tokens, vocabulary_of(language or _language(tokens), without_accents=text.isascii()))


def figures_of(mentions: Iterable[Mention]) -> tuple[Figure, ...]:
    """Each thing once, in the order of its first mention."""
    found: list[Figure] = []
    for mention in mentions:
        figure = mention.figure()
        known = next((index for index, other in enumerate(found) if _is_same(other, figure)), None)
        if known is None:
            found.append(figure)
            continue
        other = found[known]
        found[known] = replace(
            other,
            count=max(other.count, figure.count),
            colour=other.colour or figure.colour,
            trait=other.trait or figure.trait,
        )
    return tuple(found[:MOST_FIGURES])


def _is_same(one: Figure, other: Figure) -> bool:
    return one.key == other.key and (one.colour == other.colour or not one.colour or not other.colour)


def _place(clause: ReadClause, named: Sequence[str]) -> Place | None:
    """The place named first; the sky or a road only where nothing else is named."""
    said = [*clause.values("places")]
    homes = [
        key if key in set(Place) else catalogue()[key].home
        for key in named
        if catalogue()[key].stand == "place" and key not in PASSING
    ]
    passing = [catalogue()[key].home for key in named if key in PASSING]
    return _first(Place, [*said, *homes, *passing])


def _hour(named: Sequence[str], mentions: Sequence[Mention]) -> Hour | None:
    keys = {*named, *(mention.key for mention in mentions)}
    if keys & NIGHTLY:
        return Hour.NIGHT
    return Hour.DAY if "sun" in keys else None


def _weather(named: Sequence[str]) -> Weather | None:
    return _first(Weather, (WEATHERS[key] for key in named if key in WEATHERS))


def _look(tokens: Sequence[Token], clause: ReadClause) -> Look:
    """How it is to be painted; the names of styles are English in any language."""
    own = _first(Look, ReadClause(tokens, clause.vocabulary).values("looks"))
    foreign = [token for token in tokens if token.text and not clause.vocabulary.meanings(token.text)]
    return own or _first(Look, ReadClause(foreign, vocabulary_of("en")).values("looks")) or Look.POSTER


def _first(kind: type[Named], values: Iterable[str]) -> Named | None:
    found = next((value for value in values if value in set(kind)), None)
    return kind(found) if found else None


def _language(tokens: Sequence[Token]) -> str:
    """The language most of whose words are here."""
    points = {language: _points(tokens, marks_of(language)) for language in LANGUAGES}
    best, following = sorted(points.values(), reverse=True)[:2]
    if best <= following + SMALL_WORD_POINTS:
        for language in LANGUAGES:
            vocabulary = vocabulary_of(language, without_accents=all(token.text.isascii() for token in tokens))
            points[language] += sum(bool(vocabulary.meanings(token.text)) for token in tokens if token.text)
    return max(points, key=points.__getitem__)


def _points(tokens: Sequence[Token], marks: Marks) -> int:
    marked = {letter for token in tokens for letter in token.text if not letter.isascii()}
    words = sum(token.text in marks.words for token in tokens)
    return SMALL_WORD_POINTS * (words + len(marked & marks.letters) - len(marked - marks.letters))
