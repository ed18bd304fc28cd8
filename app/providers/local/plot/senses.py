"""What each segment shows: what its own words name, and the place, hour and weather that go on from before."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from app.core.sentences import sentences_of
from app.providers.local.plot.phrases import Phrases
from app.providers.local.scenery.art.catalogue import catalogue
from app.providers.local.scenery.mentions import Mention, ReadClause
from app.providers.local.scenery.scene import Place
from app.providers.local.scenery.words import clause_of, scene_of

__all__ = ["Look", "cast_of", "looks_of"]

USUAL_TIMES: Final = ("day", "dawn", "sunset")
MOST_CAST: Final = 6
INDOORS: Final = frozenset((Place.ROOM, Place.KITCHEN, Place.LIBRARY, Place.WORKSHOP, Place.SHOP))
INDOOR_THINGS: Final = frozenset(
    (
        *("sofa", "armchair", "bed", "wardrobe", "shelf", "bookshelf", "desk", "piano", "fireplace", "stove", "oven"),
        *("fridge", "bathtub", "carpet", "curtain", "television", "computer", "screen"),
    )
)
BEINGS: Final = frozenset(("people", "animals"))
# A verb without a pronoun has its subject before it, within so many words.
SUBJECT_REACH: Final = 2


@dataclass(frozen=True)
class Look:
    """Keys of what is there, and those of whom more is known than the segment's own words say, as the story says it."""

    time: str = ""
    weather: str = ""
    place: str = ""
    mood: str = ""
    cast: tuple[str, ...] = ()
    is_inside: bool = False
    is_outside: bool = False

    def after(self, before: "Look") -> "Look":
        """The look itself where its text says so, else the one before; another time of day brings other weather."""
        weather = self.weather or ("" if self.time and self.time != before.time else before.weather)
        place = self.place or (before.place if self.goes_with(before.place) else "")
        return replace(self, time=self.time or before.time, weather=weather, place=place)

    def goes_with(self, place: str) -> bool:
        """Whether its things can stand in a place: furniture in a room, houses and hills outside."""
        return not (self.is_outside if place in INDOORS else self.is_inside)


@dataclass(frozen=True)
class _Telling:
    """A being or a thing as the story describes it once."""

    words: str
    colour: str
    trait: str

    def says_more_than(self, mention: Mention) -> bool:
        """Whether a later mention leaves out what was said here."""
        return bool((self.colour and not mention.colour) or (self.trait and not mention.trait))


def looks_of(story: str, texts: Sequence[str], phrases: Phrases, seed: int) -> list[Look]:
    """The look of each text of the story; what a text does not say stays as it was, from the first mention on."""
    told = _tellings(story, phrases.language)
    memory = _Memory(phrases)
    seen = [_look(text, told, memory, phrases.language) for text in texts]
    before = Look(
        time=_first_time([look.time for look in seen], seed),
        weather=seen[0].weather,
        place=next(_early([look.place for look in seen]), ""),
    )
    looks = []
    for look in seen:
        before = look.after(before)
        looks.append(before)
    return looks


def cast_of(story: str, language: str) -> tuple[str, ...]:
    """Who the story is about, as it describes them."""
    told = _tellings(story, language)
    return tuple(telling.words for key, telling in told.items() if _is_being(key))[:MOST_CAST]


def _first_time(times: Sequence[str], seed: int) -> str:
    """When the film begins: a time of day that the story names soon, else one that it does not name at all."""
    usual = [time for time in USUAL_TIMES if time not in times] or USUAL_TIMES
    return next(_early(times), usual[seed % len(usual)])


def _early(values: Sequence[str]) -> Iterator[str]:
    """What is said in the first third of a film holds for its beginning too."""
    return (value for value in values[: 1 + len(values) // 3] if value)


def _look(text: str, told: Mapping[str, _Telling], memory: "_Memory", language: str) -> Look:
    scene = scene_of(text, language)
    carried = memory.after(text)
    mentions = clause_of(text, language).mentions()
    said = {mention.key for mention in mentions}
    fuller = [mention.key for mention in mentions if mention.key in told and told[mention.key].says_more_than(mention)]
    keys = dict.fromkeys([*(key for key in carried if key not in said), *fuller])
    return Look(
        time=str(scene.hour or ""),
        weather=str(scene.weather or ""),
        place=str(scene.place or ""),
        mood=str(scene.mood),
        cast=tuple(told[key].words for key in keys if key in told),
        is_inside=any(mention.key in INDOOR_THINGS for mention in mentions),
        is_outside=any(catalogue()[mention.key].is_outdoors for mention in mentions),
    )


def _tellings(story: str, language: str) -> dict[str, _Telling]:
    """Each being and thing in its fullest description; what has two colours has none."""
    clause = clause_of(story, language)
    told: dict[str, _Telling] = {}
    for mention in clause.mentions():
        found = _Telling(clause.words(mention, story), mention.colour, mention.trait)
        known = told.setdefault(mention.key, found)
        if known.colour and found.colour and known.colour != found.colour:
            told[mention.key] = _Telling(clause.words(replace(mention, first=mention.match.start), story), "", "")
        elif (bool(found.colour), bool(found.trait)) > (bool(known.colour), bool(known.trait)):
            told[mention.key] = found
    return told


def _is_being(key: str) -> bool:
    return catalogue()[key].category in BEINGS


class _Memory:
    """Whom a pronoun means: the first being of the sentence before."""

    def __init__(self, phrases: Phrases) -> None:
        self._language = phrases.language
        self._pronouns = frozenset(phrases.pronouns.split())
        self._drops = phrases.drops_pronouns
        self._before: list[str] = []

    def after(self, text: str) -> list[str]:
        """Keys of those whom a text means without naming them."""
        carried: list[str] = []
        for sentence in sentences_of(text, self._language):
            clause = clause_of(sentence, self._language)
            mentions = clause.mentions()
            meant = self._before[:1] if self._refers(clause, mentions) else []
            carried += meant
            self._before = [*meant, *self._beings(mentions)] or self._before
        return carried

    def _beings(self, mentions: Sequence[Mention]) -> Iterator[str]:
        return (mention.key for mention in mentions if _is_being(mention.key))

    def _refers(self, clause: ReadClause, mentions: Sequence[Mention]) -> bool:
        begin = next((mention.first for mention in mentions if _is_being(mention.key)), len(clause.tokens))
        if any(token.text in self._pronouns for token in clause.tokens[:begin]):
            return True
        is_weather = any(catalogue()[key].stand == "weather" for key in clause.places())
        if not self._drops or begin < len(clause.tokens) or is_weather:
            return False
        return not mentions or mentions[0].first >= SUBJECT_REACH
