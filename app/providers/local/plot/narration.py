"""What the narrator says in each segment: the story's own words, all of them and in order."""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate, pairwise
from typing import Final

from app.core.sentences import ends_a_sentence, sentences_of
from app.providers.local.plot.wording import Phrases, fold, words_of
from app.providers.speech import letters_of

PHASES: Final = 4
FEWEST_WORDS_OF_A_PART: Final = 3
# The pause after a sentence, as so many letters.
PAUSE_LETTERS: Final = 4
SHORTEST_CHUNK: Final = 12
# A story that is too long may end so much earlier for the sake of a better place.
WORTH_ENDING_WELL: Final = 0.75
# What it costs to part a sentence, where an empty segment costs one and a half.
AT_A_DASH, AT_A_COMMA, BEFORE_A_CLAUSE, AT_A_SPACE = 0.05, 0.08, 0.12, 0.3
AFTER_A_SMALL_WORD, AFTER_A_NUMBER, AFTER_AN_ABBREVIATION = 0.6, 0.6, 1.0
SHORT_PART, WITHIN_A_WORD, EMPTY = 0.25, 2.0, 0.5
DASHES: Final = frozenset("-\u2013\u2014")
ENDS: Final = frozenset(';:.!?\u2026"\u201d\u201c\u00bb') | DASHES
# A full stop within a sentence, but for one that trails off.
ABBREVIATED: Final = re.compile(r"(?<!\.)\.$")


def phase_of(index: int, count: int) -> int:
    """Setup, turn, climax or end, from 0 to 3; the last segment of several is always the end."""
    is_end = count > 1 and index == count - 1
    return PHASES - 1 if is_end else index * PHASES // count


@dataclass(frozen=True)
class Telling:
    """For each segment the sentences and parts of sentences that are said in it; nothing in a silent one."""

    parts: tuple[tuple[str, ...], ...]
    wholes: tuple[str, ...]
    left_out: str = ""


@dataclass(frozen=True)
class _TextPiece:
    """What is never parted: a word, or a part of one that no segment holds."""

    text: str
    letters: int
    sentence: int
    glue: str = " "
    break_cost: float = 0.0


