"""What the camera sees in each segment: the things a text names, prompts of sentences, stills and movements."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from app.core.sentences import sentences_of
from app.providers.local.plot.narration import Beat, phase_of
from app.providers.local.plot.wording import Phrases, TextRoom, clauses_of, cut, fold
from app.providers.local.scenery.art.drawings import catalogue
from app.providers.local.scenery.mentions import Mention, ReadClause, clause_of, scene_of
from app.providers.local.scenery.scene import Place
from app.providers.values import CameraCommand

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
class SceneContents:
    """Keys of what is there, and those of whom more is known than the segment's own words say, as the story says it."""

    time: str = ""
    weather: str = ""
    place: str = ""
    mood: str = ""
    cast: tuple[str, ...] = ()
    is_inside: bool = False
    is_outside: bool = False

    def after(self, before: "SceneContents") -> "SceneContents":
        """The look itself where its text says so, else the one before; another time of day brings other weather."""
        weather = self.weather or ("" if self.time and self.time != before.time else before.weather)
        place = self.place or (before.place if self.goes_with(before.place) else "")
        return replace(self, time=self.time or before.time, weather=weather, place=place)

    def goes_with(self, place: str) -> bool:
        """Whether its things can stand in a place: furniture in a room, houses and hills outside."""
        return not (self.is_outside if place in INDOORS else self.is_inside)


@dataclass(frozen=True)
class _Description:
    """A being or a thing as the story describes it once."""

    words: str
    colour: str
    trait: str

    def says_more_than(self, mention: Mention) -> bool:
        """Whether a later mention leaves out what was said here."""
        return bool((self.colour and not mention.colour) or (self.trait and not mention.trait))


