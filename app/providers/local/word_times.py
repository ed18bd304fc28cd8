"""Pure: the synthesiser's marks to one time per word of the text as it is written."""

import re
from collections.abc import Sequence

from app.providers.speech import WordTime

__all__ = ["word_times"]

WRITTEN_WORD = re.compile(r"\S+")


def word_times(text: str, marks: Sequence[tuple[int, float]], total_seconds: float) -> tuple[WordTime, ...]:
    """When each word is heard; words that the synthesiser ran together share the time between their neighbours.

    `marks` are the first character and the second of each spoken word, in order.
    """
    written = [(found.group(), found.start(), found.end()) for found in WRITTEN_WORD.finditer(text)]
    starts = _filled([_first(marks, begin, end) for _, begin, end in written], total_seconds)
    ends = [*starts[1:], total_seconds]
    return tuple(
        WordTime(word, round(start, 3), round(end, 3))
        for (word, _, _), start, end in zip(written, starts, ends, strict=True)
    )


def _first(marks: Sequence[tuple[int, float]], begin: int, end: int) -> float | None:
    return next((second for at, second in marks if begin <= at < end), None)


def _filled(starts: Sequence[float | None], total_seconds: float) -> list[float]:
    """Times for all, rising, with gaps divided evenly between what is known."""
    filled: list[float] = []
    for index, start in enumerate(starts):
        before = filled[-1] if filled else 0.0
        if start is not None:
            filled.append(min(max(start, before), total_seconds))
            continue
        ahead = next(((at, later) for at, later in enumerate(starts[index:]) if later is not None), None)
        gap, until = (len(starts) - index, total_seconds) if ahead is None else ahead
        filled.append(before if not filled else before + max(0.0, until - before) / (gap + 1))
    return filled
