"""When each word is heard: marks of the engine fitted to the words as they are written."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from app.providers.speech import WordTime

__all__ = ["word_times"]

FRAME_SECONDS = 0.01
QUIET_PART = 0.02
# A sign that nobody speaks, such as a dash between words, still gets a little time of its own.
LEAST_LETTERS = 0.3
LEAST_PART = 0.25


def word_times(
    words: Sequence[str], marks: Sequence[tuple[int, int]], samples: NDArray[np.int16], rate_hz: float
) -> tuple[WordTime, ...]:
    """One time for each word; `marks` are (character of the words joined by blanks, sample) where speaking began."""
    starts = _starts(words, marks, len(samples))
    bounds = [*starts[1:], len(samples)]
    loud = _loud_frames(samples, rate_hz)
    step = max(1, int(rate_hz * FRAME_SECONDS))
    found = []
    for word, start, bound in zip(words, starts, bounds, strict=True):
        # The frame in which the next word begins is that word's.
        first, after = int(start) // step, int(bound) // step
        heard = np.flatnonzero(loud[first:after])
        fade = (first + int(heard[-1]) + 1) * step if len(heard) else 0
        end = min(max(fade, start + (bound - start) * LEAST_PART), bound)
        found.append(WordTime(word, start / rate_hz, end / rate_hz))
    return tuple(found)


def _starts(words: Sequence[str], marks: Sequence[tuple[int, int]], total: int) -> list[float]:
    """Where words begin: as marked, and between marks by their share of the letters."""
    known = _marked(words, marks, total)
    weights = [max(LEAST_LETTERS, float(sum(sign.isalnum() for sign in word))) for word in words]
    anchors = sorted(known)
    if not anchors or anchors[0] != 0:
        anchors, known = [0, *anchors], {0: 0, **known}
    starts = []
    for first, after in zip(anchors, [*anchors[1:], len(words)], strict=True):
        span = known.get(after, total) - known[first]
        share = span / sum(weights[first:after])
        at = float(known[first])
        for number in range(first, after):
            starts.append(at)
            at += weights[number] * share
    return starts


def _marked(words: Sequence[str], marks: Sequence[tuple[int, int]], total: int) -> dict[int, int]:
    """Word to first sample, for words that have a mark; samples never go back."""
    owner = [number for number, word in enumerate(words) for _ in range(len(word) + 1)]
    known: dict[int, int] = {}
    latest, latest_word = 0, -1
    for character, sample in marks:
        if 0 <= character < len(owner) and owner[character] > latest_word:
            latest, latest_word = min(max(sample, latest), total), owner[character]
            known[latest_word] = latest
    return known


def _loud_frames(samples: NDArray[np.int16], rate_hz: float) -> NDArray[np.bool_]:
    step = max(1, int(rate_hz * FRAME_SECONDS))
    padded = np.pad(samples.astype(np.float32), (0, -len(samples) % step))
    loudness = np.abs(padded.reshape(-1, step)).max(axis=1)
    return np.asarray(loudness > QUIET_PART * max(float(loudness.max(initial=0)), 1.0))