class Script:
    """A story in pieces, and where it may be parted; sentences are parted only where segments ask for it."""

    def __init__(self, sentences: Sequence[str], phrases: Phrases, smallest_room: float) -> None:
        self._sentences = sentences
        self._openers = frozenset(fold(f"{phrases.joiners} {phrases.clause_openers}").split())
        self._small = frozenset(fold(phrases.small_words).split())
        self._chunk = max(SHORTEST_CHUNK, int(smallest_room) - PAUSE_LETTERS)
        self._pieces = [piece for index in range(len(sentences)) for piece in self._pieces_of(index)]
        self._sums = [0, *accumulate(piece.letters for piece in self._pieces)]

    def told_in(self, rooms: Sequence[float]) -> Telling:
        """The words over segments of such a room in letters, evenly; where they are too many, the first that fit."""
        end, left_out = self._fitting(rooms)
        borders = self._borders(rooms, end) if end else [0] * (len(rooms) + 1)
        parts = tuple(tuple(self._joined(begin, close)) for begin, close in pairwise(borders))
        wholes = tuple(self._whole(begin) if begin < close else "" for begin, close in pairwise(borders))
        return Telling(parts, wholes, left_out)

    def _whole(self, place: int) -> str:
        """The sentence that a piece belongs to."""
        return self._sentences[self._pieces[place].sentence]

    def _pieces_of(self, index: int) -> Iterator[_TextPiece]:
        """The words of a sentence, each with what a break after it costs."""
        words = self._sentences[index].split(" ")
        for place, word in enumerate(words):
            *heads, tail = _chunks(word, self._chunk)
            glues = [" " if place else "", *("" for _ in heads)]
            for glue, head in zip(glues, heads, strict=False):
                yield _TextPiece(head, letters_of(head), index, glue, WITHIN_A_WORD)
            is_last = place == len(words) - 1
            letters = letters_of(tail) + (PAUSE_LETTERS if is_last else 1)
            yield _TextPiece(tail, letters, index, glues[-1], 0.0 if is_last else self._break_cost(words, place))

    def _break_cost(self, words: Sequence[str], place: int) -> float:
        word, following = words[place], words[place + 1]
        is_short = min(place + 1, len(words) - place - 1) < FEWEST_WORDS_OF_A_PART
        return self._cost_between(word, following) + SHORT_PART * is_short

    def _cost_between(self, word: str, following: str) -> float:
        cases = (
            (ABBREVIATED.search(word), AFTER_AN_ABBREVIATION),
            (word[-1] in ENDS or following[0] in DASHES, AT_A_DASH),
            (word[-1] == ",", AT_A_COMMA),
            (fold("".join(words_of(following)[:1])) in self._openers, BEFORE_A_CLAUSE),
            (word[-1].isdigit(), AFTER_A_NUMBER),
            (fold(word) in self._small, AFTER_A_SMALL_WORD),
        )
        return next((cost for is_so, cost in cases if is_so), AT_A_SPACE)

    def _fitting(self, rooms: Sequence[float]) -> tuple[int, str]:
        """How many pieces are told, up to a good place to end, and the first sentence that is not told wholly."""
        most = _furthest(self._sums, rooms)[-1]
        if most in {0, len(self._pieces)}:
            return most, "" if most else self._sentences[0]
        least = bisect_left(self._sums, WORTH_ENDING_WELL * self._sums[most])
        end = min(range(max(1, least), most + 1), key=lambda end: (self._pieces[end - 1].break_cost, -end))
        return end, self._sentences[self._pieces[end].sentence]

    def _borders(self, rooms: Sequence[float], end: int) -> list[int]:
        """Where each segment begins and the last one ends; silent ones begin and end at the same place."""
        sums, costs = self._sums[: end + 1], [piece.break_cost for piece in self._pieces[:end]]
        sentences = self._pieces[end - 1].sentence + 1
        speaking = max(sentences, end // FEWEST_WORDS_OF_A_PART)
        if speaking < len(rooms):
            even = [min(rooms)] * speaking
            if _furthest(sums, even)[-1] == end:
                return self._with_silences(_parted(sums, costs, even), len(rooms) - speaking)
        return _parted(sums, costs, rooms)

    def _with_silences(self, borders: list[int], missing: int) -> list[int]:
        """Segments without words follow where a sentence has ended, the last ones first."""
        ends = [place for place, border in enumerate(borders[1:], start=1) if not self._pieces[border - 1].break_cost]
        extra = {place: missing // len(ends) + (order < missing % len(ends)) for order, place in enumerate(ends[::-1])}
        return [border for place, border in enumerate(borders) for _ in range(1 + extra.get(place, 0))]

    def _joined(self, begin: int, end: int) -> Iterator[str]:
        text = ""
        for place in range(begin, end):
            piece = self._pieces[place]
            text += piece.glue + piece.text if text else piece.text
            if place + 1 == end or self._pieces[place + 1].sentence != piece.sentence:
                yield text
                text = ""


def _chunks(word: str, most_letters: int) -> list[str]:
    """A word as it is, or cut where no segment would hold it."""
    if letters_of(word) <= most_letters:
        return [word]
    size = max(1, most_letters * len(word) // (2 * letters_of(word)))
    return [word[at : at + size] for at in range(0, len(word), size)]


def _furthest(sums: Sequence[int], rooms: Sequence[float]) -> list[int]:
    """After each segment, how many pieces can have been said at most."""
    ends = [0]
    for room in rooms:
        ends.append(bisect_right(sums, sums[ends[-1]] + room) - 1)
    return ends


def _least(sums: Sequence[int], rooms: Sequence[float]) -> list[int]:
    """After each segment, how many pieces must have been said so that the rest fits."""
    ends = [len(sums) - 1]
    for room in reversed(rooms):
        ends.append(bisect_left(sums, sums[ends[-1]] - room))
    return ends[::-1]


def _parted(sums: Sequence[int], break_costs: Sequence[float], rooms: Sequence[float]) -> list[int]:
    """Where each segment begins and the last one ends: evenly filled, at the cheapest breaks."""
    search = _Search(sums, break_costs, rooms)
    return search.borders(reach=1.0) or search.borders(reach=float(len(sums))) or _furthest(sums, rooms)


class _Search:
    """The cheapest way to part a script, segment by segment."""

    def __init__(self, sums: Sequence[int], break_costs: Sequence[float], rooms: Sequence[float]) -> None:
        self._sums = sums
        self._break_costs = break_costs
        self._rooms = rooms
        self._fullness = sums[-1] / sum(rooms)

    def borders(self, reach: float) -> list[int]:
        """The borders, none further than so many rooms from where an even filling has them; nothing if none fit."""
        most, least = _furthest(self._sums, self._rooms), _least(self._sums, self._rooms)
        costs: dict[int, float] = {0: 0.0}
        ways: list[dict[int, int]] = []
        told = 0.0
        for number, room in enumerate(self._rooms, start=1):
            told += room * self._fullness
            first = max(least[number], bisect_left(self._sums, told - reach * room))
            last = min(most[number], bisect_right(self._sums, told + reach * room) - 1)
            costs, way = self._step(costs, room, range(first, last + 1))
            ways.append(way)
        return _traced(ways, len(self._sums) - 1) if len(self._sums) - 1 in costs else []

    def _step(self, before: dict[int, float], room: float, ends: range) -> tuple[dict[int, float], dict[int, int]]:
        costs: dict[int, float] = {}
        way: dict[int, int] = {}
        for end in ends:
            begins = range(bisect_left(self._sums, self._sums[end] - room), end + 1)
            found = [(before[begin] + self._cost(begin, end, room), begin) for begin in begins if begin in before]
            if found:
                costs[end], way[end] = min(found)
        return costs, way

    def _cost(self, begin: int, end: int, room: float) -> float:
        uneven = (self._sums[end] - self._sums[begin]) / room - self._fullness
        if begin == end:
            return uneven * uneven + EMPTY
        return uneven * uneven + self._break_costs[end - 1]


def _traced(ways: Sequence[dict[int, int]], end: int) -> list[int]:
    borders = [end]
    for way in reversed(ways):
        borders.append(way[borders[-1]])
    return borders[::-1]


# A part of the room is kept for voices that are slower than the pace on record; a longer story may need it.
COMFORTABLE = 0.92


@dataclass(frozen=True)
class Beat:
    """What one segment tells; `look` counts the segments that stay with the same moment, from 0."""

    sentences: tuple[str, ...]
    whole: str
    look: int = 0

    @property
    def words(self) -> str:
        """What is told, as it stands in the story."""
        return " ".join(self.sentences)

    @property
    def narration(self) -> str:
        """What is said: a segment that stays with a moment is silent."""
        return "" if self.look else self.words


@dataclass(frozen=True)
class Layout:
    """The beats of a film, and the first sentence for which it is too short, if there is one."""

    beats: tuple[Beat, ...]
    left_out: str = ""


def layout_of(story: str, rooms: Sequence[float], phrases: Phrases) -> Layout:
    """A beat for each room in letters, in the order of the story; a story without words leaves all beats empty."""
    sentences = [_closed(sentence) for sentence in sentences_of(story, phrases.language)]
    if not sentences:
        return Layout(tuple(Beat((), "", look=index) for index in range(len(rooms))))
    usual = [COMFORTABLE * room for room in rooms]
    script = Script(sentences, phrases, min(usual))
    telling = script.told_in(usual)
    if telling.left_out:
        telling = script.told_in(rooms)
    return Layout(tuple(_beats(telling)), telling.left_out)


def _closed(sentence: str) -> str:
    """A verse, a title or an entry of a list is followed by a pause too."""
    return f"{sentence}." if sentence[-1].isalnum() and not ends_a_sentence(sentence) else sentence


def _beats(telling: Telling) -> Iterator[Beat]:
    beat = Beat((), "", look=-1)
    for parts, whole in zip(telling.parts, telling.wholes, strict=True):
        beat = Beat(parts, whole) if parts else replace(beat, look=beat.look + 1)
        yield beat
