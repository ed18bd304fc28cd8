"""Built-in music: five moods computed from chords, which go round without a seam and belong to nobody else."""

import math
import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from app.media.timeline import SAMPLE_RATE, Mood

__all__ = ["synthesise", "write_loop"]

Sound = NDArray[np.float32]

BEATS_PER_BAR = 4
CONCERT_PITCH_HZ, CONCERT_PITCH_NUMBER = 440.0, 69
PEAK = 0.5
OVERTONES = 5
# Beats are whole multiples of this, because echoes are computed fast only for lengths with small factors.
BEAT_GRAIN = 480
STEPS = {
    "add": (0, 4, 7, 14),
    "min": (0, 3, 7, 12),
    "maj": (0, 4, 7, 12),
    "open": (0, 7, 12, 14),
    "long": (0, 4, 7, 11),
}
CHORD = re.compile(r"\b(\d++)([a-z]+)")


@dataclass(frozen=True)
class Score:
    """How a mood is played: its chords as keys with their sorts, and which voices play."""

    beats_per_minute: int
    chords: str
    pad: float
    pluck: float
    plucked_beats: tuple[float, ...]
    bass: float
    drums: float
    brightness: float
    room_seconds: float


SCORES = {
    Mood.SOFT: Score(
        beats_per_minute=72,
        chords="48add 45min 53long 43maj 48long 52min 53maj 43open",
        pad=0.5, pluck=0.35, plucked_beats=(0, 1, 2, 2.5, 3), bass=0.3, drums=0.0, brightness=0.35, room_seconds=1.8,
    ),
    Mood.UPBEAT: Score(
        beats_per_minute=116,
        chords="50maj 45maj 47min 43maj 50add 45maj 43long 45open",
        pad=0.25, pluck=0.6, plucked_beats=(0, 0.5, 1.5, 2, 2.5, 3.5), bass=0.5, drums=0.5, brightness=0.6,
        room_seconds=0.7,
    ),
    Mood.CINEMATIC: Score(
        beats_per_minute=60,
        chords="45min 41long 48maj 43open 45min 50min 41maj 40maj",
        pad=0.8, pluck=0.2, plucked_beats=(0, 2), bass=0.6, drums=0.25, brightness=0.5, room_seconds=2.8,
    ),
    Mood.CORPORATE: Score(
        beats_per_minute=100,
        chords="48maj 43maj 45min 41maj 48add 43open 41long 43maj",
        pad=0.35, pluck=0.5, plucked_beats=(0, 0.5, 1, 1.5, 2, 2.5, 3, 3.5), bass=0.4, drums=0.3, brightness=0.45,
        room_seconds=1.0,
    ),
    Mood.AMBIENT: Score(
        beats_per_minute=50,
        chords="45open 48long 43open 41long",
        pad=0.9, pluck=0.12, plucked_beats=(1, 2.5), bass=0.2, drums=0.0, brightness=0.25, room_seconds=3.5,
    ),
}  # fmt: skip


def write_loop(mood: Mood, raw: Path) -> None:
    """Writes a mood once round as raw sound."""
    raw.write_bytes(synthesise(mood).astype("<f4").tobytes())


def synthesise(mood: Mood) -> Sound:
    """The same samples for the same mood, in two channels; the last is followed by the first."""
    score = SCORES[mood]
    beat = round(SAMPLE_RATE * 60 / score.beats_per_minute / BEAT_GRAIN) * BEAT_GRAIN
    bar = beat * BEATS_PER_BAR
    chords = CHORD.findall(score.chords)
    loop = np.zeros((bar * len(chords), 2), dtype=np.float32)
    for number, (root, sort) in enumerate(chords):
        _play_bar(loop, number * bar, beat, score, [int(root) + step for step in STEPS[sort]])
    loop = _in_room(loop, score.room_seconds)
    loop -= loop.mean(axis=0)
    return loop * np.float32(PEAK / float(np.abs(loop).max()))


