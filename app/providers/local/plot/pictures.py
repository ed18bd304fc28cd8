"""What the camera sees in each segment: prompts of whole sentences, the still at the end and the movement."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from app.providers.local.plot.beats import Beat
from app.providers.local.plot.narration import phase_of
from app.providers.local.plot.phrases import Phrases
from app.providers.local.plot.senses import Look
from app.providers.local.plot.wording import Room, clauses_of, cut, fold
from app.providers.values import CameraCommand

__all__ = ["Painting", "Shot", "light_of", "shots_of"]

SCENE_ROOM: Final = Room(60)
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


def shots_of(beats: Sequence[Beat], looks: Sequence[Look], phrases: Phrases, seed: int) -> list[Shot]:
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
    look: Look
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


def light_of(look: Look, phrases: Phrases) -> str:
    """Time of day, weather and place in one clause after the other."""
    clauses = [phrases.times[look.time]]
    if look.weather in phrases.weathers:
        clauses.append(phrases.weathers[look.weather])
    if look.place in phrases.places:
        clauses.append(phrases.places[look.place])
    return phrases.last_joint.join([", ".join(clauses[:-1]), clauses[-1]]) if len(clauses) > 1 else clauses[0]
