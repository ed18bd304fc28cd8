"""The two kinds of models and how they are asked: Piper's VITS and Kokoro, both by onnxruntime on one thread."""

import json
import tomllib
import unicodedata
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import onnxruntime
from numpy.typing import NDArray
from typing_extensions import override

from app.providers.local.natural.phonemes import JOINER

START, END, PAD = "^", "$", "_"
KOKORO = Path(__file__).with_name("kokoro.toml")
KOKORO_HZ, STYLE_NUMBERS, MOST_TOKENS = 24_000, 256, 509
Sound = NDArray[np.float32]


class Model(Protocol):
    """Phonemes to sound."""

    rate_hz: int
    phoneme_voice: str

    def spoken(self, phonemes: str, speed: float) -> Sound:
        """One sentence."""


def opened_model(order: dict[str, Any]) -> Model:
    """The model of an order."""
    session = _session(order["files"]["model"])
    if order["engine"] == "kokoro":
        return Kokoro(session, Path(order["files"]["style"]), order["phonemes"])
    return Piper(session, Path(order["files"]["config"]))


class Piper(Model):
    """A Piper voice: its own file says which eSpeak voice makes its phonemes and what numbers they have."""

    def __init__(self, session: onnxruntime.InferenceSession, config: Path) -> None:
        facts = json.loads(config.read_text(encoding="utf-8"))
        self.rate_hz = int(facts["audio"]["sample_rate"])
        self.phoneme_voice = str(facts["espeak"]["voice"])
        self._numbers: dict[str, list[int]] = facts["phoneme_id_map"]
        inference = facts.get("inference", {})
        self._noise = float(inference.get("noise_scale", 0.667))
        self._length = float(inference.get("length_scale", 1.0))
        self._width = float(inference.get("noise_w", 0.8))
        self._session = session
        self._has_speakers = any(given.name == "sid" for given in session.get_inputs())

    @override
    def spoken(self, phonemes: str, speed: float) -> Sound:
        numbers = list(self._piped(phonemes.replace(JOINER, "")))
        given: dict[str, Any] = {
            "input": np.array([numbers], np.int64),
            "input_lengths": np.array([len(numbers)], np.int64),
            "scales": np.array([self._noise, self._length / speed, self._width], np.float32),
        }
        if self._has_speakers:
            given["sid"] = np.array([0], np.int64)
        return _sound(self._session.run(None, given))

    def _piped(self, phonemes: str) -> Iterator[int]:
        yield from self._numbers[START]
        yield from self._numbers[PAD]
        for sign in unicodedata.normalize("NFD", phonemes):
            if sign in self._numbers:
                yield from self._numbers[sign]
                yield from self._numbers[PAD]
        yield from self._numbers[END]


class Kokoro(Model):
    """Kokoro-82M with one style, of which it has a row for every length of a sentence."""

    rate_hz = KOKORO_HZ

    def __init__(self, session: onnxruntime.InferenceSession, style: Path, phoneme_voice: str) -> None:
        self.phoneme_voice = phoneme_voice
        facts = tomllib.loads(KOKORO.read_text(encoding="utf-8"))
        self._symbols: dict[str, int] = facts["symbols"]
        self._sounds = [
            pair for rule in facts["rewritten"] if phoneme_voice in rule["languages"] for pair in rule["sounds"]
        ]
        self._styles = np.fromfile(style, "<f4").reshape(-1, STYLE_NUMBERS)
        self._session = session

    @override
    def spoken(self, phonemes: str, speed: float) -> Sound:
        written = phonemes
        for espeak, kokoro in self._sounds:
            written = written.replace(espeak, kokoro)
        tokens = [self._symbols[sign] for sign in written if sign in self._symbols][:MOST_TOKENS]
        row = min(max(len(tokens) - 1, 0), len(self._styles) - 1)
        given = {
            "tokens": np.array([[0, *tokens, 0]], np.int64),
            "style": self._styles[row : row + 1],
            "speed": np.array([speed], np.float32),
        }
        return _sound(self._session.run(None, given))


def _session(model: str) -> onnxruntime.InferenceSession:
    # The same text gives the same sound, so that a repeated attempt changes nothing.
    onnxruntime.set_seed(0)
    onnxruntime.set_default_logger_severity(3)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.use_deterministic_compute = True
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])


def _sound(outputs: Sequence[Any]) -> Sound:
    return np.asarray(outputs[0], np.float32).reshape(-1)
