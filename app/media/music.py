"""Built-in music: instruments, moods computed from chords, and loops without a seam; loads numpy."""

import math
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import cycle, islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from app.media.soundgraph import RAW_SAMPLE_BYTES
from app.media.timeline import SAMPLE_RATE, Mood

SEAM_SECONDS = 2.0
SHARE_OF_LOOP = 4


def make_loop(raw: Path, sample_count: int) -> None:
    """Blends the end of raw music into its beginning, when it is shorter than what it must fill."""
    size_bytes = raw.stat().st_size
    length = size_bytes // RAW_SAMPLE_BYTES
    seam = min(int(SEAM_SECONDS * SAMPLE_RATE), length // SHARE_OF_LOOP)
    if length >= sample_count or seam == 0:
        return
    music = np.memmap(raw, dtype="<f4", mode="r+", shape=(length, 2))
    turn = np.linspace(0.0, np.pi / 2, seam, dtype=np.float32)[:, None]
    music[:seam] = music[:seam] * np.sin(turn) + music[length - seam :] * np.cos(turn)
    music.flush()
    del music
    with raw.open("r+b") as file:
        file.truncate((length - seam) * RAW_SAMPLE_BYTES)


Sound = NDArray[np.float32]

# Nothing of this music lies above 9 kHz; the room brings it to the rate of films.
RATE = SAMPLE_RATE // 2
CONCERT_PITCH_HZ, CONCERT_PITCH_NUMBER = 440.0, 69
HIGHEST_HZ = 9000.0
PAD_HARMONICS, PAD_WIDTH = 9, 0.012
# How far the phases of left and right lie apart: enough for width, and little enough for one loudspeaker.
PAD_SPREAD = 0.75
STRING_HARMONICS, STRING_STIFFNESS = 8, 0.0004
VIBRATO_HZ, VIBRATO_DEPTH = 4.8, 0.0035


def pad(keys: list[int], length: int, brightness: float, chance: np.random.Generator) -> Sound:
    """Many voices at once, as an ensemble is: each overtone is a narrow band of noise; two channels."""
    strengths = np.zeros(length // 2 + 1)
    for key in keys:
        for number in range(1, PAD_HARMONICS + 1):
            pitch = _pitch(key) * number
            if pitch < HIGHEST_HZ:
                _add_band(strengths, pitch * length / RATE, PAD_WIDTH, brightness ** (number - 1) / number**0.5)
    phases = chance.uniform(0, 2 * np.pi, len(strengths))
    apart = chance.normal(0, PAD_SPREAD, len(strengths))
    both = [np.fft.irfft(strengths * np.exp(1j * turned), length) for turned in (phases, phases + apart)]
    sound = np.stack(both, axis=1).astype(np.float32)
    return sound / np.float32(np.sqrt(np.mean(np.square(sound))) * 4)


def plucked(key: int, length: int, brightness: float, fall_seconds: float) -> Sound:
    """A string: high overtones fade first, and lie a little too high."""
    seconds = _seconds(length)
    sound = np.zeros(length, np.float32)
    for number in range(1, STRING_HARMONICS + 1):
        pitch = _pitch(key) * number * np.sqrt(1 + STRING_STIFFNESS * number**2)
        if pitch < HIGHEST_HZ:
            fade = np.exp(-seconds * np.float32((1 + 0.7 * (number - 1)) / fall_seconds))
            sound += np.float32(brightness ** (number - 1)) * np.sin(np.float32(2 * np.pi * pitch) * seconds) * fade
    return sound * _edges(length, 0.004, 0.05)


def bass(key: int, length: int) -> Sound:
    """Round and slow, with overtones that small loudspeakers can play."""
    turn = np.float32(2 * np.pi * _pitch(key)) * _seconds(length)
    sound = np.sin(turn) + np.float32(0.4) * np.sin(2 * turn) + np.float32(0.16) * np.sin(3 * turn)
    return np.asarray(sound * np.exp(-_seconds(length) / np.float32(1.6)) * _edges(length, 0.03, 0.12), np.float32)


def flute(key: int, length: int) -> Sound:
    """A soft voice for melodies, whose tone begins to swing after a while."""
    seconds = _seconds(length)
    swing = np.clip((seconds - np.float32(0.3)) * 3, 0, 1) * np.sin(np.float32(2 * np.pi * VIBRATO_HZ) * seconds)
    turn = np.float32(2 * np.pi * _pitch(key)) * seconds
    turn += np.float32(VIBRATO_DEPTH * _pitch(key) / VIBRATO_HZ) * swing
    sound = np.sin(turn) + np.float32(0.22) * np.sin(2 * turn) + np.float32(0.1) * np.sin(3 * turn)
    return np.asarray(sound * _edges(length, 0.07, 0.25), np.float32)


def drum() -> Sound:
    """A low, soft stroke."""
    seconds = _seconds(RATE // 3)
    turn = 2 * np.pi * (48 * seconds + 6 * (1 - np.exp(-seconds * 30)))
    return np.asarray(np.sin(turn) * np.exp(-seconds * 13), np.float32) * _edges(len(seconds), 0.002, 0.05)


def brush() -> Sound:
    """A breath of noise."""
    seconds = _seconds(RATE // 4)
    noise = np.diff(np.random.default_rng(7).standard_normal(len(seconds) + 1))
    return np.asarray(noise * np.exp(-seconds * 45), np.float32) * _edges(len(seconds), 0.004, 0.05)


def room(loop: Sound, seconds: float, chance: np.random.Generator) -> Sound:
    """The loop in a room whose echo goes round with it, so that the seam is nowhere, at twice the rate."""
    length = round(seconds * RATE)
    # High sounds fade first in a room.
    softened = np.exp(-5 * np.arange(length) / length)
    made = np.empty((2 * len(loop), 2), np.float32)
    for channel in range(2):
        noise = chance.standard_normal(length)
        noise[1:] = (noise[1:] + noise[:-1]) / 2
        echo = np.zeros(len(loop))
        echo[:length] = noise * softened * (0.42 / np.sqrt(length / 10))
        echo[0] = 1
        turned = np.fft.rfft(loop[:, channel]) * np.fft.rfft(echo)
        turned[-1] = 0
        made[:, channel] = np.fft.irfft(turned, n=len(made)) * 2
    return made


def _add_band(strengths: NDArray[np.float64], middle: float, width: float, strength: float) -> None:
    """A Gaussian of that relative width round a place in the spectrum, with the same power whatever the width."""
    spread = max(middle * width / 2, 0.5)
    first, last = max(1, int(middle - 3 * spread)), min(len(strengths) - 1, int(middle + 3 * spread) + 2)
    places = np.arange(first, last)
    strengths[first:last] += strength / np.sqrt(spread) * np.exp(-(((places - middle) / spread) ** 2))


def _edges(length: int, begin_seconds: float, end_seconds: float) -> Sound:
    """From nothing to full and back, so that no tone begins or ends with a click."""
    seconds = _seconds(length)
    begins = np.minimum(1, seconds / np.float32(begin_seconds))
    ends = np.minimum(1, (np.float32(length / RATE) - seconds) / np.float32(end_seconds))
    return np.asarray(np.sin(np.minimum(begins, ends) * np.float32(np.pi / 2)) ** 2, np.float32)


def _seconds(length: int) -> Sound:
    return np.arange(length, dtype=np.float32) / np.float32(RATE)


def _pitch(key: int) -> float:
    return float(CONCERT_PITCH_HZ * 2 ** ((key - CONCERT_PITCH_NUMBER) / 12))


BEATS_PER_BAR = 4
PEAK = 0.5
# Beats are whole multiples of this, because spectra are computed fast only for lengths with small factors.
BEAT_GRAIN = 240
STEPS = {
    "add": (0, 4, 7, 14),
    "min": (0, 3, 7, 12),
    "maj": (0, 4, 7, 12),
    "open": (0, 7, 12, 14),
    "long": (0, 4, 7, 11),
}
CHORD = re.compile(r"\b(\d++)([a-z]+)")
# A chord begins before the one before it has faded.
PAD_OVERLAP = 0.3
# Beats on which the notes of a melody begin, and how long they last; a whole bar may rest.
RHYTHMS = (((0, 2), (2, 2)), ((0, 1.5), (1.5, 0.5), (2, 2)), ((0, 3),), ((0, 1), (1, 1), (2, 2)), ((1, 1), (2, 2)))
# Which rhythm each bar of a phrase has, and how far the melody climbs in it: a thought, its answer, another, the end.
PHRASE = (0, 1, 0, 2)
CLIMBS = (2, 3, -2, -3)
MELODY_LOWEST, MELODY_HIGHEST = 67, 84
LATE_SECONDS, TOUCH = 0.008, 0.15


@dataclass(frozen=True)
class Score:
    """How a mood is played: its chords as keys with their sorts, and how strongly each instrument plays.

    `bars` is how many bars the loop has; the chords go round in it.
    """

    beats_per_minute: int
    chords: str
    bars: int
    pad: float
    pluck: float
    plucked_beats: tuple[float, ...]
    bass: float
    melody: float
    drums: float
    brightness: float
    room_seconds: float
    fall_seconds: float = 0.45


SCORES = {
    Mood.SOFT: Score(
        beats_per_minute=72, bars=8,
        chords="48add 45min 53long 43maj 48long 52min 53maj 43open",
        pad=0.5, pluck=0.35, plucked_beats=(0, 1, 2, 2.5, 3), bass=0.3, melody=0.2, drums=0.0, brightness=0.35,
        room_seconds=1.8,
    ),
    Mood.UPBEAT: Score(
        beats_per_minute=116, bars=16,
        chords="50maj 45maj 47min 43maj 50add 45maj 43long 45open",
        pad=0.3, pluck=0.55, plucked_beats=(0, 0.5, 1.5, 2, 2.5, 3.5), bass=0.5, melody=0.18, drums=0.5,
        brightness=0.6, room_seconds=0.7, fall_seconds=0.3,
    ),
    Mood.CINEMATIC: Score(
        beats_per_minute=60, bars=8,
        chords="45min 41long 48maj 43open 45min 50min 41maj 40maj",
        pad=0.8, pluck=0.15, plucked_beats=(0, 2), bass=0.6, melody=0.14, drums=0.3, brightness=0.5,
        room_seconds=2.8, fall_seconds=0.8,
    ),
    Mood.CORPORATE: Score(
        beats_per_minute=100, bars=16,
        chords="48maj 43maj 45min 41maj 48add 43open 41long 43maj",
        pad=0.35, pluck=0.5, plucked_beats=(0, 0.5, 1, 1.5, 2, 2.5, 3, 3.5), bass=0.4, melody=0.12, drums=0.3,
        brightness=0.45, room_seconds=1.0, fall_seconds=0.35,
    ),
    Mood.AMBIENT: Score(
        beats_per_minute=50, bars=8,
        chords="45open 48long 43open 41long",
        pad=0.9, pluck=0.12, plucked_beats=(1, 2.5), bass=0.2, melody=0.05, drums=0.0, brightness=0.25,
        room_seconds=3.5, fall_seconds=1.2,
    ),
    Mood.PLAYFUL: Score(
        beats_per_minute=126, bars=16,
        chords="48maj 45min 50min 43maj 48maj 53maj 43maj 48add",
        pad=0.12, pluck=0.8, plucked_beats=(0, 1, 1.5, 2, 3, 3.5), bass=0.45, melody=0.2, drums=0.15, brightness=0.4,
        room_seconds=0.6, fall_seconds=0.16,
    ),
    Mood.MYSTERIOUS: Score(
        beats_per_minute=66, bars=8,
        chords="45min 41long 45min 46maj 50min 41maj 40maj 40min",
        pad=0.65, pluck=0.3, plucked_beats=(0.5, 2.5), bass=0.45, melody=0.06, drums=0.12, brightness=0.3,
        room_seconds=3.0, fall_seconds=0.9,
    ),
    Mood.MELANCHOLIC: Score(
        beats_per_minute=63, bars=8,
        chords="50min 46maj 53maj 48maj 43min 50min 45min 45maj",
        pad=0.4, pluck=0.5, plucked_beats=(0, 1, 2, 3), bass=0.3, melody=0.2, drums=0.0, brightness=0.3,
        room_seconds=2.2, fall_seconds=1.0,
    ),
}  # fmt: skip


@dataclass
class Player:
    """Plays onto a loop; what sounds past the end sounds on at the beginning."""

    loop: Sound
    beat: int
    chance: np.random.Generator
    _tones: dict[tuple[Callable[..., Sound], tuple[float, ...]], Sound] = field(default_factory=dict)

    def tone(self, make: Callable[..., Sound], *how: float) -> Sound:
        """A tone of an instrument that is made once, however often it is played."""
        if (make, how) not in self._tones:
            self._tones[make, how] = make(*how)
        return self._tones[make, how]

    def play(self, tone: Sound, at_beat: float, strength: float, side: float = 0.5) -> None:
        """Adds a tone of one or two channels at a place between left (0) and right (1)."""
        begin = round(at_beat * self.beat) % len(self.loop)
        levels = [strength * turn(side * math.pi / 2) for turn in (math.cos, math.sin)]
        sound = (tone if tone.ndim == 2 else tone[:, None]) * np.array(levels, np.float32)
        first = min(len(sound), len(self.loop) - begin)
        self.loop[begin : begin + first] += sound[:first]
        self.loop[: len(sound) - first] += sound[first:]

    def play_as_people_do(self, tone: Sound, at_beat: float, strength: float, side: float) -> None:
        """The same a little late, and not always as strong."""
        late, touch = self.chance.uniform(0, LATE_SECONDS), self.chance.uniform(1 - TOUCH, 1 + TOUCH)
        self.play(tone, at_beat + late * RATE / self.beat, strength * touch, side)


def write_loop(mood: Mood, raw: Path) -> None:
    """Writes a mood once round as raw sound."""
    raw.write_bytes(synthesise(mood).astype("<f4").tobytes())


def synthesise(mood: Mood) -> Sound:
    """The same samples for the same mood, in two channels; the last is followed by the first."""
    score = SCORES[mood]
    chance = np.random.default_rng(list(Mood).index(mood))
    beat = round(RATE * 60 / score.beats_per_minute / BEAT_GRAIN) * BEAT_GRAIN
    player = Player(np.zeros((beat * BEATS_PER_BAR * score.bars, 2), np.float32), beat, chance)
    chords = list(islice(cycle(_chords(score)), score.bars))
    _play_pads(player, score, chords)
    for bar, keys in enumerate(chords):
        _play_bar(player, score, bar, keys)
    _play_melody(player, score, chords)
    loop = room(player.loop, score.room_seconds, chance)
    loop -= loop.mean(axis=0)
    return loop * np.float32(PEAK / float(np.abs(loop).max()))


def _chords(score: Score) -> Iterator[list[int]]:
    for root, sort in CHORD.findall(score.chords):
        yield [int(root) + step for step in STEPS[sort]]


def _play_pads(player: Player, score: Score, chords: list[list[int]]) -> None:
    bar = player.beat * BEATS_PER_BAR
    overlap = round(bar * PAD_OVERLAP / BEAT_GRAIN) * BEAT_GRAIN
    turn = np.sin(np.linspace(0, np.pi / 2, overlap, dtype=np.float32))[:, None]
    for number, keys in enumerate(chords):
        sound = pad([key + 12 for key in keys], bar + overlap, score.brightness, player.chance)
        sound[:overlap] *= turn
        sound[-overlap:] *= turn[::-1]
        player.play(sound, number * BEATS_PER_BAR, score.pad * 1.4)


def _play_bar(player: Player, score: Score, bar: int, keys: list[int]) -> None:
    first = bar * BEATS_PER_BAR
    low, length = keys[0] - 12, player.beat * BEATS_PER_BAR
    player.play(player.tone(bass, low, length), first, score.bass)
    # Every other bar the strings go down instead of up.
    order = keys if bar % 2 == 0 else keys[::-1]
    for turn, moment in enumerate(score.plucked_beats):
        key = order[turn % len(order)] + 24
        tone = player.tone(plucked, key, 3 * player.beat, score.brightness, score.fall_seconds)
        player.play_as_people_do(tone, first + moment, score.pluck / 2, 0.3 + 0.4 * (turn % 2))
    if score.drums:
        _play_drums(player, first, score.drums)


def _play_drums(player: Player, first: int, strength: float) -> None:
    low, high = player.tone(drum), player.tone(brush)
    for beat in range(BEATS_PER_BAR):
        if beat % 2 == 0:
            player.play(low, first + beat, strength)
        player.play_as_people_do(high, first + beat + 0.5, strength * 0.08, 0.6)


def _play_melody(player: Player, score: Score, chords: list[list[int]]) -> None:
    """A tune that thinks in phrases of four bars, ends on tones of the chord, and uses no tone that no chord has."""
    scale = {key % 12 for keys in chords for key in keys}
    shapes = [RHYTHMS[number] for number in player.chance.permutation(len(RHYTHMS))]
    key = MELODY_LOWEST + 5
    for bar, keys in enumerate(chords):
        place = bar % len(PHRASE)
        if place == len(PHRASE) - 1 and bar % 8 > len(PHRASE):
            continue
        chord = {each % 12 for each in keys}
        for number, (moment, beats) in enumerate(shapes[PHRASE[place]]):
            step = CLIMBS[(place + bar // 8) % len(CLIMBS)] * (1 if number % 2 else -1) + int(
                player.chance.integers(-1, 2)
            )
            key = _nearest(key + step, chord if moment % 2 == 0 else scale)
            length = round(beats * player.beat * 1.05)
            tone = player.tone(flute, key, length)
            player.play_as_people_do(tone, bar * BEATS_PER_BAR + moment, score.melody, 0.55)


def _nearest(key: int, tones: set[int]) -> int:
    """The key nearest to this one that is among the tones, within the reach of the melody."""
    offered = [each for each in range(MELODY_LOWEST, MELODY_HIGHEST + 1) if each % 12 in tones]
    return min(offered, key=lambda each: (abs(each - key), each))
