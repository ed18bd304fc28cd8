"""What tells a natural voice from a synthetic one, measured on its sound."""

from dataclasses import dataclass

import numpy as np

from app.providers.local.voices import FRAME, HOP, LISTENING_RATE_HZ

LOWEST_HZ, HIGHEST_HZ = 70, 400
BAND_HZ = (100, 7500)


@dataclass(frozen=True)
class Naturalness:
    """How noisy the loud frames are (0 a tone, 1 noise), how far the melody goes, and how quickly it is read."""

    flatness: float
    pitch_range_semitones: float
    letters_per_second: float

    def __str__(self) -> str:
        return (
            f"flatness {self.flatness:.4f}, pitch range {self.pitch_range_semitones:.1f} semitones, "
            f"{self.letters_per_second:.1f} letters a second"
        )


def measured(samples: np.ndarray, text: str) -> Naturalness:
    """Of mono samples at 44.1 kHz."""
    seconds = len(samples) / 44_100
    at = np.arange(int(seconds * LISTENING_RATE_HZ)) * 44_100 / LISTENING_RATE_HZ
    sound = np.interp(at, np.arange(len(samples)), samples)
    frames = np.lib.stride_tricks.sliding_window_view(sound, FRAME)[::HOP]
    loudness = np.sqrt(np.mean(np.square(frames), axis=1))
    loud = frames[loudness > 0.15 * np.percentile(loudness, 95)] * np.hanning(FRAME)
    power = np.abs(np.fft.rfft(loud)) ** 2 + 1e-12
    hertz = np.fft.rfftfreq(FRAME, 1 / LISTENING_RATE_HZ)
    band = power[:, (hertz >= BAND_HZ[0]) & (hertz <= BAND_HZ[1])]
    flatness = np.exp(np.mean(np.log(band), axis=1)) / np.mean(band, axis=1)
    pitches = 12 * np.log2(pitches_of(loud))
    spread = float(np.percentile(pitches, 90) - np.percentile(pitches, 10)) if len(pitches) else 0.0
    return Naturalness(float(np.median(flatness)), spread, len(text) / seconds)


def pitches_of(frames: np.ndarray) -> np.ndarray:
    """Hertz of the frames that clearly have a pitch."""
    spectrum = np.abs(np.fft.rfft(frames, 4 * FRAME)) ** 2
    likeness = np.fft.irfft(spectrum)
    window = np.hanning(FRAME)
    own = np.fft.irfft(np.abs(np.fft.rfft(window, 4 * FRAME)) ** 2)
    shortest, longest = LISTENING_RATE_HZ // HIGHEST_HZ, LISTENING_RATE_HZ // LOWEST_HZ
    span = likeness[:, shortest:longest] / np.maximum(likeness[:, :1], 1e-12) / (own[shortest:longest] / own[0])
    best = np.argmax(span, axis=1)
    clear = span[np.arange(len(span)), best] > 0.6
    return LISTENING_RATE_HZ / (best[clear] + shortest)
