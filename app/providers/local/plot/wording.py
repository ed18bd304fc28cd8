"""Words, sentences and clauses of a text, and the shortening of sentences at their joints."""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Final

from app.providers.local.plot.phrases import Phrases

__all__ = [
    "Room",
    "clauses_of",
    "closed",
    "cut",
    "fold",
    "folded_words",
    "is_dependent",
    "sentences_of",
    "shortened",
    "words_of",
]

WORD: Final = re.compile(r"[^\W_]+(?:['\u2019-][^\W_]+)*")
# Both begin only where a run begins and give nothing of it back: work grows with the text, not with its square.
END: Final = re.compile(r"(?<![.!?\u2026])[.!?\u2026]++[\"'\u201d\u2019\u00bb)\]]*+(?=\s|$)")
JOINT: Final = re.compile(r"(?<=[,;:])\s+|(?<!\s)\s++(?=[\u2013\u2014-]\s)")
LEADING: Final = " \t-\u2013\u2014\u2022*#>=_"
TRAILING: Final = " \t,;:-\u2013\u2014*#_"
ABBREVIATION: Final = re.compile(
    r"(?:^|\s)(?:\w|mr|mrs|ms|dr|st|np|tzn|tzw|ul|św|prof|sr|sra|mme|etc|ca|bzw)\.$", re.IGNORECASE
)
LONGEST_ABBREVIATION: Final = 8
LETTERS_PER_WORD: Final = 14
# A cut where a phrase ends is better than a later one, unless it loses more than this leaves.
WORTH_KEEPING: Final = 0.6


@dataclass(frozen=True)
class Room:
    """How much can be said: words, and so many letters, or as many as these words may have at the very most."""

    words: int
    letters: int | None = None

    def holds(self, text: str) -> bool:
        """Whether a text can be said in this room."""
        letters = self.words * LETTERS_PER_WORD if self.letters is None else self.letters
        return len(words_of(text)) <= self.words and len(text) <= letters


def fold(text: str) -> str:
    """Small letters without their marks, so that a word is found however it is typed."""
    parts = unicodedata.normalize("NFKD", text.casefold())
    return "".join(sign for sign in parts if not unicodedata.combining(sign)).replace("\u0142", "l")


def words_of(text: str) -> list[str]:
    """The spoken words of a text."""
    return WORD.findall(text)


def folded_words(text: str) -> list[str]:
    """The spoken words of a text, folded."""
    return WORD.findall(fold(text))


def sentences_of(text: str) -> list[str]:
    """The sentences of a text that say something, in order."""
    printable = "".join(sign if sign.isprintable() or sign == "\n" else " " for sign in text.replace("\r", "\n"))
    found = [sentence for line in printable.split("\n") for sentence in _of_line(" ".join(line.split()))]
    return [sentence for sentence in found if words_of(sentence)]


def _of_line(line: str) -> Iterator[str]:
    begin = 0
    for end in END.finditer(line):
        if not ABBREVIATION.search(line[max(begin, end.start() - LONGEST_ABBREVIATION) : end.end()]):
            yield line[begin : end.end()].strip(LEADING)
            begin = end.end()
    yield line[begin:].strip(LEADING)


def clauses_of(sentence: str) -> list[str]:
    """The pieces of a sentence between its commas, semicolons, colons and dashes, marks included."""
    return [piece for piece in JOINT.split(sentence) if words_of(piece)]


def closed(text: str) -> str:
    """The text as one sentence: a capital first and a full stop last."""
    said = text.strip(LEADING).rstrip(TRAILING)
    said = said[:1].upper() + said[1:]
    return said if END.search(said[-3:]) else f"{said}."


def shortened(sentence: str, room: Room, phrases: Phrases) -> str | None:
    """As much of a sentence as can be said, cut where its clauses meet; None when no such cut makes sense."""
    pieces = clauses_of(sentence)
    best = ""
    for first in range(len(pieces)):
        for last in range(first, min(len(pieces), first + room.words)):
            said = closed(" ".join(pieces[first : last + 1]))
            if not room.holds(said):
                break
            if len(words_of(said)) > max(1, len(words_of(best))) and _stands(pieces[first : last + 1], phrases):
                best = said
    return best or None


def cut(sentence: str, room: Room, phrases: Phrases) -> str | None:
    """The beginning of a sentence up to a word that can stand last; None when not even one word can be said."""
    small = frozenset(fold(f"{phrases.small_words} {phrases.clause_openers}").split())
    spans = list(islice(WORD.finditer(sentence), room.words + 1))
    ends = [
        (span.end(), following is not None and fold(following.group()) in small)
        for span, following in zip(spans[: room.words], [*spans[1:], None], strict=False)
        if fold(span.group()) not in small and room.holds(f"{sentence[: span.end()]}\u2026")
    ]
    if not ends:
        return None
    phrase_ends = [end for end, is_phrase_end in ends if is_phrase_end and end >= WORTH_KEEPING * ends[-1][0]]
    end, mark = (phrase_ends[-1], ".") if phrase_ends else (ends[-1][0], "\u2026")
    return f"{sentence[:1].upper()}{sentence[1:end]}{mark}"


def is_dependent(clause: str, phrases: Phrases) -> bool:
    """Whether a clause leans on one before or after it: `because the light was out`, `po których schodził`."""
    openers = frozenset(fold(phrases.clause_openers).split())
    return any(word in openers for word in folded_words(clause)[:2])


def _stands(pieces: list[str], phrases: Phrases) -> bool:
    openers = frozenset(fold(phrases.clause_openers).split())
    return not is_dependent(pieces[0], phrases) or (len(pieces) > 1 and folded_words(pieces[0])[0] in openers)
