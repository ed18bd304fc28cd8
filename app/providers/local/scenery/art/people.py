"""Puts a person together: body, hair, garments and what is held, in colours that the seed picks."""

import tomllib
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any, Final

from app.providers.local.scenery.art.drawings import NAMED, drawing, drawing_names, shade
from app.providers.local.scenery.art.raster import FlatShape, box_of
from app.providers.local.scenery.scene import Figure

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


FIXED: Final = {"ink": "2b2430", "mouth": "a8433f", "blush": "f08a80", "hat": "5c4a3f", **NAMED, "white": "ffffff"}
TONES: Final = {"": 1.0, "-dark": 0.74, "-light": 1.5}
# The whole numbers of a part to one unit of the frame in which a grown person is 200 high.
PART_SCALE: Final = 10
HAND: Final = (48.0, -109.0)
AT_FEET: Final = (48.0, 0.0)
CHIN: Final = -150.0
BEHIND: Final = frozenset({"cape", "wings", "fairywings", "tail", "backpack", "tank", "quiver"})
ON_FACE: Final = frozenset({"glasses", "eyepatch", "nose", "stitches", "greasepaint"})
COVERING: Final = frozenset({"hood", "space", "balaclava", "veil", "scarf", "aviator"})
OVER_ANY_HAIR: Final = frozenset({"", "crown", "tiara", "wreath", "headphones", "horns", "halo", "mask", "bridal"})
TALL_HAIR: Final = {"curly": "short", "spiky": "short", "tousled": "parted", "bun": "bob"}
LEGLESS: Final = frozenset({"gown", "robe", "cassock", "vestments", "onesie"})
SLEEVES: Final = {"armour": ".metal", "spacesuit": ".suit", "jersey": ".bare", "rags": ".bare", "scrubs": ".bare"}


@dataclass(frozen=True)
class Build:
    """How a body differs from a grown one: its breadth and height, the size of the head, and how far it leans."""

    across: float = 1.0
    up: float = 1.0
    head: float = 1.0
    lean: float = 0.0

    def body(self, x: float, y: float) -> tuple[float, float]:
        """Where a point of the body comes to be."""
        return x * self.across - y / 150 * self.lean, y * self.up

    def face(self, x: float, y: float) -> tuple[float, float]:
        """Where a point of the head comes to be."""
        return x * self.head + self.lean * 1.4, (y - CHIN) * self.head + CHIN * self.up + self.lean * 0.6


BUILDS: Final = {
    "adult": Build(),
    "old": Build(lean=9.0),
    "child": Build(0.74, 0.6, 0.9),
    "baby": Build(0.62, 0.42, 0.78),
    "short": Build(1.02, 0.6),
}


@dataclass(frozen=True)
class Person:
    """What was decided about one person: all of it follows from the figure and the seed."""

    dress: Dress
    build: Build
    body: str
    colours: dict[str, str]
    hair: str
    beard: str

    @property
    def prop(self) -> str:
        """What the hand holds."""
        needs_stick = self.dress.age == "old" and self.dress.stick
        return self.dress.prop or ("walking_stick" if needs_stick else "")


def person_shapes(figure: Figure, seed: int) -> list[FlatShape]:
    """The shapes of one person, or of a group beside each other."""
    members = groups().get(figure.key)
    if members is None:
        return list(_shapes(_decided(figure, seed, 0)))
    is_twins = figure.key == "twins"
    shapes: list[FlatShape] = []
    right = 0.0
    for place, key in enumerate(members):
        member = replace(figure, key=key, colour=figure.colour if is_twins or place == 0 else "")
        found = list(_shapes(_decided(member, seed, 0 if is_twins else place)))
        box = box_of(found)
        shapes += [shape.moved(1, right - box.left, 0) for shape in found]
        right += box.width * (0.8 if figure.key == "crowd" else 1.02)
    return shapes


def in_slots(shapes: Iterable[FlatShape], figure: Figure, seed: int) -> Iterator[FlatShape]:
    """A drawing of a person whose skin, hair and garment are for the seed to pick."""
    own = _own_seed(figure.key, seed, 0)
    colours = _colours(Dress(), figure.colour, own, own)
    yield from (replace(shape, colour=colours.get(shape.colour, shape.colour)) for shape in shapes)


def _own_seed(key: str, seed: int, place: int) -> int:
    """Two people of one film differ, although the film has one seed."""
    return zlib.crc32(f"{key}/{seed}/{place}".encode())


def _decided(figure: Figure, seed: int, place: int) -> Person:
    dress = dress_of(figure.key, figure.trait)
    own = _own_seed(figure.key, seed, place)
    is_male = dress.sex == "male" or (dress.sex == "either" and _pick(own, "sex", ("male", "female")) == "male")
    return Person(
        dress,
        BUILDS["short" if dress.short else dress.age],
        _pick(own, "body", dress.body),
        _colours(dress, figure.colour, own, seed if is_kin(figure.key) else own),
        _hair(dress, own, is_male=is_male),
        _beard(dress, own, is_male=is_male),
    )


