"""How rules are written and matched: words in order, whole, folded, and seen through simple disguises."""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import groupby
from typing import Final

TOKEN: Final = re.compile(r"[^\W_]+")
# Whether a run holds a letter is asked afterwards: one pattern for both would take quadratic time on a run of digits.
LEET_RUN: Final = re.compile(r"[\w@$!|]+")
LETTER: Final = re.compile(r"[^\W\d_]")
LEET: Final = str.maketrans("013457@$!|", "oieastasil")
# Cyrillic and Greek letters that look like Latin ones.
LOOKALIKES: Final = str.maketrans("аеорсхуіѕјαορε", "aeopcxyisjaope")
REPEATED: Final = re.compile(r"(\w)\1{2,}")
FEWEST_SPELLED_LETTERS: Final = 3
GAP: Final = r"(?:\w+ ){0,4}"


@dataclass(frozen=True)
class Rule:
    """Patterns that mean one category to one degree.

    One pattern a line: words in order; `*` ends a beginning, `|` parts alternatives, `..` stands for up to four words.
    """

    category: str
    score: float
    patterns: str


def readings_of(text: str) -> frozenset[str]:
    """The text as words, as it stands and with digits for letters, spelled and stretched words undone."""
    folded = _folded(text)
    plain = TOKEN.findall(folded)
    runs = [run.strip("!|_") for run in LEET_RUN.findall(folded) if LETTER.search(run)]
    disguised = [TOKEN.sub(_letter_run, run.translate(LEET)) for run in runs]
    readings = (plain, list(_joined(plain)), disguised, list(_joined(disguised)))
    return frozenset(f" {' '.join(words)} " for words in readings)


def found_in(readings: frozenset[str], rules: Sequence[Rule]) -> Iterator[tuple[str, float, str]]:
    """Every different wording that a rule calls for: category, score, words."""
    for rule in rules:
        pattern = _compiled(rule.patterns)
        wordings = {match.group().strip() for reading in readings for match in pattern.finditer(reading)}
        yield from ((rule.category, rule.score, wording) for wording in sorted(wordings))


def _folded(text: str) -> str:
    parts = unicodedata.normalize("NFKD", text).casefold().translate(LOOKALIKES).replace("\u0142", "l")
    kept = (sign for sign in parts if not unicodedata.combining(sign) and unicodedata.category(sign) != "Cf")
    return "".join(kept)


def _letter_run(match: re.Match[str]) -> str:
    return REPEATED.sub(r"\1", match.group())


def _joined(words: Sequence[str]) -> Iterator[str]:
    """Letters that stand alone one after the other are one word: `p o r n`."""
    for is_letter, group in groupby(words, key=lambda word: len(word) == 1):
        run = list(group)
        if is_letter and len(run) >= FEWEST_SPELLED_LETTERS:
            yield "".join(run)
        else:
            yield from run


@cache
def _compiled(patterns: str) -> re.Pattern[str]:
    lines = [line.strip() for line in _folded(patterns).splitlines() if line.strip()]
    return re.compile("|".join(f"(?:(?<= ){_expression(line)})" for line in lines))


def _expression(line: str) -> str:
    return "".join(GAP if word == ".." else f"(?:{_alternatives(word)}) " for word in line.split())


def _alternatives(word: str) -> str:
    return "|".join(
        rf"{re.escape(part[:-1])}\w*" if part.endswith("*") else re.escape(part) for part in word.split("|")
    )
