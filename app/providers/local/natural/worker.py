"""Speaks one text with a natural voice in a child process: an order on standard input, facts and samples back."""

import json
import sys
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.providers.local.natural.models import Model, Sound, opened_model
from app.providers.local.natural.phonemes import PhonemeReader, Sentence

NO_VOICE, TOO_LONG = 3, 4
FRAME_SECONDS, QUIET_PART = 0.01, 0.02
EDGE_SECONDS, PAUSE_SECONDS = 0.04, 0.32
LOUDEST = 32_000


class NaturalRecording:
    """Sentences one behind the other, with the sample at which each word begins."""

    def __init__(self, rate_hz: int) -> None:
        self.rate_hz = rate_hz
        self.marks: list[tuple[int, int]] = []
        self._pieces: list[Sound] = []
        self._length = 0

    @property
    def seconds(self) -> float:
        """How long it is."""
        return self._length / self.rate_hz

    def add(self, sentence: Sentence, sound: Sound) -> None:
        """One more sentence, after a pause."""
        if self._pieces:
            self._append(np.zeros(round(PAUSE_SECONDS * self.rate_hz), np.float32))
        loud = loud_frames(sound, self.rate_hz)
        whole, first = trimmed(sound, loud, self.rate_hz)
        begins = word_starts(loud, sentence.weights, round(FRAME_SECONDS * self.rate_hz))
        for place, begin in zip(sentence.words, begins, strict=True):
            self.marks.append((place, self._length + max(begin - first, 0)))
        self._append(whole)

    def samples(self) -> NDArray[np.int16]:
        """All of it."""
        if not self._pieces:
            return np.zeros(0, np.int16)
        sound = np.concatenate(self._pieces)
        peak = max(float(np.abs(sound).max(initial=0)), 1.0)
        return np.asarray(sound / peak * LOUDEST, np.int16)

    def _append(self, piece: Sound) -> None:
        self._pieces.append(piece)
        self._length += len(piece)


def loud_frames(sound: Sound, rate_hz: int) -> NDArray[np.bool_]:
    """In which hundredths of a second something is heard."""
    step = round(FRAME_SECONDS * rate_hz)
    loudness = np.abs(np.pad(sound, (0, -len(sound) % step))).reshape(-1, step).max(axis=1)
    return np.asarray(loudness > QUIET_PART * float(loudness.max(initial=0)))


def trimmed(sound: Sound, loud: NDArray[np.bool_], rate_hz: int) -> tuple[Sound, int]:
    """The sound without silence at its ends, and how many samples are gone at its beginning."""
    heard = np.flatnonzero(loud)
    if not len(heard):
        return sound[:0], 0
    step, edge = round(FRAME_SECONDS * rate_hz), round(EDGE_SECONDS * rate_hz)
    first = max(int(heard[0]) * step - edge, 0)
    return sound[first : (int(heard[-1]) + 1) * step + edge], first


def word_starts(loud: NDArray[np.bool_], weights: Sequence[int], step: int) -> list[int]:
    """The sample at which each word begins: its share of the time in which something is heard, so not in a pause."""
    heard = np.cumsum(loud)
    shares = np.concatenate(([0], np.cumsum(weights)[:-1])) / max(sum(weights), 1)
    frames = np.searchsorted(heard, shares * float(heard[-1] if len(heard) else 0), side="right")
    return [int(frame) * step for frame in np.minimum(frames, max(len(loud) - 1, 0))]


def speak(order: dict[str, Any]) -> tuple[int, NaturalRecording]:
    """An exit code and the recording."""
    model: Model = opened_model(order)
    recording = NaturalRecording(model.rate_hz)
    reader = PhonemeReader(model.phoneme_voice)
    if not reader.knows_voice:
        return NO_VOICE, recording
    # Control characters end a text of the library; blanks in their places leave every word where it is.
    text = "".join(sign if sign.isprintable() else " " for sign in str(order["text"]))
    for sentence in reader.sentences(text):
        if sentence.phonemes:
            recording.add(sentence, model.spoken(sentence.phonemes, float(order["speed"])))
        if recording.seconds > float(order["max_seconds"]):
            return TOO_LONG, recording
    return 0, recording


def main() -> int:
    """Reads the order from standard input; writes a line of facts and then the samples."""
    code, recording = speak(json.load(sys.stdin))
    if code == 0:
        facts = {"rate_hz": recording.rate_hz, "marks": recording.marks, "ends": []}
        sys.stdout.buffer.write(json.dumps(facts).encode() + b"\n" + recording.samples().tobytes())
    return code
