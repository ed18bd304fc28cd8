"""Reads from a text which scene it describes, and the beings and things it mentions; pure."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import pairwise
from typing import Final, TypeVar

from app.providers.local.scenery.art.drawings import catalogue
from app.providers.local.scenery.scene import (
    MOST_COUNT,
    MOST_FIGURES,
    Figure,
    Hour,
    PictureStyle,
    Place,
    Scene,
    SceneMood,
    Weather,
)
from app.providers.local.scenery.vocabulary import (
    LANGUAGES,
    Marks,
    Match,
    Vocabulary,
    WordToken,
    marks_of,
    tokens_of,
    vocabulary_of,
)

REACH: Final = 4
# Further back no adjective is looked for, so that work grows with the text and not with its square.
FURTHEST: Final = 8
LONGEST_COUNT: Final = len(str(MOST_COUNT))
REACH_BEHIND: Final = 2
ADJECTIVES_BEHIND: Final = frozenset(("fr", "es", "it", "pt", "pl"))
CLOTHES: Final = frozenset(("coat", "dress", "hat", "scarf", "boot", "shoe", "glove"))
# What a colour makes a part of the person who wears it.
WORN: Final = frozenset(("coat", "dress"))
MANY: Final = 3
MANY_FAR: Final = 2
DESCRIBING: Final = frozenset(("colours", "traits", "numbers"))
AGED: Final = {"man": "old_man", "woman": "old_woman"}
OWNER: Final = "'s"
UNCOUNTED: Final = frozenset(
    (
        *("crowd", "family", "couple", "twins", "sky", "matches", "glasses", "cards", "dice", "grapes", "scissors"),
        *("ruins", "puzzle"),
    )
)
# Beings are called by what they are, `said Fox`; any other thing with a capital is somebody's name.
CALLED: Final = frozenset(("people", "animals"))


@dataclass(frozen=True)
class Mention:
    """A thing in the text, what is said of it, and between which tokens all that stands."""

    match: Match
    first: int
    last: int
    key: str
    count: int = 1
    colour: str = ""
    trait: str = ""

    def figure(self) -> Figure:
        """It as a figure of a scene; an old man is a figure of his own."""
        if self.trait == "old" and self.key in AGED:
            return Figure(AGED[self.key], self.count, self.colour)
        return Figure(self.key, self.count, self.colour, self.trait)


class ReadClause:
    """A text whose words have been looked up."""

    def __init__(self, tokens: Sequence[WordToken], vocabulary: Vocabulary) -> None:
        self.tokens = tokens
        self.vocabulary = vocabulary
        self.matches = [*self._found()]
        self._names = self._named()
        self._at = {index: match for match in self.matches for index in range(match.start, match.end)}

    def _named(self) -> frozenset[str]:
        """Words with a capital inside a sentence; where nouns have capitals or every word has, they say nothing."""
        words = [token for token in self.tokens if token.text]
        capitals = [token for token in words if token.is_capital and not token.begins]
        if self.vocabulary.language == "de" or 2 * len(capitals) > len(words):
            return frozenset()
        return frozenset(token.text for token in capitals)

    def mentions(self) -> list[Mention]:
        """What is there, in order; what a person wears belongs to the person."""
        found = [self._described(match) for match in self.matches if self._is_thing(match)]
        worn: set[int] = set()
        for index, (mention, following) in enumerate(pairwise(found)):
            if self._wears(mention, following):
                colour = following.colour or mention.colour
                found[index] = replace(mention, colour=colour, last=following.last)
                worn.add(index + 1)
        return [mention for index, mention in enumerate(found) if index not in worn or mention.key not in WORN]

    def words(self, mention: Mention, text: str) -> str:
        """What the text says of a thing, word for word."""
        return text[self.tokens[mention.first].start : self.tokens[mention.last - 1].end]

    def values(self, table: str) -> Iterator[str]:
        """What the words say of a place, an hour, a mood."""
        for match in self.matches:
            if table in match.meanings and not self._is_likened(match):
                yield match.value(table)

    def places(self) -> Iterator[str]:
        """Keys of the catalogue that are themselves a place, the weather or an hour."""
        for match in self.matches:
            key = match.value("keys")
            if not key or catalogue()[key].is_drawn or self._is_likened(match):
                continue
            if catalogue()[key].stand == "weather" or not self._is_verb(match):
                yield key

    def _found(self) -> Iterator[Match]:
        is_small = not any(token.is_capital for token in self.tokens)
        at = 0
        while at < len(self.tokens):
            match = self.vocabulary.match(self.tokens, at, is_small=is_small) if self.tokens[at].text else None
            if match is not None:
                yield match
            at = match.end if match is not None else at + 1

    def _is_thing(self, match: Match) -> bool:
        key = match.value("keys")
        if not key or "ignored" in match.meanings or not catalogue()[key].is_drawn or self._is_name(match):
            return False
        if self._is_owner(match) or self._is_verb(match) or self._is_likened(match):
            return False
        return not {"colours", "traits"} & set(match.meanings) or not self._describes(match)

    def _is_name(self, match: Match) -> bool:
        token = self.tokens[match.start]
        if not token.is_capital or self._stands_before_noun(match.start - 1):
            return False
        is_called = catalogue()[match.value("keys")].category in CALLED
        return token.text in self.vocabulary.lists["names"] or (token.text in self._names and not is_called)

    def _is_owner(self, match: Match) -> bool:
        return match.end < len(self.tokens) and self.tokens[match.end].text == OWNER

    def _is_verb(self, match: Match) -> bool:
        """Whether the word is no noun where it stands."""
        before = self.tokens[match.start - 1].text if match.start else ""
        if before and before in self.vocabulary.lists["before_verbs"] and match.end - match.start == 1:
            return True
        meaning = match.meanings["keys"]
        return meaning.is_unsure and not self._stands_before_noun(match.start - 1, behind=match)

    def _stands_before_noun(self, index: int, behind: Match | None = None) -> bool:
        """Whether what ends here leads up to a noun: an article, perhaps with adjectives behind it."""
        at = index
        while at > max(-1, index - FURTHEST) and self._is_adjective(at):
            at -= 1
        if at < index:
            return True
        if at < 0 or self.tokens[at].is_pause:
            return behind is not None and behind.meanings["keys"].is_plural
        return self.tokens[at].text in self.vocabulary.lists["before_nouns"] or self.tokens[at].text == OWNER

    def _is_adjective(self, index: int) -> bool:
        match = self._at.get(index)
        if match is not None and {"colours", "traits", "numbers"} & set(match.meanings):
            return True
        token = self.tokens[index]
        lists = self.vocabulary.lists
        if match is None and token.text.endswith(tuple(lists["adjective_endings"])) and token.text:
            return self._text(index - 1) in lists["before_nouns"]
        return token.text in lists["adjectives"] or token.text.isdecimal()

    def _is_likened(self, match: Match) -> bool:
        """Whether the thing is only compared with something, or not there at all."""
        at = match.start - 1
        furthest = max(-1, at - FURTHEST)
        while at > furthest and (self._is_adjective(at) or self.tokens[at].text in self._articles()):
            if (found := self._at.get(at)) is not None and {"likened", "absent"} & set(found.meanings):
                return True
            at -= 1
        found = self._at.get(at)
        return found is not None and bool({"likened", "absent"} & set(found.meanings))

    def _articles(self) -> frozenset[str]:
        return frozenset(("a", "an", "the", "any", "of", "de", "d'", "un", "une", "una", "uno", "um", "uma"))

    def _describes(self, match: Match) -> bool:
        """Whether a word that is a colour and a thing, as `orange`, is said as a colour."""
        ahead = self._at.get(match.end)
        if ahead is not None and "keys" in ahead.meanings and not self._pause_between(match, ahead):
            return True
        behind = self._at.get(match.start - 1)
        follows_noun = self.vocabulary.language in ADJECTIVES_BEHIND and behind is not None
        is_linked = self._text(match.start - 1) in self.vocabulary.lists["linking"]
        return is_linked or bool(follows_noun and behind is not None and "keys" in behind.meanings)

    def _pause_between(self, first: Match, second: Match) -> bool:
        return any(token.is_pause for token in self.tokens[first.end : second.start])

    def _described(self, match: Match) -> Mention:
        meaning = match.meanings["keys"]
        before = [*self._before(match)]
        beside = [*reversed(before), *self._behind(match), *self._said_of(match)]
        count = next((int(found.value("numbers")) for found in before if "numbers" in found.meanings), 0)
        digits = next((int(self._text(found)) for found in self._digits_before(match)), 0)
        return Mention(
            match,
            min([match.start, *(found.start for found in beside)]),
            max([match.end, *(found.end for found in beside)]),
            meaning.value,
            _count(meaning.value, count or digits, is_plural=meaning.is_plural),
            next((found.value("colours") for found in beside if "colours" in found.meanings), ""),
            next((found.value("traits") for found in beside if "traits" in found.meanings), ""),
        )

    def _before(self, match: Match) -> Iterator[Match]:
        """Adjectives and numbers that lead up to a noun."""
        at, steps = match.start - 1, 0
        while at >= 0 and steps < REACH and not self._is_border(at):
            found = self._at.get(at)
            if found is not None and not DESCRIBING.isdisjoint(found.meanings):
                yield found
            at, steps = (found.start - 1 if found is not None else at - 1), steps + 1

    def _digits_before(self, match: Match) -> Iterator[int]:
        for at in range(match.start - 1, max(-1, match.start - 1 - REACH), -1):
            if self._text(at).isdecimal() and len(self._text(at)) <= LONGEST_COUNT:
                yield at
            if self._is_border(at):
                return

    def _is_border(self, at: int) -> bool:
        """Whether an adjective before this token belongs to something else."""
        token, match = self.tokens[at], self._at.get(at)
        if token.is_pause or token.text in self.vocabulary.lists["linking"]:
            return True
        if match is not None and {"colours", "traits", "numbers"} & set(match.meanings):
            return self.vocabulary.language in ADJECTIVES_BEHIND and self._belongs_back(match)
        if match is not None and "keys" in match.meanings:
            return True
        if token.text in self.vocabulary.lists["before_nouns"] or token.text in self.vocabulary.lists["before_verbs"]:
            return True
        return self._is_joint(token.text) and not self._is_adjective(at - 1)

    def _belongs_back(self, match: Match) -> bool:
        """Whether an adjective follows the noun that it describes."""
        if "numbers" in match.meanings or self.vocabulary.language == "pl":
            return False
        behind = self._at.get(match.start - 1)
        return behind is not None and "keys" in behind.meanings and not {"colours", "traits"} & set(behind.meanings)

    def _is_joint(self, word: str) -> bool:
        return word in {"and", "und", "i", "et", "y", "e", "oder", "or"}

    def _behind(self, match: Match) -> Iterator[Match]:
        """Adjectives that follow a noun, where the language puts them so."""
        if self.vocabulary.language not in ADJECTIVES_BEHIND:
            return
        reach = 1 if self.vocabulary.language == "pl" else REACH_BEHIND
        at, steps = match.end, 0
        while at < len(self.tokens) and steps < reach and not self.tokens[at].is_pause:
            found = self._at.get(at)
            if found is None or not {"colours", "traits"} & set(found.meanings):
                if self.tokens[at].text in self.vocabulary.lists["before_nouns"] or found is not None:
                    return
                at, steps = at + 1, steps + 1
                continue
            if self.vocabulary.language == "pl" and self._leads_on(found):
                return
            yield found
            at = found.end

    def _leads_on(self, match: Match) -> bool:
        ahead = self._at.get(match.end)
        return ahead is not None and "keys" in ahead.meanings

    def _said_of(self, match: Match) -> Iterator[Match]:
        """Adjectives said of a noun by a verb: `the sofa is red`."""
        if self._text(match.end) not in self.vocabulary.lists["linking"]:
            return
        for at in (match.end + 1, match.end + 2):
            found = self._at.get(at)
            if found is not None and {"colours", "traits"} & set(found.meanings) and not self._leads_on(found):
                yield found
                return

    def _wears(self, mention: Mention, following: Mention) -> bool:
        person = catalogue()[mention.key].category == "people"
        if not person or following.key not in CLOTHES:
            return False
        between = self._at.get(mention.match.end)
        begins = between is not None and "wearing" in between.meanings
        near = following.match.start - mention.match.end <= REACH + 1
        return begins and near and not self._pause_between(mention.match, following.match)

    def _text(self, at: int) -> str:
        return self.tokens[at].text if 0 <= at < len(self.tokens) else ""


def _count(key: str, said: int, *, is_plural: bool) -> int:
    if said or not is_plural or key in UNCOUNTED:
        return min(max(said, 1), MOST_COUNT)
    return MANY_FAR if catalogue()[key].stand == "far" else MANY


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
        mood=_first(SceneMood, clause.values("moods")) or SceneMood.PLAIN,
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


def _look(tokens: Sequence[WordToken], clause: ReadClause) -> PictureStyle:
    """How it is to be painted; the names of styles are English in any language."""
    own = _first(PictureStyle, ReadClause(tokens, clause.vocabulary).values("looks"))
    foreign = [token for token in tokens if token.text and not clause.vocabulary.meanings(token.text)]
    return own or _first(PictureStyle, ReadClause(foreign, vocabulary_of("en")).values("looks")) or PictureStyle.POSTER


def _first(kind: type[Named], values: Iterable[str]) -> Named | None:
    found = next((value for value in values if value in set(kind)), None)
    return kind(found) if found else None


def _language(tokens: Sequence[WordToken]) -> str:
    """The language most of whose words are here."""
    points = {language: _points(tokens, marks_of(language)) for language in LANGUAGES}
    best, following = sorted(points.values(), reverse=True)[:2]
    if best <= following + SMALL_WORD_POINTS:
        for language in LANGUAGES:
            vocabulary = vocabulary_of(language, without_accents=all(token.text.isascii() for token in tokens))
            points[language] += sum(bool(vocabulary.meanings(token.text)) for token in tokens if token.text)
    return max(points, key=points.__getitem__)


def _points(tokens: Sequence[WordToken], marks: Marks) -> int:
    marked = {letter for token in tokens for letter in token.text if not letter.isascii()}
    words = sum(token.text in marks.words for token in tokens)
    return SMALL_WORD_POINTS * (words + len(marked & marks.letters) - len(marked - marks.letters))
