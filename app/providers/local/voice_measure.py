"""How high and how fast somebody speaks in a recording."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["SAMPLE_RATE", "Measured", "measured"]

SAMPLE_RATE = 16_000
FRAME, HOP = 640, 160
LOWEST_HZ, HIGHEST_HZ = 65.0, 400.0
VOICED_LIKENESS = 0.45
LOUD_SHARE = 0.12
ENVELOPE_HOP_SECONDS = HOP / SAMPLE_RATE
SMOOTHED_HOPS = 9
SYLLABLE_GAP_HOPS = 11
MOST_FRAMES = 6000


@dataclass(frozen=True)
class Measured:
    """A speaker's usual pitch and pace; there is no pitch where nobody speaks."""

    pitch_hz: float | None
    syllables_per_second: float


def measured(samples: bytes) -> Measured:
    """Measures 16-bit mono samples of `SAMPLE_RATE`."""
    sound = np.frombuffer(samples, dtype="<i2").astype(np.float32) / 32768
    if len(sound) < FRAME * 4:
        return Measured(None, 0.0)
    frames = np.lib.stride_tricks.sliding_window_view(sound, FRAME)[::HOP][:MOST_FRAMES]
    loudness = np.sqrt(np.mean(frames**2, axis=1))
    loud = loudness > LOUD_SHARE * float(loudness.max(initial=0.0))
    if not loud.any() or float(loudness.max()) == 0.0:
        return Measured(None, 0.0)
    return Measured(_pitch(frames[loud][::3]), _pace(loudness, loud))


def _pitch(frames: NDArray[np.float32]) -> float | None:
    """The median of the pitches of voiced frames, by autocorrelation."""
    centred = frames - frames.mean(axis=1, keepdims=True)
    spectrum = np.fft.rfft(centred, FRAME * 2, axis=1)
    likeness = np.fft.irfft(np.abs(spectrum) ** 2, axis=1)[:, :FRAME]
    likeness = likeness / np.maximum(likeness[:, :1], 1e-9)
    # The overlap shrinks with the lag, which would otherwise favour high pitches.
    likeness = likeness / (1 - np.arange(FRAME) / FRAME)
    shortest, longest = int(SAMPLE_RATE / HIGHEST_HZ), int(SAMPLE_RATE / LOWEST_HZ)
    window = likeness[:, shortest:longest]
    best = window.max(axis=1)
    # The first lag that is nearly as good as the best one is the pitch; later ones are its multiples.
    lags = shortest + np.argmax(window >= 0.92 * best[:, None], axis=1)
    voiced = best > VOICED_LIKENESS
    return float(np.median(SAMPLE_RATE / lags[voiced])) if voiced.any() else None


def _pace(loudness: NDArray[np.float32], loud: NDArray[np.bool_]) -> float:
    """Swells of loudness per second of speech, which are about the syllables."""
    smooth = np.convolve(loudness, np.hanning(SMOOTHED_HOPS) / np.hanning(SMOOTHED_HOPS).sum(), mode="same")
    swells, last = 0, -SYLLABLE_GAP_HOPS
    for at in range(1, len(smooth) - 1):
        is_top = smooth[at - 1] < smooth[at] >= smooth[at + 1] and bool(loud[at])
        if is_top and at - last >= SYLLABLE_GAP_HOPS:
            swells, last = swells + 1, at
    spoken_seconds = float(loud.sum()) * ENVELOPE_HOP_SECONDS
    return swells / spoken_seconds if spoken_seconds else 0.0