def looks_of(story: str, texts: Sequence[str], phrases: Phrases, seed: int) -> list[SceneContents]:
    """The look of each text of the story; what a text does not say stays as it was, from the first mention on."""
    descriptions = _descriptions(story, phrases.language)
    memory = _Memory(phrases)
    seen = [_look(text, descriptions, memory, phrases.language) for text in texts]
    before = SceneContents(
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
    descriptions = _descriptions(story, language)
    return tuple(description.words for key, description in descriptions.items() if _is_being(key))[:MOST_CAST]


def _first_time(times: Sequence[str], seed: int) -> str:
    """When the film begins: a time of day that the story names soon, else one that it does not name at all."""
    usual = [time for time in USUAL_TIMES if time not in times] or USUAL_TIMES
    return next(_early(times), usual[seed % len(usual)])


def _early(values: Sequence[str]) -> Iterator[str]:
    """What is said in the first third of a film holds for its beginning too."""
    return (value for value in values[: 1 + len(values) // 3] if value)


def _look(text: str, descriptions: Mapping[str, _Description], memory: "_Memory", language: str) -> SceneContents:
    scene = scene_of(text, language)
    carried = memory.after(text)
    mentions = clause_of(text, language).mentions()
    said = {mention.key for mention in mentions}
    fuller = [
        mention.key
        for mention in mentions
        if mention.key in descriptions and descriptions[mention.key].says_more_than(mention)
    ]
    keys = dict.fromkeys([*(key for key in carried if key not in said), *fuller])
    return SceneContents(
        time=str(scene.hour or ""),
        weather=str(scene.weather or ""),
        place=str(scene.place or ""),
        mood=str(scene.mood),
        cast=tuple(descriptions[key].words for key in keys if key in descriptions),
        is_inside=any(mention.key in INDOOR_THINGS for mention in mentions),
        is_outside=any(catalogue()[mention.key].is_outdoors for mention in mentions),
    )


def _descriptions(story: str, language: str) -> dict[str, _Description]:
    """Each being and thing in its fullest description; what has two colours has none."""
    clause = clause_of(story, language)
    descriptions: dict[str, _Description] = {}
    for mention in clause.mentions():
        found = _Description(clause.words(mention, story), mention.colour, mention.trait)
        known = descriptions.setdefault(mention.key, found)
        if known.colour and found.colour and known.colour != found.colour:
            descriptions[mention.key] = _Description(
                clause.words(replace(mention, first=mention.match.start), story), "", ""
            )
        elif (bool(found.colour), bool(found.trait)) > (bool(known.colour), bool(known.trait)):
            descriptions[mention.key] = found
    return descriptions


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


SCENE_ROOM: Final = TextRoom(60)
STYLE_LETTERS: Final = 200
DOUBLE_EVERY: Final = 3
_Moves = tuple[tuple[CameraCommand, ...], ...]
_OPENING_MOVES: Final[_Moves] = (
    (CameraCommand.PAN_RIGHT, CameraCommand.PULL_OUT, CameraCommand.PEDESTAL_UP),
    (CameraCommand.TRUCK_LEFT, CameraCommand.PAN_LEFT),
    (CameraCommand.PUSH_IN, CameraCommand.STATIC_SHOT),
    (CameraCommand.TILT_UP, CameraCommand.PUSH_IN),
    (CameraCommand.TILT_DOWN, CameraCommand.PULL_OUT),
)
_FURTHER_MOVES: Final[_Moves] = (
    (CameraCommand.ZOOM_IN, CameraCommand.STATIC_SHOT),
    (CameraCommand.TRUCK_RIGHT, CameraCommand.TRUCK_LEFT),
    (CameraCommand.PAN_LEFT, CameraCommand.STATIC_SHOT),
    (CameraCommand.PUSH_IN, CameraCommand.ZOOM_IN),
    (CameraCommand.TILT_UP, CameraCommand.TILT_DOWN),
    (CameraCommand.PULL_OUT, CameraCommand.PEDESTAL_UP),
    (CameraCommand.TRACKING_SHOT, CameraCommand.TRUCK_RIGHT),
)
_PARTNERS: Final[Mapping[CameraCommand, CameraCommand]] = {
    CameraCommand.PUSH_IN: CameraCommand.TILT_UP,
    CameraCommand.PULL_OUT: CameraCommand.PEDESTAL_UP,
    CameraCommand.PAN_LEFT: CameraCommand.PEDESTAL_UP,
    CameraCommand.PAN_RIGHT: CameraCommand.PUSH_IN,
    CameraCommand.TRUCK_LEFT: CameraCommand.PAN_RIGHT,
    CameraCommand.TRUCK_RIGHT: CameraCommand.PAN_LEFT,
}


@dataclass(frozen=True)
class Shot:
    """How one segment is framed and how the camera moves in it."""

    lead: str
    commands: tuple[CameraCommand, ...]


def shots_of(beats: Sequence[Beat], looks: Sequence[SceneContents], phrases: Phrases, seed: int) -> list[Shot]:
    """A shot per beat; the film opens wide, neighbours differ in framing and in movement."""
    shots: list[Shot] = []
    fresh = 0
    for index, (beat, look) in enumerate(zip(beats, looks, strict=True)):
        leads, moves = phrases.further_shots, _FURTHER_MOVES
        number = seed + index
        if not beat.look or index == 0:
            leads, moves = phrases.opening_shots, _OPENING_MOVES
            number, fresh = (fresh and fresh + seed % (len(leads) - 1)), fresh + 1
        number %= len(leads)
        if shots and shots[-1].lead == leads[number]:
            number = (number + 1) % len(leads)
        is_shaken = look.mood == "fear" and phase_of(index, len(beats)) > 1
        shots.append(Shot(leads[number], _movement(moves[number], shots, is_shaken=is_shaken)))
    return shots


def _movement(options: Sequence[CameraCommand], shots: Sequence[Shot], *, is_shaken: bool) -> tuple[CameraCommand, ...]:
    before = shots[-1].commands[0] if shots else None
    first = next(command for command in options if command is not before)
    if is_shaken and before is not CameraCommand.SHAKE and first is not CameraCommand.STATIC_SHOT:
        return first, CameraCommand.SHAKE
    partner = _PARTNERS.get(first)
    return (first, partner) if partner is not None and len(shots) % DOUBLE_EVERY == 1 else (first,)


@dataclass(frozen=True)
class Painting:
    """One segment as it is to be seen."""

    beat: Beat
    look: SceneContents
    shot: Shot
    index: int
    count: int

    def prompt(self, phrases: Phrases, style: str) -> str:
        """Two or three sentences: framing and action; light; movement, flow and mood."""
        light = light_of(self.look, phrases)
        flow = phrases.flow if self.index else phrases.start
        parts = [phrases.cameras[self.shot.commands[0]], flow, *self._mood(phrases), *self._cast(phrases)]
        if style.strip():
            worded = " ".join(style.split())[:STYLE_LETTERS].rstrip(" .,;:!?")
            parts.append(f"{phrases.style}: {worded}")
        scene = self._scene(phrases)
        framed = f"{self.shot.lead}: {scene}." if scene else f"{self.shot.lead}."
        return f"{framed} {light[:1].upper()}{light[1:]}. {'; '.join(parts)}."

    def still(self, phrases: Phrases) -> str:
        """One sentence: what stands in the frame when the movement has ended."""
        shape = phrases.last_still if self.index == self.count - 1 else phrases.still
        ending = phrases.endings[self.index % len(phrases.endings)]
        parts = [light_of(self.look, phrases), *self._cast(phrases)]
        return shape.format(beat=self._scene(phrases) or self.shot.lead, ending=ending, light="; ".join(parts))

    def _cast(self, phrases: Phrases) -> list[str]:
        return [phrases.kept_in_view.format(subjects=", ".join(self.look.cast))] if self.look.cast else []

    def _mood(self, phrases: Phrases) -> list[str]:
        return [phrases.moods[self.look.mood]] if self.look.mood in phrases.moods else []

    def _scene(self, phrases: Phrases) -> str:
        """The moment in the segment's own words, without a full stop; a long one ends where a clause does."""
        pieces = clauses_of(self.beat.words)
        while len(pieces) > 1 and not SCENE_ROOM.holds(" ".join(pieces)):
            pieces.pop()
        joined = " ".join(pieces)
        worded = joined if SCENE_ROOM.holds(joined) else cut(joined, SCENE_ROOM, phrases) or ""
        bare = worded.strip(" .,;:!?\u2026-\u2013\u2014")
        first, _, rest = bare.partition(" ")
        scene = rest if rest and fold(first) in fold(phrases.joiners).split() else bare
        return scene[:1].upper() + scene[1:]


def light_of(look: SceneContents, phrases: Phrases) -> str:
    """Time of day, weather and place in one clause after the other."""
    clauses = [phrases.times[look.time]]
    if look.weather in phrases.weathers:
        clauses.append(phrases.weathers[look.weather])
    if look.place in phrases.places:
        clauses.append(phrases.places[look.place])
    return phrases.last_joint.join([", ".join(clauses[:-1]), clauses[-1]]) if len(clauses) > 1 else clauses[0]
