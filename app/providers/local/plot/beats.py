"""How a story of any length is laid out over a given number of segments."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from app.providers.local.plot.phrases import Phrases
from app.providers.local.plot.wording import clauses_of, folded_words, sentences_of, words_of

__all__ = ["Beat", "beats_of"]

FEWEST_WORDS_OF_A_PART = 4
FEWEST_WORDS_OF_A_PIECE = 3


@dataclass(frozen=True)
class Beat:
    """What one segment tells; `look` counts the segments that stay with the same moment, from 0."""

    sentences: tuple[str, ...]
    whole: str
    look: int = 0
    closes: bool = True


def beats_of(story: str, count: int, most_words: int, phrases: Phrases) -> list[Beat]:
    """Exactly `count` beats in the order of the story; a story without words gives beats without sentences."""
    sentences = sentences_of(story)
    if not sentences:
        return [Beat((), "", look=index) for index in range(count)]
    if len(sentences) >= count:
        return [Beat(tuple(group), group[0]) for group in _grouped(sentences, count)]
    beats = [Beat((sentence,), sentence) for sentence in sentences]
    return _stretched(_split(beats, count, most_words, phrases), count)


def _grouped(sentences: Sequence[str], count: int) -> list[Sequence[str]]:
    """Neighbours together, about equally many words in each group."""
    weights = [len(words_of(sentence)) for sentence in sentences]
    total, groups, begin, told = sum(weights), [], 0, 0
    for number in range(1, count + 1):
        end = begin + 1
        told += weights[begin]
        latest = len(sentences) - (count - number)
        while end < latest and (number == count or told + weights[end] / 2 <= total * number / count):
            told += weights[end]
            end += 1
        groups.append(sentences[begin:end])
        begin = end
    return groups


def _split(beats: list[Beat], count: int, most_words: int, phrases: Phrases) -> list[Beat]:
    """Long sentences first are parted where their clauses meet, until there are enough beats or nothing to part."""
    joiners = frozenset(folded_words(phrases.joiners))
    parted = list(beats)
    while len(parted) < count:
        order = sorted(range(len(parted)), key=lambda index: -len(words_of(parted[index].sentences[0])))
        halves = ((index, _halves(parted[index].sentences[0], most_words, joiners)) for index in order)
        index, pair = next(((index, pair) for index, pair in halves if pair), (0, None))
        if pair is None:
            break
        old = parted[index]
        parted[index : index + 1] = [
            replace(old, sentences=(pair[0],), closes=False),
            replace(old, sentences=(pair[1],)),
        ]
    return parted


def _halves(sentence: str, most_words: int, joiners: frozenset[str]) -> tuple[str, str] | None:
    pieces = clauses_of(sentence)
    sizes = [len(words_of(piece)) for piece in pieces]
    is_long = sum(sizes) > most_words
    fewest = FEWEST_WORDS_OF_A_PIECE if is_long else FEWEST_WORDS_OF_A_PART
    borders = [
        border
        for border in range(1, len(pieces))
        if min(sum(sizes[:border]), sum(sizes[border:])) >= fewest
        and (is_long or folded_words(pieces[border])[0] in joiners or pieces[border - 1].endswith(";"))
    ]
    if not borders:
        return None
    middle = min(borders, key=lambda border: abs(sum(sizes[:border]) - sum(sizes[border:])))
    return " ".join(pieces[:middle]), " ".join(pieces[middle:])


def _stretched(beats: Sequence[Beat], count: int) -> list[Beat]:
    """Whole moments are looked at more than once, so that there are as many beats as segments."""
    ends = [index for index, beat in enumerate(beats) if beat.closes]
    missing = count - len(beats)
    looks = {index: missing // len(ends) + (place < missing % len(ends)) for place, index in enumerate(reversed(ends))}
    return [replace(beat, look=look) for index, beat in enumerate(beats) for look in range(looks.get(index, 0) + 1)]
