"""Requests to the offline voice, and what is measured on the sound that it gives."""

import io
import wave
from typing import Any

import numpy as np

from app.providers.speech import SpeechRequest
from app.providers.values import MediaType

FRAME = 441
LISTENING_RATE_HZ, VOICE_FRAME, VOICE_HOP = 16_000, 640, 160


def wish(text: str = "Dom.", language: str = "pl", **changes: Any) -> SpeechRequest:
    facts = {"voice_id": "narrator", "media_type": MediaType.WAV, "word_times": True, **changes}
    return SpeechRequest(text, language=language, **facts)


def samples_of(audio: bytes) -> np.ndarray:
    """Samples between -1 and 1 of a mono WAV file at 44.1 kHz."""
    with wave.open(io.BytesIO(audio)) as file:
        assert (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (44_100, 1, 2)
        return np.frombuffer(file.readframes(file.getnframes()), "<i2").astype(np.float64) / 32768


def peak_of(samples: np.ndarray) -> float:
    return float(np.abs(samples).max())


def sounding_part(samples: np.ndarray) -> float:
    """The share of short frames in which something is heard."""
    frames = samples[: len(samples) // FRAME * FRAME].reshape(-1, FRAME)
    return float(np.mean(np.abs(frames).max(axis=1) > 0.01))


def melody_of(samples: np.ndarray) -> np.ndarray:
    """How high the voice is, in hertz, in each short frame in which one is heard."""
    times = np.arange(0, len(samples) - 1, 44_100 / LISTENING_RATE_HZ)
    sound = np.interp(times, np.arange(len(samples)), samples)
    frames = np.lib.stride_tricks.sliding_window_view(sound, VOICE_FRAME)[::VOICE_HOP]
    loudness = np.sqrt(np.mean(np.square(frames), axis=1))
    likeness = np.fft.irfft(np.abs(np.fft.rfft(frames * np.hanning(VOICE_FRAME), 4 * VOICE_FRAME)) ** 2)
    likeness /= np.maximum(likeness[:, :1], 1e-9)
    shortest, longest = LISTENING_RATE_HZ // 400, LISTENING_RATE_HZ // 60
    periods = likeness[:, shortest:longest].argmax(axis=1) + shortest
    heard = (loudness > 0.1 * loudness.max()) & (likeness[:, shortest:longest].max(axis=1) > 0.4)
    return np.asarray(LISTENING_RATE_HZ / periods[heard])
