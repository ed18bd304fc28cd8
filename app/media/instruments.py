"""The instruments of the built-in music: pads, plucked strings, bass, a flute and soft drums."""

import numpy as np
from numpy.typing import NDArray

from app.media.timeline import SAMPLE_RATE

__all__ = ["RATE", "Sound", "bass", "brush", "drum", "flute", "pad", "plucked", "room"]

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
