"""Measures how high and how fast the person on a recording speaks."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["LISTENING_RATE_HZ", "Manner", "measured"]

LISTENING_RATE_HZ = 16_000
LISTENED_SECONDS = 90
FRAME, HOP, TRANSFORM, BATCH = 640, 160, 2048, 500
LOWEST_HZ, HIGHEST_HZ = 60, 400
VOICED_LIKENESS = 0.5
# The first period that is nearly as like as the best one is the true one; the best may be a multiple of it.
NEARLY = 0.9
LOUD_PERCENTILE, LOUD_PART = 95, 0.08
LEAST_VOICED_SECONDS = 1.0
DIP_DECIBELS = 2.0
SMOOTHED_FRAMES = 7

Sound = NDArray[np.float32]


@dataclass(frozen=True)
class Manner:
    """How somebody speaks; without a pace nothing like syllables was heard."""

    pitch_hz: float
    syllables_per_second: float | None


def measured(samples: NDArray[np.int16]) -> Manner | None:
    """The manner of a recording at 16 kHz, or None when no voice is heard in it."""
    sound: Sound = samples[: LISTENED_SECONDS * LISTENING_RATE_HZ].astype(np.float32)
    if len(sound) < FRAME:
        return None
    frames = np.lib.stride_tricks.sliding_window_view(sound, FRAME)[::HOP]
    loudness = np.sqrt(np.mean(np.square(frames), axis=1))
    loud = loudness > max(LOUD_PART * float(np.percentile(loudness, LOUD_PERCENTILE)), 1.0)
    periods = np.concatenate(list(_periods(frames)))
    voiced = loud & (periods > 0)
    if np.count_nonzero(voiced) * HOP < LEAST_VOICED_SECONDS * LISTENING_RATE_HZ:
        return None
    pitch_hz = LISTENING_RATE_HZ / float(np.median(periods[voiced]))
    return Manner(pitch_hz, _pace(loudness, loud, voiced))


def _periods(frames: Sound) -> Iterator[Sound]:
    """Samples in one swing of the voice for each frame; 0 where there is no voice."""
    window = np.hanning(FRAME).astype(np.float32)
    shortest, longest = LISTENING_RATE_HZ // HIGHEST_HZ, LISTENING_RATE_HZ // LOWEST_HZ
    own = _likeness(window[np.newaxis, :])[0, : longest + 1]
    for first in range(0, len(frames), BATCH):
        batch = frames[first : first + BATCH]
        likeness = _likeness((batch - batch.mean(axis=1, keepdims=True)) * window)[:, : longest + 1] / own
        inner = likeness[:, shortest:longest]
        is_peak = (inner >= likeness[:, shortest - 1 : longest - 1]) & (inner >= likeness[:, shortest + 1 :])
        best = np.where(is_peak, inner, 0).max(axis=1)
        chosen = np.argmax(is_peak & (inner >= NEARLY * best[:, np.newaxis]), axis=1) + shortest
        yield np.where(best > VOICED_LIKENESS, chosen, 0).astype(np.float32)


def _likeness(frames: Sound) -> Sound:
    """How like each frame is to itself a little later: 1 without a shift."""
    spectrum = np.fft.rfft(frames, TRANSFORM)
    shifted = np.fft.irfft(spectrum.real**2 + spectrum.imag**2, TRANSFORM)
    return np.asarray(shifted / np.maximum(shifted[:, :1], 1e-9), np.float32)


def _pace(loudness: Sound, loud: NDArray[np.bool_], voiced: NDArray[np.bool_]) -> float | None:
    """Swells of the voice for each second in which somebody speaks."""
    notifier = np.hanning(SMOOTHED_FRAMES + 2)[1:-1]
    smooth = np.convolve(loudness, notifier / notifier.sum(), mode="same")
    swells = _swells(20 * np.log10(np.maximum(smooth, 1.0)), loud & voiced)
    return swells / (int(np.count_nonzero(loud)) * HOP / LISTENING_RATE_HZ) if swells else None


def _swells(level: NDArray[np.float64], counted: NDArray[np.bool_]) -> int:
    """Peaks between dips that are deep enough to be heard."""
    found, rising, peak, dip = 0, True, 0, 0
    for at in range(len(level)):
        if rising:
            peak = at if level[at] > level[peak] else peak
            if level[at] < level[peak] - DIP_DECIBELS:
                found += int(counted[peak])
                rising, dip = False, at
        else:
            dip = at if level[at] < level[dip] else dip
            if level[at] > level[dip] + DIP_DECIBELS:
                rising, peak = True, at
    return found