def _hair(dress: Dress, seed: int, *, is_male: bool) -> str:
    kind = ("old_" if dress.age == "old" else "") + ("male" if is_male else "female")
    known = palette("girl" if kind == "female" and dress.age == "child" else kind)
    hair = _pick(seed, "hair", dress.hair or known)
    return hair if dress.hat in OVER_ANY_HAIR else TALL_HAIR.get(hair, hair)


def _beard(dress: Dress, seed: int, *, is_male: bool) -> str:
    if dress.beard or not is_male or dress.age in {"child", "baby"} or dress.face == "none":
        return dress.beard
    if dress.hat in COVERING or "greasepaint" in dress.worn:
        return ""
    return _pick(seed, "beard", palette("old_beard" if dress.age == "old" else "beard"))


def _colours(dress: Dress, colour: str, seed: int, kin: int) -> dict[str, str]:
    picked = {slot: _pick(seed, slot, palette(slot)) for slot in ("main", "second", "legs", "shoes")}
    picked["skin"] = _pick(kin, "skin", palette("skin"))
    is_dark = picked["skin"] in palette("skin")[3:]
    picked["hair"] = _pick(seed, "hair", palette("dark_hair" if is_dark else "hair"))
    if dress.age == "old":
        picked["hair"] = _pick(seed, "hair", palette("grey"))
    picked |= dress.colours
    if colour:
        picked[dress.coloured] = NAMED[colour]
    tones = {slot + tone: shade(value, ratio) for slot, value in picked.items() for tone, ratio in TONES.items()}
    return {**FIXED, **tones, "brow": shade(picked["hair"], 0.6)}


def _pick(seed: int, about: str, choices: Sequence[str]) -> str:
    return choices[zlib.crc32(f"{about}/{seed}".encode()) % len(choices)]


def _shapes(person: Person) -> Iterator[FlatShape]:
    for name in _behind(person):
        yield from _part(name, person, on_head=False)
    for name in _behind_head(person):
        yield from _part(name, person, on_head=True)
    for name in _body(person):
        yield from _part(name, person, on_head=False)
    if person.prop:
        yield from _beside(person, person.prop, HAND)
    yield from _part(_near_arm(person), person, on_head=False)
    for name in _head(person):
        yield from _part(name, person, on_head=True)
    if person.dress.prop_at_feet:
        yield from _beside(person, person.dress.prop_at_feet, AT_FEET)


def _behind(person: Person) -> Iterator[str]:
    yield from (f"worn.{name}" for name in person.dress.worn if name in BEHIND)
    yield "arm.far" + _sleeve(person.body)


def _behind_head(person: Person) -> Iterator[str]:
    if person.dress.hat == "bridal":
        yield "hat.bridal"
    if person.dress.hat not in COVERING:
        yield f"hair.{person.hair}.back"


def _body(person: Person) -> Iterator[str]:
    if person.body not in LEGLESS:
        yield "legs." + (person.dress.legs or {"dress": "bare", "jersey": "shorts"}.get(person.body, "trousers"))
    yield f"body.{person.body}"
    yield from (f"worn.{name}" for name in person.dress.worn if name not in BEHIND | ON_FACE)


def _near_arm(person: Person) -> str:
    kind = person.dress.arm or ("holding" if person.prop else "near")
    return f"arm.{kind}{_sleeve(person.body)}"


def _sleeve(body: str) -> str:
    return SLEEVES.get(body, "")


def _head(person: Person) -> Iterator[str]:
    dress = person.dress
    yield dress.head
    if "greasepaint" in dress.worn:
        yield "worn.greasepaint"
    if dress.face != "none":
        yield "face.calm" if dress.face == "fangs" else f"face.{dress.face}"
    if dress.face == "fangs":
        yield "face.fangs"
    if dress.age == "old":
        yield "face.wrinkles"
    if person.beard:
        yield f"beard.{person.beard}"
    if dress.hat not in COVERING:
        yield f"hair.{person.hair}"
    if dress.hat and dress.hat != "bridal":
        yield f"hat.{dress.hat}"
    yield from (f"worn.{name}" for name in dress.worn if name in ON_FACE and name != "greasepaint")


def _part(name: str, person: Person, *, on_head: bool) -> Iterator[FlatShape]:
    """A part in the person's build and colours; not every kind of hair has both of its parts."""
    if name.startswith("hair.") and f"part.{name}" not in drawing_names():
        return
    place = person.build.face if on_head else person.build.body
    thicker = person.build.head if on_head else person.build.across
    for shape in drawing(f"part.{name}").shapes:
        contours = tuple([place(x / PART_SCALE, y / PART_SCALE) for x, y in contour] for contour in shape.contours)
        colour = person.colours.get(shape.colour, shape.colour)
        yield FlatShape(colour, contours, shape.opacity, shape.width / PART_SCALE * thicker)


def _beside(person: Person, name: str, point: tuple[float, float]) -> Iterator[FlatShape]:
    """What is in the hand or before the feet, whole and in its own colours."""
    shapes = drawing(name).shapes
    box = box_of(shapes)
    height, across, down = held(name)
    scale = height * (1 if person.build.up > 0.9 else 0.7) / box.height
    right, below = person.build.body(*point)
    right -= (box.left + box.width * across) * scale
    below -= (box.top + box.height * down) * scale
    yield from (shape.moved(scale, right, below) for shape in shapes)
