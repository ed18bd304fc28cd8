"""How a text is spoken: the phrases in which it is said, and how long the voice rests after each clause."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["Phrase", "phrases_of", "rested"]

Samples = NDArray[np.int16]

# Direct speech between marks at the edges of words; one quoted word is a name or irony and is not acted.
QUOTED = re.compile(r"(?:(?<=\s)|^)[“„«»\"](?P<said>[^“”„«»\"]+)[”“»«\"][.,!?;:…]*(?=\s|$)")
ENDED = re.compile(r"[.,!?;:…\u2013\u2014-][\"'”\u2019»«“)\]]*$")
SAID = re.compile(r"(?:[.,!?;:…]\s?[”“»«\"]|\s?[”“»«\"][.,!?;:…])$")
# The engine names an end a few signs early; signs that stand alone, as in French, belong to the word before them.
REST_OF_WORD = re.compile(r"\S*(?:\s[?!:;»”…]+(?=\s|$))*")
# A text that breaks off in a sentence, which another segment goes on with, is spoken as if a comma followed.
FEWEST_WORDS_THAT_BREAK_OFF = 4
# Seconds of rest after a clause at the usual pace, by the sign at its end.
RESTS = {",": 0.2, ";": 0.3, ":": 0.3, "\u2013": 0.26, "\u2014": 0.26, "…": 0.55}
SENTENCE_REST, INNER_REST, OTHER_REST = 0.46, 0.24, 0.2
CLOSING = "\"'”\u2019»«“)] "
# The engine marks the end of an abbreviation too, but does not rest there.
LEAST_REST_SECONDS = 0.09
QUIET_PART, FRAME_SECONDS = 0.02, 0.005


@dataclass(frozen=True)
class Phrase:
    """Words that are spoken in one manner; `start` is the character of the text at which they begin."""

    start: int
    text: str
    is_quoted: bool = False


@dataclass(frozen=True)
class _Rest:
    """Silence from one sample to another, how many samples it shall have, and where the next clause begins in it."""

    begin: int
    end: int
    wanted: int
    following: int


def phrases_of(text: str) -> tuple[Phrase, ...]:
    """The text from its beginning to its end; only direct speech is a phrase of its own."""
    found, at = [], 0
    for quote in QUOTED.finditer(text):
        if len(quote["said"].split()) > 1:
            found += [Phrase(at, text[at : quote.start()]), Phrase(quote.start(), quote.group(), is_quoted=True)]
            at = quote.end()
    parts = [phrase for phrase in [*found, Phrase(at, text[at:])] if phrase.text.strip()]
    if parts and _breaks_off(parts[-1].text):
        parts[-1] = Phrase(parts[-1].start, parts[-1].text.rstrip() + ",", parts[-1].is_quoted)
    return tuple(parts)


def rested(
    text: str, samples: Samples, marks: Sequence[tuple[int, int]], ends: Sequence[tuple[int, int]], seconds_hz: float
) -> tuple[Samples, tuple[tuple[int, int], ...]]:
    """The sound with rests as the signs ask for them, and the marks where they are now.

    `ends` are (character, sample) at which clauses end; `seconds_hz` is how many samples a second of rest has.
    """
    rests = list(_rests(text, samples, ends, seconds_hz))
    pieces, moves, begin, moved = [], [(0, 0, 0)], 0, 0
    for rest in rests:
        kept = min(rest.wanted, rest.end - rest.begin)
        cut = rest.begin + kept // 2
        pieces += [samples[begin:cut], np.zeros(rest.wanted - kept, np.int16)]
        begin = rest.end - (kept - kept // 2)
        earliest = rest.begin + moved
        moved += rest.wanted - (rest.end - rest.begin)
        moves.append((rest.following, moved, earliest))
    pieces.append(samples[begin:])
    return np.concatenate(pieces), tuple(_moved(marks, moves))


def _breaks_off(text: str) -> bool:
    return ENDED.search(text.rstrip()) is None and len(text.split()) >= FEWEST_WORDS_THAT_BREAK_OFF


def _rests(text: str, samples: Samples, ends: Sequence[tuple[int, int]], seconds_hz: float) -> Iterator[_Rest]:
    """Each rest within the sound, in order and apart from the one before it."""
    step = max(1, int(seconds_hz * FRAME_SECONDS))
    frames = np.abs(samples[: len(samples) // step * step].astype(np.int32)).reshape(-1, step).max(axis=1)
    heard = np.flatnonzero(frames > QUIET_PART * max(int(frames.max(initial=0)), 1))
    latest = 0
    for place, sample in ends:
        character = _after_word(text, place)
        after = int(np.searchsorted(heard, sample // step))
        if not 0 < after < len(heard):
            continue
        begin, end = (int(heard[after - 1]) + 1) * step, int(heard[after]) * step
        is_joined = text[:character].rstrip() == text.rstrip()
        if begin >= latest and not is_joined and end - begin >= _least(text, character) * seconds_hz:
            latest = end
            yield _Rest(begin, end, round(_seconds(text, character) * seconds_hz), min(max(sample, begin), end))


def _after_word(text: str, character: int) -> int:
    rest = REST_OF_WORD.match(text, character)
    return rest.end() if rest else character


def _least(text: str, character: int) -> float:
    """Where direct speech ends, the engine was stopped and rests by itself not at all."""
    return 0.0 if SAID.search(text[:character].rstrip()) else LEAST_REST_SECONDS


def _seconds(text: str, character: int) -> float:
    said, following = text[:character].rstrip(CLOSING), text[character:].lstrip(CLOSING)
    sign = said[-1:]
    if sign in ".!?":
        goes_on = following[:1].islower() or (sign == "." and following[:1].isdigit())
        return INNER_REST if goes_on else SENTENCE_REST
    return RESTS.get(sign, OTHER_REST)


def _moved(marks: Sequence[tuple[int, int]], moves: Sequence[tuple[int, int, int]]) -> Iterator[tuple[int, int]]:
    at = 0
    for character, sample in marks:
        while at + 1 < len(moves) and sample >= moves[at + 1][0]:
            at += 1
        _, moved, earliest = moves[at]
        yield character, max(earliest, sample + moved)
