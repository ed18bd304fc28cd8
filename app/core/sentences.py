"""Pure: a text in its sentences, as its language writes them; where that is not clear, nothing is split."""

import re
import tomllib
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

FILE: Final = Path(__file__).with_name("sentences.toml")
LETTER: Final = re.compile(r"[^\W_]")
# Possessive: nothing that a run has taken is given back, so that work grows with the text and not with its square.
MARKS: Final = r"(?<![.!?\u2026])(?P<run>[.!?\u2026\u061f\u0964]++)(?P<after>[\"'\u201c\u201d\u2019\u00ab\u00bb)\]]*+)"
END: Final = re.compile(
    rf"{MARKS}(?P<french>\s\u00bb)?(?=\s|$)|(?P<wide>[\u3002\uff01\uff1f\uff61]++[\u300d\u300f\u201d\u2019\uff09]*+)"
)
NEXT: Final = re.compile(r"\s*(?P<signs>(?:[^\w\s]+\s*)*)(?P<word>[^\W_]*)")
EMPHASIS: Final = re.compile(r"(?<!\w)[*_]{1,3}(?=\w)|(?<=[\w.,!?])[*_]{1,3}(?!\w)")
BULLET: Final = re.compile(r"^(?:[-*\u2022#>=_~]+\s+)+|^[-*#>=_~\s]+$")
QUOTES: Final = frozenset("\"'\u201c\u201d\u2019\u00ab\u00bb")
DASHES: Final = frozenset("-\u2013\u2014")
OPENING: Final = "\"'\u201c\u201e\u201a\u2018\u00ab\u00bb([\u00bf\u00a1-\u2013\u2014"
DOTTED: Final = re.compile(r"(?<!\w)\w++(?:\.-?\w++)+")
ROMAN: Final = re.compile(r"[IVXLC]+")
JOINERS: Final = frozenset("\u200c\u200d")
# A line so long, without a mark at its end, was broken by its width and goes on in the next one.
WRAPPED_CHARACTERS: Final = 55
SHORTEST_LAST_WORD: Final = 3
LONGEST_DAY: Final = 2
LONGEST_END: Final = 8
# German writes such abbreviations at the end of longer words.
STREET: Final = len("str")


@dataclass(frozen=True)
class _Abbreviations:
    before_more: frozenset[str]
    before_numbers: frozenset[str]
    may_end: frozenset[str]
    months: frozenset[str]


def sentences_of(text: str, language: str = "") -> list[str]:
    """The sentences that say something, in order and in their own words; an unknown language has all abbreviations."""
    known = _abbreviations(language)
    found = (sentence for line in _lines(text) for sentence in _of_line(line, known))
    return [sentence for sentence in found if has_words(sentence)]


def has_words(text: str) -> bool:
    """Whether there is anything to say."""
    return LETTER.search(text) is not None


def ends_a_sentence(text: str) -> bool:
    """Whether the text ends as a sentence does."""
    return any(mark.end() == len(text) for mark in END.finditer(text, max(0, len(text) - LONGEST_END)))


def _lines(text: str) -> Iterator[str]:
    """Paragraphs, verses and list entries without their bullets; lines that were broken by their width are joined."""
    begun, last_length = "", 0
    for line in _clean(text).split("\n"):
        words = " ".join(EMPHASIS.sub("", BULLET.sub("", line.strip())).split())
        is_entry = bool(words) and not line.strip().startswith(words[:1])
        if begun and words and not is_entry and _goes_on(begun, words, last_length):
            begun = f"{begun} {words}"
        else:
            if begun:
                yield begun
            begun = words
        last_length = len(words)
    if begun:
        yield begun


def _goes_on(line: str, following: str, length: int) -> bool:
    is_open = not ends_a_sentence(line) and not line.endswith(":")
    return is_open and (following[0].islower() or length >= WRAPPED_CHARACTERS)


def _clean(text: str) -> str:
    """Without signs that cannot be seen: those that only tell how to show others go, the rest are spaces."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\u2028", "\n").replace("\u2029", "\n")
    return "".join(map(_shown, text))


def _shown(sign: str) -> str:
    if sign.isprintable() or sign == "\n" or sign in JOINERS:
        return sign
    return "" if unicodedata.category(sign) == "Cf" else " "


def _of_line(line: str, known: _Abbreviations) -> Iterator[str]:
    begin = 0
    for mark in END.finditer(line):
        if _is_end(line, begin, mark, known):
            yield line[begin : mark.end()].strip()
            begin = mark.end()
    yield line[begin:].strip()


def _is_end(line: str, begin: int, mark: re.Match[str], known: _Abbreviations) -> bool:
    following = NEXT.match(line, mark.end())
    if following is None or mark.end() == len(line) or mark.group("wide"):
        return True
    word, signs = following.group("word"), following.group("signs")
    is_small, run = word[:1].islower(), mark.group("run")
    is_quoted = bool(mark.group("french")) or not QUOTES.isdisjoint(mark.group("after"))
    is_spoken = is_quoted or not DASHES.isdisjoint(signs) or line[begin : mark.start()].lstrip()[:1] in DASHES
    if is_small and (is_spoken or (run != "." and set(run) <= {".", "\u2026"})):
        return False
    if run != "." or is_quoted:
        return True
    return _is_full_stop(line[begin : mark.start()], word, known)


def _is_full_stop(before: str, word: str, known: _Abbreviations) -> bool:
    """Whether a stop ends a sentence, by the word before it and the word after it."""
    last = before.rpartition(" ")[2].lstrip(OPENING)
    is_first, is_small = before.strip(OPENING + " ") == last, word[:1].islower()
    if last.isdecimal():
        return not (is_first or is_small or _is_ordinal(last, word, known))
    if last.casefold() in known.may_end:
        return not (is_small or word[:1].isdecimal())
    if _is_abbreviated(last, before, known) or _counts(last.casefold(), word, known):
        return False
    return not is_small or (len(last) >= SHORTEST_LAST_WORD and ROMAN.fullmatch(last) is None)


def _counts(last: str, word: str, known: _Abbreviations) -> bool:
    """Whether an abbreviation stands before its number: `No. 5`, `Hauptstr. 5`."""
    if last in known.before_numbers:
        return not word[:1].isupper()
    return last[-STREET:] in known.before_more and word[:1].isdecimal()


def _is_ordinal(number: str, word: str, known: _Abbreviations) -> bool:
    return len(number) <= LONGEST_DAY and word.casefold() in known.months


def _is_abbreviated(last: str, before: str, known: _Abbreviations) -> bool:
    if last.casefold() in known.before_more or DOTTED.fullmatch(last):
        return True
    is_initial = len(last) == 1 and last.isupper()
    # "It was I." is a sentence; "Pope John I. Smith" is hardly ever written.
    return is_initial and not (last == "I" and before.rpartition(" ")[0][-1:].islower())


@cache
def _abbreviations(language: str) -> _Abbreviations:
    told = tomllib.loads(FILE.read_text(encoding="utf-8"))
    tables = [told[language]] if language in told else list(told.values())
    kinds = (frozenset(word for table in tables for word in table[kind].split()) for kind in _KINDS)
    return _Abbreviations(*kinds)


_KINDS: Final = ("before_more", "before_numbers", "may_end", "months")