def _play_bar(loop: Sound, begin: int, beat: int, score: Score, keys: list[int]) -> None:
    bar = beat * BEATS_PER_BAR
    for voice, key in enumerate(keys):
        side = 0.25 + 0.5 * voice / (len(keys) - 1)
        for detune in (-0.06, 0.06):
            tone = _tone(key + 12 + detune, round(bar * 1.3), score.brightness)
            _mix(loop, begin, tone * _swell(len(tone)), score.pad / 8, side + detune)
    _mix(loop, begin, _struck(keys[0] - 12, bar, 0.2, 1.2), score.bass, 0.5)
    for turn, moment in enumerate(score.plucked_beats):
        key = keys[turn % len(keys)] + 24
        pluck = _struck(key, beat * 3, score.brightness, 0.35)
        _mix(loop, begin + round(moment * beat), pluck, score.pluck / 2, 0.3 + 0.4 * (turn % 2))
    if score.drums:
        _drum(loop, begin, beat, score.drums)


def _drum(loop: Sound, begin: int, beat: int, strength: float) -> None:
    seconds = np.arange(round(0.25 * SAMPLE_RATE)) / SAMPLE_RATE
    low = _float32(np.sin(2 * np.pi * (48 * seconds + 6 * (1 - np.exp(-seconds * 30)))) * np.exp(-seconds * 14))
    hiss = np.diff(np.random.default_rng(7).standard_normal(len(seconds) + 1))
    brush = _float32(hiss * np.exp(-seconds * 45))
    for number in range(BEATS_PER_BAR):
        if number % 2 == 0:
            _mix(loop, begin + number * beat, low, strength, 0.5)
        _mix(loop, begin + round((number + 0.5) * beat), brush, strength * 0.08, 0.6)


def _tone(key: float, length: int, brightness: float) -> Sound:
    pitch = CONCERT_PITCH_HZ * 2 ** ((key - CONCERT_PITCH_NUMBER) / 12)
    turn = 2 * np.pi * pitch * (np.arange(length) / SAMPLE_RATE)
    below, overtone, twice = np.zeros(length, np.float32), _float32(np.sin(turn)), _float32(2 * np.cos(turn))
    tone = overtone.copy()
    # Each overtone follows from the two below it, which costs no further sines.
    for number in range(2, OVERTONES + 1):
        below, overtone = overtone, twice * overtone - below
        tone += np.float32(brightness ** (number - 1)) * overtone
    return tone


def _struck(key: float, length: int, brightness: float, fall_seconds: float) -> Sound:
    seconds = np.arange(length) / SAMPLE_RATE
    ending = np.minimum(1.0, (length / SAMPLE_RATE - seconds) * 50)
    shape = np.exp(-seconds / fall_seconds) * np.minimum(1.0, seconds * 200) * ending
    return _tone(key, length, brightness) * _float32(shape)


def _swell(length: int) -> Sound:
    return _float32(np.sin(np.linspace(0.0, np.pi, length)))


def _float32(values: NDArray[np.float64]) -> Sound:
    return values.astype(np.float32)


def _mix(loop: Sound, begin: int, tone: Sound, strength: float, side: float) -> None:
    """Adds a tone; what sounds past the end sounds on at the beginning."""
    left, right = (np.float32(strength * turn(side * math.pi / 2)) for turn in (math.cos, math.sin))
    begin %= len(loop)
    first = min(len(tone), len(loop) - begin)
    for part, at in ((tone[:first], begin), (tone[first:], 0)):
        loop[at : at + len(part), 0] += part * left
        loop[at : at + len(part), 1] += part * right


def _in_room(loop: Sound, seconds: float) -> Sound:
    """A room whose echo also goes round, so that the seam is nowhere; one channel at a time saves memory."""
    length = round(seconds * SAMPLE_RATE)
    noise = np.random.default_rng(3)
    for channel in range(2):
        echo = np.zeros(len(loop), dtype=np.float32)
        echo[:length] = noise.standard_normal(length, dtype=np.float32)
        echo[:length] *= _float32(np.exp(-5 * np.arange(length) / length) * (0.35 / math.sqrt(length / 10)))
        echo[0] += 1
        turned = np.fft.rfft(loop[:, channel]) * np.fft.rfft(echo)
        loop[:, channel] = np.fft.irfft(turned, n=len(loop))
    return loop
