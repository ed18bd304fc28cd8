"""What the narrator says in each segment: the story's own words where they fit, else sentences that bridge."""

from collections.abc import Iterator, Sequence
from itertools import permutations
from typing import Final

from app.providers.local.plot.beats import Beat
from app.providers.local.plot.phrases import Phrases
from app.providers.local.plot.wording import Room, closed, cut, fold, shortened, words_of

__all__ = ["PHASES", "Narrator", "phase_of"]

PHASES: Final = 4
WHOLE_SENTENCE_BONUS: Final = 2
CUT_SENTENCE_WORTH: Final = 0.8
# These bridges of the last phase close a film and are said nowhere else.
CLOSING: Final = 2


def phase_of(index: int, count: int) -> int:
    """Setup, turn, climax or end, from 0 to 3; the last segment of several is always the end."""
    is_end = count > 1 and index == count - 1
    return PHASES - 1 if is_end else index * PHASES // count


class Narrator:
    """Tells one story; says nothing twice."""

    def __init__(self, phrases: Phrases, count: int, seed: int) -> None:
        self._phrases = phrases
        self._count = count
        self._seed = seed
        self._said: set[str] = set()

    def say(self, index: int, beat: Beat, room: Room, *, translates: bool = False) -> str:
        """The narration of one segment; a narrator who would have to translate only bridges."""
        own = () if beat.look or translates else self._own(index, beat.sentences, room)
        fresh = (said for said in own if fold(said) not in self._said)
        said = next(fresh, None) or self._bridge(index, room)
        self._said.add(fold(said))
        return said

    def _own(self, index: int, sentences: Sequence[str], room: Room) -> list[str]:
        """What of these sentences can be said, the fullest first; the film's first and last words are preferred."""
        whole = [(self._worth(index, run, len(sentences)), _joined(sentences, run)) for run in _runs(sentences, room)]
        parts = [
            (CUT_SENTENCE_WORTH * len(words_of(said)), said)
            for sentence in sentences
            if not room.holds(closed(sentence)) and (said := shortened(sentence, room, self._phrases))
        ]
        ranked = sorted([*whole, *parts], key=lambda found: -found[0])
        ends = [said for sentence in sentences if not ranked and (said := cut(sentence, room, self._phrases))]
        return [said for _, said in ranked] + ends

    def _worth(self, index: int, run: tuple[int, int, int], length: int) -> float:
        first, last, words = run
        is_frame = (index == 0 and first == 0) or (index == self._count - 1 and last == length)
        return words + WHOLE_SENTENCE_BONUS * (1 + is_frame)

    def _bridge(self, index: int, room: Room) -> str:
        fresh = [said for said in self._bridges(index) if fold(said) not in self._said]
        fitting = (said for said in fresh if room.holds(said))
        return next(fitting, None) or min(fresh, key=lambda said: (len(words_of(said)), len(said)))

    def _bridges(self, index: int) -> Iterator[str]:
        phase = phase_of(index, self._count)
        closing = self._phrases.bridges[-1][-CLOSING:]
        if index == self._count - 1:
            yield from closing
        opening, *setup = self._phrases.bridges[0]
        if index == 0:
            yield opening
        pools = (tuple(setup), *self._phrases.bridges[1:-1], self._phrases.bridges[-1][:-CLOSING])
        turned = _turned(pools[phase], self._seed)
        yield from turned
        for later in _turned(self._phrases.later, self._seed):
            yield from (f"{later}: {self._inner(said)}" for said in turned)
        yield from (" ".join(pair) for pair in permutations(turned, 2))

    def _inner(self, said: str) -> str:
        return said if self._phrases.keeps_capitals else said[:1].lower() + said[1:]


def _runs(sentences: Sequence[str], room: Room) -> Iterator[tuple[int, int, int]]:
    """Neighbouring sentences that can be said together: first, end, words."""
    for first in range(len(sentences)):
        for last in range(first + 1, len(sentences) + 1):
            said = _joined(sentences, (first, last, 0))
            if not room.holds(said):
                break
            yield first, last, len(words_of(said))


def _joined(sentences: Sequence[str], run: tuple[int, int, int]) -> str:
    return " ".join(closed(sentence) for sentence in sentences[run[0] : run[1]])


def _turned(sayings: Sequence[str], seed: int) -> list[str]:
    start = seed % len(sayings)
    return [*sayings[start:], *sayings[:start]]
